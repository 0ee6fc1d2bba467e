#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs.sh [FOLDER]: README and manual as HTML in a folder (html, if none is given), by pandoc, which is installed
# as root on Debian. The pages need nothing but this folder: open FOLDER/index.html.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
[ $# = 0 ] || mkdir -p "$1"
target=$(cd "${1:-$top}" && pwd)
[ $# != 0 ] || target=$top/html
cd "$top"
# shellcheck source=support/common.sh
. support/common.sh
install_missing pandoc || exit 1
command -v pandoc >/dev/null || { echo "docs.sh: pandoc is missing" >&2; exit 1; }

version=$(sed -n 's/^.define CFO_VERSION "\(.*\)"/\1/p' src/version.h)
# In the order of the table of contents, then those that it does not have.
mapfile -t pages < <({
    echo README.md
    echo docs/README.md
    grep -oE '\]\([a-z-]+\.md' docs/README.md | sed 's|](|docs/|'
    ls docs/*.md CONTRIBUTING.md SECURITY.md
} | awk '!seen[$0]++')
declare -A title html
for number in "${!pages[@]}"; do
    page=${pages[number]}
    if [ ! -e "$page" ]; then
        echo "docs.sh: docs/README.md names $page, which does not exist" >&2
        exit 1
    fi
    title[$page]=$(sed -n '/^# /{s///p;q}' "$page")
    path=${page%.md}.html
    html[$page]=${path/README.html/index.html}
done

# link PAGE TOP [TEXT]: sets a variable, for a process for each link would take long.
link() {
    link="<a href=\"$2${html[$1]}\">${3:-}${title[$1]}</a>"
}

# navigation TOP
navigation() {
    local page
    navigation="<ul>"
    for page in "${pages[@]}"; do
        link "$page" "$1"
        navigation+="<li>$link</li>"$'\n'
    done
    navigation+="</ul>"
}

rm -rf "${target:?}"/{index.html,docs}
mkdir -p "$target/docs"
cp support/docs/style.css "$target"
# The other files and folders that the pages link to.
for page in "${pages[@]}"; do
    grep -oE '\]\([^):# ]+' "$page" | cut -c 3- | grep -v '\.md$' | while IFS= read -r name; do
        name=$(realpath -m --relative-to=. "$(dirname "$page")/$name")
        [ ! -e "$name" ] || cp -r --parents "$name" "$target"
    done || true
done

for number in "${!pages[@]}"; do
    page=${pages[number]} up=
    [[ $page != docs/* ]] || up=../
    navigation "$up"
    link=
    [ "$number" = 0 ] || link "${pages[number - 1]}" "$up" "&larr; "
    neighbours=$link link=
    [ -z "${pages[number + 1]:-}" ] || link "${pages[number + 1]}" "$up" "Next: "
    neighbours+=" $link"
    pandoc -f gfm -t html5 --standalone --no-highlight --wrap=preserve --toc --toc-depth=2 \
        --template support/docs/page.html --lua-filter support/docs/pages.lua \
        -V top="$up" -V version="$version" -V navigation="$navigation" -V neighbours="$neighbours" \
        -M pagetitle="${title[$page]}" "$page" -o "$target/${html[$page]}" &
    # As many at a time as there are processors.
    (((number + 1) % $(nproc))) || wait
done
wait
for page in "${pages[@]}"; do
    [ -s "$target/${html[$page]}" ] || { echo "docs.sh: $page was not converted" >&2; exit 1; }
done
echo "${#pages[@]} pages: $target/index.html"
