"""nginx with nchan from Debian's packages: installed ones, else unpacked into .local, which needs no root."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from local.programs import ROOT

PACKAGES = ("nginx", "libnginx-mod-nchan")
_FOLDER = ROOT / ".local" / "bench" / "relay" / "nginx"
_MODULE = "usr/lib/nginx/modules/ngx_nchan_module.so"
_STATE = Path("/var/lib/nginx")
_LIMIT = 120.0
_FILES = 20_000

# Replay as ours: ten minutes, a thousand events a user. No access log, no second worker: one core is measured.
_CONFIGURATION = """
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
load_module {module};
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections {files}; use epoll; multi_accept on; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    nchan_shared_memory_size 1G;
    nchan_message_timeout 10m;
    nchan_message_buffer_length 1000;
    server {{
        listen {host}:{port} backlog=4096;
        location = /readyz {{ return 200; }}
        location = /publish {{
            nchan_publisher http;
            nchan_channel_id $arg_user;
            client_body_buffer_size 16k;
        }}
        location = /stream {{
            nchan_subscriber eventsource;
            nchan_channel_id $arg_user;
            nchan_subscriber_first_message newest;
            nchan_eventsource_ping_interval 15;
        }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """Where the program and its module lie."""

    program: Path
    module: Path

    def command(self, folder: Path, host: str, port: int) -> list[str]:
        """Write a configuration into the folder; the command that serves with it."""
        _make_state_folder()
        text = _CONFIGURATION.format(folder=folder, host=host, port=port, files=_FILES, module=self.module)
        (folder / "nginx.conf").write_text(text, encoding="ascii")
        return [str(self.program), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]

    def version(self) -> str:
        """As it says itself."""
        done = subprocess.run([str(self.program), "-v"], capture_output=True, text=True, check=False)
        return done.stderr.strip().rpartition("/")[2]


def find_nginx(folder: Path = _FOLDER) -> Nginx:
    """Give nginx with nchan; fetched from Debian's archive when this system has none.

    Raises:
        BenchError: there is none and it cannot be fetched.
    """
    system = Nginx(Path(shutil.which("nginx") or "/usr/sbin/nginx"), Path("/") / _MODULE)
    own = Nginx(folder / "usr" / "sbin" / "nginx", folder / _MODULE)
    for found in (system, own):
        if found.program.is_file() and found.module.is_file():
            return found
    _fetch(folder)
    return own


def _make_state_folder() -> None:
    """Make the compiled-in place for temporary files, which nchan's own inner configuration insists on."""
    try:
        _STATE.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise BenchError(f"nginx needs {_STATE}: install {' '.join(PACKAGES)}, or make it") from exc


def _fetch(folder: Path) -> None:
    print("fetching nginx and nchan for the comparison (once)", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as place:
        try:
            _run(["apt-get", "download", *PACKAGES], place)
        except BenchError:
            _run(["apt-get", "update", "-qq"], place)
            _run(["apt-get", "download", *PACKAGES], place)
        for package in sorted(Path(place).glob("*.deb")):
            _run(["dpkg", "-x", package.name, str(folder)], place)


def _run(command: list[str], place: str) -> None:
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=_LIMIT)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise BenchError(f"nginx with nchan cannot be had: {exc}; install {' '.join(PACKAGES)}") from exc
    if done.returncode != 0:
        raise BenchError(
            f"nginx with nchan cannot be had; install {' '.join(PACKAGES)}:\n{done.stderr[-1000:]}"
        )
