# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A site that is to move to this module.
cat >/etc/apache2/sites-enabled/shop.conf <<'SITE'
# The shop.
<VirtualHost *:443>
    ServerName shop.example.com
    DocumentRoot /var/www/html
    SSLEngine On
    SSLCertificateFile ssl/shop.example.com.pem

    <Location "/">
        Require ip 173.245.48.0/20
    </Location>
</VirtualHost>
SITE
