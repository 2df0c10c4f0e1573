#!/bin/sh
# Chromium and a Korean font for the browser tests: installed when this is root on a Debian-like system, else asked for.
set -u

has_browser() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
        || command -v google-chrome >/dev/null 2>&1
}

has_font() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=ko family 2>/dev/null)" ]
}

has_browser && has_font && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # Only what is missing: Ubuntu has no package called chromium, and its machines may have Chrome.
    set --
    has_browser || set -- "$@" chromium
    has_font || set -- "$@" fontconfig fonts-noto-cjk
    echo "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
    # Package lists may be there already: update only when the first try finds nothing.
    install "$@" 2>/dev/null || { apt-get update -qq >/dev/null && install "$@"; }
fi

if has_browser && has_font; then
    exit 0
fi
echo "The browser tests need Chromium and a Korean font: apt-get install chromium fonts-noto-cjk (or their like)." >&2
[ -z "${CI:-}" ]  # they are left out on a developer's machine, never in CI
