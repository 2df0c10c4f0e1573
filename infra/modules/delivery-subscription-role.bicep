metadata description = 'main.bicep is a deployment of the subscription: this lets the delivery identity start it, and nothing more up there.'

targetScope = 'subscription'

param environmentName string
param deliveryPrincipalId string

var scopeId = subscription().id

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(scopeId, 'product-details-delivery', environmentName)
  properties: {
    roleName: 'Product Details delivery (${environmentName})'
    type: 'CustomRole'
    assignableScopes: [scopeId]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/deployments/*'
          'Microsoft.Resources/subscriptions/resourceGroups/read'
          'Microsoft.Resources/subscriptions/resourceGroups/write'
        ]
      }
    ]
  }
}

resource deployments 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scopeId, deliveryPrincipalId, role.id)
  properties: {
    principalId: deliveryPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}
