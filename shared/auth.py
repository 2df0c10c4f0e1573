"""Who is asking: bearer tokens (RFC 7519, RFC 7517 key sets) and tickets for clients that cannot set headers.

Tokens are RS256 or ES256 only, and a key is used only with the algorithm of its own type, so neither
`alg: none` nor a public key taken as an HMAC secret gets through (RFC 8725 section 3.1).
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from sys import float_info
from typing import TYPE_CHECKING, Any

from shared.errors import UnauthenticatedError
from shared.jwks import KEYS_FRESH, Clock, Fetch, KeySet, fetch_keys
from shared.settings import AuthSettings

if TYPE_CHECKING:
    from jwt import PyJWK


ALGORITHMS = ("RS256", "ES256")
TICKET_AUDIENCE = "stream-ticket"
TICKET_SECONDS = 60.0

_LEEWAY = 5.0  # clock difference allowed for nbf and iat; exp is taken strictly
_REMEMBERED = 20_000
_MAX_TOKEN = 8 * 1024
MAX_USER_ID = 256


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller we know; `expires_at` is in seconds since the epoch."""

    user_id: str
    roles: frozenset[str]
    expires_at: float


class TokenVerifier:
    """Verifies bearer tokens against the issuer's published keys.

    Args:
        settings: issuer, audience and where the keys are published.
        fetch: reads a URL; by default over HTTP, without the environment's proxies.
        clock: seconds since the epoch.
    """

    def __init__(
        self, settings: AuthSettings, *, fetch: Fetch | None = None, clock: Clock = time.time
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = KeySet(settings.jwks_url, fetch or fetch_keys, clock)
        self._known: OrderedDict[bytes, tuple[Identity, float]] = OrderedDict()

    async def verify(self, token: str) -> Identity:
        """The caller this token names.

        Raises:
            UnauthenticatedError: it is not a valid token for us; the message never holds the token.
            UnavailableError: no key could be read so far.
        """
        known = self._recall(token)
        if known is not None:
            return known
        key = await self._keys.find(_key_id(token))
        return self._accept(token, key)

    def verify_now(self, token: str) -> Identity | None:
        """`verify` without waiting; None when keys must be fetched first.

        Raises:
            UnauthenticatedError: as `verify`.
        """
        known = self._recall(token)
        if known is not None:
            return known
        key = self._keys.cached(_key_id(token))
        return None if key is None else self._accept(token, key)

    def _recall(self, token: str) -> Identity | None:
        if not token or len(token) > _MAX_TOKEN:
            raise UnauthenticatedError("A bearer token is required.")
        digest = _digest(token)
        entry = self._known.get(digest)
        if entry is None:
            return None
        if self._clock() < entry[1]:
            return entry[0]
        del self._known[digest]
        return None

    def _accept(self, token: str, key: PyJWK) -> Identity:
        claims = _decode(
            token,
            key,
            algorithm=key.algorithm_name,
            audience=self._settings.audience,
            issuer=self._settings.issuer,
        )
        now = self._clock()
        identity = Identity(_subject(claims), _roles(claims), _valid_until(claims, now))
        # Asked again after the keys' own life, so that a withdrawn key does not live on in here.
        self._known[_digest(token)] = (identity, min(identity.expires_at, now + KEYS_FRESH))
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return identity


def issue_ticket(
    user_id: str, secret: str, *, expires_at: float, ttl: float = TICKET_SECONDS, clock: Clock = time.time
) -> str:
    """A short-lived stand-in for the caller's token, for a URL's query.

    Args:
        user_id: whose stream it opens.
        secret: shared by the API and the relay, 32 characters or more.
        expires_at: when the caller's own token ends; the ticket carries it, so that the stream ends with it.
        ttl: seconds in which a stream can be opened with it.
        clock: seconds since the epoch.
    """
    import jwt

    claims = {
        "sub": user_id,
        "aud": TICKET_AUDIENCE,
        "exp": int(min(clock() + ttl, expires_at)),
        "token_expires_at": expires_at,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def verify_ticket(ticket: str, secret: str, *, clock: Clock = time.time) -> Identity:
    """The caller a ticket was issued to; `expires_at` is that of the caller's own token.

    Raises:
        UnauthenticatedError: it is not one of our tickets, or no longer valid.
    """
    if len(ticket) > _MAX_TOKEN:
        raise UnauthenticatedError("The ticket is not valid.")
    claims = _decode(ticket, secret, algorithm="HS256", audience=TICKET_AUDIENCE, issuer=None)
    _valid_until(claims, clock())
    expires_at = claims.get("token_expires_at")
    if not isinstance(expires_at, int | float) or expires_at <= clock():
        raise UnauthenticatedError("The ticket has expired.")
    return Identity(_subject(claims), frozenset(), float(expires_at))


def _key_id(token: str) -> str:
    header, _, rest = token.partition(".")
    if rest.count(".") != 1:
        raise UnauthenticatedError("The token is not a signed JWT.")
    return _key_id_of(header)


# An issuer's tokens share a few headers, so the same text is seldom read twice; PyJWT checks it again with the rest.
@lru_cache(maxsize=256)
def _key_id_of(header: str) -> str:
    try:
        fields = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, RecursionError) as error:
        raise UnauthenticatedError("The token is not a signed JWT.") from error
    if not isinstance(fields, dict) or fields.get("alg") not in ALGORITHMS:
        raise UnauthenticatedError("The token's algorithm is not RS256 or ES256.")
    kid = fields.get("kid")
    if not isinstance(kid, str):
        raise UnauthenticatedError("The token does not say which key signed it (kid).")
    return kid


def _decode(token: str, key: Any, *, algorithm: str, audience: str, issuer: str | None) -> dict[str, Any]:
    import jwt

    required = ["exp", "sub", "aud", *(["iss"] if issuer else [])]
    # Times are checked in _valid_until, against the caller's clock.
    options: Any = {"require": required, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        return jwt.decode(
            token, key, algorithms=[algorithm], audience=audience, issuer=issuer, options=options
        )
    except jwt.InvalidAudienceError as error:
        raise UnauthenticatedError("The token is for another audience.") from error
    except jwt.InvalidIssuerError as error:
        raise UnauthenticatedError("The token comes from another issuer.") from error
    except jwt.MissingRequiredClaimError as error:
        raise UnauthenticatedError(f"The token lacks the claim {error.claim}.") from error
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise UnauthenticatedError("The token's signature does not verify.") from error


def _valid_until(claims: dict[str, Any], now: float) -> float:
    expires_at = _seconds(claims, "exp", now)
    if expires_at <= now:
        raise UnauthenticatedError("The token has expired.")
    if _seconds(claims, "nbf", now) > now + _LEEWAY or _seconds(claims, "iat", now) > now + _LEEWAY:
        raise UnauthenticatedError("The token is not valid yet.")
    return expires_at


def _seconds(claims: dict[str, Any], name: str, default: float) -> float:
    value = claims.get(name, default)
    # The limit is sys.float_info.max: a JSON number may have more digits than any float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= float_info.max:
        raise UnauthenticatedError(f"The token's claim {name} is not a time.")
    return float(value)


def is_user_id(text: str) -> bool:
    """Whether a token's `sub` may be this: 1 to 256 printable characters."""
    return 0 < len(text) <= MAX_USER_ID and text.isprintable()


def _subject(claims: dict[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not is_user_id(subject):
        raise UnauthenticatedError("The token's claim sub does not name a user.")
    return subject


def _roles(claims: dict[str, Any]) -> frozenset[str]:
    roles = claims.get("roles")
    return (
        frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
