#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian packages. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"

usage() {
    cat <<'USAGE'
Usage: support/build-packages.sh [--archive FILE] [FOLDER]

Builds the Debian packages (source and binary) into FOLDER [packages], from what "make dist"
makes of the commit that is checked out; and checks them with lintian. Installs what that needs, as
root on Debian.

  --archive FILE   build from this archive of "make dist" (where the sources are no git repository)

DEB_BUILD_OPTIONS=nocheck leaves out the unit tests.
USAGE
}

archive="" folder=$top/packages
while [ $# -gt 0 ]; do
    case $1 in
    --archive)
        [ $# -gt 1 ] || { usage >&2; exit 2; }
        archive=$(realpath -m "$2")
        shift
        ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) folder=$1 ;;
    esac
    shift
done
folder=$(realpath -m "$folder") # below, the work is done in another one
mkdir -p "$folder"
[ -z "$archive" ] || [ -f "$archive" ] || { echo "build-packages: there is no file $archive" >&2; exit 2; }

needed=(apache2-dev apache2-ssl-dev autoconf build-essential debhelper libcmocka-dev libcurl4-openssl-dev
    libjansson-dev libssl-dev lintian)
[ -n "$archive" ] || needed+=(git)
install_missing "${needed[@]}"

work=$(mktemp -d)
job=
# shellcheck disable=SC2317
leave() {
    [ -z "$job" ] || kill "$job" 2>/dev/null
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP
version=$(sed -n 's/^#define CFO_VERSION "\(.*\)"/\1/p' "$top/src/version.h")
name=mod_cf_origin-$version

# step WHAT COMMAND...: a dot every few seconds; if it fails, the end of what it prints.
step() {
    printf '== %s ' "$1"
    shift
    "$@" >"$work/log" 2>&1 &
    job=$!
    while ! timeout 5 tail --pid=$job -f /dev/null; do printf .; done
    echo
    wait $job || { tail -n 60 "$work/log" >&2; return 1; }
    job=
}

[ -n "$archive" ] || {
    step "archive of the sources" "$top/support/dist.sh" "$work"
    archive=$work/$name.tar.gz
}
cp "$archive" "$work/mod-cf-origin_$version.orig.tar.gz"
cd "$work"
tar -xzf "$archive"
cd "$name"
cp -a packaging/debian debian
step "packages$([[ ${DEB_BUILD_OPTIONS:-} != *nocheck* ]] || echo ", without unit tests")" \
    dpkg-buildpackage -us -uc
cd ..
rm -f "$folder"/mod-cf-origin_* "$folder"/{libapache2-mod-cf-origin,cf-origin-tools}{,-dbgsym}_*
mv mod-cf-origin_* ./*.deb "$folder"

cd "$folder"
# Root's id is what a build in a container has.
step lintian lintian --allow-root --fail-on error,warning "$(echo mod-cf-origin_*.changes)"
echo "no errors, no warnings"
ls -- "$folder"/{libapache2-mod-cf-origin,cf-origin-tools}_*.deb
