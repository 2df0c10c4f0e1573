metadata description = 'Where logs, telemetry and alerts go. Nothing here accepts a key: telemetry is sent by identity.'

param location string
param tags object
param workspaceName string
param applicationInsightsName string
param actionGroupName string

@description('{ retentionDays, dailyQuotaGb: after which the workspace takes no more that day, -1 for no limit; alertEmail: empty, alerts are only shown in the portal }')
param logs object

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logs.retentionDays
    workspaceCapping: { dailyQuotaGb: logs.dailyQuotaGb }
    features: { disableLocalAuth: true }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string says where to send, not who may: role-assignments.bicep does.
    DisableLocalAuth: true
  }
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'productpage'
    enabled: true
    emailReceivers: empty(logs.alertEmail)
      ? []
      : [{ name: 'operators', emailAddress: logs.alertEmail, useCommonAlertSchema: true }]
  }
}

output workspaceId string = workspace.id
output workspaceCustomerId string = workspace.properties.customerId
output connectionString string = applicationInsights.properties.ConnectionString
output actionGroupId string = actionGroup.id
