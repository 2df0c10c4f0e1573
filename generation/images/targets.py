"""Reads a URL from outside into the one thing we may connect to, or refuses it. Pure: no look-up, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING

from shared.errors import PermanentError

if TYPE_CHECKING:
    from yarl import URL

_MAX_LENGTH = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PORTS = frozenset(_DEFAULT_PORTS.values())
# What parsers disagree about: white space, control characters, back-slashes.
_SUSPICIOUS = re.compile(r"[\x00-\x20\x7f\\]")
# A last label in digits or hex makes a host an IPv4 address to inet_aton and to browsers (WHATWG URL, "ends in a
# number"): 2130706433, 0x7f.1, 127.1. Only the canonical four decimal parts are taken.
_NUMERIC = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes.

    Attributes:
        url: parsed by the parser that also sends it, so that no second reading can differ.
        host: name or IP literal, lower case, IDNA-encoded.
        port: explicit or the scheme's.
        literal: whether `host` is an IP address already.
        exempt: named in the settings, so that any address will do.
    """

    url: URL
    host: str
    port: int
    literal: bool
    exempt: bool


def target(url: str, allowed_hosts: frozenset[str], *, base: URL | None = None) -> Target:
    """What `url` (seen from `base`, after a redirect) leads to.

    Args:
        url: as it was sent to us.
        allowed_hosts: `host:port` for which neither the port nor the address is restricted.
        base: the URL that redirected here.

    Raises:
        PermanentError: `photo_url_forbidden`.
    """
    parsed = _parse(url, base)
    if parsed.scheme not in _DEFAULT_PORTS:
        raise forbidden("only http and https addresses are taken")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise forbidden("it carries credentials")
    host = (parsed.raw_host or "").lower().removesuffix(".")
    port = parsed.port if parsed.port is not None else _DEFAULT_PORTS[parsed.scheme]
    exempt = f"{host}:{port}" in allowed_hosts
    if not exempt and port not in _PORTS:
        raise forbidden("only ports 80 and 443 are taken")
    return Target(
        url=parsed.with_fragment(None), host=host, port=port, literal=_is_literal(host), exempt=exempt
    )


def forbidden(why: str) -> PermanentError:
    """The error for a URL that must not be fetched."""
    return PermanentError(f"The picture's address is not allowed: {why}.", code="photo_url_forbidden")


def _parse(url: str, base: URL | None) -> URL:
    from yarl import URL

    if len(url) > _MAX_LENGTH:
        raise forbidden("it is too long")
    if _SUSPICIOUS.search(url):
        raise forbidden("it contains spaces, control characters or back-slashes")
    try:
        parsed = URL(url)
        return base.join(parsed) if base is not None else parsed
    except ValueError as error:
        raise forbidden("it is not a URL") from error


def _is_literal(host: str) -> bool:
    if not host or "%" in host:
        raise forbidden("it names no host")
    try:
        address = ip_address(host)
    except ValueError:
        if ":" in host or _NUMERIC.search(host):
            raise forbidden("its host is a number in disguise") from None
        return False
    if isinstance(address, IPv4Address) and str(address) != host:
        raise forbidden("its host is a number in disguise")
    return True
