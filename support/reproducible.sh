#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything twice and compares. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"

usage() {
    cat <<'USAGE'
Usage: support/reproducible.sh [--no-packages]

Builds module and command twice, as what git tracks lies here: in folders whose names have another
length, with another umask, time zone and language, and later. On Debian also the packages.
Fails, and names the files, if any byte is different. Minutes.
USAGE
}

die() {
    echo "reproducible: $1" >&2
    exit 1
}

packages=$(command -v dpkg-query || true)
case ${1:-} in
"") ;;
--no-packages) packages="" ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# build FOLDER: prints what the caller's umask and environment make of it.
build() (
    copy_sources "$1/src"
    cd "$1/src"
    { autoconf && ./configure && make -j"$(nproc)"; } || exit 1
    [ -z "$packages" ] || { mkdir "$1/tmp" && TMPDIR=$1/tmp DEB_BUILD_OPTIONS=nocheck support/build-packages.sh "$1/packages"; }
)

# The first is built by whoever calls this, and the second by somebody quite different.
echo "Building twice ..."
mkdir "$work/one" "$work/another-folder"
build "$work/one" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "the first build failed"; }
(umask 077 && unset LANG && export TZ=Asia/Tokyo LC_ALL=C && build "$work/another-folder") >"$work/log" 2>&1 ||
    { tail -n 30 "$work/log" >&2; die "the second build failed"; }

different=0
compare() {
    local file
    for file in "$@"; do
        if cmp "$work/one/$file" "$work/another-folder/$file"; then
            echo "same: ${file#*/}"
        else
            different=$((different + 1))
        fi
    done
}
compare src/.libs/mod_cf_origin.so src/support/cf-originctl
if [ -n "$packages" ]; then
    mapfile -t made < <(cd "$work/one" && ls packages/*.deb packages/*.debian.tar.* packages/*.dsc)
    [ ${#made[@]} -ge 4 ] || die "too few packages: ${made[*]}"
    compare "${made[@]}"
fi
[ "$different" = 0 ] || die "$different files are different"
