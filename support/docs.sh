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

title() {
    sed -n 's/^# //p' "$1" | head -n 1
}

# html PAGE: where its HTML is, from the top of the folder.
html() {
    local path=${1%.md}.html
    echo "${path/README.html/index.html}"
}

# link PAGE TOP [TEXT]
link() {
    printf '<a href="%s%s">%s%s</a>' "$2" "$(html "$1")" "${3:-}" "$(title "$1")"
}

rm -rf "${target:?}"/{index.html,docs,conf,style.css}
mkdir -p "$target/docs"
cp support/docs/style.css "$target"
# What the pages link to.
cp -r conf CHANGES LICENSE "$target"
[ ! -d docs/images ] || cp -r docs/images "$target/docs"

for number in "${!pages[@]}"; do
    page=${pages[number]} up=
    [[ $page != docs/* ]] || up=../
    navigation=$(for other in "${pages[@]}"; do echo "<li>$(link "$other" "$up")</li>"; done)
    neighbours=
    [ "$number" = 0 ] || neighbours=$(link "${pages[number - 1]}" "$up" "&larr; ")
    [ -z "${pages[number + 1]:-}" ] || neighbours+=" $(link "${pages[number + 1]}" "$up" "Next: ")"
    pandoc -f gfm -t html5 --standalone --no-highlight --wrap=preserve --toc --toc-depth=2 \
        --template support/docs/page.html --lua-filter support/docs/pages.lua \
        -V top="$up" -V version="$version" -V navigation="<ul>$navigation</ul>" -V neighbours="$neighbours" \
        -M pagetitle="$(title "$page")" "$page" -o "$target/$(html "$page")" &
    # As many at a time as there are processors.
    (((number + 1) % $(nproc))) || wait
done
wait
for page in "${pages[@]}"; do
    [ -s "$target/$(html "$page")" ] || { echo "docs.sh: $page was not converted" >&2; exit 1; }
done
echo "${#pages[@]} pages: $target/index.html"
