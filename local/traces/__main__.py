"""`python -m local.traces --port N --data DIR`: takes POST /v1/traces and /v1/metrics until it is stopped."""

from __future__ import annotations

import argparse
import gzip
import signal
import sys
import threading
import zlib
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from local.addresses import HOST
from local.traces.otlp import JSON, OtlpError, read_figures, read_spans
from local.traces.store import TraceStore

_MAX_BYTES = 16 * 1024 * 1024


class Collector(ThreadingHTTPServer):
    """An OTLP/HTTP receiver that stores what comes.

    Args:
        port: on 127.0.0.1; 0 takes a free one.
        store: keeps it.
    """

    daemon_threads = True

    def __init__(self, port: int, store: TraceStore) -> None:
        super().__init__((HOST, port), _Handler)
        self.store = store


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one write
    server: Collector

    def do_POST(self) -> None:
        """Take one export request."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_BYTES:
            self._answer(413)
            return
        body = self.rfile.read(length)
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            self._answer(self._take(body, self.headers.get("Content-Type", "")))
        except (OtlpError, OSError, EOFError, zlib.error):
            self._answer(400)

    def _take(self, body: bytes, content_type: str) -> int:
        if self.path == "/v1/traces":
            self.server.store.add(read_spans(body, content_type))
        elif self.path == "/v1/metrics":
            self.server.store.add_figures(read_figures(body, content_type))
        else:
            return 404
        return 200

    def _answer(self, status: int) -> None:
        # An empty response message is zero bytes of protobuf, `{}` of JSON.
        json_wanted = self.headers.get("Content-Type", "").startswith(JSON)
        body = b"{}" if json_wanted else b""
        self.send_response(status)
        self.send_header("Content-Type", self.headers.get("Content-Type", "application/x-protobuf"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Say nothing of each request."""


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m local.traces")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args(arguments)
    store = TraceStore(options.data)
    store.prune()
    server = Collector(options.port, store)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"traces: http://{HOST}:{server.server_address[1]}", flush=True)
    stop.wait()
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
