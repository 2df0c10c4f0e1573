"""A storage account's queue service and how its requests are authorised: Shared Key locally, Entra ID in the cloud.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol

from shared.settings import QueueSettings

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

API_VERSION = "2021-12-02"
_SCOPE = "https://storage.azure.com/.default"
_RENEW_SECONDS = 300.0  # before a token ends
# What UseDevelopmentStorage=true stands for (Microsoft Learn, "Use the Azurite emulator"); no secret.
_EMULATOR = {
    "AccountName": "devstoreaccount1",
    "AccountKey": "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    "QueueEndpoint": "http://127.0.0.1:10001/devstoreaccount1",
}


class Account(Protocol):
    """Where the queues are, and the headers a request needs."""

    @property
    def endpoint(self) -> str:
        """The service's address without a slash at its end."""

    async def headers(self, method: str, path: str, query: Mapping[str, str], length: int) -> dict[str, str]:
        """The headers of a request without content type.

        Args:
            method: in capitals.
            path: the URL's, percent-encoded.
            query: its parameters, not encoded.
            length: bytes of its body.
        """


@dataclass(frozen=True, slots=True)
class KeyAccount:
    """An account opened with its key."""

    endpoint: str
    name: str
    key: bytes = field(repr=False)

    async def headers(self, method: str, path: str, query: Mapping[str, str], length: int) -> dict[str, str]:
        """See Account."""
        date = formatdate(usegmt=True)
        resource = "".join(f"\n{name.lower()}:{value}" for name, value in sorted(query.items()))
        # Encoding, language | length | MD5, type, date and five conditions, all empty.
        text = (
            f"{method}\n\n\n{length or ''}\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{API_VERSION}\n"
            f"/{self.name}{path}{resource}"
        )
        signature = base64.b64encode(hmac.digest(self.key, text.encode(), "sha256")).decode()
        return {
            "x-ms-date": date,
            "x-ms-version": API_VERSION,
            "Authorization": f"SharedKey {self.name}:{signature}",
        }


class IdentityAccount:
    """An account opened by managed identity.

    Args:
        endpoint: https://ACCOUNT.queue.core.windows.net
        get_token: asks Entra ID for a token of a scope; raises what azure.identity raises.
        clock: seconds since the epoch.
    """

    def __init__(self, endpoint: str, get_token: GetToken, clock: Callable[[], float] = time.time) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._get_token = get_token
        self._clock = clock
        self._token: AccessToken | None = None

    async def headers(self, method: str, path: str, query: Mapping[str, str], length: int) -> dict[str, str]:  # noqa: ARG002  a token signs nothing of the request
        """See Account."""
        if self._token is None or self._token.expires_on - _RENEW_SECONDS < self._clock():
            self._token = await self._get_token(_SCOPE)
        return {
            "x-ms-date": formatdate(usegmt=True),
            "x-ms-version": API_VERSION,
            "Authorization": f"Bearer {self._token.token}",
        }


class GetToken(Protocol):
    """Asks Entra ID (shared.event_hubs.AsyncIdentity.get_token)."""

    async def __call__(self, *scopes: str) -> AccessToken:
        """A token for these scopes."""


def open_account(settings: QueueSettings) -> Account:
    """The account the settings name.

    Raises:
        ValueError: they name none, or the connection string is none; the message never holds it.
    """
    if settings.connection is not None:
        return _of_connection_string(settings.connection.get_secret_value())
    if settings.service_uri is None:
        message = "neither AzureWebJobsStorage nor AzureWebJobsStorage__queueServiceUri is set"
        raise ValueError(message)
    from shared.event_hubs import AsyncIdentity

    return IdentityAccount(settings.service_uri, AsyncIdentity(settings.client_id).get_token)


def _of_connection_string(text: str) -> KeyAccount:
    parts = dict(part.split("=", 1) for part in text.strip().split(";") if "=" in part)
    if parts.get("UseDevelopmentStorage", "").lower() == "true":
        parts = _EMULATOR
    try:
        name, key = parts["AccountName"], base64.b64decode(parts["AccountKey"], validate=True)
    except (KeyError, binascii.Error) as error:
        message = "AzureWebJobsStorage is no connection string with AccountName and AccountKey"
        raise ValueError(message) from error
    scheme = parts.get("DefaultEndpointsProtocol", "https")
    suffix = parts.get("EndpointSuffix", "core.windows.net")
    endpoint = parts.get("QueueEndpoint") or f"{scheme}://{name}.queue.{suffix}"
    return KeyAccount(endpoint.rstrip("/"), name, key)
