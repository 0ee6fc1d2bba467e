#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the pictures docs/images/status*.png: the status page as the module's own code writes it
# (src/core/report) for a made-up server with a week of requests (test/unit/sample.c), in Chromium, which
# loads nothing else. Look at them: the heights below end where a part of the page ends. Installs what it
# needs as root on Debian.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"
install_missing apache2-dev autoconf chromium gcc libcmocka-dev libssl-dev make optipng pngquant

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

build_module "$work/build.log" -j"$(nproc)" all
make -s -C "$top/test/unit" build/sample_page >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
"$top/test/unit/build/sample_page" "$work"

# picture NAME SCHEME HEIGHT [PAGE]: 0 is dark, 1 is light.
picture() {
    HOME=$work timeout 120 chromium --headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
        --proxy-server=direct:// --host-resolver-rules="MAP * ~NOTFOUND" --user-data-dir="$work/$1" \
        --hide-scrollbars --blink-settings=preferredColorScheme="$2" --window-size="1180,$3" \
        --screenshot="$work/$1.png" "file://$work/${4:-index.html}" >"$work/chromium.log" 2>&1 ||
        { cat "$work/chromium.log" >&2; exit 1; }
    pngquant --strip --output "$work/$1-small.png" 64 "$work/$1.png"
    optipng -quiet -o4 "$work/$1-small.png"
    mkdir -p "$top/docs/images"
    cp "$work/$1-small.png" "$top/docs/images/$1.png"
}
picture status 1 1905
picture status-dark 0 1905
# The rest of the page, without what the others show.
sed 's#</head>#<style>section:has(~ [aria-labelledby=vhosts]) { display: none }</style>&#' "$work/index.html" \
    >"$work/rest.html"
picture status-zones 1 1530 rest.html
ls -l "$top"/docs/images/status*.png
