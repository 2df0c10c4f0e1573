"""The one place that says what the stack's processes find in their environment.

They get a clean one: a few variables that any program needs, the settings of shared/settings.py pointing at this
stack, and whatever setting the developer gave himself, which wins. No proxy: everything is on 127.0.0.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from local.addresses import HOST, Addresses
from local.postgres import database_url
from local.standins.tokens import AUDIENCE, ISSUER

BUCKET = "product-details"
HUB = "notifications"
PARTITIONS = 4
QUEUES = ("generation-requests", "image-requests", "embedding-requests")

_INHERITED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
)
# host.json can be overridden by any number of these (Microsoft Learn, "host.json: override host.json values").
_HOST_JSON_OVERRIDE = "AzureFunctionsJobHost__"

# The account and key every Azurite has (Microsoft Learn, "Use the Azurite emulator"); no secret.
_STORAGE_ACCOUNT = "devstoreaccount1"
_STORAGE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def queue_connection_string(addresses: Addresses) -> str:
    """The storage connection string of this stack's Azurite: queues only."""
    return (
        f"DefaultEndpointsProtocol=http;AccountName={_STORAGE_ACCOUNT};AccountKey={_STORAGE_KEY};"
        f"QueueEndpoint={addresses.url('azurite')}/{_STORAGE_ACCOUNT};"
    )


def eventhub_connection_string(addresses: Addresses) -> str:
    """The Event Hubs connection string of this stack's stand-in; the SDK wants `true` in lower case."""
    return (
        f"Endpoint=sb://{addresses.authority('eventhubs')};SharedAccessKeyName=RootManageSharedAccessKey;"
        "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
    )


def stack_settings(addresses: Addresses, ticket_secret: str) -> dict[str, str]:
    """Every setting that must point at this stack; the others keep their defaults."""
    standins = addresses.url("standins")
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "ENVIRONMENT_NAME": "local",
        "AUTH_JWKS_URL": f"{standins}/.well-known/jwks.json",
        "AUTH_ISSUER": ISSUER,
        "AUTH_AUDIENCE": AUDIENCE,
        "STREAM_TICKET_SECRET": ticket_secret,
        "STREAM_URL": addresses.relay_urls[0],
        "CORS_ORIGINS": "http://localhost:3000,http://localhost:5173",
        "DATABASE_URL": database_url(addresses.ports["postgres"]),
        "AzureWebJobsStorage": queue_connection_string(addresses),
        "EVENTHUB": eventhub_connection_string(addresses),
        "EVENTHUB_NAME": HUB,
        "S3_BUCKET_NAME": BUCKET,
        "S3_ENDPOINT_URL": addresses.url("s3"),
        "AWS_REGION": "ap-northeast-2",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "OPENAI_API_KEY": "local",
        "OPENAI_BASE_URL": f"{standins}/v1",
        "TOGETHER_API_KEY": "local",
        "TOGETHER_BASE_URL": standins,
        "PRODUCT_SERVICE_URL": standins,
        **_telemetry(addresses),
        "DOWNLOAD_ALLOWED_HOSTS": f"{addresses.authority('s3')},{addresses.authority('standins')}",
        # A developer should not wait for the polling interval that suits a bill.
        "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.100",
        "RELAY_HOST": HOST,
        # Nobody needs a slow farewell on one machine.
        "RELAY_GRACE_SECONDS": "1",
    }


def _telemetry(addresses: Addresses) -> dict[str, str]:
    if not addresses.traces:
        return {}
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": addresses.url("traces"), "TELEMETRY_METRIC_SECONDS": "5"}


def setting_names(sample: Path) -> frozenset[str]:
    """The settings a developer may give as environment variables: those of local.settings.sample.json."""
    return frozenset(json.loads(sample.read_text(encoding="utf-8"))["Values"])


def effective_settings(
    defaults: Mapping[str, str], known: frozenset[str], outside: Mapping[str, str]
) -> dict[str, str]:
    """`defaults` with the developer's own settings over them.

    A real key means the real service, so the stand-in's URL then goes, unless a URL was given too.
    """
    given = {
        name: value
        for name, value in outside.items()
        if value and (name in known or name in defaults or name.startswith(_HOST_JSON_OVERRIDE))
    }
    settings = {**defaults, **given}
    for key, url in (("OPENAI_API_KEY", "OPENAI_BASE_URL"), ("TOGETHER_API_KEY", "TOGETHER_BASE_URL")):
        if key in given and url not in given:
            settings.pop(url, None)
            # The real service cannot reach this machine's bucket: photos travel inside the request.
            settings.setdefault("MODEL_PHOTO_TRANSPORT", "inline")
    return settings


def child_environment(settings: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process of the stack."""
    inherited = {name: outside[name] for name in _INHERITED if name in outside}
    return {**inherited, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **settings}
