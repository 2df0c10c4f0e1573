#!/bin/sh
# Makes .venv hold exactly what requirements-dev.txt says. Called by make from the checkout's top.
set -eu

python=$(sh local/find-python.sh)
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; then
    echo "making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv
fi
echo "installing Python packages (a few minutes the first time)"
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes -r requirements-dev.txt
touch .venv/.installed
