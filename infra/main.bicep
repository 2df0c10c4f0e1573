metadata description = 'Everything that lasts: what an AKS node pool and its add-ons did before (docs/migrating-from-aks.md). The relay, which comes with each image, is relay.bicep.'

targetScope = 'subscription'

@description('dev, staging, prod: part of every tag and, hashed, of every name.')
@minLength(1)
@maxLength(20)
param environmentName string

@description('A region with Flex Consumption and Container Apps.')
param location string

@description('owner/name of the repository that delivers; empty: no workflow may.')
param githubRepository string = ''

@description('What follows repo:<owner/name>: in a delivering workflow\'s OIDC subject.')
param githubSubjects array = ['environment:${environmentName}']

@description('The same for the planning identity. A GitHub environment of its own, which pull requests may use.')
param githubPlanningSubjects array = ['environment:${environmentName}-plan']

@description('Give the delivery identity its roles. True when a person deploys, false in the pipeline, which may not give itself rights.')
param bootstrapDelivery bool = false

@description('Object id of whoever runs migrations by hand, best a group; empty: only the delivery identity may.')
param databaseAdministratorId string = ''
param databaseAdministratorName string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
param databaseAdministratorType string = 'User'

@description('[{ name, start, end }]: addresses from which operators reach PostgreSQL.')
param databaseAllowedAddresses array = []

@description('Virtual network, private endpoints, and no way in from the internet but the API and the relay.')
param privateNetworking bool = false
param networkAddressSpace string = '10.40.0.0/16'

// Who is let in, and what the app talks to.
param authJwksUrl string
param authIssuer string
param authAudience string

@description('Comma-separated origins of the frontends.')
param corsOrigins string = ''

@description('Where browsers open streams; empty: the address of the first relay app.')
param streamUrl string = ''
param s3BucketName string
param awsRegion string = 'ap-northeast-2'

@description('Where the bucket\'s objects are read; empty: the bucket\'s own address.')
param s3PublicUrl string = ''
param productServiceUrl string = ''

// Secrets: needed once; left empty later, the vault keeps what it has.
@secure()
param awsAccessKeyId string = ''
@secure()
param awsSecretAccessKey string = ''
@secure()
param openaiApiKey string = ''
@secure()
param togetherApiKey string = ''

@description('At least 32 characters: signs the tickets that open a stream without a header.')
@secure()
param streamTicketSecret string = ''

param appVersion string = 'dev'

@description('Settings of shared/settings.py that are not to keep their default, such as TEXT_MODEL.')
param extraSettings object = {}

// Sizes; environments/*.parameters.json has those of staging and prod. The modules describe and check each value.
param functionApp object = {
  instanceMemoryMB: 2048
  maximumInstanceCount: 40
  httpConcurrency: 32
  alwaysReady: []
  databasePoolSize: 4
  logLevel: 'INFO'
}

@description('maxConnections: the SKU\'s max_connections (Microsoft Learn, "Limits in Azure Database for PostgreSQL").')
param postgres object = {
  skuName: 'Standard_B2s'
  skuTier: 'Burstable'
  maxConnections: 429
  storageSizeGB: 32
  backupRetentionDays: 7
  geoRedundantBackup: false
  zoneRedundant: false
}
param events object = { partitionCount: 4, throughputUnits: 1, maximumThroughputUnits: 0 }

@description('Consumer groups for the relay, each with room for five readers; the same number as relay.bicep is given.')
param relayGroups int = 1
param logs object = { retentionDays: 30, dailyQuotaGb: 1, alertEmail: '' }

@description('When alerts come (modules/alerts.bicep): what is normal differs from environment to environment.')
param alertLimits object = {
  oldestMessageSeconds: 300
  failurePercent: 10
  pageSeconds: 60
  relayStreams: 20000
  outboxSeconds: 60
  dailyCostUsd: 100
}

@description('Where docs/runbooks is read; empty: in the repository that delivers.')
param runbooksUrl string = ''
param keeping object = { storageSkuName: 'Standard_LRS', registrySkuName: 'Basic', vaultSoftDeleteDays: 7 }

var abbreviations = loadJsonContent('abbreviations.json')
// relay.bicep computes the same.
var token = toLower(uniqueString(subscription().id, environmentName, toLower(replace(location, ' ', ''))))
var tags = { 'azd-env-name': environmentName }
var hubName = 'notifications'
var databaseName = 'product_details'
var names = {
  applicationInsights: '${abbreviations.applicationInsights}${token}'
  storage: '${abbreviations.storageAccount}${token}'
  eventHubs: '${abbreviations.eventHubsNamespace}${token}'
  database: '${abbreviations.postgresServer}${token}'
  vault: '${abbreviations.keyVault}${token}'
  registry: '${abbreviations.containerRegistry}${token}'
  endpoints: '${abbreviations.privateEndpoint}${token}'
}
var functionsIdentityName = '${abbreviations.userAssignedIdentity}functions-${token}'
var deliveryIdentityName = '${abbreviations.userAssignedIdentity}delivery-${token}'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: '${abbreviations.resourceGroup}product-details-${environmentName}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    workspaceName: '${abbreviations.logAnalyticsWorkspace}${token}'
    applicationInsightsName: names.applicationInsights
    actionGroupName: '${abbreviations.actionGroup}${token}'
    logs: logs
  }
}

module identities 'modules/identities.bicep' = {
  scope: group
  name: 'identities'
  params: {
    location: location
    tags: tags
    functionsName: functionsIdentityName
    relayName: '${abbreviations.userAssignedIdentity}relay-${token}'
    deliveryName: deliveryIdentityName
    githubRepository: githubRepository
    githubSubjects: githubSubjects
    planningName: '${abbreviations.userAssignedIdentity}planning-${token}'
    githubPlanningSubjects: githubPlanningSubjects
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  name: 'network'
  params: { location: location, tags: tags, name: '${abbreviations.virtualNetwork}${token}', addressSpace: networkAddressSpace }
}

module data 'modules/data.bicep' = {
  scope: group
  name: 'data'
  params: {
    location: location
    tags: tags
    names: names
    hubName: hubName
    databaseName: databaseName
    workspaceId: monitoring.outputs.workspaceId
    keeping: keeping
    events: events
    relayGroups: relayGroups
    postgres: postgres
    databaseAdministrators: concat(
      [{ name: deliveryIdentityName, objectId: identities.outputs.deliveryPrincipalId, type: 'ServicePrincipal' }],
      empty(databaseAdministratorId)
        ? []
        : [{ name: databaseAdministratorName, objectId: databaseAdministratorId, type: databaseAdministratorType }]
    )
    databaseAllowedAddresses: databaseAllowedAddresses
    secrets: {
      'aws-access-key-id': awsAccessKeyId
      'aws-secret-access-key': awsSecretAccessKey
      'openai-api-key': openaiApiKey
      'together-api-key': togetherApiKey
      'stream-ticket-secret': streamTicketSecret
    }
    privateOnly: privateNetworking
    network: privateNetworking ? network!.outputs.endpoints : {}
  }
}

module relayEnvironment 'modules/relay-environment.bicep' = {
  scope: group
  name: 'relay-environment'
  params: {
    location: location
    tags: tags
    name: '${abbreviations.containerAppsEnvironment}${token}'
    workspaceId: monitoring.outputs.workspaceId
    subnetId: privateNetworking ? network!.outputs.relaySubnetId : ''
  }
}

module roleAssignments 'modules/role-assignments.bicep' = {
  scope: group
  name: 'role-assignments'
  params: {
    names: names
    hubName: hubName
    functionsPrincipalId: identities.outputs.functionsPrincipalId
    relayPrincipalId: identities.outputs.relayPrincipalId
  }
  dependsOn: [data]
}

module functions 'modules/functions.bicep' = {
  scope: group
  name: 'functions'
  params: {
    location: location
    tags: tags
    planName: '${abbreviations.appServicePlan}${token}'
    name: '${abbreviations.functionApp}${token}'
    identityId: identities.outputs.functionsId
    packageContainerUri: data.outputs.packageContainerUri
    corsOrigins: empty(corsOrigins) ? [] : split(corsOrigins, ',')
    subnetId: privateNetworking ? network!.outputs.functionsSubnetId : ''
    instanceMemoryMB: functionApp.instanceMemoryMB
    maximumInstanceCount: functionApp.maximumInstanceCount
    httpConcurrency: functionApp.httpConcurrency
    alwaysReady: functionApp.alwaysReady
  }
  // The host starts with its first setting and wants its roles by then.
  dependsOn: [roleAssignments]
}

module functionSettings 'modules/function-settings.bicep' = {
  scope: group
  name: 'function-settings'
  params: {
    functionAppName: functions.outputs.name
    environmentName: environmentName
    appVersion: appVersion
    logLevel: functionApp.logLevel
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    identityName: functionsIdentityName
    identityClientId: identities.outputs.functionsClientId
    storageUris: data.outputs.storageUris
    eventHubsHost: data.outputs.eventHubsHost
    hubName: hubName
    databaseHost: data.outputs.databaseHost
    databaseName: databaseName
    databasePoolSize: functionApp.databasePoolSize
    vaultUri: data.outputs.vaultUri
    streamUrl: empty(streamUrl)
      ? 'https://${abbreviations.containerApp}relay-${token}.${relayEnvironment.outputs.defaultDomain}'
      : streamUrl
    auth: { jwksUrl: authJwksUrl, issuer: authIssuer, audience: authAudience }
    assets: { bucket: s3BucketName, region: awsRegion, publicUrl: s3PublicUrl }
    productServiceUrl: productServiceUrl
    extraSettings: extraSettings
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    eventHubsNamespaceId: data.outputs.eventHubsId
    databaseServerId: data.outputs.databaseId
    databaseMaxConnections: postgres.maxConnections
    limits: alertLimits
    runbooks: empty(runbooksUrl) ? 'https://github.com/${githubRepository}/blob/main/docs/runbooks' : runbooksUrl
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  name: 'workbook'
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

module deliveryRoles 'modules/delivery-roles.bicep' = if (bootstrapDelivery) {
  scope: group
  name: 'delivery-roles'
  params: {
    deliveryPrincipalId: identities.outputs.deliveryPrincipalId
    planningPrincipalId: identities.outputs.planningPrincipalId
  }
}

module deliverySubscriptionRole 'modules/delivery-subscription-role.bicep' = if (bootstrapDelivery) {
  name: 'delivery-subscription-role-${environmentName}'
  params: {
    environmentName: environmentName
    deliveryPrincipalId: identities.outputs.deliveryPrincipalId
    planningPrincipalId: identities.outputs.planningPrincipalId
  }
}

// azd keeps these in its environment; infra/hooks/postprovision.sh and the pipeline read them.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = data.outputs.registryServer
output DATABASE_HOST string = data.outputs.databaseHost
output DATABASE_NAME string = databaseName
output DATABASE_APP_ROLE string = functionsIdentityName
output DATABASE_APP_OBJECT_ID string = identities.outputs.functionsPrincipalId
output FUNCTION_APP_NAME string = functions.outputs.name
output FUNCTIONS_URL string = 'https://${functions.outputs.hostName}'
output DELIVERY_CLIENT_ID string = identities.outputs.deliveryClientId
output DELIVERY_DATABASE_ROLE string = deliveryIdentityName
output PLANNING_CLIENT_ID string = identities.outputs.planningClientId
