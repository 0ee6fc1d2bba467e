#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows mod_cf_origin at work: two real httpds on loopback, one as the origin with the module, one
# in the role of Cloudflare's edge, and visitors who come through the edge or bypass it. Checks the
# answers and log lines, and exits with 1 if one is not as expected.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
keep=no

usage() {
    cat <<'EOF'
Usage: support/demo.sh [--keep]

Builds the module if necessary, starts an origin and a stand-in for Cloudflare's edge on
loopback, visits them in right and wrong ways, and shows the answers and the log lines.
Installs missing packages if it is run as root on Debian.

  --keep   leave both servers running, and print how to try them by hand and how to stop them
EOF
}

for argument in "$@"; do
    case $argument in
    --keep) keep=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done

# Addresses. All of 127.0.0.0/9 is "Cloudflare's network" in this demonstration.
ORIGIN=127.0.0.1
EDGE=127.0.0.2       # the edge as the origin sees it
NEIGHBOUR=127.0.0.3  # another customer of Cloudflare, on the same network
STRANGER=127.128.0.1 # any other client
VISITOR4=127.0.0.74  # visitors of the edge: it calls them 203.0.113.74 ...
VISITOR6=127.0.0.76  # ... and 2001:db8::76

# ---------------------------------------------------------------- packages and build

# shellcheck source=support/common.sh
. "$top/support/common.sh"
install_missing apache2-bin apache2-dev libssl-dev autoconf gcc make openssl curl

apxs=$(command -v apxs || command -v apxs2) || { echo "apxs is missing" >&2; exit 1; }
httpd=$("$apxs" -q sbindir)/$("$apxs" -q progname)
modules=$("$apxs" -q libexecdir)

scratch=$(mktemp -d "${TMPDIR:-/tmp}/cf-origin-demo.XXXXXX")
chmod 755 "$scratch"
started=()

stop() {
    local pid
    trap '' INT TERM HUP
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${started[@]}"; do
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    done
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

echo "Building the module ..."
if ! build_module all >"$scratch/build.log" 2>&1; then
    tail -n 40 "$scratch/build.log" >&2
    echo "The module could not be built." >&2
    exit 1
fi

# ---------------------------------------------------------------- certificates

mkdir "$scratch/pki"
cd "$scratch/pki"
cat >openssl.cnf <<'EOF'
[req]
distinguished_name = dn
prompt = no
[dn]
CN = ${ENV::CN}
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
[web]
basicConstraints = CA:FALSE
subjectAltName = DNS:shop.example.com,DNS:audit.example.com
EOF
export OPENSSL_CONF=$scratch/pki/openssl.cnf

key_and() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@" 2>>openssl.log
}

# ca NAME CN: a CA of the site's owner.
ca() {
    CN=$2 key_and -x509 -extensions ca -days 30 -keyout "$1.key" -out "$1.pem"
}

# leaf NAME CA CN: the certificate that is uploaded to Cloudflare, with its key in the same file.
leaf() {
    CN=$3 key_and -keyout "$1.key" -out "$1.csr"
    CN=$3 openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 10 \
        -extfile openssl.cnf -extensions leaf -out "$1.crt" 2>>openssl.log
    # In the old form: with OpenSSL 1.1.1 mod_ssl sees no other key behind a certificate.
    { cat "$1.crt" && openssl ec -in "$1.key" 2>>openssl.log; } >"$1.pem"
}

ca zone-ca "Example Ltd origin pull CA"
leaf zone zone-ca example.com
ca neighbour-ca "Neighbour Inc origin pull CA"
leaf neighbour neighbour-ca neighbour.example
# The web certificate of both servers. (In reality there are two: a public one at the edge, and
# one of Cloudflare's Origin CA at the origin.)
CN=shop.example.com key_and -x509 -extensions web -days 10 -keyout web.key -out web.pem
unset OPENSSL_CONF
cd "$top"

# ---------------------------------------------------------------- two servers

port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
    local port
    for _ in $(seq 200); do
        port=$((20000 + RANDOM % 12000))
        case " ${taken:-} " in *" $port "*) continue ;; esac
        if port_is_free "$port"; then
            echo "$port"
            return
        fi
    done
    echo "no free port found" >&2
    return 1
}

tls=$(free_port)
plain=$(taken=$tls free_port)
edge1=$(taken="$tls $plain" free_port)
edge2=$(taken="$tls $plain $edge1" free_port)

# load NAME...: LoadModule for each that is not compiled into httpd.
load() {
    local name
    for name in "$@"; do
        if [ -f "$modules/mod_$name.so" ]; then
            echo "LoadModule ${name}_module \"$modules/mod_$name.so\""
        fi
    done
}

common() {
    cat <<EOF
ServerRoot "$scratch/$1"
DefaultRuntimeDir "$scratch/$1"
PidFile httpd.pid
Mutex file:$scratch/$1 default
ErrorLog error.log
ServerName $1.invalid
ServerTokens Prod
StartServers 1
Timeout 20
EOF
    if [ "$(id -u)" = 0 ]; then
        local user
        for user in www-data apache http daemon; do
            if id "$user" >/dev/null 2>&1; then
                echo "User $user"
                echo "Group $(id -gn "$user")"
                break
            fi
        done
    fi
}

mkdir "$scratch/origin" "$scratch/edge" "$scratch/site"
cat >"$scratch/site/index.shtml" <<'EOF'
<!--#config errmsg="" --><!--#set var="none" value="-" -->Welcome to <!--#echo var="HTTP_HOST" -->.
visitor  <!--#echo var="REMOTE_ADDR" -->
ray      <!--#if expr="-n v('CF_RAY')" --><!--#echo var="CF_RAY" --><!--#else -->-<!--#endif -->
verdict  <!--#echo var="CF_ORIGIN" --> (<!--#echo var="CF_ORIGIN_REASON" -->)
protocol <!--#echo var="SERVER_PROTOCOL" -->, edge <!--#echo var="CF_ORIGIN_EDGE" -->
EOF

{
    load mpm_event unixd log_config authz_core ssl socache_shmcb http2 mime dir filter include
    echo "LoadModule cf_origin_module \"$top/.libs/mod_cf_origin.so\""
    common origin
    cat <<EOF
LogLevel warn cf_origin:info
TypesConfig /dev/null
LogFormat "%a %{CF_ORIGIN_REASON}e edge=%{CF_ORIGIN_EDGE}e ray=%{CF_RAY}e \"%r\" %>s" demo
CustomLog access.log demo
Listen $ORIGIN:$tls
Listen $ORIGIN:$plain
Protocols h2 http/1.1

# The configuration that this demonstration is about.
CFOriginPull On
CFOriginPullZone example.com "$scratch/pki/zone-ca.pem"
CFOriginPullZone neighbour.example "$scratch/pki/neighbour-ca.pem"
CFOriginPullRanges builtin 127.0.0.0/9

DocumentRoot "$scratch/site"
DirectoryIndex index.shtml
<Directory "$scratch/site">
    Options +Includes
    AddType text/plain .shtml
    AddOutputFilter INCLUDES .shtml
    Require all granted
</Directory>

SSLCertificateFile "$scratch/pki/web.pem"
SSLCertificateKeyFile "$scratch/pki/web.key"
SSLCACertificateFile "$scratch/pki/zone-ca.pem"
SSLVerifyClient optional_no_ca
SSLVerifyDepth 3
SSLSessionCache shmcb:$scratch/origin/sessions(512000)

<VirtualHost $ORIGIN:$tls>
    ServerName shop.example.com
    SSLEngine On
</VirtualHost>
<VirtualHost $ORIGIN:$tls>
    ServerName audit.example.com
    SSLEngine On
    CFOriginPull Audit
</VirtualHost>
<VirtualHost $ORIGIN:$plain>
    ServerName shop.example.com
</VirtualHost>
EOF
} >"$scratch/origin/httpd.conf"

{
    load mpm_event unixd log_config authz_core ssl socache_shmcb http2 setenvif headers \
        unique_id proxy proxy_http proxy_http2
    common edge
    cat <<EOF
LogLevel warn
LogFormat "%a %v \"%r\" %>s ray=%{RAY}e" demo
CustomLog access.log demo
Listen 127.0.0.1:$edge1
Listen 127.0.0.1:$edge2
Protocols h2 http/1.1

SSLEngine On
SSLCertificateFile "$scratch/pki/web.pem"
SSLCertificateKeyFile "$scratch/pki/web.key"

# Authenticated Origin Pulls, SSL mode Full (strict).
SSLProxyEngine On
SSLProxyMachineCertificateFile "$scratch/pki/zone.pem"
SSLProxyCACertificateFile "$scratch/pki/web.pem"
SSLProxyVerify require
ProxySourceAddress $EDGE
ProxyPreserveHost On

# The edge sets these headers itself and removes those that the visitor sent.
<Location />
    SetEnvIfExpr "sha1(reqenv('UNIQUE_ID')) =~ /^(.{16})/" RAY=\$1-FRA
    SetEnvIf Remote_Addr "^127\.0\.0\.([0-9]+)\$" VISITOR=203.0.113.\$1
    SetEnvIf Remote_Addr "^$VISITOR6\$" VISITOR=2001:db8::76
</Location>
RequestHeader set CF-Connecting-IP %{VISITOR}e
RequestHeader set CF-Ray %{RAY}e
RequestHeader set CF-Visitor "{\"scheme\":\"https\"}"
RequestHeader unset CF-Connecting-IPv6
RequestHeader unset CF-Worker
RequestHeader unset True-Client-IP
Header always set CF-Ray %{RAY}e

<VirtualHost 127.0.0.1:$edge1>
    ProxyPass "/" "https://$ORIGIN:$tls/"
</VirtualHost>
<VirtualHost 127.0.0.1:$edge2>
    ProxyPass "/" "h2://$ORIGIN:$tls/"
</VirtualHost>
EOF
} >"$scratch/edge/httpd.conf"

# start NAME PORT
start() {
    local pid
    if ! "$httpd" -f "$scratch/$1/httpd.conf" -k start >"$scratch/$1/start.log" 2>&1; then
        cat "$scratch/$1/start.log" "$scratch/$1/error.log" >&2 2>/dev/null || true
        echo "The $1 did not start." >&2
        exit 1
    fi
    for _ in $(seq 100); do
        if [ -s "$scratch/$1/httpd.pid" ] && ! port_is_free "$2"; then
            pid=$(cat "$scratch/$1/httpd.pid")
            started+=("$pid")
            return
        fi
        sleep 0.1
    done
    cat "$scratch/$1/error.log" >&2
    echo "The $1 does not answer." >&2
    exit 1
}
start origin "$tls"
start edge "$edge1"

# ---------------------------------------------------------------- visits

bold="" plain_text="" red="" green=""
if [ -t 1 ]; then
    bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain_text=$'\e[0m'
fi
number=0
wrong=0

to_origin=(--cacert "$scratch/pki/web.pem"
    --resolve "shop.example.com:$tls:$ORIGIN" --resolve "audit.example.com:$tls:$ORIGIN"
    --resolve "shop.example.com:$plain:$ORIGIN")
to_edge=(--cacert "$scratch/pki/web.pem"
    --resolve "shop.example.com:$edge1:127.0.0.1" --resolve "audit.example.com:$edge1:127.0.0.1"
    --resolve "shop.example.com:$edge2:127.0.0.1")

# Prints a line, folded and indented.
show() {
    local label=$1
    fold -s -w 96 | sed 's/ *$//' | while IFS= read -r line; do
        printf '   %-7s %s\n' "$label" "$line"
        label=
    done
}

problem() {
    wrong=$((wrong + 1))
    printf '   %sWRONG%s   %s\n' "$red" "$plain_text" "$1"
}

# Waits for the origin's log line about this visit and prints it.
log_line() {
    local line
    for _ in $(seq 50); do
        line=$(grep -F "uri=\"/?visit=$number\"" "$scratch/origin/error.log" |
            sed 's/^.*\(CFO[0-9]\{4\} \)/\1/') && break
        sleep 0.1
    done
    printf '%s\n' "${line:-}"
}

# visit TITLE URL STATUS LOG BODY curl-arguments...: LOG and BODY are extended regular expressions
# for the log line and the page; "-" means no line, or any page.
visit() {
    local title=$1 url=$2 status=$3 log=$4 body=$5 got line
    shift 5
    number=$((number + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$number" "$title" "$plain_text"
    command="curl"
    for argument in "$@"; do
        case $argument in
        --resolve | --cacert | "$scratch/pki/web.pem" | *.example.com:*:*) ;;
        *[\ \;]*) command+=" '$argument'" ;;
        *) command+=" ${argument#"$scratch"/pki/}" ;;
        esac
    done
    echo "$command $url" | show visit
    got=$(curl -s -m 20 -o "$scratch/answer" -w '%{http_code} HTTP/%{http_version}' "$@" \
        "$url/?visit=$number") || got="no answer (curl: $?)"
    echo "$got" | show answer
    if [ "${got%% *}" = 200 ]; then
        sed 's/^/           /' "$scratch/answer"
    fi
    [ "${got%% *}" = "$status" ] || problem "expected status $status"
    if [ "$body" != - ] && ! tr '\n' ' ' <"$scratch/answer" | grep -Eq -- "$body"; then
        problem "expected in the answer: $body"
    fi
    if [ "$log" = - ]; then
        return
    fi
    line=$(log_line)
    if [ -z "$line" ]; then
        problem "no line in the origin's error log; expected: $log"
    elif [ "$(printf '%s\n' "$line" | wc -l)" != 1 ]; then
        problem "more than one line: $line"
    else
        printf '%s\n' "$line" | show log
        printf '%s\n' "$line" | grep -Eq -- "$log" || problem "expected in the log: $log"
    fi
}

# Checks the line of this visit in the access log.
access() {
    local line
    for _ in $(seq 50); do
        line=$(grep -F "/?visit=$number " "$scratch/origin/access.log") && break
        sleep 0.1
    done
    printf '%s\n' "${line:-(no line)}" | show access
    printf '%s\n' "${line:-}" | grep -Eq -- "$1" || problem "expected in the access log: $1"
}

shop=https://shop.example.com:$tls
zone=(--cert "$scratch/pki/zone.pem")
neighbour=(--cert "$scratch/pki/neighbour.pem")

cat <<EOF

The origin is $ORIGIN:$tls (and $plain without TLS); the stand-in for Cloudflare's edge is
127.0.0.1:$edge1. "Cloudflare's network" is 127.0.0.0/9 here. Visitors are called 203.0.113.N.
EOF

visit "A visitor who comes through Cloudflare. The origin gets his address." \
    "https://shop.example.com:$edge1" 200 \
    '^CFO0003 admitted reason=verified .* cert_zone=example\.com .* client_ip=rewritten' \
    'visitor  203\.0\.113\.74 ray      [0-9a-f]{16}-FRA verdict  verified' \
    "${to_edge[@]}" --interface $VISITOR4
access '^203\.0\.113\.74 verified edge=127\.0\.0\.2 ray=[0-9a-f]{16}-FRA '

visit "The same with HTTP/2, from the visitor to the edge and from the edge to the origin." \
    "https://shop.example.com:$edge2" 200 \
    '^CFO0003 admitted reason=verified ' 'visitor  2001:db8::76 .* protocol HTTP/2\.0' \
    "${to_edge[@]}" --http2 --interface $VISITOR6
access '^2001:db8::76 verified '

visit "A visitor who sends false headers. The edge overwrites them." \
    "https://shop.example.com:$edge1" 200 \
    '^CFO0003 admitted reason=verified ' 'visitor  203\.0\.113\.74 ray .*-FRA verdict' \
    "${to_edge[@]}" --interface $VISITOR4 -H "CF-Connecting-IP: 198.51.100.1" \
    -H "CF-Ray: 0000000000000000-XXX"

visit "A stranger goes straight to the origin. Refused." \
    "$shop" 403 '^CFO0001 refused reason=cert-missing .* edge_known=no ' - \
    "${to_origin[@]}" --http1.1 --interface $STRANGER

visit "The same with HTTP/2." \
    "$shop" 403 '^CFO0001 refused reason=cert-missing .* edge_known=no ' - \
    "${to_origin[@]}" --http2 --interface $STRANGER

visit "A stranger forges Cloudflare's headers. Refused, and logged under his own address." \
    "$shop" 403 \
    '^CFO0001 refused reason=cert-missing .* ray=- claimed_ray=230b030023ae2822-SJC ' - \
    "${to_origin[@]}" --interface $STRANGER -H "CF-Connecting-IP: 198.51.100.1" \
    -H "CF-Ray: 230b030023ae2822-SJC"
access '^127\.128\.0\.1 cert-missing edge=127\.128\.0\.1 ray=- '

visit "Another customer of Cloudflare, from Cloudflare's own network. Refused." \
    "$shop" 403 '^CFO0001 refused reason=cert-missing .* edge_known=yes ' - \
    "${to_origin[@]}" --interface $NEIGHBOUR -H "CF-Connecting-IP: 198.51.100.1"

visit "He presents the certificate of his own zone, which this host serves too. Refused." \
    "$shop" 403 \
    '^CFO0001 refused reason=cert-other-zone .* zone=example\.com .* cert_zone=neighbour\.example ' \
    - "${to_origin[@]}" --interface $NEIGHBOUR "${neighbour[@]}"

visit "The same with HTTP/2." \
    "$shop" 403 '^CFO0001 refused reason=cert-other-zone ' - \
    "${to_origin[@]}" --http2 --interface $NEIGHBOUR "${neighbour[@]}"

visit "The zone's own certificate, but not from Cloudflare's network. Refused, with a hint." \
    "$shop" 403 '^CFO0001 refused reason=edge-unknown .* cert_zone=example\.com .* hint=' - \
    "${to_origin[@]}" --interface $STRANGER "${zone[@]}"

visit "The site without TLS: nothing can be proved there. Refused." \
    "http://shop.example.com:$plain" 403 \
    "^CFO0001 refused reason=not-tls vhost=shop\.example\.com:$plain " - \
    "${to_origin[@]}" --interface $EDGE

visit "Plain HTTP spoken to the TLS port. httpd itself rejects it; the site is not reached." \
    "http://shop.example.com:$tls" 400 - - \
    --resolve "shop.example.com:$tls:$ORIGIN" --interface $STRANGER

visit "Roll-out: a stranger at a virtual host in Audit. Served, and logged as would-refuse." \
    "https://audit.example.com:$tls" 200 \
    '^CFO0002 would-refuse reason=cert-missing ' \
    'visitor  127\.128\.0\.1 ray      - verdict  unproven \(cert-missing\)' \
    "${to_origin[@]}" --interface $STRANGER -H "CF-Connecting-IP: 198.51.100.1"

visit "The same virtual host through Cloudflare: ready for CFOriginPull On." \
    "https://audit.example.com:$edge1" 200 '^CFO0003 admitted reason=verified ' \
    'verdict  verified' \
    "${to_edge[@]}" --interface $VISITOR4

echo
if grep -E '\[(crit|alert|emerg)\]|exit signal' "$scratch"/*/error.log; then
    problem "there are errors in an error log"
fi
if [ $wrong != 0 ]; then
    echo "${red}$number visits, $wrong things not as expected.${plain_text}"
else
    echo "${green}$number visits, all as expected.${plain_text}"
fi

# ---------------------------------------------------------------- to try by hand

if [ $keep = yes ]; then
    trap - EXIT
    cat <<EOF

Both servers are still running. Through the edge:
  curl --cacert $scratch/pki/web.pem --resolve shop.example.com:$edge1:127.0.0.1 \\
    --interface $VISITOR4 https://shop.example.com:$edge1/
Directly to the origin (add --cert $scratch/pki/zone.pem or neighbour.pem, --interface $EDGE, --http2, -H ...):
  curl --cacert $scratch/pki/web.pem --resolve shop.example.com:$tls:$ORIGIN \\
    --interface $STRANGER https://shop.example.com:$tls/
Logs and configurations:
  $scratch/origin/{error.log,access.log,httpd.conf}
  $scratch/edge/{error.log,access.log,httpd.conf}
After changing the origin's configuration:
  $httpd -f $scratch/origin/httpd.conf -k graceful
To stop both and remove everything:
  kill ${started[*]} && rm -r $scratch
EOF
fi
[ $wrong = 0 ]
