#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the module costs, as tables in Markdown: those of docs/performance.md. make bench calls this after it has built
# everything.
#
#   make bench                            all of it, a quarter of an hour
#   make bench BENCH="instructions cpu"   some of its parts:
#
#> instructions  an admitted request, with the module and with what one may choose instead; needs valgrind
#> connections   full and resumed handshakes; instructions need valgrind
#> cpu           CPU time of admitted and refused requests
#> cores         throughput with all processors busy
#> settings      what settings next to the module cost or save
#> strangers     requests with wrong certificates
#> early_drop    CFOriginPullEarlyDrop, and a handshake that is refused
#> zones         many zones
#> ranges        many ranges
#> audit         cf-originctl audit
#> reload        looks at files, and how soon a change takes effect
#> restarts      graceful restarts while files change
#> guard         what CI compares with its limits; needs valgrind
#
# Servers listen on loopback, on free ports, and end with this. CFO_BENCH_KEEP=FOLDER keeps their files.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
# shellcheck source=support/common.sh
. support/common.sh
install_missing openssl procps python3 python3-h2 python3-pytest || exit 1

# The distribution's, which has the modules above, whatever comes first in PATH.
python=/usr/bin/python3

# run_part NAME
run_part() {
    case $1 in
    strangers) "$python" test/bench/strangers.py 2000 ;;
    reload) "$python" test/bench/reload.py idle 10000 20 && "$python" test/bench/reload.py effect ;;
    restarts) "$python" test/bench/restarts.py event 20 ;;
    ranges) "$python" test/bench/ranges.py 1000000 2 ;;
    zones) "$python" test/bench/zones.py 10000 ;;
    *)
        if [ -e "test/bench/$1.py" ]; then
            "$python" "test/bench/$1.py"
        else
            echo "not measured: there is no test/bench/$1.py"
        fi
        ;;
    esac
}

mapfile -t all < <(sed -n 's/^#> \([a-z_]*\) .*/\1/p' "$top/test/bench/run.sh")
for part in "$@"; do
    [[ " ${all[*]} " == *" $part "* ]] || { echo "$part is none of its parts: ${all[*]}" >&2; exit 2; }
done
[ $# -gt 0 ] || set -- "${all[@]}"
echo "$(nproc) processors, $(uname -m); $(. /etc/os-release && echo "$PRETTY_NAME"); $(apxs -q HTTPD_VERSION 2>/dev/null || true)"
openssl version
failed=
for part in "$@"; do
    begun=$SECONDS
    printf '\n## %s\n\n' "$part"
    run_part "$part" || failed="$failed $part"
    echo "($part: $((SECONDS - begun)) s)"
done
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
