"""The function app Azure indexes: every trigger of the product, by blueprint."""

import azure.functions as func

import generation.documents.blueprint
import generation.images.blueprint
import generation.openapi.blueprint
import generation.operations.blueprint
import generation.pages.blueprint
import generation.tasks.blueprint
import generation.templates.blueprint
import notifications.blueprint

app = func.FunctionApp(
    http_auth_level=func.AuthLevel.ANONYMOUS
)  # who may call is decided by JWT, not by host keys
for module in (
    generation.pages.blueprint,
    generation.tasks.blueprint,
    generation.images.blueprint,
    generation.documents.blueprint,
    generation.operations.blueprint,
    generation.templates.blueprint,
    generation.openapi.blueprint,
    notifications.blueprint,
):
    app.register_functions(module.endpoints.blueprint)
