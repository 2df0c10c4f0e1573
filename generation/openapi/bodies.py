"""Request bodies that no pydantic model of the API reads: POST upload-image checks its own (images/uploads.py)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from generation.fields import WebAddress


class ImageFromAddress(BaseModel):
    """Where the picture is to be fetched: a public http(s) address."""

    model_config = ConfigDict(extra="forbid")

    image_url: Annotated[WebAddress, Field(max_length=2048)]


FILE_FORM: dict[str, Any] = {
    "schema": {
        "type": "object",
        "title": "ImageFile",
        "required": ["file"],
        "description": "Other fields of the form are left out.",
        "properties": {
            "file": {
                "type": "string",
                "format": "binary",
                "description": "JPEG, PNG or WebP by content, to 20 MiB and 50 megapixels, 64 pixels or more a side.",
            }
        },
    },
    "encoding": {"file": {"contentType": "image/jpeg, image/png, image/webp"}},
}
