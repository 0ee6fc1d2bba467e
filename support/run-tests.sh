#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need (as root on Debian), builds the module and runs all tests: the
# core's unit tests, the manual against the sources, the module in real httpds on loopback, cf-originctl edge
# against a stand-in of Cloudflare, the examples of the manual, lint on Debian 12 and the Debian packages
# (each counts as one test).
# Ends with "N passed, N failed" and exits with 1 if anything failed or nothing ran. Arguments
# go to pytest.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
# shellcheck source=support/common.sh
. support/common.sh
check_system || exit 1

# What the steps below would install themselves is here too: they run at the same time.
packages=(apache2-bin apache2-dev apache2-ssl-dev autoconf chromium chromium-driver curl gcc git iproute2 jq
    libapache2-mod-security2 libcmocka-dev libcurl4-openssl-dev libjansson-dev libssl-dev make nftables openssl pandoc
    python3 python3-h2 python3-jsonschema python3-prometheus-client python3-pytest python3-yaml strace valgrind)
# What runs Cloudflare's client library. Others' packages of Node.js have npm in them, and Debian's npm is large.
command -v npm >/dev/null || packages+=(nodejs npm)
# The Debian packages are made of a commit.
pack=
if [ $# = 0 ] && [ -e .git ] && command -v dpkg-query >/dev/null; then
    pack=yes
    packages+=(build-essential debhelper lintian)
fi
# Debian's sources of APR, built for tests: support/build-apr.sh.
pools="" threads=""
if [ $# = 0 ] && command -v dpkg-query >/dev/null; then
    pools=yes
    packages+=(dpkg-dev libexpat1-dev libldap-dev patch uuid-dev)
fi
# The release whose linters are the reference.
lint=
if [ $# = 0 ] && grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then
    lint=yes
    packages+=(clang-format clang-tidy cppcheck groff-base)
fi
install_missing "${packages[@]}" || exit 1
# Without Cloudflare's client library alone, the tests that need it fail.
support/test-tools.sh || [ $? = 2 ] || exit 1

# The distribution's, which has the modules above, whatever comes first in PATH.
python=/usr/bin/python3

work=$(mktemp -d) || exit 1
# Jobs of a process group each, for a job of the script's own would not hear a Ctrl-C.
set -m
end() {
    local job
    for job in $(jobs -p); do
        { kill -TERM "$job"; kill -INT -- "-$job"; } 2>/dev/null
    done
    wait
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM HUP
passed=0 failed=0 skipped=0

# sum PATTERN FILE [GROUP]: adds up the numbers that the pattern's group finds.
sum() {
    sed -nE "s/$1/\\${3:-1}/p" "$2" | awk '{ n += $1 } END { print n + 0 }'
}

# A step that went wrong without saying how often counts as one failure.
broken() {
    echo "FAILED: $1"
    failed=$((failed + 1))
}

echo "== build"
# Warnings are errors where this project's own tests run unattended, and nowhere else. Exported: a step
# that calls make with other flags would build everything again, while the others use it.
[ -z "${CI:-}" ] || export MOD_CFLAGS="-Wall -Wextra -Wno-missing-field-initializers -Werror"
if ! build_module "$work/build" -j"$(nproc)"; then
    echo "0 passed, 1 failed"
    exit 1
fi

echo "== make check"
make -s -Otarget -j"$(nproc)" THOROUGH=1 check 2>&1 | tee "$work/check" | alive
status=${PIPESTATUS[0]}
ran=$(sum '^(.*_test )?\[=+\] (.*: )?([0-9]+) test\(s\) run\..*' "$work/check" 3)
good=$(sum '^\[  PASSED  \] ([0-9]+) test\(s\).*' "$work/check")
left=$(sum '^\[  SKIPPED \] ([0-9]+) test\(s\).*' "$work/check")
passed=$good
skipped=$left
failed=$((ran - good - left))
[ "$ran" -gt 0 ] || broken "no unit test ran"
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || broken "make check"

# ---------------------------------------------------------------- the steps

# Half an hour is many times what any of them takes: a test that hangs must not take the day.
limited() {
    timeout --foreground -k 30 1800 "$@"
}

# run_pytest NAME ARGUMENT...
run_pytest() {
    local name=$1
    shift
    limited "$python" -m pytest -q -o faulthandler_timeout=120 -p no:cacheprovider \
        --junitxml="$work/$name.xml" "$@"
}

# half N: every other file of test/httpd, by size.
half() {
    find test/httpd -name 'test_*.py' -printf '%s %p\n' | sort -rn |
        awk -v n="$1" 'NR % 2 == n { print $2 }'
}

# run_step NAME [ARGUMENT OF PYTEST...]
run_step() {
    local name=$1 status=0
    shift
    case $name in
    httpd-1) mapfile -t files < <(half 0); run_pytest "$name" "${files[@]}" ;;
    httpd-2) mapfile -t files < <(half 1); run_pytest "$name" "${files[@]}" ;;
    # Those under traffic take as long as all others.
    edge-1) run_pytest "$name" test/edge/test_interrupted.py test/edge/test_rotations.py ;;
    edge-2) run_pytest "$name" test/edge/test_change.py test/edge/test_corners.py ;;
    edge-3) run_pytest "$name" test/edge --ignore-glob='*/test_interrupted.py' --ignore-glob='*/test_rotations.py' \
        --ignore-glob='*/test_change.py' --ignore-glob='*/test_corners.py' ;;
    httpd | support | edge | manual) run_pytest "$name" "test/$name" "$@" ;;
    # The same cases each time: make oracles tries others.
    oracle) ORACLE_SEED=${ORACLE_SEED:-1} run_pytest "$name" test/oracle "$@" ;;
    # With the examples that take a minute: the module is built the other way.
    manual-all) THOROUGH=1 run_pytest "$name" test/manual ;;
    # The most telling of test/httpd once more, with the module under sanitizers.
    asan)
        limited make -s -j"$(nproc)" asan \
            TESTS="\$(telling) -o faulthandler_timeout=120 --junitxml=$work/asan.xml" || status=$?
        # With the same build: what only an APR for debugging finds.
        [ -z "$pools" ] || limited make -s -j"$(nproc)" pool-debug \
            TESTS="\$(telling_pools) -o faulthandler_timeout=120 --junitxml=$work/asan-pools.xml" || status=$?
        return "$status"
        ;;
    tsan)
        limited make -s -j"$(nproc)" tsan-httpd \
            TESTS="test/httpd/test_races.py -o faulthandler_timeout=120 --junitxml=$work/tsan.xml"
        ;;
    packages) DEB_BUILD_OPTIONS=nocheck limited env -u MOD_CFLAGS support/build-packages.sh "$work/packages" ;;
    lint) limited nice support/lint.sh ;;
    esac
}

# start NAME [ARGUMENT OF PYTEST...]: output, status and times of a step go to files of its name.
start() {
    local name=$1 TIMEFORMAT='%R %U %S' code
    {
        time run_step "$@" >"$work/$name.log" 2>&1
        code=$?
    } 2>"$work/$name.time"
    echo "$code" >"$work/$name.status"
}

# count_pytest NAME STATUS: adds what is in its report.
count_pytest() {
    local name=$1 status=$2 good bad left counts
    counts=$("$python" - "$work/$name".xml "$work/$name"-pools.xml <<'PYTHON'
import os
import sys
import xml.etree.ElementTree as tree
reports = [sys.argv[1], *filter(os.path.exists, sys.argv[2:])]
suites = [suite for report in reports for suite in tree.parse(report).getroot().iter("testsuite")]
ran, bad, skipped = (sum(int(s.get(n, 0)) for s in suites for n in names)
                     for names in (["tests"], ["failures", "errors"], ["skipped"]))
print(max(ran - bad - skipped, 0), bad, skipped)
PYTHON
    ) || counts="0 0 0"
    read -r good bad left <<<"$counts"
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + left))
    # 5: the arguments select none of this folder's.
    [ $((good + bad)) -gt 0 ] || [ "$status" = 5 ] || broken "no test of $name ran"
    [ "$status" = 0 ] || [ "$status" = 5 ] || [ "$bad" -gt 0 ] || broken "pytest of $name ended with $status"
}

minutes() {
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# report NAME: shows and counts what came of it.
report() {
    local name=$1 status real user system
    status=$(cat "$work/$name.status")
    read -r real user system < <(tail -n 1 "$work/$name.time")
    echo "== $name: $(minutes "${real%.*}"), of which $(minutes $((${user%.*} + ${system%.*}))) of processor time"
    cat "$work/$name.log"
    case $name in
    lint | packages)
        if [ "$status" = 0 ]; then
            passed=$((passed + 1))
        else
            broken "$name"
        fi
        ;;
    *) count_pytest "$name" "$status" ;;
    esac
}

# progress: a line with what runs, and how far it is.
progress() {
    local name percent line=
    for name in "${running[@]}"; do
        percent=$(grep -oE '\[ *[0-9]+%\]$' "$work/$name.log" | tail -n 1 | tr -d '[] ')
        line+=", $name${percent:+ $percent}"
    done
    echo "   $(minutes $SECONDS) ${line#, }"
}

if [ $# = 0 ]; then
    # Where the kernel lets ThreadSanitizer run.
    if [ -n "$pools" ] && echo 'int main(void) { return 0; }' | gcc -fsanitize=thread -xc -o "$work/try" - 2>/dev/null && "$work/try"; then
        threads=yes
    fi
    steps=(${lint:+lint} edge-1 httpd-1 edge-2 httpd-2 edge-3 support oracle asan ${threads:+tsan} manual-all)
    [ -z "$pack" ] || steps+=(packages)
else
    steps=(httpd oracle support edge manual)
fi

# More than there are processors: tests also wait (those of edge most of the time), and lint, the longest, takes
# what they leave. A sign of life every half a minute, and in the log of a CI every two.
most=$(($(nproc) + 2${lint:+ + 1})) every=30 next=0 running=()
[ -z "${CI:-}" ] || every=120
echo "== ${steps[*]}: $most at the same time"
until [ ${#steps[@]} = 0 ] && [ ${#running[@]} = 0 ]; do
    left=()
    for name in "${running[@]}"; do
        if [ -e "$work/$name.status" ]; then
            report "$name"
        else
            left+=("$name")
        fi
    done
    running=("${left[@]}")
    while [ ${#steps[@]} -gt 0 ] && [ ${#running[@]} -lt $most ]; do
        start "${steps[0]}" "$@" &
        running+=("${steps[0]}")
        steps=("${steps[@]:1}")
    done
    if [ ${#running[@]} -gt 0 ] && [ $SECONDS -ge $next ]; then
        [ $next = 0 ] || progress
        next=$((SECONDS + every))
    fi
    sleep 0.5
done
wait

echo
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
