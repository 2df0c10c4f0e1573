"""Who opens a stream: a bearer token in the header, or a ticket in the query."""

from __future__ import annotations

from collections.abc import Awaitable

from shared.auth import Identity, TokenVerifier, verify_ticket
from shared.errors import ForbiddenError, UnauthenticatedError

_SCHEME = "bearer "


class StreamAuth:
    """Checks a caller against the user whose stream is asked for.

    Args:
        tokens: verifies bearer tokens.
        ticket_secret: what the API signs tickets with.
    """

    def __init__(self, tokens: TokenVerifier, ticket_secret: str) -> None:
        self._tokens = tokens
        self._ticket_secret = ticket_secret

    def identify(self, authorization: str | None, ticket: str | None) -> Identity | Awaitable[Identity]:
        """The caller, at once whenever the issuer's keys are at hand; the header wins over the ticket.

        Raises:
            UnauthenticatedError: neither is there, or what is there is not valid.
        """
        if authorization is None:
            if not ticket:
                raise UnauthenticatedError("A bearer token or a ticket is required.")
            return verify_ticket(ticket, self._ticket_secret)
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise UnauthenticatedError("The Authorization header does not hold a bearer token.")
        token = authorization[len(_SCHEME) :].strip()
        return self._tokens.verify_now(token) or self._tokens.verify(token)


def require_owner(identity: Identity, user_id: str) -> None:
    """A stream is read by its user alone.

    Raises:
        ForbiddenError: somebody else asks.
    """
    if identity.user_id != user_id:
        raise ForbiddenError("This stream belongs to another user.")
