#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dead-links.sh FOLDER: the links of README.md, docs/*.md and the other pages of an installed manual that
# lead to no file, a line each; status 1 if there are any.
set -eu
cd "$1"
dead=$(for page in *.md docs/*.md; do
    sed -n 's/](\([^)#: ]*\)[)#]/\n<\1>\n/gp' "$page" | sed -n 's/^<\(..*\)>$/\1/p' | while read -r link; do
        [ -e "$(dirname "$page")/$link" ] || echo "$page: there is no $link"
    done
done)
[ -z "$dead" ] || { echo "$dead"; exit 1; }
