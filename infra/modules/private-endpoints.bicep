metadata description = 'Private endpoints with their DNS records: the only way in when privateNetworking is on.'

param location string
param tags object
param namePrefix string
param subnetId string

@description('[{ groupId: the part that is reached (blob, queue, table, namespace, vault, postgresqlServer), resourceId, zoneId }]')
param targets array

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for target in targets: {
    name: '${namePrefix}-${target.groupId}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: target.groupId
          properties: { privateLinkServiceId: target.resourceId, groupIds: [target.groupId] }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (target, index) in targets: {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: target.groupId, properties: { privateDnsZoneId: target.zoneId } }]
    }
  }
]
