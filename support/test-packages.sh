#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries the Debian packages. See usage().
# shellcheck disable=SC2317
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"

usage() {
    cat <<'USAGE'
Usage: support/test-packages.sh [FOLDER]

Builds the Debian packages into FOLDER [/tmp/packages] and tries them: they are installed, used
(the tests of packaging/debian/tests), upgraded over a changed configuration, disabled, removed,
installed again and purged; nothing may be left then.

It installs and removes Apache's packages, so it runs in a system of its own only:
    support/in-debian.sh bookworm support/test-packages.sh
USAGE
}

folder=/tmp/packages
case ${1:-} in
-*) usage; [ "$1" = --help ] || [ "$1" = -h ]; exit ;;
?*) folder=$(realpath -m "$1") ;;
esac
[ -e /.in-debian ] || { usage >&2; exit 2; }
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
conf=/etc/apache2/mods-available/cf_origin.conf
module=/usr/lib/apache2/modules/mod_cf_origin.so

# check WHAT COMMAND...
check() {
    local what=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        echo "ok: $what"
        passed=$((passed + 1))
    else
        echo "FAILED: $what"
        tail -n 40 "$work/said"
        failed=$((failed + 1))
        return 1
    fi
}

# need WHAT COMMAND...: without it, nothing else is of use.
need() {
    check "$@" || end
}

end() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}

no() {
    ! "$@"
}

install_debs() {
    apt-get -qy -o Dpkg::Options::=--force-confdef install --no-install-recommends "$@"
}

remove() {
    apt-get -qy remove libapache2-mod-cf-origin cf-origin-tools 2>&1 | tee "$work/removed"
}

# A higher version, whose cf_origin.conf is another one: of the source package, in another place, in
# the way of docs/building.md.
build_upgrade() {
    mkdir -p "$work/upgrade/deeper" && cd "$work/upgrade/deeper" &&
        dpkg-source -x "$folder"/mod-cf-origin_*.dsc sources && cd sources &&
        rm -r debian && ln -s packaging/debian debian &&
        sed -i '1s/-[^-)]*)/-9)/' debian/changelog && echo '# Something new.' >>conf/cf_origin.conf &&
        DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage -b -us -uc
}

# What is compiled and the manual do not depend on the place of the build.
same_files() {
    local package
    for package in libapache2-mod-cf-origin cf-origin-tools; do
        dpkg-deb -x "$folder/$package"_*.deb "$work/first" &&
            dpkg-deb -x "$work/upgrade/deeper/$package"_*.deb "$work/second" || return 1
    done
    diff -r --no-dereference -x cf_origin.conf -x changelog.Debian.gz "$work/first" "$work/second"
}

# All that there is, but for what dpkg and apt keep for themselves, logs, and what changes by itself;
# and Apache's records of what the tests did with a2enmod and a2ensite, unless they are of the module.
list() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /src -o -path "$folder" \
        -o -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path /var/lib/apt \
        -o -path /root \) -prune -o -printf '%p %y %m %l\n' | sort |
        grep -vE '^/var/lib/apache2/(module|site)/[a-z_]*(/(ssl|socache_shmcb|cf-origin-test))? ' >"$work/$1"
    find /run -path /run/systemd -prune -o -printf '%p %y\n' | sort >>"$work/$1"
}

# The same files, and none with other contents in /etc.
nothing_is_left() {
    list after
    diff "$work/before" "$work/after" &&
        diff -r --no-dereference "$work/etc" /etc
}

value_in_force() {
    apache2ctl -t -D DUMP_CF_ORIGIN | grep "$1"
}

# alone COMMAND...: in a network of its own, whose ports nobody else uses.
alone() {
    # shellcheck disable=SC2016
    unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$@"
}

stop() {
    apache2ctl stop >/dev/null 2>&1
    while [ -e /run/apache2/apache2.pid ]; do sleep 0.1; done
    rm -f /run/apache2/socks/* 2>/dev/null
    true
}

cd "$top" || exit 1
echo "== build"
support/build-packages.sh "$folder" || { failed=1; end; }
passed=1
need "a higher version, built of the source package" build_upgrade
check "with the same bytes in the programs" same_files

echo "== install"
install_missing apache2 curl fail2ban iproute2 man-db openssl systemd || { failed=1; end; }
mkdir -p /run/lock # a system that was booted has it
# As its first start leaves it.
alone apache2ctl start && stop
list before
cp -a /etc "$work/etc"
need "install" install_debs "$folder"/{libapache2-mod-cf-origin,cf-origin-tools}_*.deb
check "the module is enabled" a2query -m cf_origin
check "mod_ssl is not" no a2query -m ssl
check "the timer is not enabled" test "$(systemctl is-enabled cf-origin-ranges.timer)" = disabled
check "the units are valid" systemd-analyze verify --man=no cf-origin-ranges.timer cf-origin-ranges.service
check "the filter is one of fail2ban's" fail2ban-regex 'a line' cf-origin
check "no file is another package's" no grep -rlE '/(cf.origin|mod_cf_origin)' /var/lib/dpkg/info --include='*.list' \
    --exclude='libapache2-mod-cf-origin.list' --exclude='cf-origin-tools.list'

echo "== the tests of the installed packages"
alone packaging/debian/tests/installed && passed=$((passed + 1)) || failed=$((failed + 1))
stop

echo "== upgrade"
echo 'CFOriginPullExpiryWarn 45' >>$conf
check "the changed value is in force" value_in_force 'CFOriginPullExpiryWarn 45'
need "upgrade" install_debs "$work"/upgrade/deeper/{libapache2-mod-cf-origin,cf-origin-tools}_*.deb
check "the new version is installed" grep -x 'install ok installed 0.*-9' \
    <(dpkg-query -W -f '${Status} ${Version}\n' libapache2-mod-cf-origin)
check "the change is still there" value_in_force 'CFOriginPullExpiryWarn 45'
check "next to the new file" grep 'Something new' $conf.dpkg-dist

echo "== disable"
check "a2dismod" a2dismod cf_origin
check "Apache's configuration is valid" apache2ctl configtest
check "an upgrade" install_debs --reinstall "$work"/upgrade/deeper/libapache2-mod-cf-origin_*.deb
check "does not enable it again" no a2query -m cf_origin
check "a2enmod" a2enmod cf_origin
check "enables it" a2query -m cf_origin

echo "== remove"
mkdir -p /etc/systemd/system
check "the timer can be enabled" systemctl enable cf-origin-ranges.timer
echo '# Cloudflare' | tee /etc/apache2/cloudflare/ranges.txt >/etc/apache2/cloudflare/ranges.txt.previous
echo '    CFOriginPull On' >/etc/apache2/sites-enabled/protected.conf
need "remove" remove
check "which names the files that still use the module" grep '^  /etc/apache2/sites-enabled/protected\.conf' "$work/removed"
check "but not cf_origin.conf" no grep -F cf_origin.conf "$work/removed"
rm /etc/apache2/sites-enabled/protected.conf
check "the module is gone" no test -e $module
check "and disabled" no a2query -m cf_origin
check "Apache's configuration is valid" apache2ctl configtest
check "the changed file is still there" grep 'ExpiryWarn 45' $conf
check "and the list" test -e /etc/apache2/cloudflare/ranges.txt
need "install again" install_debs "$folder"/{libapache2-mod-cf-origin,cf-origin-tools}_*.deb
check "the module is enabled" a2query -m cf_origin
check "the change is in force" value_in_force 'CFOriginPullExpiryWarn 45'

echo "== purge"
touch /run/apache2/cf_origin.seen
need "purge of the tools alone" apt-get -qy purge cf-origin-tools
check "leaves the list, which may be in use" test -e /etc/apache2/cloudflare/ranges.txt
need "purge of the module" apt-get -qy purge libapache2-mod-cf-origin
check "nothing is left" nothing_is_left
need "install both" install_debs "$folder"/{libapache2-mod-cf-origin,cf-origin-tools}_*.deb
echo '# Cloudflare' >/etc/apache2/cloudflare/ranges.txt
need "purge of both" apt-get -qy purge libapache2-mod-cf-origin cf-origin-tools
check "nothing is left" nothing_is_left
need "the tools alone, without Apache's module" install_debs "$folder"/cf-origin-tools_*.deb
check "they work" cf-originctl ranges builtin
check "with Cloudflare's side" no grep 'not in this build' <(cf-originctl edge --help)
mkdir -p /var/lib/cf-origin/edge
touch /var/lib/cf-origin/edge/example.com.json /var/lib/cf-origin/edge/example.com.lock
need "purge" apt-get -qy purge cf-origin-tools
check "nothing is left" nothing_is_left
end
