"""`python -m local.object_store`: S3 by moto's server, with one public bucket whose objects survive a restart.

moto keeps everything in memory, so a page made yesterday would show broken images today. A thin WSGI layer writes
every stored object to a file and puts it back into moto when it is first asked for again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.addresses import HOST

if TYPE_CHECKING:
    from moto.s3.models import FakeKey, S3Backend
    from werkzeug.serving import BaseWSGIServer

type WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]

_REGION = "ap-northeast-2"


class ObjectFiles:
    """The objects of one bucket as files: a line of JSON (key, metadata), then the bytes.

    Args:
        folder: where they are; made when missing.
        bucket: the bucket's name.
        backend: moto's own store.
    """

    def __init__(self, folder: Path, bucket: str, backend: S3Backend) -> None:
        self._folder = folder / bucket
        self._bucket = bucket
        self._backend = backend
        self._folder.mkdir(parents=True, exist_ok=True)

    def save(self, key: str) -> None:
        """Write what moto holds under `key`; remove the file when it holds nothing."""
        held = self._held(key)
        path = self._path(key)
        if held is None:
            path.unlink(missing_ok=True)
            return
        head = json.dumps({"key": key, "metadata": dict(held.metadata)}, ensure_ascii=False)
        partial = path.with_suffix(f".{os.urandom(4).hex()}")
        partial.write_bytes(head.encode() + b"\n" + held.value)
        partial.replace(path)

    def restore(self, key: str) -> None:
        """Give moto the stored object of this key, unless it has one or none is stored."""
        if self._held(key) is not None:
            return
        try:
            head, body = self._path(key).read_bytes().split(b"\n", 1)
        except FileNotFoundError:
            return
        restored = self._backend.put_object(self._bucket, key, body)
        restored.set_metadata(json.loads(head)["metadata"], replace=True)

    def _held(self, key: str) -> FakeKey | None:
        return self._backend.get_object(self._bucket, key)

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()


class DurableBucket:
    """WSGI layer before moto: objects of one bucket are restored before and saved after a request for them."""

    def __init__(self, application: WSGIApplication, bucket: str, files: ObjectFiles) -> None:
        self._application = application
        self._prefix = f"/{bucket}/"
        self._files = files

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer as PEP 3333 says."""
        # PATH_INFO holds bytes dressed as latin-1, already percent-decoded.
        path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
        key = path.removeprefix(self._prefix) if path.startswith(self._prefix) else ""
        if not key:
            return self._application(environ, start_response)
        self._files.restore(key)
        answer = self._application(environ, start_response)
        if environ["REQUEST_METHOD"] in {"PUT", "POST", "DELETE"}:
            self._files.save(key)
        return answer


def serve(port: int, data: Path, bucket: str) -> BaseWSGIServer:
    """The server, listening, with the bucket made and readable by everyone; `serve_forever()` runs it."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from moto.s3.models import s3_backends
    from werkzeug.serving import make_server

    class QuietHandler(MotoRequestHandler):
        """Logs what failed, not every image."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """See BaseHTTPRequestHandler."""
            if str(code) >= "400":
                self.log("info", '"%s" %s %s', self.requestline, code, size)

    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(bucket, _REGION)
    backend.put_bucket_policy(bucket, _public_read(bucket))
    moto = DomainDispatcherApplication(create_backend_app)
    layered = DurableBucket(moto, bucket, ObjectFiles(data, bucket, backend))
    return make_server(HOST, port, layered, threaded=True, request_handler=QuietHandler)


def _public_read(bucket: str) -> bytes:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    resource = f"arn:aws:s3:::{bucket}/*"
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": resource}]}).encode()


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m local.object_store", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the objects")
    parser.add_argument("--bucket", required=True)
    options = parser.parse_args()
    server = serve(options.port, options.data, options.bucket)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
