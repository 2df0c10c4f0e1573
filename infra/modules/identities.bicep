metadata description = 'One identity per program, one that delivers, one that only looks. What each may do: role-assignments.bicep, delivery-roles.bicep.'

param location string
param tags object
param functionsName string
param relayName string
param deliveryName string
param planningName string

@description('owner/name of the repository whose workflows deliver; empty: none may.')
param githubRepository string

@description('What follows repo:<owner/name>: in the OIDC subject. Pull requests are left out on purpose: their code is not reviewed yet.')
param githubSubjects array

@description('The same for the planning identity, which reads and asks what-if: pull requests may use it.')
param githubPlanningSubjects array

@description('Who issues the workflows\' tokens.')
param githubIssuer string = 'https://token.actions.githubusercontent.com'

resource functions 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: functionsName
  location: location
  tags: tags
}

resource relay 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: relayName
  location: location
  tags: tags
}

resource delivery 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: deliveryName
  location: location
  tags: tags
}

resource planning 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: planningName
  location: location
  tags: tags
}

// One at a time: Azure refuses two writes to one identity's credentials at once.
@batchSize(1)
resource federation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [
  for (subject, index) in (empty(githubRepository) ? [] : githubSubjects): {
    parent: delivery
    name: 'github-${index}'
    properties: {
      issuer: githubIssuer
      subject: 'repo:${githubRepository}:${subject}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

@batchSize(1)
resource planningFederation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [
  for (subject, index) in (empty(githubRepository) ? [] : githubPlanningSubjects): {
    parent: planning
    name: 'github-${index}'
    properties: {
      issuer: githubIssuer
      subject: 'repo:${githubRepository}:${subject}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

output functionsId string = functions.id
output functionsClientId string = functions.properties.clientId
output functionsPrincipalId string = functions.properties.principalId
output relayPrincipalId string = relay.properties.principalId
output deliveryClientId string = delivery.properties.clientId
output deliveryPrincipalId string = delivery.properties.principalId
output planningClientId string = planning.properties.clientId
output planningPrincipalId string = planning.properties.principalId
