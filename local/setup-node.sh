#!/bin/sh
# Installs local/node_modules from its lock. Called by make from the checkout's top.
set -eu

major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')
if [ -z "$major" ] || [ "$major" -lt 20 ] || ! command -v npm >/dev/null 2>&1; then
    echo "Node 20 or newer with npm is needed (found: $(node --version 2>/dev/null || echo none))." >&2
    echo "Install it from https://nodejs.org or with your system's package manager, then run make again." >&2
    exit 1
fi
echo "installing npm packages"
# Azurite declares Node 22 and runs on 20: only errors are worth showing.
(cd local && npm ci --loglevel=error)
touch local/node_modules/.installed
