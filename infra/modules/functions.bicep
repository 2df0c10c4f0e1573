metadata description = 'The function app on Flex Consumption. Its settings are in function-settings.bicep, all of them.'

param location string
param tags object
param planName string
param name string
param identityId string
param packageContainerUri string
param corsOrigins array

@description('A subnet delegated to Microsoft.App/environments; empty: no virtual network.')
param subnetId string

@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances over all functions. Times DATABASE_POOL_SIZE it must stay under PostgreSQL\'s max_connections.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Requests that one instance serves at a time. A request waits for PostgreSQL and the queue, hardly for the CPU.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('[{ name: http | function:<name>, instanceCount }]. HTTP functions scale as one group, each other function alone.')
param alwaysReady array

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

// How queue functions scale is not here: instances = queue length / (batchSize + newBatchThreshold);
// batchSize (32) is in host.json.
resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      cors: { allowedOrigins: corsOrigins, supportCredentials: false }
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }
}

// Publishing is by Entra token; the old publishing passwords stay off.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
