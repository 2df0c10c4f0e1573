metadata description = 'What only a secret can open: AWS, the model services, and the key that signs stream tickets.'

param location string
param tags object
param name string
param workspaceId string

@minValue(7)
@maxValue(90)
param softDeleteDays int

@description('Secret values by name; an empty one leaves what the vault holds. Written through Resource Manager, so no data role is needed to deploy.')
@secure()
param secrets object

@description('Closed to the internet; private endpoints are the only way in.')
param privateOnly bool

var secretNames = [
  'aws-access-key-id'
  'aws-secret-access-key'
  'openai-api-key'
  'together-api-key'
  'stream-ticket-secret'
]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: softDeleteDays
    enablePurgeProtection: true
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
  }
}

resource values 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [
  for secretName in secretNames: if (!empty(secrets[secretName])) {
    parent: vault
    name: secretName
    properties: { value: secrets[secretName] }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output id string = vault.id
output uri string = vault.properties.vaultUri
