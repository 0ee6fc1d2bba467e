#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check.sh HTTPD NUMBER...: lets httpd check /run/examples/NUMBER.vhost, and if it allows a directive only
# elsewhere, NUMBER.server or NUMBER.directory. Leaves the last output in NUMBER.out, the exit status
# in NUMBER.status.
cp -an /run/examples/files/. /
mkdir -p /var/run/apache2 /etc/apache2/logs /etc/apache2/modules
ln -s /run/examples/*.so /etc/apache2/modules/
httpd=$1
shift
for number in "$@"; do
    for kind in whole vhost server directory; do
        configuration=/run/examples/$number.$kind
        [ -e "$configuration" ] || continue
        "$httpd" -t -f "$configuration" >"/run/examples/$number.out" 2>&1
        echo $? >"/run/examples/$number.status"
        grep -qE 'not allowed (here|in )|cannot occur within' "/run/examples/$number.out" || break
    done
done
