metadata description = 'The container app of the relay: replicas that are all alike, and its two alerts.'

param location string
param tags object
param name string
param environmentId string
param image string
param registryServer string
param identityId string
param identityClientId string
param ticketSecretUri string
param eventHubsHost string
param hubName string

@description('Comma-separated; a replica takes the first that has room.')
param consumerGroups string

param actionGroupId string

@description('Address of the folder of runbooks.')
param runbooks string

@description('{ connectionString, environmentName, sampleRatio }: where traces and metrics go, and how much.')
param telemetry object

@description('{ jwksUrl, issuer, audience }')
param auth object

@description('Comma-separated.')
param corsOrigins string

param minReplicas int
param maxReplicas int

@description('Cores of a replica, as text: 0.5, 1, 2.')
param cpu string

@description('Twice the cores, in Gi.')
param memory string

@description('Bytes of events kept for replay.')
param windowBytes int

@description('Seconds over which a replica that is told to stop ends its streams.')
param graceSeconds int

var port = 8080
// What RELAY_GRACE_SECONDS does not count: letting go of the readers and of Event Hubs.
var closingSeconds = 15

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 5
      ingress: {
        external: true
        targetPort: port
        transport: 'http'
        allowInsecure: false
        // An event's id is the same on every replica: a client may come back to any.
        stickySessions: { affinity: 'none' }
        traffic: [{ latestRevision: true, weight: 100 }]
      }
      registries: [{ server: registryServer, identity: identityId }]
      secrets: [{ name: 'stream-ticket-secret', keyVaultUrl: ticketSecretUri, identity: identityId }]
    }
    template: {
      terminationGracePeriodSeconds: graceSeconds + closingSeconds
      containers: [
        {
          name: 'relay'
          image: image
          resources: { cpu: json(cpu), memory: memory }
          // What AuthSettings, EventHubSettings and RelaySettings (shared/settings.py) read. The relay writes no file.
          env: [
            { name: 'AUTH_JWKS_URL', value: auth.jwksUrl }
            { name: 'AUTH_ISSUER', value: auth.issuer }
            { name: 'AUTH_AUDIENCE', value: auth.audience }
            { name: 'STREAM_TICKET_SECRET', secretRef: 'stream-ticket-secret' }
            { name: 'EVENTHUB__fullyQualifiedNamespace', value: eventHubsHost }
            { name: 'EVENTHUB__clientId', value: identityClientId }
            { name: 'EVENTHUB_NAME', value: hubName }
            { name: 'RELAY_CONSUMER_GROUPS', value: consumerGroups }
            { name: 'RELAY_PORT', value: string(port) }
            { name: 'RELAY_WINDOW_BYTES', value: string(windowBytes) }
            { name: 'RELAY_GRACE_SECONDS', value: string(graceSeconds) }
            { name: 'CORS_ORIGINS', value: corsOrigins }
            { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: telemetry.connectionString }
            { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identityClientId};Authorization=AAD' }
            // The exporter would otherwise report on itself to Microsoft and ask there for configuration.
            { name: 'APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL', value: 'true' }
            { name: 'APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED', value: 'true' }
            { name: 'ENVIRONMENT_NAME', value: telemetry.environmentName }
            { name: 'TELEMETRY_SAMPLE_RATIO', value: telemetry.sampleRatio }
          ]
          probes: [
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: port }
              initialDelaySeconds: 5
              periodSeconds: 10
              timeoutSeconds: 3
              failureThreshold: 3
            }
            {
              // Not ready until the replay window is filled, while draining, and when a partition is stuck.
              type: 'Readiness'
              httpGet: { path: '/readyz', port: port }
              initialDelaySeconds: 2
              periodSeconds: 5
              timeoutSeconds: 3
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        // Not an HTTP rule: that one counts the requests of the last 15 seconds, and a stream is one request in 200.
        rules: [
          {
            name: 'cpu'
            custom: { type: 'cpu', metadata: { type: 'Utilization', value: '60' } }
          }
        ]
      }
    }
  }
}

// Restarts mean that it crashes or that its liveness probe fails; missing replicas that new ones do not get ready.
var alerts = [
  {
    name: 'relay-restarts'
    reason: 'A relay replica crashes or fails its liveness probe, again and again.'
    metric: 'RestartCount'
    operator: 'GreaterThan'
    threshold: 2
  }
  {
    name: 'relay-replicas'
    reason: 'Replicas of the relay are missing: new ones do not start or do not get ready.'
    metric: 'Replicas'
    operator: 'LessThan'
    threshold: minReplicas
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in alerts: {
    name: alert.name
    location: 'global'
    tags: tags
    // Apart: the offline checker (tests/unit/infra) does not know this property, the compiler does.
    properties: union({ description: '${alert.reason} What to do: ${runbooks}/${alert.name}.md' }, {
      severity: 2
      enabled: true
      scopes: [app.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alert.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: 'Microsoft.App/containerapps'
            metricName: alert.metric
            timeAggregation: 'Maximum'
            operator: alert.operator
            threshold: alert.threshold
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    })
  }
]

output url string = 'https://${app.properties.configuration.ingress.fqdn}'
