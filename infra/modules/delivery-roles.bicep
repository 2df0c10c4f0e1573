metadata description = 'What the delivery and planning identities may do in the resource group. Deployed by a person (bootstrapDelivery): nobody gives himself rights.'

param deliveryPrincipalId string
param planningPrincipalId string

var dataRoles = loadJsonContent('../roles.json')
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
var accessAdministrator = 'f58310d9-a9f6-439a-9e8d-f62e7b41a168'
var grantable = join(map(items(dataRoles), role => role.value), ', ')

// Makes and changes every resource, publishes the function app, pushes images. It is given no data of storage, hub or vault;
// but whoever may change a resource could reopen one of its doors: protect the branch that delivers.
resource resources 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, deliveryPrincipalId, contributor)
  properties: {
    principalId: deliveryPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
  }
}

// May give and take the roles of roles.json only (those of role-assignments.bicep): no Owner, no Contributor, not this one.
resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, deliveryPrincipalId, accessAdministrator)
  properties: {
    principalId: deliveryPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', accessAdministrator)
    conditionVersion: '2.0'
    condition: '((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${grantable}})) AND ((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})) OR (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${grantable}}))'
  }
}

// Reads what is there: no settings' values, no secrets, no data (those are actions and data actions, which Reader has not).
resource planning 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, planningPrincipalId, reader)
  properties: {
    principalId: planningPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
  }
}
