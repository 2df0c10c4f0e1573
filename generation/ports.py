"""What the domain needs from outside, as Protocols: domain code never sees an SDK.

Every method that costs money takes a `Meter` and records on it what was used as soon as the answer's price is
known, also when the answer then turns out to be unusable.

Errors are those of shared/errors.py: TransientError (worth another try, may carry retry_after), PermanentError
(its `code` says why) and, for the sender's own mistakes, InvalidError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)
class Meter:
    """What was used and what it cost, in USD."""

    usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    images: int = 0

    def add(self, *, usd: float, input_tokens: int = 0, output_tokens: int = 0, images: int = 0) -> None:
        """Record one call."""
        self.usd += usd
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.images += images


@dataclass(frozen=True, slots=True)
class StructuredRequest:
    """One question to a text model, to be answered in a JSON schema.

    Attributes:
        name: the schema's name, `[a-z_]+`: plan, block, vision, translate, facts.
        system: the instructions.
        data: what the instructions are about; sent as JSON, never mixed into the instructions.
        schema: a strict JSON schema (no oneOf, no default, every property required).
        image_urls: pictures to look at; http(s) or data URLs.
        max_tokens: the answer's limit.
    """

    name: str
    system: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]
    image_urls: Sequence[str] = ()
    max_tokens: int = 4000


class TextModel(Protocol):
    """Writes JSON that fits a schema."""

    async def answer(self, request: StructuredRequest, meter: Meter) -> dict[str, Any]:
        """The parsed JSON object.

        Raises:
            TransientError: rate limit, time-out, 5xx, broken connection, an answer that is not JSON.
            PermanentError: quota (`quota_exhausted`), refusal (`model_refused`), content filter
                (`content_filtered`), a key or request the service does not take (`model_rejected`).
        """
        ...


class ImageModel(Protocol):
    """Draws a new picture from the seller's real photo."""

    async def edit(
        self, *, prompt: str, photo_url: str | None, width: int, height: int, seed: int, meter: Meter
    ) -> bytes:
        """Encoded image bytes, as they came (not yet checked), about `width` x `height` pixels.

        Raises:
            TransientError, PermanentError: as TextModel; `image_blocked` when the service refuses the picture.
        """
        ...


class AssetStore(Protocol):
    """Keeps images where browsers can read them."""

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store under `key`; the same key and content again is fine.

        Raises:
            UnavailableError: the store does not answer.
        """
        ...

    async def read(self, key: str) -> bytes:
        """The content stored under `key`.

        Raises:
            UnavailableError: the store does not answer. PermanentError: `asset_unreadable`, it is not there.
        """
        ...

    def url(self, key: str) -> str:
        """The address a browser reads `key` at."""
        ...

    async def readable(self, key: str) -> bool:
        """Whether `key` can be read back now.

        Raises:
            UnavailableError: the store does not answer.
        """
        ...

    async def ping(self) -> float:
        """Seconds the bucket took to answer.

        Raises:
            UnavailableError: it does not, or refuses us.
        """
        ...


class ProductSource(Protocol):
    """Knows products by id."""

    async def product(self, product_id: str) -> dict[str, Any]:
        """The product service's record, as JSON, unchecked.

        Raises:
            PermanentError: `product_not_found`, `product_service_rejected`, `product_service_nonsense`.
            TransientError: away, slow, 5xx.
        """
        ...


@dataclass(frozen=True, slots=True)
class Photo:
    """A checked, upright, re-encoded picture without metadata: JPEG, or PNG where it has transparency."""

    content: bytes = field(repr=False)
    content_type: str
    width: int
    height: int
    sha256: str


class Downloader(Protocol):
    """Fetches what a URL from outside names, safely."""

    async def fetch(self, url: str) -> bytes:
        """The body.

        Raises:
            PermanentError: `photo_url_forbidden`, `photo_not_found`, `photo_too_large`, `photo_url_rejected`.
            TransientError: `photo_unreachable`: refused, timed out, 5xx.
        """
        ...
