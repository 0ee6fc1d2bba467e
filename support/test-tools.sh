#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Unpacks into test/tools what the tests of conf/ and of the manual's examples try them with:
# fail2ban-regex, promtool, goaccess, logrotate, nginx, HAProxy, and Debian's configuration of Apache with
# a2enmod and apachectl. Not installed, for some of them would start a service. Some 25 MB to download. And, by npm,
# Cloudflare's client library, some 15 MB. Ends with 2 if only that is missing.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"
status=0
unpack_missing "$top/test/tools" apache2 fail2ban goaccess libmaxminddb0 libncursesw6 libpopt0 \
    logrotate 'promtool|prometheus' nginx nginx-common libnginx-mod-stream haproxy libjemalloc2 \
    liblua5.3-0 liblua5.4-0 libopentracing1 'libopentracing-c-wrapper0t64|libopentracing-c-wrapper0' || status=1

# client_missing: Cloudflare's official client library, the version and the digest of test/edge/client, without its scripts.
client_missing() {
    local wanted=$top/test/edge/client/package-lock.json folder=$top/test/tools/client errors
    ! cmp -s "$wanted" "$folder/complete" || return 0
    if ! command -v npm >/dev/null 2>&1; then
        echo "npm is missing: test/edge will fail. Install it (Debian: npm), and run this again." >&2
        return 0
    fi
    echo "Fetching Cloudflare's client library ..."
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$top/test/edge/client/package.json" "$wanted" "$folder" || return 1
    errors=$(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier 2>&1) && cp "$wanted" "$folder/complete" && return 0
    printf '%s\n' "$errors" | head -n 4 >&2
    echo "npm could not fetch Cloudflare's client library: \"npm ci\" in test/edge/client has to work (a proxy: npm config set proxy URL)." >&2
    return 1
}
if ! client_missing && [ $status = 0 ]; then
    status=2
fi
exit $status
