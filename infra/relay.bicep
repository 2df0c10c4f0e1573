metadata description = 'The container app of the relay, in the environment that main.bicep made. azd deploys it with the image it has just built; by hand: docs/deploy.md.'

// Apart from main.bicep because it changes with every image: provisioning would otherwise put an old image back, and
// could not run at all before the first image is in the registry.

@description('The same as main.bicep was given: names follow from it.')
param environmentName string

param location string = resourceGroup().location

@description('registry/repository@sha256:... or :tag, in the registry that main.bicep made.')
param imageName string

param authJwksUrl string
param authIssuer string
param authAudience string

@description('Comma-separated origins of the frontends.')
param corsOrigins string = ''

@description('Consumer groups that main.bicep made: the same number as it was given.')
@minValue(1)
@maxValue(19)
param relayGroups int = 1

@minValue(1)
@maxValue(47)
param minReplicas int = 2

@description('Twice this, for a rollout runs the old and the new replicas side by side, may not exceed five readers in each consumer group.')
@minValue(1)
@maxValue(47)
param maxReplicas int = 2

@allowed(['0.5', '1', '2'])
param cpu string = '0.5'

@allowed(['1Gi', '2Gi', '4Gi'])
param memory string = '1Gi'

@description('Bytes of events a replica keeps for replay; a quarter of its memory leaves room for 10,000 streams.')
param windowBytes int = 268435456

@description('Seconds over which a stopping replica ends its streams, so that clients do not come back all at once.')
@minValue(0)
@maxValue(580)
param graceSeconds int = 25

@description('Share of traces that are recorded, 0 to 1, as text; the function app must have the same (TELEMETRY_SAMPLE_RATIO).')
param traceSampleRatio string = '1'

@description('Where docs/runbooks is read.')
param runbooksUrl string = 'docs/runbooks'

var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, toLower(replace(location, ' ', ''))))
var hubName = 'notifications'
var tags = { 'azd-env-name': environmentName }

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: '${abbreviations.containerAppsEnvironment}${token}'
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = {
  name: '${abbreviations.containerRegistry}${token}'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: '${abbreviations.userAssignedIdentity}relay-${token}'
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: '${abbreviations.keyVault}${token}'
}

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: '${abbreviations.eventHubsNamespace}${token}'
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: '${abbreviations.actionGroup}${token}'
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: '${abbreviations.applicationInsights}${token}'
}

module app 'modules/relay-app.bicep' = {
  name: 'relay'
  params: {
    location: location
    // azd looks for exactly one app by this tag.
    tags: union(tags, { 'azd-service-name': 'relay' })
    name: '${abbreviations.containerApp}relay-${token}'
    environmentId: environment.id
    image: imageName
    registryServer: registry.properties.loginServer
    identityId: identity.id
    identityClientId: identity.properties.clientId
    ticketSecretUri: '${vault.properties.vaultUri}secrets/stream-ticket-secret'
    eventHubsHost: split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
    hubName: hubName
    consumerGroups: join(map(range(0, relayGroups), index => 'relay-${index}'), ',')
    actionGroupId: actionGroup.id
    runbooks: runbooksUrl
    telemetry: {
      connectionString: applicationInsights.properties.ConnectionString
      environmentName: environmentName
      sampleRatio: traceSampleRatio
    }
    auth: { jwksUrl: authJwksUrl, issuer: authIssuer, audience: authAudience }
    corsOrigins: corsOrigins
    minReplicas: minReplicas
    maxReplicas: maxReplicas
    cpu: cpu
    memory: memory
    windowBytes: windowBytes
    graceSeconds: graceSeconds
  }
}

output RELAY_URL string = app.outputs.url
