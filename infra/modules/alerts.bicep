metadata description = 'The alerts: each with its query, its threshold, why it is worth waking somebody, and the page that says what to do (docs/runbooks).'

param location string
param tags object
param workspaceId string
param actionGroupId string
param eventHubsNamespaceId string
param databaseServerId string

@description('max_connections of the database\'s SKU; the alert comes at 80 %.')
param databaseMaxConnections int

@description('{ oldestMessageSeconds, failurePercent, pageSeconds, relayStreams: of one replica, outboxSeconds, dailyCostUsd }')
param limits object

@description('Address of the folder of runbooks: <this>/<alert>.md.')
param runbooks string

// Each query gives rows of (TimeGenerated, value); the alert fires when a value is over the threshold. Figures (AppMetrics) are
// those of shared/telemetry/instruments.py, taken once a minute; texts of log lines are the code's. tests/unit/telemetry and
// tests/unit/infra look for each in the code. A gauge is exported as one measurement: its value is in Sum.
var logAlerts = [
  {
    name: 'poison-messages'
    reason: 'A message was given up: its task has failed, or it was not ours. Nobody tries again by himself.'
    severity: 1
    query: 'AppMetrics | where Name == "queue.poison" | summarize value = max(Sum) by bin(TimeGenerated, 5m)'
    threshold: 0
    window: 'PT5M'
  }
  {
    name: 'oldest-message'
    reason: 'Work waits longer than instances need to start: sellers see no progress.'
    severity: 2
    query: 'AppMetrics | where Name == "queue.oldest_age" | summarize value = max(Sum) by bin(TimeGenerated, 5m)'
    threshold: limits.oldestMessageSeconds
    window: 'PT5M'
  }
  {
    name: 'stale-tasks'
    reason: 'Tasks that nobody works on, although the sweeper has had twice its time to mend them: it does not run, or cannot.'
    severity: 2
    query: 'AppMetrics | where Name == "tasks.stale" | summarize value = min(Sum) by bin(TimeGenerated, 5m)'
    threshold: 0
    window: 'PT5M'
  }
  {
    name: 'tasks-rescued'
    reason: 'The sweeper enqueues tasks again whose worker died: instances crash, or the queue does not take messages.'
    severity: 2
    query: 'AppTraces | where Message has "task enqueued again" | summarize value = count() by bin(TimeGenerated, 15m)'
    threshold: 5
    window: 'PT15M'
  }
  {
    name: 'failure-rate'
    reason: 'More tasks of the last quarter of an hour failed for good than single bad inputs explain.'
    severity: 2
    query: 'AppMetrics | where Name == "tasks.recent" | extend status = tostring(Properties["task.status"]), task = tostring(Properties["task.kind"]) | summarize ended = max(Sum) by status, task, bin(TimeGenerated, 5m) | summarize failed = sumif(ended, status == "failed"), total = sumif(ended, status in ("failed", "completed")) by TimeGenerated | where total >= 10 | project TimeGenerated, value = 100.0 * failed / total'
    threshold: limits.failurePercent
    window: 'PT5M'
  }
  {
    name: 'page-time'
    reason: 'Of the pages completed in the last quarter of an hour one in twenty took longer, from request to page.'
    severity: 2
    query: 'AppMetrics | where Name == "pages.duration" | where tostring(Properties["quantile"]) == "0.95" | summarize value = min(Sum) by bin(TimeGenerated, 5m)'
    threshold: limits.pageSeconds
    window: 'PT5M'
  }
  {
    name: 'relay-lag'
    reason: 'A replica knows of events it has not read for some time: its streams are silent or late.'
    severity: 2
    query: 'AppMetrics | where Name == "relay.lag" | summarize lag = sum(Sum) by AppRoleInstance, bin(TimeGenerated, 1m) | summarize value = min(lag) by AppRoleInstance, bin(TimeGenerated, 5m)'
    threshold: 100
    window: 'PT5M'
  }
  {
    name: 'relay-delay'
    reason: 'Events reach the relay seconds after Event Hubs took them: throughput units or replicas are too few.'
    severity: 2
    query: 'AppMetrics | where Name == "relay.delay" | summarize value = sum(Sum) / sum(ItemCount) by bin(TimeGenerated, 5m)'
    threshold: 5
    window: 'PT5M'
  }
  {
    name: 'relay-connections'
    reason: 'A replica holds more streams than it was sized for: add replicas before memory ends it.'
    severity: 2
    query: 'AppMetrics | where Name == "relay.streams" | summarize value = max(Sum) by AppRoleInstance, bin(TimeGenerated, 5m)'
    threshold: limits.relayStreams
    window: 'PT5M'
  }
  {
    name: 'relay-not-reading'
    reason: 'A relay replica has a stalled partition, or cannot read the hub at all.'
    severity: 2
    query: 'ContainerAppConsoleLogs | where Log has "partition stalled" or Log has "the hub cannot be read yet" | summarize value = count() by bin(TimeGenerated, 5m)'
    threshold: 5
    window: 'PT5M'
  }
  {
    name: 'outbox-age'
    reason: 'Events wait unpublished although the sweep comes every few seconds: sellers see no progress.'
    severity: 2
    query: 'AppMetrics | where Name == "outbox.oldest_age" | summarize value = min(Sum) by bin(TimeGenerated, 5m)'
    threshold: limits.outboxSeconds
    window: 'PT5M'
  }
  {
    name: 'events-not-published'
    reason: 'Event Hubs does not take events: sellers see no progress until the sweep gets through.'
    severity: 2
    query: 'AppTraces | where Message has "events cannot be published for now" or Message has "event refused by Event Hubs" | summarize value = count() by bin(TimeGenerated, 5m)'
    threshold: 3
    window: 'PT5M'
  }
  {
    name: 'cost-per-day'
    reason: 'Models have cost more since midnight in Seoul than a day is meant to.'
    severity: 2
    query: 'AppMetrics | where Name == "cost.today" | summarize value = max(Sum) by bin(TimeGenerated, 15m)'
    threshold: limits.dailyCostUsd
    window: 'PT15M'
  }
  {
    name: 'dependency-down'
    reason: 'PostgreSQL, the queues, S3, Event Hubs or the settings were not ready twice within five minutes: requests are answered 503.'
    severity: 1
    query: 'AppMetrics | where Name == "dependency.ready" | summarize value = countif(Sum == 0) by tostring(Properties["dependency"]), bin(TimeGenerated, 5m)'
    threshold: 1
    window: 'PT5M'
  }
  {
    name: 'figures-missing'
    reason: 'Nobody has taken the figures for a quarter of an hour: the function app does not run, or sends nothing. Other alerts are blind.'
    severity: 1
    query: 'AppMetrics | where Name == "queue.length" | summarize seen = count() | project TimeGenerated = now(), value = iff(seen == 0, 1, 0)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'unexpected-errors'
    reason: 'An error nobody foresaw, in a request or in a task; the trace has it.'
    severity: 2
    query: 'union (AppTraces | where Message has "unexpected error"), (AppExceptions | where OuterMessage has "unexpected error") | summarize value = count() by bin(TimeGenerated, 15m)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'http-server-errors'
    reason: 'The API answered 5xx more than ten times in five minutes.'
    severity: 1
    query: 'AppRequests | where toint(ResultCode) >= 500 | summarize value = count() by bin(TimeGenerated, 5m)'
    threshold: 10
    window: 'PT5M'
  }
]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    // Apart: the offline checker (tests/unit/infra) does not know this property, the compiler does.
    properties: union({ description: '${alert.reason} What to do: ${runbooks}/${alert.name}.md' }, {
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
            metricMeasureColumn: 'value'
            timeAggregation: 'Maximum'
            operator: 'GreaterThan'
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId], customProperties: { runbook: '${runbooks}/${alert.name}.md' } }
    })
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
    // Apart: the offline checker (tests/unit/infra) does not know this property, the compiler does.
    properties: union({ description: '${alert.reason} What to do: ${runbooks}/${alert.name}.md' }, {
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
      actions: [{ actionGroupId: actionGroupId, webHookProperties: { runbook: '${runbooks}/${alert.name}.md' } }]
    })
  }
]
