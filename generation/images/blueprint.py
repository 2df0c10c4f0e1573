"""Uploading and changing pictures over HTTP, and the queue that changes them."""

from __future__ import annotations

from uuid import uuid4

import azure.functions as func

from bootstrap import App, app
from generation.images.editing import ImageRequest
from generation.images.records import ImageRecord, require_image
from generation.images.store import take_upload, take_url
from generation.images.uploads import UploadUrl, parse_upload
from generation.tasks.answers import take_in
from generation.tasks.consume import consume
from generation.tasks.model import TaskKind
from shared.blueprint import Endpoints
from shared.http import Call, Reply, reply
from shared.messages import IMAGE_QUEUE

endpoints = Endpoints(app)


async def upload_image(root: App, call: Call) -> Reply:
    """Take a photo in, by multipart `file` or by {image_url}; 201 with its id."""
    body = call.limited_body(root.web.max_upload)
    upload = parse_upload(call.headers.get("content-type", ""), body)
    image_id, owner, database, assets = uuid4(), call.user, root.database, root.assets
    if isinstance(upload, UploadUrl):
        record = await take_url(
            upload.url,
            owner=owner,
            image_id=image_id,
            downloader=root.downloads,
            db=database,
            assets=assets,
        )
    else:
        record = await take_upload(upload.content, owner=owner, image_id=image_id, db=database, assets=assets)
    return reply(_view(record, assets.url(record.s3_key)), 201)


def _view(record: ImageRecord, url: str) -> dict[str, object]:
    return {
        "image_id": str(record.image_id),
        "url": url,
        "width": record.width,
        "height": record.height,
        "content_type": record.content_type,
        "bytes": record.bytes,
        "sha256": record.sha256,
    }


async def edit_image(root: App, call: Call) -> Reply:
    """Have a picture changed; 202 with where to follow it."""
    request = call.model(ImageRequest, root.web.max_body)
    if request.image_id is not None:
        await require_image(root.database, request.image_id, call.user)
    return await take_in(root, call, TaskKind.IMAGE, request)


endpoints.route("image", "generation/image", post=edit_image)
endpoints.route("upload_image", "generation/upload-image", post=upload_image)


@endpoints.blueprint.queue_trigger(
    arg_name="message", queue_name=IMAGE_QUEUE, connection="AzureWebJobsStorage"
)
async def change_image(message: func.QueueMessage, context: func.Context) -> None:
    """Run the task a message names."""
    await consume(app(), IMAGE_QUEUE, message.get_body(), context.trace_context.trace_parent)
