# SPDX-License-Identifier: Apache-2.0
# php:apache with mod_cf_origin, for a site behind Cloudflare Tunnel. docs/containers.md
#
#   support/dist.sh
#   docker build -t php-cf-origin:0.1.0 -f packaging/container/Dockerfile.php .
ARG PHP=php:8.4-apache
ARG VERSION=0.1.0

FROM ${PHP} AS build
ARG VERSION
RUN apt-get update \
    && apt-get install -y --no-install-recommends apache2-dev apache2-ssl-dev autoconf gcc libc6-dev \
       libcurl4-openssl-dev libjansson-dev libssl-dev make
ADD mod_cf_origin-${VERSION}.tar.gz /src/
WORKDIR /src/mod_cf_origin-${VERSION}
RUN autoconf && ./configure --with-edge && make && make install DESTDIR=/out
RUN install -d /out/etc/apache2/mods-available /out/etc/apache2/conf-available \
    && install -m 644 conf/cf_origin.load conf/cf_origin.conf /out/etc/apache2/mods-available/ \
    && install -m 644 packaging/container/php.conf /out/etc/apache2/conf-available/cf-origin-tunnel.conf

FROM ${PHP}
COPY --from=build /out/ /
RUN a2enmod cf_origin && a2enconf cf-origin-tunnel
# CFO_TUNNEL: the addresses of cloudflared. As long as there are none, httpd ends and says so.
ENV CFO_MODE=On \
    CFO_TUNNEL=none
