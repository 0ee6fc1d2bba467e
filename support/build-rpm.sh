#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds RPM packages and looks at them. See usage().
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"

usage() {
    cat <<'USAGE'
Usage: support/build-rpm.sh [--without-check] [ARCHIVE [FOLDER]]

Builds packages from the archive (without one: of the commit that is checked out, by support/dist.sh)
and puts them into the folder, if one is given. Then prints what is in them, runs rpmlint, unpacks
them and lets a real httpd load the module from there. Nothing is installed, but for build tools,
as root on Debian.

On Fedora and Enterprise Linux the packages are for the system itself. On Debian, which lacks
httpd's and systemd's macros, packaging/rpm/macros.debian replaces these: such packages are only
to be looked at.

  --without-check   without the unit tests, which take most of the time
USAGE
}

die() {
    echo "build-rpm: $1" >&2
    exit 1
}

options=()
case ${1:-} in
--without-check) options+=(--without check); shift ;;
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac
[ $# -le 2 ] || { usage >&2; exit 2; }

work=$(mktemp -d)
chmod 755 "$work"
pid=""
# shellcheck disable=SC2317
leave() {
    if [ -s "$work/pid" ]; then
        pid=$(cat "$work/pid")
        kill -TERM "$pid" 2>/dev/null || true
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    fi
    rm -rf "$work"
}
trap leave EXIT

install_missing apache2-bin apache2-dev apache2-ssl-dev autoconf cpio curl gcc git libcmocka-dev libcurl4-openssl-dev \
    libjansson-dev libssl-dev make python3 rpm rpmlint
archive=${1:-}
if [ -z "$archive" ]; then
    "$top/support/dist.sh" "$work"
    archive=$(echo "$work"/mod_cf_origin-*.tar.gz)
fi

mkdir -p "$work/top/SOURCES" "$work/top/SPECS"
cp "$archive" "$work/top/SOURCES/"
tar -xzOf "$archive" --wildcards '*/packaging/rpm/mod_cf_origin.spec' >"$work/top/SPECS/mod_cf_origin.spec"
options+=(--define "_topdir $work/top")
if [ -z "$(rpm --eval '%{?_httpd_mmn}')" ]; then
    tar -xzOf "$archive" --wildcards '*/packaging/rpm/macros.debian' >"$work/macros"
    # Debian's packages are in no database of rpm's.
    options+=(--load="$work/macros" --nodeps)
fi

echo "== rpmbuild"
rpmbuild -ba "${options[@]}" "$work/top/SPECS/mod_cf_origin.spec" >"$work/log" 2>&1 || {
    tail -n 40 "$work/log" >&2
    die "rpmbuild failed"
}
grep -E '^(warning|error):' "$work/log" || true
sed -nE 's/.* ([0-9]+) test\(s\) run\.$/\1/p' "$work/log" | awk '{ n += $1 } END { if (n) print n, "unit tests passed" }'
mapfile -t packages < <(find "$work/top/RPMS" "$work/top/SRPMS" -name '*.rpm' | sort)

if [ $# = 2 ]; then
    mkdir -p "$2"
    cp "${packages[@]}" "$2/"
fi

echo "== contents, scripts, requirements"
for package in "${packages[@]}"; do
    basename "$package"
    rpm -qp --nosignature --qf '[  %{FILEMODES:perms} %-9{FILEFLAGS:fflags} %{FILENAMES}\n]' "$package" | sort -k3 |
        grep -v '/usr/share/doc/.*/docs/\|/\.build-id'
    rpm -qp --nosignature --requires "$package" | grep -v '^rpmlib\|^lib.*()' | sort -u | sed 's/^/  requires /'
    rpm -qp --nosignature --scripts "$package" | sed 's/^/  | /'
done

echo "== what must be so"
mkdir "$work/root"
for package in "${packages[@]}"; do
    case $package in *.src.rpm) ;; *) rpm2cpio "$package" | (cd "$work/root" && cpio -idm --quiet) ;; esac
done
module=$(printf '%s\n' "${packages[@]}" | grep '/mod_cf_origin-[0-9][^/]*$' | grep -v '\.src\.rpm$')
tools=$(printf '%s\n' "${packages[@]}" | grep '/mod_cf_origin-tools-')
must() {
    echo "  $1"
    shift
    "$@" >"$work/said" || die "this is not so: $(cat "$work/said")"
}
# shellcheck disable=SC2317
has() { rpm -qp --nosignature "$2" "$1" | grep -E "$3"; }
# shellcheck disable=SC2317
none() { ! "$@" | grep .; }
must "the module is for this version of httpd's interface" has "$module" --requires '^httpd-mmn = [0-9]{8}'
must "mod_ssl is required" has "$module" --requires '^mod_ssl$'
must "the tools require no httpd" none has "$tools" --requires 'httpd|mod_ssl'
must "the configuration survives upgrades" has "$module" --configfiles '^/etc/httpd/conf\.d/cf_origin\.conf$'
must "and LoadModule as well" has "$module" --configfiles '^/etc/httpd/conf\.modules\.d/10-cf_origin\.conf$'
must "every command has its man page" ls -d "$work"/root/usr/share/man/man1/cf-origin{ctl,-probe}.1* \
    "$work"/root/usr/share/man/man8/cf-origin-update-ranges.8* "$work"/root/usr/share/man/man7/mod_cf_origin.7*
must "no timer is enabled" none find "$work/root" -name '*.wants'
updater=$(find "$work/root/usr" -name cf-origin-update-ranges)
must "the updater and its service agree on the file" grep -x \
    "out=$(sed -n 's/^ExecStart=.* -o //p' "$work/root/usr/lib/systemd/system/cf-origin-ranges.service")" "$updater"
must "no link of the manual is dead" "$top/support/dead-links.sh" "$work/root/usr/share/doc/mod_cf_origin"
must "no path of Debian's is left outside the manual" none grep -rIn --exclude-dir=docs --exclude-dir=packaging --exclude="README*" \
    -e /etc/apache2 -e /var/log/apache2 -e /run/apache2 -e APACHE_LOG_DIR "$work/root"

echo "== a real httpd loads the module"
server=$(command -v httpd || command -v apache2 || echo /usr/sbin/apache2)
modules=$(apxs -q libexecdir)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# As on Fedora, and away from the installed system.
found=$(find "$work/root" -name mod_cf_origin.so)
ln -s "$(dirname "$found")" "$work/root/etc/httpd/modules"
mkdir "$work/htdocs" && echo served >"$work/htdocs/index.html"
{
    echo "ServerRoot $work/root/etc/httpd"
    for name in mpm_event unixd authz_core log_config socache_shmcb ssl; do
        [ ! -e "$modules/mod_$name.so" ] || echo "LoadModule ${name}_module $modules/mod_$name.so"
    done
    cat <<CONF
DefaultRuntimeDir $work
PidFile $work/pid
ErrorLog $work/error.log
Listen 127.0.0.1:$port
ServerName shop.example.com
User nobody
Group $(id -gn nobody)
DocumentRoot $work/htdocs
IncludeOptional conf.modules.d/*.conf
IncludeOptional conf.d/*.conf
<IfDefine ON>
    CFOriginPull On
    CFOriginPullRequire tunnel
    CFOriginPullTunnel 192.0.2.1
</IfDefine>
CONF
} >"$work/httpd.conf"

# answer OPTION...: of a server that is started for it.
answer() {
    "$server" -f "$work/httpd.conf" "$@" || die "httpd does not start: $(cat "$work/error.log")"
    curl -s --noproxy '*' --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null -w '%{http_code}' \
        "http://127.0.0.1:$port/index.html"
    "$server" -f "$work/httpd.conf" -k stop
    while [ -e "$work/pid" ]; do sleep 0.1; done
}
must "as installed it is Off, and every request is served" [ "$(answer)" = 200 ]
must "a request that is not proved is refused once it is On" [ "$(answer -D ON)" = 403 ]
must "and says why in the log" grep -q 'CFO0001 refused reason=' "$work/error.log"
must "cf-originctl runs" "$work/root/usr/bin/cf-originctl" ranges --against builtin "$top/conf/cloudflare-ranges.txt"

echo "== rpmlint"
tar -xzOf "$archive" --wildcards '*/packaging/rpm/rpmlint.toml' >"$work/rpmlint.toml"
status=0
XDG_CACHE_HOME=$work rpmlint -c "$work/rpmlint.toml" "$work/top/SPECS/mod_cf_origin.spec" "${packages[@]}" || status=$?

exit $status
