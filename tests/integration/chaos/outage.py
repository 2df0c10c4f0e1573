"""What the API says while one of its dependencies is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.integration.chaos.ledger import Order
from tests.integration.chaos.pages import a_product, new_tag, photo

type Request = Callable[[httpx.Client], httpx.Response]


def list_tasks(api: httpx.Client) -> httpx.Response:
    """Needs PostgreSQL."""
    return api.get("/generation/tasks?limit=1")


def upload_photo(api: httpx.Client) -> httpx.Response:
    """Needs PostgreSQL and the bucket."""
    return api.post("/generation/upload-image", files={"file": ("a.jpg", photo(), "image/jpeg")})


def send_message(api: httpx.Client) -> httpx.Response:
    """Needs PostgreSQL; the event waits for Event Hubs in the outbox."""
    body = {"user_id": "nobody", "type": "note", "data": {}}
    return api.post("/generation/message", json=body)


def health(api: httpx.Client) -> httpx.Response:
    """Needs nothing."""
    return api.get("/generation/actuator/health")


def ready(api: httpx.Client) -> httpx.Response:
    """Asks every dependency."""
    return api.get("/generation/actuator/ready")


class Probe:
    """Asks one thing again and again in a thread of its own; keeps every answer."""

    def __init__(self, api: Callable[[], httpx.Client], request: Request, pause: float = 0.3) -> None:
        self.answers: list[httpx.Response] = []
        self.errors: list[Exception] = []
        self._api = api
        self._request = request
        self._pause = pause
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(60)

    @property
    def statuses(self) -> list[int]:
        """Of every answer, in order."""
        return [answer.status_code for answer in self.answers]

    def _ask(self) -> None:
        with self._api() as client:
            while not self._end.wait(self._pause):
                try:
                    self.answers.append(self._request(client))
                except httpx.HTTPError as error:
                    self.errors.append(error)


@dataclass
class Customer:
    """Asks for pages as a good client does: with an Idempotency-Key, again after a 503.

    Attributes:
        photos: ids of uploaded photos, one for each page.
    """

    api: httpx.Client
    photos: list[str]
    orders: list[Order] = field(default_factory=list)
    refusals: list[httpx.Response] = field(default_factory=list)
    others: list[httpx.Response] = field(default_factory=list)

    def ask(self, count: int, ends: Callable[[], bool]) -> None:
        """Ask for `count` pages, each until it is accepted or `ends` says that it is hopeless."""
        for _ in range(count):
            tag = new_tag()
            photo_id = self.photos[len(self.orders)]
            body = {"product": a_product(tag), "image_id": photo_id, "options": {"images": 1}}
            while not self._accepted(tag, body) and not ends():
                threading.Event().wait(0.5)

    def _accepted(self, tag: str, body: dict[str, Any]) -> bool:
        answer = self.api.post("/generation/display-list", json=body, headers={"Idempotency-Key": tag})
        if answer.status_code == 202:
            self.orders.append(Order(answer.json()["task_id"], tag, body))
            return True
        (self.refusals if answer.status_code == 503 else self.others).append(answer)
        return False
