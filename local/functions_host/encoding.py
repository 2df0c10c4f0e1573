"""`messageEncoding` of host.json: how a message's content becomes the text a queue stores, and back."""

import base64
import binascii


def encode(content: str | bytes, *, base64: bool) -> str:
    """Return the stored text; without base64, bytes have to be UTF-8.

    Raises:
        UnicodeDecodeError: bytes that are no UTF-8 cannot be stored without base64.
    """
    if base64:
        return _b64encode(content.encode() if isinstance(content, str) else content)
    return content if isinstance(content, str) else content.decode()


def decode(text: str, *, base64: bool) -> bytes:
    """Return a message's content.

    Raises:
        ValueError: the text is no base64 though it ought to be.
    """
    return _b64decode(text) if base64 else text.encode()


def _b64encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _b64decode(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as exc:
        raise ValueError(f"no base64: {exc}") from exc
