#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds APR for tests. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"

usage() {
    cat <<'USAGE'
Usage: support/build-apr.sh pool-debug|tsan FOLDER

Builds APR and APR-util from the sources of this Debian release, into FOLDER/lib. The httpd that is
installed runs with them if LD_LIBRARY_PATH names that folder. What is there already is kept.
Installs what the build needs, as root.

  pool-debug   every allocation of a pool is a malloc() of its own, and a free() when the pool ends
  tsan         as usual, under ThreadSanitizer, which then knows APR's atomic operations
USAGE
}

die() {
    echo "build-apr: $1" >&2
    exit 1
}

case ${1:-} in
pool-debug) options=(--enable-pool-debug=yes) flags="-g -O1 -fno-omit-frame-pointer" ;;
tsan) options=() flags="-g -O1 -fno-omit-frame-pointer -fsanitize=thread" ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac
[ $# = 2 ] || { usage >&2; exit 2; }
kind=$1 folder=$(realpath -m "$2")

command -v dpkg-query >/dev/null || die "Debian's sources are built, and this is not a Debian system"
# Another version of the package has other sources.
versions=$(dpkg-query -W -f='${Package} ${Version}\n' libapr1 libaprutil1 2>/dev/null ||
    dpkg-query -W -f='${Package} ${Version}\n' libapr1t64 libaprutil1t64)
versions+=$'\n'"$(sha256sum "$0")"
[ "$(cat "$folder/complete" 2>/dev/null)" != "$versions" ] || exit 0
install_missing dpkg-dev gcc libexpat1-dev libldap-dev libssl-dev make patch uuid-dev

rm -rf "$folder"
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The lists of this system with sources in place of packages, in a folder of its own.
sources() {
    local file
    mkdir -p "$work/lists.d" "$work/lists/partial"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$file" ] || sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$work/lists.d/${file##*/}"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -e "$file" ] || sed -nE 's/^deb(-src)? /deb-src /p' "$file" >>"$work/lists.d/old.list"
    done
    apt_errors=""
    local at=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/lists.d"
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o APT::Sandbox::User=root)
    local get=(apt_get "downloading sources" "${at[@]}" --download-only source)
    # A mirror may have those of another version only.
    apt_get "reading source lists" "${at[@]}" update &&
        { "${get[@]}" "apr=$(version apr)" "apr-util=$(version apr-util)" || { rm -f apr*; "${get[@]}" apr apr-util; }; } ||
        apt_failed "apt-get could not download the sources of APR"
}

# version SOURCE: that of the library that httpd is linked to.
version() {
    dpkg-query -W -f='${source:Package} ${source:Version}\n' 2>/dev/null | awk -v name="$1" '$1 == name { print $2; exit }'
}

# build NAME OPTION...
build() {
    local name=$1
    shift
    dpkg-source --no-check -x "$name"_*.dsc "$name"
    (
        cd "$name"
        ./configure --prefix="$folder" CFLAGS="$flags" "$@"
        make -j"$(nproc)"
        make install
    )
}

echo "Building APR ($kind) ..."
cd "$work"
sources
{
    build apr --enable-nonportable-atomics --enable-allocator-uses-mmap "${options[@]}" &&
        build apr-util --with-apr="$folder" --without-gdbm --with-ldap --with-crypto --with-openssl
} >"$folder/log" 2>&1 || {
    tail -n 30 "$folder/log" >&2
    die "APR could not be built"
}
echo "$versions" >"$folder/complete"
