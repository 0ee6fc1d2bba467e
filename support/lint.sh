#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Structure (check-rooms.py), format and static analysis of the sources (not of the tests):
# clang-format, cppcheck, clang-tidy; shellcheck for the scripts, groff for the man pages. Installs them
# as root on Debian. Exits with 1 if any of them reports something. Their opinions change from version
# to version: the reference is Debian 12.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
# shellcheck source=support/common.sh
. support/common.sh
install_missing apache2-dev libcurl4-openssl-dev libjansson-dev libssl-dev clang-format clang-tidy cppcheck groff-base \
    python3 shellcheck || exit 1

apxs=$(command -v apxs || command -v apxs2) || { echo "apxs is missing" >&2; exit 1; }
apr_config=$("$apxs" -q APR_CONFIG)
apr_config=${apr_config##* }
read -ra flags <<<"-I$("$apxs" -q includedir) $("$apr_config" --includes --cppflags) -std=gnu99 -Isrc -Isupport"
sources=(mod_cf_origin.c src/*/*/*.c support/ctl/*/*.c)
failed=0

echo "== check-rooms"
/usr/bin/python3 support/check-rooms.py || failed=1

echo "== clang-format"
clang-format --dry-run -Werror "${sources[@]}" src/*.h src/*/*/*.h support/ctl/*/*.h ||
    failed=1

echo "== cppcheck"
cppcheck --quiet -j"$(nproc)" --error-exitcode=1 --std=c99 --language=c --inline-suppr \
    --enable=warning,style,performance,portability \
    --suppressions-list=.cppcheck-suppressions -Isrc -Isupport "${sources[@]}" || failed=1

# With what --enable-maintainer-mode of httpd adds: strchr() of a text that is const is a warning.
echo "== clang-tidy"
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 8 sh -c '
    flags=$1; shift
    # shellcheck disable=SC2086
    clang-tidy --quiet "$@" -- $flags 2>/dev/null' sh \
    "${flags[*]} -Wall -Wextra -Wno-missing-field-initializers -DAP_DEBUG -Wmissing-prototypes -Wpointer-arith
    -Wstrict-prototypes -Wdeclaration-after-statement -Wformat-security" || failed=1

echo "== shellcheck"
# -x: with the files that a script sources.
shellcheck -x -S warning support/*.sh support/demo/*.sh support/cf-origin-probe support/cf-origin-update-ranges \
    .ci/run || failed=1

echo "== groff"
said=$(groff -mdoc -Tutf8 -ww -rCHECKSTYLE=3 -z support/man/*.[178] 2>&1) || failed=1
[ -z "$said" ] || { echo "$said"; failed=1; }

[ $failed = 0 ] && echo "nothing to complain about"
exit $failed
