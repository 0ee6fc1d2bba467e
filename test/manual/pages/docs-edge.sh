# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh. A stand-in of Cloudflare's API, a token, the origin of the page (in Audit, with its
# status page), and visitors who come with whatever certificate the API has as active.
export CLOUDFLARE_BASE_URL SSL_CERT_FILE no_proxy='*'
mkdir -m 700 /etc/cf-origin
/usr/bin/python3 test/edge/standin.py --zone example.com --host shop.example.com \
    --record shop.example.com,A,192.0.2.1 --deploy 0.2 --delete 0.2 \
    --token-file /etc/cf-origin/token --state-dir /run/api >/run/api.out 2>/run/api.errors </dev/null &
for _ in {1..200}; do
    ! grep -q '^PRESENTED=' /run/api.out || break
    sleep 0.1
done
CLOUDFLARE_BASE_URL=$(sed -n 's/^URL=//p' /run/api.out)
SSL_CERT_FILE=$(sed -n 's/^CA=//p' /run/api.out)

# CFOriginPullRequire: the visitors come from this host.
sed -e 's/CFOriginPull  *On/CFOriginPull Audit/' -e '/CFOriginPullZone /c CFOriginPullZoneDir cloudflare/zones' \
    -e 's/^\( *\)SSLVerifyDepth.*/&\n\1LogLevel warn cf_origin:info\n\1CFOriginPullRequire cert/' \
    -i /etc/apache2/sites-enabled/shop.conf
cat >/etc/apache2/sites-enabled/status.conf <<'CONF'
CFOriginPullReload 1
Listen 127.0.0.1:8081
<VirtualHost 127.0.0.1:8081>
    ServerName status.localhost
    <Location "/">
        SetHandler cf-origin-status
        Require local
    </Location>
</VirtualHost>
CONF
rm -f /etc/apache2/cloudflare/zones/*

while sleep 0.3; do
    [ ! -e /run/api/presented/shop.example.com.pem ] ||
        curl -sk -o /dev/null --cert /run/api/presented/shop.example.com.pem \
            --resolve shop.example.com:443:127.0.0.1 https://shop.example.com/
done >/dev/null 2>&1 </dev/null &
