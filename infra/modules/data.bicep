metadata description = 'Where data, secrets and images are kept, and with privateNetworking the only ways to reach them.'

param location string
param tags object

@description('{ storage, eventHubs, database, vault, registry, endpoints }')
param names object
param hubName string
param databaseName string
param workspaceId string

@description('{ storageSkuName, registrySkuName, vaultSoftDeleteDays }')
param keeping object

@description('{ partitionCount, throughputUnits, maximumThroughputUnits }')
param events object
param relayGroups int

@description('{ skuName, skuTier, storageSizeGB, backupRetentionDays, geoRedundantBackup, zoneRedundant }')
param postgres object
param databaseAdministrators array
param databaseAllowedAddresses array

@secure()
param secrets object
param privateOnly bool

@description('With privateOnly: the subnet for endpoints and the DNS zones, as network.bicep gives them out.')
param network object

module storage 'storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    tags: tags
    name: names.storage
    skuName: keeping.storageSkuName
    packageContainerName: 'packages'
    workspaceId: workspaceId
    privateOnly: privateOnly
  }
}

module eventHubs 'event-hubs.bicep' = {
  name: 'event-hubs'
  params: {
    location: location
    tags: tags
    namespaceName: names.eventHubs
    hubName: hubName
    workspaceId: workspaceId
    partitionCount: events.partitionCount
    throughputUnits: events.throughputUnits
    maximumThroughputUnits: events.maximumThroughputUnits
    relayGroups: relayGroups
    privateOnly: privateOnly
  }
}

module database 'database.bicep' = {
  name: 'database'
  params: {
    location: location
    tags: tags
    serverName: names.database
    databaseName: databaseName
    workspaceId: workspaceId
    skuName: postgres.skuName
    skuTier: postgres.skuTier
    storageSizeGB: postgres.storageSizeGB
    backupRetentionDays: postgres.backupRetentionDays
    geoRedundantBackup: postgres.geoRedundantBackup
    zoneRedundant: postgres.zoneRedundant
    administrators: databaseAdministrators
    allowedAddresses: databaseAllowedAddresses
    privateOnly: privateOnly
  }
}

module vault 'key-vault.bicep' = {
  name: 'key-vault'
  params: {
    location: location
    tags: tags
    name: names.vault
    workspaceId: workspaceId
    softDeleteDays: keeping.vaultSoftDeleteDays
    secrets: secrets
    privateOnly: privateOnly
  }
}

module registry 'registry.bicep' = {
  name: 'registry'
  params: {
    location: location
    tags: tags
    name: names.registry
    workspaceId: workspaceId
    skuName: keeping.registrySkuName
  }
}

module privateEndpoints 'private-endpoints.bicep' = if (privateOnly) {
  name: 'private-endpoints'
  params: {
    location: location
    tags: tags
    namePrefix: names.endpoints
    subnetId: network.endpointsSubnetId
    targets: [
      { groupId: 'blob', resourceId: storage.outputs.id, zoneId: network.blobZoneId }
      { groupId: 'queue', resourceId: storage.outputs.id, zoneId: network.queueZoneId }
      { groupId: 'table', resourceId: storage.outputs.id, zoneId: network.tableZoneId }
      { groupId: 'namespace', resourceId: eventHubs.outputs.id, zoneId: network.eventHubsZoneId }
      { groupId: 'vault', resourceId: vault.outputs.id, zoneId: network.vaultZoneId }
      { groupId: 'postgresqlServer', resourceId: database.outputs.id, zoneId: network.databaseZoneId }
    ]
  }
}

output storageUris object = {
  blob: storage.outputs.blobUri
  queue: storage.outputs.queueUri
  table: storage.outputs.tableUri
}
output packageContainerUri string = storage.outputs.packageContainerUri
output eventHubsId string = eventHubs.outputs.id
output eventHubsHost string = eventHubs.outputs.host
output databaseId string = database.outputs.id
output databaseHost string = database.outputs.host
output vaultUri string = vault.outputs.uri
output registryServer string = registry.outputs.loginServer
