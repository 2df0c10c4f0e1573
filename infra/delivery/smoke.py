"""One look at a deployment from outside: version, health, dependencies, and one round through queue, events and stream.

The round is a document of one sentence: it goes through the HTTP function, a queue, a queue function, the outbox, Event
Hubs and the relay like a page does, but costs one embedding of ten tokens. It is deleted afterwards.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from infra.delivery.commands import DeliveryError
from infra.delivery.waiting import until

# What telemetry must show of the round: its request, and the run that the queue's message started (docs/telemetry.md).
SPANS = frozenset({"embeddings", "run embedding-requests"})
_ENDED = {"task.completed", "task.failed", "task.cancelled"}
_ROUND_SECONDS = 120.0


@dataclass(frozen=True)
class Deployment:
    """Where it is, what it should be, and as whom it is asked.

    Attributes:
        functions_url: the function app's address, without /api.
        relay_url: the relay's address.
        version: what APP_VERSION is to be: the commit.
        token: a JWT that the API accepts; its `sub` is the user whose stream is read.
    """

    functions_url: str
    relay_url: str
    version: str
    token: str


def smoke(
    deployment: Deployment, *, patience: float = 180, wait: Callable[[float], None] = time.sleep
) -> dict[str, Any]:
    """Check all of it.

    Args:
        deployment: what is looked at.
        patience: seconds until it must be well; new instances take some to start.
        wait: see `until`.

    Returns:
        `{trace_id, task_id, seconds}` of the round.

    Raises:
        DeliveryError: the first thing that is not right.
    """
    headers = {"Authorization": f"Bearer {deployment.token}"}
    with (
        httpx.Client(base_url=f"{deployment.functions_url}/api", headers=headers, timeout=30) as api,
        httpx.Client(base_url=deployment.relay_url, timeout=30) as relay,
    ):
        until(
            lambda: _answers(api, relay, deployment.version),
            seconds=patience,
            wait=wait,
            what="the deployment is not well",
        )
        return _round(api, relay, deployment.token)


def _answers(api: httpx.Client, relay: httpx.Client, version: str) -> str:
    try:
        return next(
            (
                complaint
                for client, path in (
                    (api, "/generation/actuator/health"),
                    (api, "/generation/actuator/ready"),
                    (relay, "/healthz"),
                    (relay, "/readyz"),
                )
                if (complaint := _status(client, path))
            ),
            "",
        ) or _version(api, version)
    except (httpx.HTTPError, ValueError) as exc:
        return f"no answer: {type(exc).__name__}: {exc}"


def _status(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    # What `ready` says names each dependency and nothing secret.
    return (
        "" if answer.is_success else f"{answer.url.path} answered {answer.status_code}: {answer.text[:500]}"
    )


def _version(api: httpx.Client, wanted: str) -> str:
    found = api.get("/generation").raise_for_status().json().get("version")
    return "" if found == wanted else f"version {found!r} answers, not {wanted!r}"


def _round(api: httpx.Client, relay: httpx.Client, token: str) -> dict[str, Any]:
    # Sampling looks at the last eight bytes: with the smallest number there the trace is always recorded.
    trace_id = f"{secrets.token_hex(8)}{1:016x}"
    post_id = f"delivery-smoke-{trace_id[:12]}"
    started = time.monotonic()
    try:
        task_id = _submit(api, post_id, trace_id)
        for kind in _told(api, relay, _subject(token), task_id, started + _ROUND_SECONDS):
            if kind == "task.completed":
                break
            if kind in _ENDED:
                raise DeliveryError(f"the stream told {kind} of task {task_id}")
        else:
            raise DeliveryError(
                f"the stream did not tell the end of task {task_id} in {_ROUND_SECONDS:.0f} s"
            )
    finally:
        api.delete(f"/embeddings/{post_id}")
    return {"trace_id": trace_id, "task_id": task_id, "seconds": round(time.monotonic() - started, 2)}


def _submit(api: httpx.Client, post_id: str, trace_id: str) -> str:
    body = {"post_id": post_id, "title": "배포 점검", "content": f"배포를 점검하는 문서입니다. {post_id}"}
    headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
    answer = api.post("/embeddings", json=body, headers=headers)
    if answer.status_code != httpx.codes.ACCEPTED:
        raise DeliveryError(f"POST /embeddings answered {answer.status_code}: {answer.text[:500]}")
    return str(answer.json()["task_id"])


def _told(api: httpx.Client, relay: httpx.Client, user: str, task_id: str, ends: float) -> Iterator[str]:
    """The types of a task's events as the user's stream tells them, those before the connection first; until `ends`."""
    path = f"/api/notifications/stream/{user}"
    while time.monotonic() < ends:
        ticket = api.post("/notifications/ticket").raise_for_status().json()["ticket"]
        try:
            with relay.stream("GET", path, params={"ticket": ticket}) as answer:
                if not answer.is_success:
                    raise DeliveryError(f"the stream answered {answer.status_code}")
                # The relay's heartbeat gives a line at least every 15 seconds.
                for line in answer.iter_lines():
                    if time.monotonic() > ends:
                        return
                    if line.startswith("data:") and (event := json.loads(line[5:])).get("subject") == task_id:
                        yield event["type"]
        except httpx.TransportError:
            time.sleep(1)  # a rollout of the relay cuts streams; the next replica tells all of it again


def _subject(token: str) -> str:
    """The user a JWT is for, unchecked: the API checks it.

    Raises:
        DeliveryError: it is no JWT.
    """
    try:
        payload = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])
    except (IndexError, KeyError, ValueError, binascii.Error) as exc:
        raise DeliveryError("the smoke token is no JWT with a sub") from exc
