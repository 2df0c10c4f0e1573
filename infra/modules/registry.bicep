metadata description = 'The relay\'s images. Pulled by identity; there is no admin user and no anonymous pull.'

param location string
param tags object
param name string
param workspaceId string

@allowed(['Basic', 'Standard', 'Premium'])
param skuName string

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: skuName }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    // Private endpoints need Premium; delivery pushes from outside the network anyway, so identity is the only gate.
    publicNetworkAccess: 'Enabled'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: registry
  name: 'workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output loginServer string = registry.properties.loginServer
