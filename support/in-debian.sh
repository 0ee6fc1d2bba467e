#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command in a bare Debian of another release, in a copy of these sources. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)

usage() {
    cat <<'USAGE'
Usage: support/in-debian.sh [OPTION...] RELEASE COMMAND [ARGUMENT...]

Runs the command in a bare Debian (bullseye, bookworm, trixie ...), in a copy of what git tracks
here, as it lies in the work tree, and ends with its exit status. For example
    support/in-debian.sh trixie sh -c 'support/demo.sh && support/run-tests.sh'
As root on a Debian with debootstrap. The packages come from the mirror and through the proxy that
apt uses here, and signatures are checked. The network is the host's; all else is in a folder, and
mounts and processes end with this script.

  --keep FOLDER    keep the system in this folder, or go on in what an earlier run has left there;
                   the copy of the sources (/src) is made afresh each time
  --bring FILE     a file or folder that is copied next to the sources, so that the command finds it
  --ubuntu MIRROR  RELEASE is one of Ubuntu's (jammy, noble), whose archive this is
  --keyring FILE   the keys of the archive, where those of the host do not include the release's
                   (they come in debian-archive-keyring or ubuntu-archive-keyring)
  --no-security    without the archive of security updates, of which mirrors may lack parts for a
                   release that is no longer supported
  --expired        apt in there accepts lists that have expired, as those of an old mirror have
USAGE
}

die() {
    echo "in-debian.sh: $1" >&2
    exit 2
}

arguments=("$@")
bring="" keep="" ubuntu="" keyring="" security=yes expired=""
while [ $# -gt 0 ]; do
    case $1 in
    --bring | --keep | --ubuntu | --keyring)
        [ $# -gt 1 ] || die "$1 needs an argument"
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --no-security) security=""; shift ;;
    --expired) expired=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
    esac
done
[ $# -ge 2 ] || { usage >&2; exit 2; }
release=$1
shift
[[ $release =~ ^[a-z]+$ ]] || die "this is not the name of a release: $release"
[ "$(id -u)" = 0 ] || die "only root can do this"
for program in apt-get debootstrap git unshare; do
    command -v "$program" >/dev/null ||
        die "$program is missing (apt-get install apt debootstrap git util-linux)"
done

[ -z "$bring" ] || [ -e "$bring" ] || die "there is no $bring"
[ -z "$keyring" ] || keyring=$(realpath "$keyring") # gpgv has a folder of its own for other names
# shellcheck source=support/common.sh
. "$top/support/common.sh"

# All that is mounted below is mounted in a namespace of this script's own, which no other process
# sees and which ends with it, as its processes do. unshare passes no signal on to its child.
if [ $$ != 1 ] || [ -z "${IN_DEBIAN_APART:-}" ]; then
    IN_DEBIAN_APART=yes setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child \
        --mount-proc "$0" "${arguments[@]}" <&0 &
    apart=$!
    trap 'xargs -r kill <"/proc/$apart/task/$apart/children"' INT TERM HUP
    status=0
    while wait "$apart" || status=$?; [ -d "/proc/$apart" ]; do :; done
    exit "$status"
fi
trap 'exit 130' INT TERM HUP

# go COMMAND...: so that a signal does not have to wait for its end.
go() {
    env --default-signal=INT,QUIT "$@" <&0 &
    wait $!
}

if [ -n "$keep" ]; then
    mkdir -p "$keep"
    root=$(cd "$keep" && pwd -P)
    [ "$root" != / ] || die "a folder other than / is needed"
    [ -e "$root/.in-debian" ] || [ -z "$(ls -A "$root")" ] ||
        die "$root is neither empty nor what an earlier run has left there complete"
    [ ! -e "$root/.in-debian" ] || [ "$(cat "$root/.in-debian")" = "$release" ] ||
        die "$root is $(cat "$root/.in-debian")"
else
    root=$(mktemp -d "${TMPDIR:-/tmp}/in-debian.XXXXXX")
fi

# Nothing is removed before all that is mounted in there is gone, with what was started there and
# has it in use. (This script is the first process of its namespace: the signal goes to no other.)
# shellcheck disable=SC2317
leave() {
    trap '' INT TERM HUP
    kill -KILL -1 2>/dev/null || true
    umount --recursive --lazy "$root" || exit 1
    [ -n "$keep" ] || rm -rf --one-file-system "$root"
}
mount --bind "$root" "$root"
trap leave EXIT

# ---------------------------------------------------------------- the system

# archive LABEL: the address of the host's archive that calls itself so.
archive() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        sed -n "s/^$1|//p" | sort -u | head -n 1
}

if [ -n "$ubuntu" ]; then
    mirror=$ubuntu script=gutsy components="main universe"
    security=${security:+$ubuntu}
    : "${keyring:=/usr/share/keyrings/ubuntu-archive-keyring.gpg}"
else
    mirror=$(archive Debian) script=sid components=main
    security=${security:+$(archive Debian-Security)}
    : "${keyring:=/usr/share/keyrings/debian-archive-keyring.gpg}"
fi
[ -n "$mirror" ] || die "apt knows no archive of Debian here (apt-get update?)"
[ -f "$keyring" ] || die "the keys of the archive are missing: $keyring"

eval "$(apt-config shell http Acquire::http::Proxy https Acquire::https::Proxy)"
export http_proxy=${http:-${http_proxy:-}} https_proxy=${https:-${https_proxy:-}}
[ -n "$http_proxy" ] || unset http_proxy
[ -n "$https_proxy" ] || unset https_proxy

if [ ! -e "$root/.in-debian" ]; then
    echo "== $release from $mirror"
    include=
    case $mirror in https:*) include=--include=ca-certificates ;; esac
    go debootstrap --force-check-gpg --keyring="$keyring" --variant=minbase $include "$release" \
        "$root" "$mirror" "/usr/share/debootstrap/scripts/$script" >"$root.log" 2>&1 || {
        tail -n 20 "$root.log" >&2
        rm -f "$root.log"
        die "debootstrap could not make $release"
    }
    rm -f "$root.log"
    {
        echo "deb $mirror $release $components"
        if [ "$release" != sid ]; then # which is all updates
            echo "deb $mirror $release-updates $components"
            [ -z "$security" ] || echo "deb $security $release-security $components"
        fi
    } >"$root/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(https?|Retries)' >"$root/etc/apt/apt.conf.d/00host" || true
    # No service is to be started by the packages.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    # What a crash of the host would lose is made again.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/in-debian"
    echo "$release" >"$root/.in-debian"
fi
cp /etc/resolv.conf /etc/hosts "$root/etc/"
rm -f "$root/etc/apt/apt.conf.d/01expired"
[ -z "$expired" ] || echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/01expired"

# ---------------------------------------------------------------- the sources

copy_sources "$root/src"
[ -z "$bring" ] || cp -a "$bring" "$root/src/"

# ---------------------------------------------------------------- the command

mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -m 1777 "$root/run/lock" # which apachectl does not make

status=0
go env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    TERM="${TERM:-dumb}" ${CI:+CI="$CI"} ${http_proxy:+http_proxy="$http_proxy"} \
    ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
    chroot "$root" sh -c 'cd /src && exec "$@"' sh "$@" || status=$?
exit "$status"
