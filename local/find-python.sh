#!/bin/sh
# Prints the path of a Python 3.13, wherever it is: $PYTHON, PATH, pyenv, uv. Says what to install when there is none.
set -u

is_313() {
    [ -n "$1" ] && "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1
}

use() {
    if is_313 "$1"; then
        # The interpreter itself, not a shim that may answer differently in another folder.
        "$1" -c 'import sys; print(sys.executable)'
        exit 0
    fi
}

use "${PYTHON:-}"
for shims in "${PYENV_ROOT:-}" "$HOME/.pyenv" /opt/pyenv; do
    for candidate in "$shims"/versions/3.13*/bin/python3.13; do
        use "$candidate"
    done
done
use "$(command -v python3.13 || true)"
use "$(command -v uv >/dev/null 2>&1 && uv python find --no-project 3.13 2>/dev/null || true)"
use "$(command -v python3 || true)"
use "$(command -v python || true)"
for candidate in /usr/bin/python3.13 /usr/local/bin/python3.13 /opt/homebrew/bin/python3.13 "$HOME/.local/bin/python3.13"; do
    use "$candidate"
done

cat >&2 <<'TEXT'
Python 3.13 was not found. Install it in one of these ways, then run make again:
  uv python install 3.13
  pyenv install 3.13
  apt-get install python3.13 python3.13-venv     (or your system's equivalent)
or name it: make ... PYTHON=/path/to/python3.13
TEXT
exit 1
