metadata description = 'The workbook "Product Details": what the alerts look at, over time. infra/workbook.json is its content.'

param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'product-details')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Product Details'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: replace(loadTextContent('../workbook.json'), '__workspace__', workspaceId)
  }
}
