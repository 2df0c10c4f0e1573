"""Where a queue binding's messages live: from the binding's `connection` to an account's address and key."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.functions_host.errors import ConfigError

# The account every storage emulator answers to, and its published key:
# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
_EMULATOR = {
    "AccountName": "devstoreaccount1",
    "AccountKey": "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    "QueueEndpoint": "http://127.0.0.1:10001/devstoreaccount1",
}
_IDENTITY_PARTS = ("queueServiceUri", "accountName", "serviceUri", "credential", "clientId")


@dataclass(frozen=True, slots=True)
class Account:
    """A storage account: its queue service's address without a trailing slash, its name and its key."""

    endpoint: str
    name: str
    key: bytes = field(repr=False)


def find_account(connection: str, environ: Mapping[str, str]) -> Account:
    """Return the account of the setting that a binding names; an empty name means AzureWebJobsStorage.

    As on Azure, `AzureWebJobs<name>` is tried before `<name>` itself.

    Raises:
        ConfigError: the setting is missing, identity-based or no connection string.
    """
    name = connection or "Storage"
    for setting in (f"AzureWebJobs{name}", name):
        if environ.get(setting):
            return parse_connection_string(environ[setting], setting)
        if any(f"{setting}__{part}" in environ for part in _IDENTITY_PARTS):
            raise ConfigError(
                f"connection {setting} is identity-based ({setting}__...): the local host has no identity to show; "
                f"set {setting} to a connection string"
            )
    raise ConfigError(f"connection {connection or 'AzureWebJobsStorage'!r}: there is no such setting")


def parse_connection_string(text: str, setting: str) -> Account:
    """Read `AccountName=...;AccountKey=...;QueueEndpoint=...` or `UseDevelopmentStorage=true`.

    Raises:
        ConfigError: a part is missing; the message names the setting and never its value.
    """
    parts = dict(part.split("=", 1) for part in text.strip().split(";") if "=" in part)
    if parts.get("UseDevelopmentStorage", "").lower() == "true":
        parts = dict(_EMULATOR)
    try:
        name, key = parts["AccountName"], base64.b64decode(parts["AccountKey"], validate=True)
    except KeyError as exc:
        raise ConfigError(f"setting {setting}: a connection string needs {exc.args[0]}") from exc
    except binascii.Error as exc:
        raise ConfigError(f"setting {setting}: AccountKey is no base64") from exc
    scheme, suffix = (
        parts.get("DefaultEndpointsProtocol", "https"),
        parts.get("EndpointSuffix", "core.windows.net"),
    )
    endpoint = parts.get("QueueEndpoint") or f"{scheme}://{name}.queue.{suffix}"
    return Account(endpoint.rstrip("/"), name, key)
