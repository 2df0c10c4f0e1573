metadata description = 'A first set of alerts, on what is really measured: requests and log lines the code emits, and platform metrics. docs/deploy.md lists what is not alerted on yet.'

param location string
param tags object
param workspaceId string
param actionGroupId string
param eventHubsNamespaceId string
param databaseServerId string

@description('max_connections of the database\'s SKU; the alert comes at 80 %.')
param databaseMaxConnections int

// Names of functions and texts of log lines are the code's: tests/unit/infra looks for each in it.
// Custom dimensions are not used, because the worker's `extra` fields do not reach Application Insights yet.
// `reason` travels with the notification.
var logAlerts = [
  {
    name: 'poison-messages'
    reason: 'A message was given up on: its task has failed, or it was not ours. GET /ops/queues and poison_messages say why.'
    severity: 1
    query: 'AppRequests | where Name endswith "_poison" or OperationName endswith "_poison"'
    threshold: 0
    window: 'PT5M'
  }
  {
    name: 'tasks-failed'
    reason: 'More tasks failed for good in a quarter of an hour than single bad inputs explain.'
    severity: 2
    query: 'AppTraces | where Message has "task failed"'
    threshold: 5
    window: 'PT15M'
  }
  {
    name: 'tasks-rescued'
    reason: 'The sweeper enqueues tasks again whose worker died: instances crash, or the queue does not take messages.'
    severity: 2
    query: 'AppTraces | where Message has "task enqueued again"'
    threshold: 5
    window: 'PT15M'
  }
  {
    name: 'unexpected-errors'
    reason: 'An error nobody foresaw, in a request or in a task; the trace has it.'
    severity: 2
    query: 'union (AppTraces | where Message has "unexpected error"), (AppExceptions | where OuterMessage has "unexpected error")'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'http-server-errors'
    reason: 'The API answered 5xx more than ten times in five minutes.'
    severity: 1
    query: 'AppRequests | where toint(ResultCode) >= 500'
    threshold: 10
    window: 'PT5M'
  }
  {
    name: 'events-not-published'
    reason: 'Event Hubs does not take events: sellers see no progress until the sweep gets through.'
    severity: 2
    query: 'AppTraces | where Message has "events cannot be published for now" or Message has "event refused by Event Hubs"'
    threshold: 3
    window: 'PT5M'
  }
  {
    name: 'relay-not-reading'
    reason: 'A relay replica has a stalled partition, or cannot read the hub at all.'
    severity: 2
    query: 'ContainerAppConsoleLogs | where Log has "partition stalled" or Log has "the hub cannot be read yet"'
    threshold: 5
    window: 'PT5M'
  }
]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: alert.window
      // A table appears with its first row: on the day of the first deployment none of them is there.
      skipQueryValidation: true
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId], customProperties: { reason: alert.reason } }
    }
  }
]

// Platform metrics by their names in Microsoft Learn, "Supported metrics with Azure Monitor".
var metricAlerts = [
  {
    name: 'event-hubs-throttled'
    reason: 'Throughput units are used up; every replica reads everything, so mostly what goes out.'
    severity: 2
    scope: eventHubsNamespaceId
    metric: 'ThrottledRequests'
    namespace: 'Microsoft.EventHub/namespaces'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'database-down'
    reason: 'PostgreSQL is not up.'
    severity: 0
    scope: databaseServerId
    metric: 'is_db_alive'
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    aggregation: 'Maximum'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'database-cpu'
    reason: 'PostgreSQL computes at 80 % or more on average.'
    severity: 2
    scope: databaseServerId
    metric: 'cpu_percent'
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    aggregation: 'Average'
    operator: 'GreaterThan'
    threshold: 80
  }
  {
    name: 'database-storage'
    reason: 'The disk is 80 % full; a full one makes the server read-only.'
    severity: 2
    scope: databaseServerId
    metric: 'storage_percent'
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    aggregation: 'Average'
    operator: 'GreaterThan'
    threshold: 80
  }
  {
    name: 'database-connections'
    reason: 'Connections near the server\'s limit: fewer instances or a smaller DATABASE_POOL_SIZE.'
    severity: 2
    scope: databaseServerId
    metric: 'active_connections'
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    aggregation: 'Maximum'
    operator: 'GreaterThan'
    threshold: databaseMaxConnections * 8 / 10
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in metricAlerts: {
    name: alert.name
    location: 'global'
    tags: tags
    properties: {
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alert.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: alert.namespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: alert.operator
            threshold: alert.threshold
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId, webHookProperties: { reason: alert.reason } }]
    }
  }
]
