"""Cross-origin reading for the configured origins (WHATWG Fetch, section 3.2 "CORS protocol")."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.relay.responses import Response, problem

_ALLOWED_HEADERS = "Authorization, Last-Event-ID, Cache-Control, Accept"
_PREFLIGHT_SECONDS = 7200


class Cors:
    """Which origins may read.

    Args:
        origins: exact origins such as `https://app.example.com`, or `*` for all (no cookies are used here).
    """

    def __init__(self, origins: Sequence[str]) -> None:
        self._all = "*" in origins
        self._origins = frozenset(origin.rstrip("/") for origin in origins)

    def headers(self, origin: str | None) -> dict[str, str]:
        """What every answer to this origin carries; nothing for others."""
        if self._all:
            return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
        if not self._origins:
            return {}
        vary = {"Vary": "Origin"}
        if origin is None or origin not in self._origins:
            return vary
        return vary | {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}

    def preflight(self, origin: str | None, methods: str) -> Response:
        """The answer to OPTIONS."""
        headers = self.headers(origin)
        if origin is not None and "Access-Control-Allow-Origin" not in headers:
            return problem(403, "This origin is not allowed.", headers=headers)
        allowed = {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
        }
        return Response(204, b"", headers | (allowed if origin is not None else {}) | {"Allow": methods})
