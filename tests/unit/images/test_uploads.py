import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.images.uploads import Upload, UploadUrl, parse_upload
from shared.errors import FieldsError, InvalidError, MalformedError, UnsupportedError

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
BINARY = bytes(range(256)) * 3 + b"\r\n--\r\n\r\n" + b"\r\n"


def part(content: bytes, name: str = "file", extra: str = '; filename="a.jpg"', more: str = "") -> bytes:
    """One part of a form."""
    header = f'Content-Disposition: form-data; name="{name}"{extra}\r\n{more}\r\n'
    return f"--{BOUNDARY}\r\n".encode() + header.encode() + content + b"\r\n"


def form(*parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode()) -> bytes:
    """A whole form."""
    return b"".join(parts) + end


def test_file_comes_out_byte_for_byte() -> None:
    """Line breaks and boundary-like bytes inside the file are the file's."""
    body = form(part(BINARY, more="Content-Type: image/jpeg\r\n"))
    assert parse_upload(TYPE, body) == Upload(BINARY)


@pytest.mark.parametrize(
    "content_type",
    [
        TYPE,
        f'Multipart/Form-Data; Boundary="{BOUNDARY}"',
        f"multipart/form-data; charset=utf-8; boundary={BOUNDARY}",
    ],
)
def test_content_type_in_its_spellings(content_type: str) -> None:
    """Case, quotes and other parameters do not matter."""
    assert parse_upload(content_type, form(part(b"x"))) == Upload(b"x")


@pytest.mark.parametrize(
    "body",
    [
        b"preamble\r\n" + form(part(b"x")),
        form(part(b"x")) + b"epilogue",
        form(part(b"x"), end=f"--{BOUNDARY}--".encode()),
        form(part(b"note", name="comment", extra=""), part(b"x")),
        form(part(b"x", extra="")),
        form(part(b"x", extra="; filename*=UTF-8''%EA%B7%A4.jpg")),
        form(part(b"x", more="content-transfer-encoding: Binary\r\n")),
        form(part(b"x").replace(b'name="file"', b"name=file")),
        form(part(b"x").replace(b"\r\nContent", b" \t\r\nContent", 1)),
    ],
)
def test_forms_browsers_and_tools_send(body: bytes) -> None:
    """Preamble, epilogue, other fields, any file name."""
    assert parse_upload(TYPE, body) == Upload(b"x")


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("", b"", UnsupportedError),
        ("text/plain", b"x", UnsupportedError),
        ("image/jpeg", b"\xff\xd8", UnsupportedError),
        ("application/x-www-form-urlencoded", b"file=x", UnsupportedError),
        ("multipart/mixed; boundary=x", b"--x--", UnsupportedError),
        ("nonsense", b"", UnsupportedError),
        ("multipart/form-data", b"", MalformedError),
        ("multipart/form-data; boundary=", b"", MalformedError),
        ("multipart/form-data; boundary=" + "x" * 71, b"", MalformedError),
        ('multipart/form-data; boundary="a\r\nb"', b"", MalformedError),
        ("multipart/form-data; boundary=귤", b"", MalformedError),
        (TYPE, b"", MalformedError),
        (TYPE, b"nothing of the kind", MalformedError),
        (TYPE, form(part(b"x"), end=b""), MalformedError),
        (TYPE, form(part(b"x") * 65), MalformedError),
        (TYPE, f"--{BOUNDARY}\r\n\r\nbody\r\n--{BOUNDARY}--".encode(), MalformedError),
        (TYPE, f"--{BOUNDARY}junk\r\n\r\n--{BOUNDARY}--".encode(), MalformedError),
        (TYPE, form(part(b"x", more="X: " + "y" * 9000 + "\r\n")), MalformedError),
        (TYPE, form(part(b"eA==", more="Content-Transfer-Encoding: base64\r\n")), MalformedError),
        (TYPE, form(part(b"x").replace(b"form-data", b"attachment")), MalformedError),
        (TYPE, form(), FieldsError),
        (TYPE, form(part(b"")), FieldsError),
        (TYPE, form(part(b"x", name="picture")), FieldsError),
        (TYPE, form(part(b"x"), part(b"y")), FieldsError),
        ("application/json", b"", MalformedError),
        ("application/json", b"{", MalformedError),
        ("application/json", b"\xff\xfe", MalformedError),
        ("application/json", b"[" * 100_000, MalformedError),
        ("application/json", b"[]", FieldsError),
        ("application/json", b"{}", FieldsError),
        ("application/json", b'{"image_url": null}', FieldsError),
        ("application/json", b'{"image_url": ""}', FieldsError),
        ("application/json", b'{"image_url": 3}', FieldsError),
        ("application/json", json.dumps({"image_url": "h" * 2049}).encode(), FieldsError),
        ("application/json", b'{"image_url": "http://a/b", "extra": 1}', FieldsError),
    ],
)
def test_nonsense_is_named(content_type: str, body: bytes, error: type[InvalidError]) -> None:
    """The wrong type is 415, the unreadable 400, the wrong field 422."""
    with pytest.raises(error):
        parse_upload(content_type, body)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_url_in_json(content_type: str) -> None:
    """JSON names where the picture is."""
    assert parse_upload(content_type, b'{"image_url": "https://a/b.jpg"}') == UploadUrl("https://a/b.jpg")


@given(st.text(max_size=60), st.binary(max_size=300))
def test_anything_is_an_upload_or_invalid(content_type: str, body: bytes) -> None:
    """No header and no body makes the parser stumble."""
    for header in (content_type, f"multipart/form-data; {content_type}", TYPE, "application/json"):
        try:
            parse_upload(header, body)
        except InvalidError as error:
            assert error.status in {400, 415, 422}  # noqa: PT017  either outcome is right


@given(st.binary(max_size=500))
def test_any_file_survives(content: bytes) -> None:
    """Whatever the bytes, they come out as they went in."""
    if content and BOUNDARY.encode() not in content:
        assert parse_upload(TYPE, form(part(content))) == Upload(content)
