"""The managed identity for asynchronous SDK clients.

azure.identity.aio needs aiohttp, which the relay's small image does not carry; the synchronous credential
(cached tokens, one request an hour) on a thread does the same.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity import DefaultAzureCredential


class AsyncIdentity:
    """An `AsyncTokenCredential` (azure-core) on top of DefaultAzureCredential.

    Args:
        client_id: of the user-assigned identity, or None for the system-assigned one.
    """

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id
        self._credential: DefaultAzureCredential | None = None

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for these scopes; raises what azure.identity raises."""
        return await asyncio.to_thread(self._get_token, *scopes, **options)

    async def close(self) -> None:
        """End the credential's own connections."""
        if self._credential is not None:
            await asyncio.to_thread(self._credential.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _get_token(self, *scopes: str, **options: Any) -> AccessToken:
        if self._credential is None:
            from azure.identity import DefaultAzureCredential

            self._credential = DefaultAzureCredential(managed_identity_client_id=self._client_id)
        return self._credential.get_token(*scopes, **options)
