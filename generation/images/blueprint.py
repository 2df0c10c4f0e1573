"""Uploading photos over HTTP."""

from __future__ import annotations

from uuid import uuid4

from bootstrap import App, app
from generation.images.records import ImageRecord
from generation.images.store import take_upload, take_url
from generation.images.uploads import UploadUrl, parse_upload
from shared.blueprint import Endpoints
from shared.http import Call, Reply, reply

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


endpoints.route("upload_image", "generation/upload-image", post=upload_image)
