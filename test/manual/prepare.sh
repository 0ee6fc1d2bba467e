#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# prepare.sh debian|module, in a private copy of the system: makes of it a Debian with the package apache2
# and the inputs of the examples (debian), and installs the module in that (module).
set -euo pipefail
cd /run/examples
sources=/usr/local/src/mod_cf_origin

# As the package's postinst does it.
debian() {
    tar --keep-directory-symlink -C / -xf tools.tar
    rm -f /etc/apache2/mods-enabled/*
    mkdir -p /var/log/apache2 "$sources"
    a2enmod -q mpm_event access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user \
        autoindex deflate dir env filter mime negotiation reqtimeout setenvif status
    a2enconf -q charset localized-error-pages other-vhosts-access-log security serve-cgi-bin
    a2ensite -q 000-default
    tar --no-same-owner -C "$sources" -xf sources.tar
    cp -an files/. /
    # The origin's own certificate is from a CA that everybody trusts.
    mkdir -p /etc/ssl/certs
    cat server-ca.pem >>/etc/ssl/certs/ca-certificates.crt
    ln -s /etc/apache2/cloudflare "$sources/cloudflare"
    echo 'ServerName localhost' >/etc/apache2/conf-enabled/servername.conf
}

module() {
    make -s -C "$sources" install
    cp "$sources"/conf/cf_origin.{load,conf} /etc/apache2/mods-available/
    a2enmod -q ssl cf_origin
    a2dissite -q 000-default
    cat >/etc/apache2/sites-enabled/shop.conf <<'SITE'
<VirtualHost *:443>
    ServerName shop.example.com
    DocumentRoot /var/www/html
    SSLEngine On
    SSLCertificateFile    ssl/shop.example.com.pem
    SSLVerifyClient       optional_no_ca
    SSLVerifyDepth        3
    CFOriginPull          On
    CFOriginPullZone      example.com cloudflare/example.com-ca.pem
</VirtualHost>
<VirtualHost *:80>
    ServerName shop.example.com
    Redirect permanent / https://shop.example.com/
</VirtualHost>
SITE
}

"$1"
