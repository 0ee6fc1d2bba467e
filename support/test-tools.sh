#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Unpacks into test/tools what the tests of conf/ and of the manual's examples try them with:
# fail2ban-regex, promtool, goaccess, logrotate, nginx, HAProxy, and Debian's configuration of Apache with
# a2enmod and apachectl. Not installed, for some of them would start a service. Some 25 MB to download.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=support/common.sh
. "$top/support/common.sh"
unpack_missing "$top/test/tools" apache2 fail2ban goaccess libmaxminddb0 libncursesw6 libpopt0 \
    logrotate 'promtool|prometheus' nginx nginx-common libnginx-mod-stream haproxy libjemalloc2 \
    liblua5.3-0 liblua5.4-0 libopentracing1 'libopentracing-c-wrapper0t64|libopentracing-c-wrapper0'
