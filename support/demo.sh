#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows mod_cf_origin at work: two real httpds on loopback, one as the origin with the module, one
# in the role of Cloudflare's edge, and visitors who come through the edge or bypass it. Checks the
# answers and log lines, and exits with 1 if one is not as expected. Its parts are in support/demo.
# shellcheck disable=SC2154
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
keep=no

usage() {
    cat <<'USAGE'
Usage: support/demo.sh [--keep]

Builds the module if necessary, starts an origin and a stand-in for Cloudflare's edge on
loopback, visits them in right and wrong ways, rotates certificates under traffic, and shows
the answers, the log lines and the numbers of the status page. Installs missing packages if it
is run as root on Debian. Exits with 1 if anything is not as expected.

  --keep   leave both servers running, and print how to try them by hand, where the status page
           is, and how to stop them
USAGE
}

for argument in "$@"; do
    case $argument in
    --keep) keep=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done

# ---------------------------------------------------------------- packages and build

# shellcheck source=support/common.sh
. "$top/support/common.sh"
check_system
install_missing apache2-bin apache2-dev apache2-ssl-dev libssl-dev libcurl4-openssl-dev libjansson-dev autoconf gcc make \
    openssl curl python3

apxs=$(command -v apxs || command -v apxs2) || { echo "apxs is missing (Debian: apache2-dev; Fedora: httpd-devel)" >&2; exit 1; }
httpd=$("$apxs" -q sbindir)/$("$apxs" -q progname)
# shellcheck disable=SC2034
modules=$("$apxs" -q libexecdir)

# The servers' user has to read what is written here, and no setting of the caller's has a say.
umask 022
unset OPENSSL_CONF
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cf-origin-demo.XXXXXX")
chmod 755 "$scratch"
started=()

stop() {
    local pid
    trap '' INT TERM HUP
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${started[@]}"; do
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    done
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

echo "Building the module ..."
build_module "$scratch/build.log" -j"$(nproc)" all

# ---------------------------------------------------------------- the demonstration

# shellcheck source=support/demo/certificates.sh
. "$top/support/demo/certificates.sh"
# shellcheck source=support/demo/servers.sh
. "$top/support/demo/servers.sh"
# shellcheck source=support/demo/visits.sh
. "$top/support/demo/visits.sh"
# shellcheck source=support/demo/api.sh
. "$top/support/demo/api.sh"
# shellcheck source=support/demo/scenes.sh
. "$top/support/demo/scenes.sh"

make_certificates
start_servers

cat <<TEXT

The origin is $ORIGIN:$tls (and $plain without TLS); the stand-in for Cloudflare's edge is
127.0.0.1:$edge1. "Cloudflare's network" is 127.0.0.0/9 here. Visitors are called 203.0.113.N.
The first log line is shown in full; of the others, what is the same in all is left out.
TEXT

all_scenes

echo
if grep -E '\[(crit|alert|emerg)\]|exit signal' "$scratch"/*/error.log; then
    problem "there are errors in an error log"
fi
if [ "$wrong" != 0 ]; then
    echo "$red$visits visits, two rotations, the status page: $wrong things not as expected.$plain_text"
else
    echo "$green$visits visits, two rotations, the status page: all as expected.$plain_text"
fi

# ---------------------------------------------------------------- to try by hand

if [ $keep = yes ]; then
    trap - EXIT
    cat <<TEXT

Both servers are still running. Through the edge:
  curl --cacert $scratch/pki/web.pem --resolve shop.example.com:$edge1:127.0.0.1 \\
    --interface $VISITOR4 https://shop.example.com:$edge1/
Directly to the origin (add --cert $scratch/edge/pull.pem or pki/neighbour.pem, --interface $EDGE, --http2, -H ...):
  curl --cacert $scratch/pki/web.pem --resolve shop.example.com:$tls:$ORIGIN \\
    --interface $STRANGER https://shop.example.com:$tls/
The status page (from another host: ssh -L $status_port:127.0.0.1:$status_port HOST):
  http://127.0.0.1:$status_port/
Logs and configurations:
  $scratch/origin/{error.log,access.log,httpd.conf}
  $scratch/edge/{error.log,access.log,httpd.conf}
After changing the origin's configuration:
  $httpd -f $scratch/origin/httpd.conf -k graceful
$(hint_at_api)
To stop them and remove everything:
  kill ${started[*]} && rm -r $scratch
TEXT
fi
[ "$wrong" = 0 ]
