# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh. What the package ssl-cert makes when it is installed.
mkdir -p /etc/ssl/private
openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=localhost -addext basicConstraints=CA:FALSE \
    -keyout /etc/ssl/private/ssl-cert-snakeoil.key -out /etc/ssl/certs/ssl-cert-snakeoil.pem 2>/dev/null
