#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh PAGE BLOCK...: prepares the system for a page, if there is a script pages/PAGE.sh, and
# runs the blocks (/run/examples/BLOCK), one after another, each in a shell that begins in the
# folder where the last one ended. Leaves BLOCK.out, and in BLOCK.status how it ended.
cd /usr/local/src/mod_cf_origin || exit
pwd >/run/folder
# shellcheck disable=SC2016
before='trap "pwd >/run/folder" EXIT
trap '\''echo "$LINENO $BASH_COMMAND" >"$EXAMPLE.failed"'\'' ERR
set -e
cd "$(cat /run/folder)"
'
# shellcheck source=/dev/null
[ ! -e "/run/examples/$1.sh" ] || . "/run/examples/$1.sh"
shift
[ ! -e /etc/apache2/mods-enabled/cf_origin.load ] || apachectl start
for block in "$@"; do
    export EXAMPLE=/run/examples/$block
    { printf '%s' "$before"; cat "$EXAMPLE"; } >/run/block
    # What it leaves running in the background must not hold up the next one.
    timeout --foreground 600 bash /run/block </dev/null >"$EXAMPLE.out" 2>&1
    echo $? >"$EXAMPLE.status"
done
