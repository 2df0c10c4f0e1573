"""Shared Key authorization of a storage request.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import base64
import hmac
from collections.abc import Mapping
from email.utils import formatdate

from local.functions_host.connections import Account

API_VERSION = "2021-12-02"


def signed_headers(
    account: Account,
    method: str,
    path: str,
    query: Mapping[str, str],
    content_length: int,
    *,
    date: str | None = None,
) -> dict[str, str]:
    """Return the headers of a request without content type; `path` is the URL's path, `query` is not yet encoded."""
    date = date or formatdate(usegmt=True)
    resource = "".join(f"\n{key.lower()}:{value}" for key, value in sorted(query.items()))
    length = str(content_length) if content_length else ""
    # Encoding, language | length | MD5, type, date and five conditions, all empty.
    text = f"{method}\n\n\n{length}\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{API_VERSION}\n"
    digest = hmac.digest(account.key, f"{text}/{account.name}{path}{resource}".encode(), "sha256")
    return {
        "x-ms-date": date,
        "x-ms-version": API_VERSION,
        "Authorization": f"SharedKey {account.name}:{base64.b64encode(digest).decode()}",
    }
