metadata description = 'main.bicep is a deployment of the subscription: this lets the delivery identity start it and the planning identity ask what it would do, and nothing more up there.'

targetScope = 'subscription'

param environmentName string
param deliveryPrincipalId string
param planningPrincipalId string

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

resource planningRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(scopeId, 'product-details-planning', environmentName)
  properties: {
    roleName: 'Product Details planning (${environmentName})'
    type: 'CustomRole'
    assignableScopes: [scopeId]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/deployments/read'
          'Microsoft.Resources/deployments/validate/action'
          'Microsoft.Resources/deployments/whatIf/action'
          'Microsoft.Resources/subscriptions/resourceGroups/read'
        ]
      }
    ]
  }
}

resource questions 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scopeId, planningPrincipalId, planningRole.id)
  properties: {
    principalId: planningPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: planningRole.id
  }
}
