#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs httpd's own tests without and with this module, and compares the results. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)

usage() {
    cat <<'USAGE'
Usage: support/httpd-own-tests.sh [OPTION...] SOURCE

Builds httpd from SOURCE, a checkout of httpd's sources (releases have no tests; its own are in test/modules),
and the module, and runs the tests of httpd four times: without the module, and with it loaded, Off, under Audit,
and On with the tests' clients exempt. A test that passes without the module must pass with it, or the exit status
is 1. Changes nothing in SOURCE. For example
    git clone --branch 2.4.x https://github.com/apache/httpd.git ../httpd
    support/httpd-own-tests.sh ../httpd
Installs what it needs, as root on Debian. As root the tests run as the user daemon, in a network of their own, because
they listen on fixed ports.

  --keep FOLDER    keep all in this folder (results: FOLDER/results), and use the httpd that an earlier run built there
  --suites NAMES   of test/modules: "core http1 proxy http2" by default. There is md, too, of which no test runs
                   without the programs pebble and a2md; Debian has neither
  --modes NAMES    "none off audit on" by default. Results of others that are in the folder are compared as well
USAGE
}

die() {
    echo "httpd-own-tests.sh: $1" >&2
    exit 2
}

keep="" suites="core http1 proxy http2" modes="none off audit on" inside=""
while [ $# -gt 0 ]; do
    case $1 in
    --keep | --suites | --modes)
        [ $# -gt 1 ] || die "$1 needs an argument"
        declare "${1#--}=$2"
        shift 2
        ;;
    --inside) inside=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
    esac
done

# shellcheck source=support/common.sh
. "$top/support/common.sh"

# ---------------------------------------------------------------- outside

if [ -z "$inside" ]; then
    [ $# = 1 ] || { usage >&2; exit 2; }
    [ -d "$1/test/modules" ] || die "$1 has no test/modules: a checkout of httpd's repository is needed"
    install_missing curl iproute2 nghttp2-client python3 python3-cryptography python3-filelock python3-multipart \
        python3-openssl python3-packaging python3-pytest python3-websockets util-linux
    exec "$top/support/with-httpd.sh" ${keep:+--keep "$keep"} "$1" \
        support/httpd-own-tests.sh --inside --suites "$suites" --modes "$modes"
fi

# ---------------------------------------------------------------- inside: httpd is built, and first in PATH

folder=$(dirname "$top")
tests=$folder/httpd/test
results=$folder/results
python=/usr/bin/python3
namespaces=(--net --pid --fork --kill-child --mount-proc)
mkdir -p "$results"

build_module "$folder/module.log" -j"$(nproc)"

# What a test generates is removed with the folder.
own() {
    [ "$(id -u)" != 0 ] || chown -R daemon: "$tests"
}

# as_user COMMAND...: the tests' httpd has no User line, so it cannot be started by root. What the tests leave running
# ends with the namespace, also when this is interrupted.
as_user() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    elif unshare "${namespaces[@]}" true 2>/dev/null; then
        # shellcheck disable=SC2016
        unshare "${namespaces[@]}" sh -c 'ip link set lo up && exec setpriv --reuid=daemon --regid=daemon --clear-groups "$@"' sh "$@"
    else
        setpriv --reuid=daemon --regid=daemon --clear-groups "$@"
    fi
}

# run_tests MODE REPORT TEST...: status 1, which pytest ends with if a test failed, is for the comparison to judge.
run_tests() {
    local mode=$1 report=$2 status=0
    shift 2
    rm -rf "$tests/gen"
    (
        cd "$tests"
        as_user env HOME="$tests" CF_ORIGIN_MODE="$mode" CF_ORIGIN_SO="$top/.libs/mod_cf_origin.so" PYTHONPATH="$top/test/upstream" \
            PYTHONDONTWRITEBYTECODE=1 timeout --foreground -k 30 3600 "$python" -m pytest -q -p loaded -p no:cacheprovider \
            --rootdir="$tests" --confcutdir="$tests" --junitxml="$tests/report.xml" "$@"
    ) >"$results/$report.log" 2>&1 </dev/null || status=$?
    [ -e "$tests/report.xml" ] || { tail -n 30 "$results/$report.log" >&2; die "pytest ended with $status"; }
    mv "$tests/report.xml" "$results/$report.xml"
}

own
for suite in $suites; do
    for mode in $modes; do
        echo "== $suite, $mode ($(date +%H:%M:%S))"
        rm -f "$results/$mode-$suite".xml "$results/$mode-$suite"-again-*.xml
        run_tests "$mode" "$mode-$suite" "modules/$suite"
        tail -n 1 "$results/$mode-$suite.log"
        # Some of httpd's tests depend on time. What fails with the module only is run again, and named.
        for try in 1 2 3 4 5; do
            mapfile -t lost < <("$python" test/upstream/compare.py --lost "$results" "$suite" "$mode")
            [ -n "${lost[0]:-}" ] || break
            echo "   again: ${#lost[@]} tests"
            run_tests "$mode" "$mode-$suite-again-$try" "${lost[@]}"
        done
    done
done
# shellcheck disable=SC2086
"$python" test/upstream/compare.py "$results" $suites
