metadata description = 'Event Hubs between the functions, which publish, and the relays, which each read everything.'

param location string
param tags object
param namespaceName string
param hubName string
param workspaceId string

@description('Fixed when the hub is made: Standard cannot change it later. Each relay replica opens one reader per partition.')
@minValue(1)
@maxValue(32)
param partitionCount int

@description('Throughput units: each takes in 1 MB/s or 1,000 events/s and gives out 2 MB/s. Every replica reads every event, so what goes out decides.')
@minValue(1)
@maxValue(40)
param throughputUnits int

@description('Units that a burst may raise it to; 0: it stays as it is.')
@minValue(0)
@maxValue(40)
param maximumThroughputUnits int

@description('Consumer groups of the relay, relay-0, relay-1, ...: five readers of a partition fit into each (docs/events.md has the arithmetic). Standard has room for 20 groups, $Default included.')
@minValue(1)
@maxValue(19)
param relayGroups int

@description('Closed to the internet; private endpoints are the only way in.')
param privateOnly bool

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: throughputUnits
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    isAutoInflateEnabled: maximumThroughputUnits > throughputUnits
    maximumThroughputUnits: maximumThroughputUnits > throughputUnits ? maximumThroughputUnits : 0
  }
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: hubName
  properties: {
    partitionCount: partitionCount
    // The relay looks back ten minutes (RELAY_WINDOW_SECONDS), and a seller's tasks are in PostgreSQL: one day is plenty.
    retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: 24 }
  }
}

// The relay tries them in turn (RELAY_CONSUMER_GROUPS); a rollout's second set of replicas needs room as well.
@batchSize(1)
resource consumerGroups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [
  for index in range(0, relayGroups): {
    parent: hub
    name: 'relay-${index}'
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = namespace.id
output host string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
