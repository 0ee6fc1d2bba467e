# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh: a stand-in for Cloudflare's API, and a rotation by cf-originctl edge.

# Python: the distribution's.
python=/usr/bin/python3

# Whether the command and the stand-in can be had here; sets missing.
has_edge() {
    missing=""
    if "$top/support/cf-originctl" edge --help | grep -q 'not in this build'; then
        missing="libcurl and jansson, without which cf-originctl has no such command"
    elif ! "$python" -c 'import ssl' 2>/dev/null; then
        missing="Python, for the stand-in of Cloudflare's API"
    fi
    [ -z "$missing" ]
}

has_api() {
    grep -q '^PRESENTED=' "$scratch/api/out"
}

# With the certificate that the edge presents already, and the switch on.
start_api() {
    mkdir "$scratch/api"
    "$python" "$top/test/edge/standin.py" --zone example.com --host shop.example.com \
        --record shop.example.com,A,192.0.2.1 --certificate "example.com,$scratch/pki/new.crt,$scratch/pki/new.key" \
        --on example.com --deploy 1 --delete 1 --token-file "$scratch/api/token" --state-dir "$scratch/api/state" \
        >"$scratch/api/out" 2>"$scratch/api/errors" </dev/null &
    started+=($!)
    if ! wait_for has_api; then
        cat "$scratch/api/errors" >&2
        problem "the stand-in of the API did not start"
        return 1
    fi
    API=$(sed -n 's/^URL=//p' "$scratch/api/out" | tr -d "\"'")
    API_CA=$(sed -n 's/^CA=//p' "$scratch/api/out" | tr -d "\"'")
    presented=$(sed -n 's/^PRESENTED=//p' "$scratch/api/out" | tr -d "\"'")/shop.example.com.pem
}

# The edge presents what the API has as active, until it is stopped.
follow_the_api() {
    while sleep 0.2; do
        if [ -e "$presented" ] && ! cmp -s "$presented" "$scratch/api/followed"; then
            cp "$presented" "$scratch/api/followed" || continue
            # As leaf() does.
            { openssl x509 -in "$scratch/api/followed" && openssl ec -in "$scratch/api/followed"; } >"$scratch/edge/pull.new" &&
                mv "$scratch/edge/pull.new" "$scratch/edge/pull.pem"
            "$httpd" -f "$scratch/edge/httpd.conf" -k graceful
        fi
    done
}

# edge VERB ARGUMENT...: without the proxies and settings of the caller.
edge() {
    env -u CLOUDFLARE_API_TOKEN -u CLOUDFLARE_BASE_URL -u SSL_CERT_FILE no_proxy='*' "$top/support/cf-originctl" edge "$@" \
        --api "$API" --api-ca "$API_CA" --token-file "$scratch/api/token" --httpd "$httpd -f $scratch/origin/httpd.conf" \
        --origin-status "http://127.0.0.1:$status_port/?json" 2>&1
}

# What to try by hand.
hint_at_api() {
    if [ -n "${API:-}" ]; then
        echo "Cloudflare's side (a stand-in of its API; the edge presents what that has as active):"
        echo "  CLOUDFLARE_BASE_URL=$API SSL_CERT_FILE=$API_CA no_proxy='*' \\"
        echo "    $top/support/cf-originctl edge status --token-file $scratch/api/token --httpd '$httpd -f $scratch/origin/httpd.conf'"
    fi
}
