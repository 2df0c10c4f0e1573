metadata description = 'Every app setting of the function app, here and nowhere else. shared/settings.py reads them; tests/unit/infra compares.'

param functionAppName string
param environmentName string
param appVersion string
param logLevel string
param applicationInsightsConnectionString string
param identityName string
param identityClientId string

@description('{ blob, queue, table }')
param storageUris object
param eventHubsHost string
param hubName string
param databaseHost string
param databaseName string
param databasePoolSize int
param vaultUri string
param streamUrl string

@description('{ jwksUrl, issuer, audience }')
param auth object

@description('{ bucket, region, publicUrl }')
param assets object

param productServiceUrl string

@description('Settings of shared/settings.py that are not to keep their default, such as TEXT_MODEL.')
param extraSettings object

// No FUNCTIONS_WORKER_RUNTIME and its like: on Flex Consumption the runtime is in functionAppConfig (functions.bicep).
var settings = {
  // The Functions host itself.
  AzureWebJobsStorage__blobServiceUri: storageUris.blob
  AzureWebJobsStorage__queueServiceUri: storageUris.queue
  AzureWebJobsStorage__tableServiceUri: storageUris.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // The exporter would otherwise report on itself to Microsoft and ask there for configuration: two threads, two addresses.
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'

  // What the code needs.
  ENVIRONMENT_NAME: environmentName
  APP_VERSION: appVersion
  LOG_LEVEL: logLevel
  STREAM_URL: streamUrl
  AUTH_JWKS_URL: auth.jwksUrl
  AUTH_ISSUER: auth.issuer
  AUTH_AUDIENCE: auth.audience
  STREAM_TICKET_SECRET: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/stream-ticket-secret)'
  EVENTHUB__fullyQualifiedNamespace: eventHubsHost
  EVENTHUB__credential: 'managedidentity'
  EVENTHUB__clientId: identityClientId
  EVENTHUB_NAME: hubName
  // No password: the identity's name is the user, its token the password (shared/db/connect.py).
  DATABASE_URL: 'postgresql://${identityName}@${databaseHost}:5432/${databaseName}?sslmode=require'
  DATABASE_AUTH: 'entra'
  DATABASE_CLIENT_ID: identityClientId
  DATABASE_POOL_SIZE: string(databasePoolSize)
  S3_BUCKET_NAME: assets.bucket
  S3_PUBLIC_URL: assets.publicUrl
  AWS_REGION: assets.region
  AWS_ACCESS_KEY_ID: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/aws-access-key-id)'
  AWS_SECRET_ACCESS_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/aws-secret-access-key)'
  OPENAI_API_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/openai-api-key)'
  TOGETHER_API_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/together-api-key)'
  PRODUCT_SERVICE_URL: productServiceUrl
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(extraSettings, settings)
}
