"""The size of a WebP picture, from its header alone (RFC 9649)."""

from __future__ import annotations

_HEADER = 30


def webp_size(content: bytes) -> tuple[int, int] | None:
    """(width, height) of the canvas; None for anything that does not begin like a WebP file."""
    if len(content) < _HEADER or content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    kind = content[12:16]
    if kind == b"VP8X":  # 24 bits each, less one
        return _little(content, 24, 27) + 1, _little(content, 27, 30) + 1
    if kind == b"VP8L":  # 14 bits each, less one, after the signature byte
        bits = _little(content, 21, 25)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":  # 14 bits each, after the frame tag and start code; the upper two are a scale
        return _little(content, 26, 28) & 0x3FFF, _little(content, 28, 30) & 0x3FFF
    return None


def _little(content: bytes, start: int, end: int) -> int:
    return int.from_bytes(content[start:end], "little")
