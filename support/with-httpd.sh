#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds an httpd from its sources and runs a command with it. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)

usage() {
    cat <<'USAGE'
Usage: support/with-httpd.sh [OPTION...] SOURCE COMMAND [ARGUMENT...]

Builds httpd from SOURCE, a folder or an archive of httpd's sources (a release, or a checkout of
any branch), installs it in a scratch folder, and runs the command in a copy of what git tracks
here, where it comes first in PATH: the module is then built for it, and demonstration and tests
run with it. Ends with the command's exit status. For example
    support/with-httpd.sh httpd-2.4.62.tar.gz support/demo.sh
    support/with-httpd.sh ../httpd support/run-tests.sh
Installs what the build needs, as root on Debian. CC=clang is used for both builds.

  --keep FOLDER    keep all in this folder, or go on with the httpd that an earlier run left there;
                   the copy of the sources (FOLDER/src) is made afresh each time
  --maintainer     as httpd's developers build it: with assertions, and warnings are errors
USAGE
}

die() {
    echo "with-httpd.sh: $1" >&2
    exit 2
}

keep="" maintainer=""
while [ $# -gt 0 ]; do
    case $1 in
    --keep)
        [ $# -gt 1 ] || die "$1 needs an argument"
        keep=$2
        shift 2
        ;;
    --maintainer) maintainer=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
    esac
done
[ $# -ge 2 ] || { usage >&2; exit 2; }
source=$1
shift
[ -e "$source" ] || die "there is no $source"

# shellcheck source=support/common.sh
. "$top/support/common.sh"
install_missing autoconf automake gcc git libapr1-dev libaprutil1-dev libcurl4-openssl-dev libexpat1-dev \
    libjansson-dev liblua5.3-dev libnghttp2-dev libssl-dev libtool-bin libxml2-dev make zlib1g-dev

if [ -n "$keep" ]; then
    mkdir -p "$keep"
    folder=$(cd "$keep" && pwd -P)
else
    folder=$(mktemp -d "${TMPDIR:-/tmp}/with-httpd.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM HUP
fi
chmod 755 "$folder"

# ---------------------------------------------------------------- httpd

unpack() {
    rm -rf "$folder/httpd"
    mkdir "$folder/httpd"
    if [ -d "$source" ]; then
        tar -C "$source" --exclude-vcs -c . | tar -C "$folder/httpd" -x
    else
        tar -C "$folder/httpd" --strip-components=1 -xf "$source"
    fi
    [ -f "$folder/httpd/include/ap_release.h" ] || die "these are not httpd's sources: $source"
}

# The kind of PCRE that this httpd knows: the first one alone before 2.4.53.
install_pcre() {
    if grep -q pcre2-config "$folder/httpd/configure.in"; then
        install_missing libpcre2-dev
    else
        install_missing libpcre3-dev
    fi
}

# What demonstration and tests load, and httpd's own tests; what Debian compiles into httpd is compiled in here too.
modules="access_compat actions alias auth_basic authn_core authn_file authz_core authz_groupfile authz_host authz_user
    autoindex cache cache_disk cache_socache cgi cgid data dav dav_fs deflate dir dumpio echo env filter headers http2
    include info lbmethod_byrequests lua macro md mime negotiation proxy proxy_balancer proxy_connect proxy_fcgi
    proxy_http proxy_http2 proxy_wstunnel remoteip request reqtimeout rewrite session setenvif slotmem_shm
    socache_shmcb speling ssl status unique_id"
inside="log_config logio unixd version watchdog"

build_httpd() {
    local options=(--prefix="$folder/prefix" --enable-modules=none --enable-mods-static="$inside"
        --enable-mods-shared="${modules//$'\n'/ }" --enable-mpms-shared="event worker prefork"
        ${maintainer:+--enable-maintainer-mode})
    cd "$folder/httpd"
    [ -x configure ] || ./buildconf --with-apr=apr-1-config
    ./configure "${options[@]}"
    make -j"$(nproc)"
    make install
}

if [ ! -e "$folder/complete" ]; then
    unpack
    install_pcre
    echo "Building httpd ..."
    if ! (build_httpd) >"$folder/httpd.log" 2>&1; then
        tail -n 30 "$folder/httpd.log" >&2
        die "httpd could not be built"
    fi
    touch "$folder/complete"
fi

# ---------------------------------------------------------------- the command

copy_sources "$folder/src"
[ ! -d "$top/test/tools" ] || ln -s "$top/test/tools" "$folder/src/test/tools"

export PATH=$folder/prefix/bin:$PATH
httpd -v
cd "$folder/src"
"$@"
