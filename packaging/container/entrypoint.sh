#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks what the container was given, reports all that is missing or wrong, and becomes httpd.
# Arguments are options of httpd's (-t); a command is run instead of it. docs/containers.md
set -eu

case ${1:-} in
'' | -*) ;;
*) exec "$@" ;;
esac

etc=/etc/cf-origin
wrong=0
complain() {
    echo "cf-origin: $1" >&2
    wrong=1
}

# check NAME PATTERN WHAT: the variable is one line that the pattern describes.
check() {
    value=$(printenv "$1") || value=
    case $value in
    *'
'*) complain "$1 has more than one line"; return 1 ;;
    esac
    printf '%s\n' "$value" | grep -Eqx -e "$2" || { complain "$1=$value: $3"; return 1; }
}

# may NAME ...: the same, if it is set.
may() {
    [ -z "$(printenv "$1")" ] || check "$@" || true
}

# port NAME: Docker lets every user have low ports, Kubernetes does not.
port() {
    check "$1" '[1-9][0-9]{0,4}' 'not a port' || return 0
    lowest=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)
    if [ "$(id -u)" != 0 ] && [ "$value" -lt "$lowest" ]; then
        complain "$1=$value needs root; as another user, set $1 to $lowest or higher"
    fi
}

# file NAME WHAT
file() {
    if [ ! -e "$etc/$1" ]; then
        complain "$etc/$1 is missing: mount $2 there"
    elif [ ! -r "$etc/$1" ]; then
        complain "$etc/$1 cannot be read by user $(id -u): set its owner or permissions"
    fi
}

# Names that Kubernetes makes for a service with the name cfo are not ours.
known=' MODE REQUIRE RANGES TUNNEL SERVER_NAME BACKEND HTTP_PORT HTTPS_PORT STATUS_PORT STATUS_FROM '
for name in $(env | sed -n 's/^CFO_\([A-Za-z0-9_]*\)=.*/\1/p' | grep -Ev '^(SERVICE_.*|PORT(_.*)?)$'); do
    case $known in *" $name "*) ;; *) complain "there is no CFO_$name; there are:$(echo "$known" | sed 's/ \([A-Z]\)/ CFO_\1/g')" ;; esac
done

addresses='[0-9A-Fa-f.:/]+( +[0-9A-Fa-f.:/]+)*'
check CFO_MODE 'On|Audit|Off' 'On, Audit or Off' || true
check CFO_REQUIRE 'cert|ip|cert ip|ip cert' '"cert ip", cert or ip' || true
check CFO_RANGES '[^<>"]+' 'as in CFOriginPullRanges' || true
port CFO_HTTP_PORT
port CFO_HTTPS_PORT
port CFO_STATUS_PORT
may CFO_SERVER_NAME '[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?' 'not a host name'
may CFO_TUNNEL "$addresses" 'not addresses of cloudflared'
may CFO_BACKEND 'https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?' 'not http://HOST:PORT'
may CFO_STATUS_FROM "$addresses" 'not addresses that may read the status page'

set -- -D FOREGROUND "$@"
if ls "$etc"/sites/*.conf >/dev/null 2>&1; then
    set -- -D SITES "$@"
else
    [ -n "${CFO_SERVER_NAME:-}" ] ||
        complain "CFO_SERVER_NAME is not set: the host name of the site (or mount virtual hosts, $etc/sites/*.conf)"
    if [ -n "${CFO_TUNNEL:-}" ]; then
        set -- -D TUNNEL "$@"
    else
        file tls/tls.crt "the site's own certificate"
        file tls/tls.key 'its key'
        if [ "$CFO_REQUIRE" != ip ] && [ "$CFO_MODE" != Off ] && ! ls "$etc"/zones/*.pem >/dev/null 2>&1; then
            complain "$etc/zones has no ZONE.pem: mount the CA of your origin pull certificate there, as in zones/example.com.pem"
        fi
    fi
    [ -z "${CFO_BACKEND:-}" ] || set -- -D BACKEND "$@"
fi
[ -z "${CFO_STATUS_FROM:-}" ] || set -- -D STATUS_FROM "$@"
[ -w /run/cf-origin ] ||
    complain "/run/cf-origin cannot be written by user $(id -u): mount a tmpfs there"

[ $wrong = 0 ] || exit 1
exec /usr/sbin/apache2 -f "$etc/httpd.conf" "$@"
