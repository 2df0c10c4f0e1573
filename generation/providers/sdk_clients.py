"""What OpenAI's and Together's SDKs share: one generator (Stainless) made both, clients and errors alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from generation.providers.rejections import rejection
from shared.errors import AppError, TransientError

_CONNECT_SECONDS = 5.0
_KEEPALIVE_SECONDS = 30.0

type Rejected = Callable[[str, int, object, Mapping[str, str]], AppError]


def client_options(http: Any, transport: Any, connections: int) -> dict[str, Any]:
    """Arguments of a client that leaves retries to us and speaks over aiohttp.

    Args:
        http: the HTTP library the SDK sits on: `httpx2` or `httpx`.
        transport: the SDK's `DefaultAioHttpClient`.
        connections: most calls under way at a time.
    """
    # The total time-out is ours (asyncio.timeout): the transport only knows one per read.
    timeout = http.Timeout(None, connect=_CONNECT_SECONDS)
    return {
        "max_retries": 0,
        "timeout": timeout,
        "http_client": transport(
            timeout=timeout,
            limits=http.Limits(max_connections=connections, keepalive_expiry=_KEEPALIVE_SECONDS),
            trust_env=False,
            follow_redirects=False,
        ),
    }


@contextmanager
def errors_as_ours(
    sdk: Any, service: str, *, nonsense: str, rejected: Rejected = rejection
) -> Iterator[None]:
    """Raise the errors of one call as ours.

    Args:
        sdk: the module with the error classes: `openai` or `together`.
        service: its name, for the message.
        nonsense: the code for an answer that the SDK cannot read.
        rejected: our error for an answer that is not a success; see rejection.

    Raises:
        TransientError: `model_timeout`, `model_unreachable`, `nonsense`, or as `rejected` says.
        PermanentError: as `rejected` says.
    """
    import aiohttp

    try:
        yield
    except TimeoutError as error:
        raise TransientError(f"{service} did not answer in time.", code="model_timeout") from error
    except sdk.APIStatusError as error:
        raise rejected(service, error.status_code, error.body, error.response.headers) from error
    except (sdk.APIConnectionError, aiohttp.ClientError, OSError) as error:
        # The SDKs' aiohttp transport reports a dropped connection as a time-out: one code for both.
        raise TransientError(f"{service} cannot be reached.", code="model_unreachable") from error
    except sdk.APIError as error:
        raise TransientError(f"{service} answered nonsense.", code=nonsense) from error
