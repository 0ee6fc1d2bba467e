# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh: the origin and the stand-in for Cloudflare's edge, two httpds on loopback.

# Addresses. All of 127.0.0.0/9 is "Cloudflare's network" in this demonstration.
ORIGIN=127.0.0.1
EDGE=127.0.0.2       # the edge as the origin sees it
NEIGHBOUR=127.0.0.3  # another customer of Cloudflare, on the same network
STRANGER=127.128.0.1 # any other client
VISITOR4=127.0.0.74  # visitors of the edge: it calls them 203.0.113.74 ...
VISITOR6=127.0.0.76  # ... and 2001:db8::76

port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port VARIABLE
free_port() {
    local port
    for _ in $(seq 200); do
        port=$((20000 + RANDOM % 12000))
        case $taken in *" $port "*) continue ;; esac
        if port_is_free "$port"; then
            taken+="$port "
            printf -v "$1" %s "$port"
            return
        fi
    done
    echo "No free port was found between 20000 and 31999 on 127.0.0.1." >&2
    return 1
}

choose_ports() {
    taken=" "
    free_port tls
    free_port plain
    free_port status_port
    free_port edge1
    free_port edge2
}

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
    cat <<CONF
ServerRoot "$scratch/$1"
DefaultRuntimeDir "$scratch/$1"
PidFile httpd.pid
Mutex file:$scratch/$1 default
ErrorLog error.log
ServerName $1.invalid
ServerTokens Prod
StartServers 1
Timeout 20
CONF
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

configure_origin() {
    mkdir "$scratch/origin" "$scratch/site" "$scratch/cloudflare"
    cat >"$scratch/site/index.shtml" <<'PAGE'
<!--#config errmsg="" --><!--#set var="none" value="-" -->visitor <!--#echo var="REMOTE_ADDR" -->,
ray <!--#if expr="-n v('CF_RAY')" --><!--#echo var="CF_RAY" --><!--#else -->-<!--#endif -->,
verdict <!--#echo var="CF_ORIGIN" --> (<!--#echo var="CF_ORIGIN_REASON" -->),
<!--#echo var="SERVER_PROTOCOL" -->
PAGE
    cp "$scratch/pki/zone-ca.pem" "$scratch/cloudflare/example.com.pem"
    {
        load mpm_event unixd log_config authz_core authz_host ssl socache_shmcb http2 mime dir filter include
        echo "LoadModule cf_origin_module \"$top/.libs/mod_cf_origin.so\""
        common origin
        cat <<CONF
LogLevel warn cf_origin:info
TypesConfig /dev/null
LogFormat "%a %{CF_ORIGIN_REASON}e edge=%{CF_ORIGIN_EDGE}e ray=%{CF_RAY}e \"%r\" %>s" demo
CustomLog access.log demo
Listen $ORIGIN:$tls
Listen $ORIGIN:$plain
Listen $ORIGIN:$status_port
Protocols h2 http/1.1

# The configuration that this demonstration is about.
CFOriginPull On
CFOriginPullZone example.com "$scratch/cloudflare/example.com.pem"
CFOriginPullZone neighbour.example "$scratch/pki/neighbour-ca.pem"
CFOriginPullRanges builtin 127.0.0.0/9
# So that nobody has to wait for the rotation. The default is 30.
CFOriginPullReload 1

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
<VirtualHost $ORIGIN:$status_port>
    ServerName status.localhost
    CFOriginPull Off
    <Location "/">
        SetHandler cf-origin-status
        Require local
    </Location>
</VirtualHost>
CONF
    } >"$scratch/origin/httpd.conf"
}

configure_edge() {
    mkdir "$scratch/edge"
    cp "$scratch/pki/zone.pem" "$scratch/edge/pull.pem"
    {
        load mpm_event unixd log_config authz_core ssl socache_shmcb http2 setenvif headers \
            unique_id proxy proxy_http proxy_http2
        common edge
        cat <<CONF
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
SSLProxyMachineCertificateFile "$scratch/edge/pull.pem"
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
    ProxyPass "/" "https://$ORIGIN:$tls/" ttl=2
</VirtualHost>
<VirtualHost 127.0.0.1:$edge2>
    ProxyPass "/" "h2://$ORIGIN:$tls/" ttl=2
</VirtualHost>
CONF
    } >"$scratch/edge/httpd.conf"
}

# start NAME PORT
start() {
    local pid log=$scratch/$1/start.log
    if ! "$httpd" -f "$scratch/$1/httpd.conf" -k start >"$log" 2>&1; then
        cat "$scratch/$1/error.log" >>"$log" 2>/dev/null || true
        cat "$log" >&2
        echo "The $1 did not start." >&2
        if grep -qi 'address already in use' "$log"; then
            echo "A port was taken meanwhile: run this again, it takes others." >&2
        fi
        advice "$log"
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
    echo "The $1 does not answer on port $2 of 127.0.0.1. Does a firewall on this host forbid that?" >&2
    exit 1
}

start_servers() {
    choose_ports
    configure_origin
    configure_edge
    start origin "$tls"
    start edge "$edge1"
}
