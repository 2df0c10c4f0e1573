"""Reads the body of POST upload-image: a multipart form with a `file`, or JSON with an `image_url`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser

import orjson

from shared.errors import FieldIssue, FieldsError, MalformedError, UnsupportedError

_MAX_PARTS = 64  # a form may have other fields too; they are left out
_MAX_PART_HEADER = 8 * 1024
_MAX_URL = 2048
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")  # RFC 2046 §5.1.1
_PLAIN = frozenset({"", "7bit", "8bit", "binary"})
_END_OF_HEADER = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of an uploaded file."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UploadUrl:
    """Where the picture is to be fetched."""

    url: str


def parse_upload(content_type: str, body: bytes) -> Upload | UploadUrl:
    """What was sent.

    Args:
        content_type: the request's Content-Type.
        body: the request's body, already limited in size.

    Raises:
        UnsupportedError: neither multipart/form-data nor application/json.
        MalformedError: it cannot be read as what it says it is.
        FieldsError: the one needed field is missing, empty, repeated or of the wrong kind.
    """
    header = Message()
    # A line break in the header would start another one.
    header["Content-Type"] = " ".join(content_type.split())
    kind = header.get_content_type() if content_type.strip() else ""
    if kind == "multipart/form-data":
        return Upload(_file(body, _boundary(header)))
    if kind == "application/json":
        return UploadUrl(_image_url(body))
    raise UnsupportedError("Send multipart/form-data with a file, or application/json with an image_url.")


def _boundary(header: Message) -> bytes:
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not _BOUNDARY.fullmatch(boundary):
        raise MalformedError("The multipart Content-Type names no valid boundary.")
    return boundary.encode("ascii")


def _image_url(body: bytes) -> str:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedError("The body is not JSON.") from error
    if not isinstance(data, dict):
        raise _invalid("image_url", "the body must be an object with an image_url")
    unknown = [name for name in data if name != "image_url"]
    if unknown:
        raise _invalid(unknown[0], "is not a field of this request")
    url = data.get("image_url")
    if not isinstance(url, str) or not 0 < len(url) <= _MAX_URL:
        raise _invalid("image_url", f"must be a URL of at most {_MAX_URL} characters")
    return url


def _file(body: bytes, boundary: bytes) -> bytes:
    files = [content for name, content in map(_read_part, _parts(body, boundary)) if name == "file"]
    if len(files) != 1:
        raise _invalid("file", "exactly one file must be sent in this field")
    if not files[0]:
        raise _invalid("file", "the file is empty")
    return files[0]


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts between delimiters (RFC 2046 §5.1.1), each with its header; preamble and epilogue left away."""
    delimiter = b"\r\n--" + boundary
    # The first delimiter's line break is optional: it may open the body.
    pieces = (b"\r\n" + body).split(delimiter, maxsplit=_MAX_PARTS + 2)
    parts: list[bytes] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return parts
        if len(parts) == _MAX_PARTS:
            raise MalformedError(f"The form has more than {_MAX_PARTS} parts.")
        padding, line_break, part = piece.partition(b"\r\n")
        if padding.strip(b" \t") or not line_break:
            raise MalformedError("The multipart body is broken after a boundary.")
        parts.append(part)
    raise MalformedError("The multipart body ends before its closing boundary.")


def _read_part(part: bytes) -> tuple[str, bytes]:
    """(field name, content)."""
    raw, separator, content = part.partition(_END_OF_HEADER)
    if not separator or len(raw) > _MAX_PART_HEADER:
        raise MalformedError("A part of the form has no header, or too long a one.")
    header = BytesHeaderParser().parsebytes(raw + _END_OF_HEADER)
    name = header.get_param("name", header="content-disposition")
    if header.get_content_disposition() != "form-data" or not isinstance(name, str):
        raise MalformedError("A part of the form has no name.")
    if str(header.get("content-transfer-encoding", "")).strip().lower() not in _PLAIN:
        raise MalformedError("A part of the form is encoded; send it as it is (RFC 7578 §4.7).")
    return name, content


def _invalid(loc: str, msg: str) -> FieldsError:
    return FieldsError([FieldIssue(loc=loc[:200], msg=msg)])
