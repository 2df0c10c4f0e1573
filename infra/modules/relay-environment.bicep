metadata description = 'The Container Apps environment that the relay apps of ../relay.bicep run in.'

param location string
param tags object
param name string
param workspaceId string

@description('A subnet delegated to Microsoft.App/environments; empty: no virtual network.')
param subnetId string

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // Not 'log-analytics': that wants the workspace's shared key. The diagnostic setting below sends the logs.
    appLogsConfiguration: { destination: 'azure-monitor' }
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId, internal: false }
    // Zones need a network of one's own.
    zoneRedundant: !empty(subnetId)
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: environment
  name: 'workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

output defaultDomain string = environment.properties.defaultDomain
