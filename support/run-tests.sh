#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need (as root on Debian), builds the module and runs all tests: the
# core's unit tests, the manual against the sources, lint on Debian 12 (which counts as one test),
# and the module in real httpds on loopback.
# Ends with "N passed, N failed" and exits with 1 if anything failed or nothing ran. Arguments
# go to pytest.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
# shellcheck source=support/common.sh
. support/common.sh

install_missing apache2-bin apache2-dev apache2-ssl-dev autoconf chromium chromium-driver curl gcc jq \
    git libapache2-mod-security2 libcmocka-dev libssl-dev make openssl python3 python3-h2 \
    python3-prometheus-client python3-pytest strace || exit 1
support/test-tools.sh || exit 1

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
# Warnings are errors where this project's own tests run unattended, and nowhere else.
strict=()
[ -z "${CI:-}" ] || strict=(MOD_CFLAGS="-Wall -Wextra -Wno-missing-field-initializers -Werror")
if ! build_module -j"$(nproc)" "${strict[@]}" >"$work/build" 2>&1; then
    tail -n 40 "$work/build"
    echo "0 passed, 1 failed"
    exit 1
fi

echo "== make check"
make -s -Otarget -j"$(nproc)" "${strict[@]}" THOROUGH=1 check 2>&1 | tee "$work/check"
status=${PIPESTATUS[0]}
ran=$(sum '^(.*_test )?\[=+\] (.*: )?([0-9]+) test\(s\) run\..*' "$work/check" 3)
good=$(sum '^\[  PASSED  \] ([0-9]+) test\(s\).*' "$work/check")
left=$(sum '^\[  SKIPPED \] ([0-9]+) test\(s\).*' "$work/check")
passed=$good
skipped=$left
failed=$((ran - good - left))
[ "$ran" -gt 0 ] || broken "no unit test ran"
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || broken "make check"

# On the release whose linters are the reference; not where arguments select tests.
if [ $# = 0 ] && grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then
    echo "== make lint"
    if support/lint.sh; then
        passed=$((passed + 1))
    else
        broken "make lint"
    fi
fi

# run_pytest FOLDER [ARGUMENT...]: output, result and exit status go to files of its name.
run_pytest() {
    local name=${1//\//-}
    # Half an hour is many times what it takes: a test that hangs must not take the day.
    timeout --foreground -k 30 1800 "$python" -m pytest -q -o faulthandler_timeout=120 \
        -p no:cacheprovider --junitxml="$work/$name.xml" "$@" >"$work/$name.log" 2>&1
    echo $? >"$work/$name.status"
}

# The most telling of test/httpd once more, with the module under sanitizers; where arguments
# select tests, these alone are wanted.
run_asan() {
    [ $# = 0 ] || return 0
    timeout --foreground -k 30 1800 make -s -j"$(nproc)" asan \
        TESTS="\$(telling) -o faulthandler_timeout=120 --junitxml=$work/asan.xml" >"$work/asan.log" 2>&1
    echo $? >"$work/asan.status"
}

# add_pytest FOLDER: shows and counts what came of it.
add_pytest() {
    local name=${1//\//-} status good bad left counts
    status=$(cat "$work/$name.status")
    echo "== $1"
    cat "$work/$name.log"
    counts=$("$python" - "$work/$name.xml" <<'PYTHON'
import sys
import xml.etree.ElementTree as tree
suites = list(tree.parse(sys.argv[1]).getroot().iter("testsuite"))
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
    [ $((good + bad)) -gt 0 ] || [ "$status" = 5 ] || broken "no test of $1 ran"
    [ "$status" = 0 ] || [ "$status" = 5 ] || [ "$bad" -gt 0 ] ||
        broken "pytest $1 ended with $status"
}

echo "== test/httpd and test/support, at the same time ..."
run_pytest test/httpd "$@" &
{
    run_pytest test/support "$@"
    run_asan "$@"
} &
wait
add_pytest test/httpd
add_pytest test/support
[ $# != 0 ] || add_pytest asan

echo
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
