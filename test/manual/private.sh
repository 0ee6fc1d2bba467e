#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# private.sh STORE NAME BELOW EXCHANGE COMMAND...: runs a command in a copy of this system that nobody
# else sees: what it writes goes into the layer STORE/NAME, over the layers BELOW ("a b"; the lowest
# first) and over this system's own files. EXCHANGE is at /run/examples in there.
# The flags that the module was built with (MOD_CFLAGS) hold for "make" in there, so that it compiles nothing.
# To be called in namespaces of its own (mount, net, pid), which end with the command and all
# that it has started. The network is a loopback interface with the addresses of the manual.
set -euo pipefail
store=$1 name=$2 below=$3 exchange=$4
shift 4

lower=/
for layer in $below; do
    lower=$store/$layer/upper:$lower
done
root=$store/$name/root
mkdir -p "$store/$name/upper" "$store/$name/work" "$root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$store/$name/upper,workdir=$store/$name/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/lock" "$root/run/examples"
mount --bind "$exchange" "$root/run/examples"
chmod 1777 "$root/tmp"

ip link set lo up
for network in 192.0.2.1/24 198.51.100.1/24 172.30.0.1/29; do
    ip addr add "$network" dev lo
done

exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    TERM=dumb MAKEFLAGS=-j2 ${MOD_CFLAGS:+MOD_CFLAGS="$MOD_CFLAGS"} chroot "$root" "$@"
