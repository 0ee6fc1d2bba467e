#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds for another architecture and runs the unit tests there. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)

usage() {
    cat <<'USAGE'
Usage: support/cross.sh [--keep FOLDER] ARCHITECTURE

Compiles the module, cf-originctl and the unit tests with Debian's cross compiler, and runs the
unit tests, under UBSan, and cf-originctl under qemu. Architectures: arm64, armhf, i386, s390x (big
endian). Warnings are errors. Needs Debian; installs cross compiler and qemu-user as root. The
libraries of the architecture are downloaded as apt is set up here, and only unpacked.

  --keep FOLDER    keep all in this folder, or go on with the libraries that an earlier run left there
USAGE
}

die() {
    echo "cross.sh: $1" >&2
    exit 2
}

keep=""
while [ $# -gt 0 ]; do
    case $1 in
    --keep)
        [ $# -gt 1 ] || die "$1 needs an argument"
        keep=$2
        shift 2
        ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
    esac
done
[ $# = 1 ] || { usage >&2; exit 2; }
case $1 in
arm64) target=aarch64-linux-gnu emulator=qemu-aarch64 ;;
armhf) target=arm-linux-gnueabihf emulator=qemu-arm ;;
i386) target=i686-linux-gnu emulator=qemu-i386 ;;
s390x) target=s390x-linux-gnu emulator=qemu-s390x ;;
*) die "this architecture is not known: $1" ;;
esac
architecture=$1

# shellcheck source=support/common.sh
. "$top/support/common.sh"
install_missing "gcc-$target" git make qemu-user

if [ -n "$keep" ]; then
    mkdir -p "$keep"
    folder=$(cd "$keep" && pwd -P)
else
    folder=$(mktemp -d "${TMPDIR:-/tmp}/cross.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM HUP
fi
root=$folder/root

# ---------------------------------------------------------------- the libraries

# An apt of its own, with the archives and keys of the host's, for one architecture.
apt() {
    apt-get -q -o Dir::State="$folder/apt" -o Dir::State::status="$folder/apt/status" \
        -o Dir::Cache="$folder/apt" -o APT::Architecture="$architecture" \
        -o APT::Architectures="$architecture" -o APT::Sandbox::User=root -o Debug::NoLocking=1 \
        -o APT::Install-Recommends=false "$@" </dev/null
}

# libc of another architecture is to be found where the linker looks: below /usr.
unpack_libraries() {
    local package
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$root/usr/lib"
    ln -sfn usr/lib "$root/lib"
    touch "$folder/apt/status"
    apt update
    apt -y --download-only install libapr1-dev libaprutil1-dev libc6-dev libcmocka-dev libcurl4-openssl-dev \
        libjansson-dev libpcre2-dev libssl-dev
    (cd "$folder/apt/archives" && apt download apache2-dev apache2-ssl-dev)
    for package in "$folder"/apt/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -C "$root" -x --keep-directory-symlink --no-same-owner
    done
}

if [ ! -e "$folder/complete" ]; then
    echo "Downloading libraries for $architecture ..."
    unpack_libraries >"$folder/apt.log" 2>&1 || {
        tail -n 20 "$folder/apt.log" >&2
        die "the libraries could not be downloaded"
    }
    touch "$folder/complete"
fi

# ---------------------------------------------------------------- build and tests

copy_sources "$folder/src"
cd "$folder/src"

compiler="$target-gcc --sysroot=$root"
apr="-I=/usr/include/apr-1.0 $("$root/usr/bin/apr-1-config" --cppflags)"
# Its run-time library is not needed where it only stops the program.
sanitize="-fsanitize=undefined -fno-sanitize=object-size -fsanitize-undefined-trap-on-error"
run="$emulator -L $root"

echo "== the module"
make -s -j"$(nproc)" -C test/httpd build/asan/mod_cf_origin.so CC="$compiler" asan_flags=-Werror \
    CPPFLAGS="$apr -I=/usr/include/apache2"
file -b test/httpd/build/asan/mod_cf_origin.so | cut -d, -f1-2

echo "== cf-originctl"
GLOBIGNORE='support/ctl/absent/*'
# shellcheck disable=SC2086
$compiler -std=gnu99 -g -O1 -Wall -Wextra -Wno-missing-field-initializers -Werror $apr -Isrc -Isupport \
    -o support/cf-originctl support/ctl/*/*.c src/core/*/*.c -lapr-1 -lcrypto -lcurl -ljansson
unset GLOBIGNORE
# shellcheck disable=SC2086
$run support/cf-originctl ranges builtin

# Under qemu, libc of 32 bits cannot list a folder of ext4, whose positions have 64.
export TMPDIR=/dev/shm

echo "== unit tests"
make -s -k -j"$(nproc)" -C test/unit check CC="$compiler" EMULATOR="$run" SANITIZE="$sanitize" \
    APR_CPPFLAGS="$apr" APR_LIBS=-lapr-1 tsan_or_not=no-tsan | tee "$folder/check"
