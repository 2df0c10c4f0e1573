"""From an ASGI request to what the runtime hands to an HTTP function.

The shape is the host's (azure-functions-host, GrpcMessageConversionExtensions.ToRpcHttp): header names in lower case,
repeats joined with commas, query parameters without a value dropped, route parameters in `params`, the body as bytes.
One difference: the host of 2024 hands over no body that comes without a Content-Length (issue 4926); here it arrives.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from azure_functions_runtime.bindings.datumdef import Datum


def http_datum(
    scope: Mapping[str, Any], headers: Mapping[str, str], params: Mapping[str, str], body: bytes
) -> Datum:
    """Build the trigger's datum; `headers` as `joined_headers` returns them."""
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    url = f"{scope['scheme']}://{headers.get('host', '')}{path}{'?' if query else ''}{query}"
    value = {
        "method": Datum(scope["method"], "string"),
        "url": Datum(url, "string"),
        "headers": _strings(headers),
        "body": Datum(body, "bytes"),
        "params": _strings(params),
        "query": _strings(query_values(query)) if query else {},
    }
    return Datum(value, "http")


def joined_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by lower-case name, repeats joined with commas."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def query_values(query: str) -> dict[str, str]:
    """Return the decoded parameters; names are compared without case, repeats joined, empty values dropped."""
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    joined = {name: ",".join(items) for name, items in values.items()}
    return {name: value for name, value in joined.items() if value}


def _strings(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}
