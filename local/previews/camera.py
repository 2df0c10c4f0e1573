"""Photographs pages with a headless browser, as wide as told and as long as they are."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
GROUND = "#ff00ff"  # a colour no page has: where it begins, the page ends
_TIME_LIMIT = 120
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip

type Answer = Callable[[str], tuple[str, str] | None]
"""From a request's path to a content type and a document, None for 404."""


class BrowserMissingError(Exception):
    """There is no Chromium on this machine, or it did not draw the page."""


def browser() -> str:
    """The path of a Chromium.

    Raises:
        BrowserMissingError: there is none.
    """
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise BrowserMissingError("no chromium here: sh local/setup-browser.sh")
    return found


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Answer requests on a free port of this machine; gives the address without a slash at its end."""

    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1

        def do_GET(self) -> None:
            found = answer(self.path)
            body = (found[1] if found else "").encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", found[0] if found else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def frames(url: str, widths: Sequence[int], tallest: int) -> str:
    """A document that shows the page at `url` in frames of these widths: a window has at least 500 pixels."""
    shown = "".join(
        f'<iframe src="{url}" style="border:0;float:left;width:{width}px;height:{tallest}px"></iframe>'
        for width in widths
    )
    return f'<!doctype html><body style="margin:0;background:{GROUND};width:{sum(widths)}px">{shown}'


def photograph(url: str, widths: Sequence[int], tallest: int) -> list[Image]:
    """What the frames of the document at `url` show (see `frames`), each cut where its page's own ground begins.

    Raises:
        BrowserMissingError: there is no browser, or it drew nothing.
    """
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        command = [
            browser(),
            *_FLAGS,
            f"--user-data-dir={folder}/profile",
            f"--window-size={sum(widths)},{tallest}",
            f"--screenshot={shot}",
            url,
        ]
        subprocess.run(command, capture_output=True, check=False, timeout=_TIME_LIMIT)
        if not shot.exists():
            raise BrowserMissingError("the browser drew nothing")
        with Image.open(shot) as opened:
            whole = opened.convert("RGB")
    starts = [sum(widths[:n]) for n in range(len(widths))]
    return [_cut(whole, left, width) for left, width in zip(starts, widths, strict=True)]


def _cut(whole: Image, left: int, width: int) -> Image:
    from PIL import Image, ImageChops

    column = whole.crop((left, 0, left + width, whole.height))
    drawn = ImageChops.difference(column, Image.new("RGB", column.size, GROUND)).getbbox()
    if drawn is None:
        raise BrowserMissingError("the browser drew nothing")
    return column.crop((0, 0, width, drawn[3]))
