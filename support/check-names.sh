#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every directive, reason, variable and log code of the sources is in the manual (directives in
# the sample configuration as well), directives and variables are in mod_cf_origin(7), verbs and
# options of each program in its man page, and manual, sample and man pages know no others. The
# version of src/version.h is the one of the packages and of the manual's examples. Run by "make
# check"; prints what is missing where, and then exits with 1.
set -u
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# names FILE: standard input, one name a line, sorted into FILE. None at all is an error: the
# pattern no longer finds what it is meant to find.
names() {
    LC_ALL=C sort -u >"$work/$1"
    if [ ! -s "$work/$1" ]; then
        echo "check-names: no $1 found; is the pattern in support/check-names.sh outdated?" >&2
        failed=1
    fi
}

# compare WHAT FILE PLACE FILE PLACE: both files have to have the same names.
compare() {
    for name in $(LC_ALL=C comm -23 "$work/$2" "$work/$4"); do
        echo "check-names: $1 $name is in $3, but not in $5" >&2
        failed=1
    done
    for name in $(LC_ALL=C comm -13 "$work/$2" "$work/$4"); do
        echo "check-names: $1 $name is in $5, but not in $3" >&2
        failed=1
    done
}

sources() {
    cat mod_cf_origin.c src/*/*/*.c
}

manual() {
    cat README.md docs/*.md
}

# Directives: the table in src/httpd; "## Name" in docs/directives.md; the sample.
sources | tr '\n' ' ' | grep -o 'AP_INIT_[A-Z0-9_]*( *"[A-Za-z]*"' | sed 's/.*"\(.*\)"/\1/' |
    names code-directives
sed -n 's/^## \(CFOrigin[A-Za-z]*\)$/\1/p' docs/directives.md | names manual-directives
sed -n 's/^ *#* *\(CFOrigin[A-Za-z]*\) .*/\1/p' conf/cf_origin.conf | names sample-directives
manual | grep -o 'CFOrigin[A-Za-z]*' | names mentioned-directives
compare directive code-directives src manual-directives "docs/directives.md (as a heading)"
compare directive code-directives src sample-directives conf/cf_origin.conf
compare directive code-directives src mentioned-directives "README.md and docs"

# Defaults: the rows of CFO_SERVER_FIELDS; the sample; the tables of the manual. (Zones have none.)
sed -n 's/^    X(.*, "\(CFOrigin[A-Za-z]*\)", "\([^"]*\)").*/\1 \2/p' src/httpd/config/conf.h | tr ' ' '_' |
    names code-defaults
sed -n 's/^ *#\(CFOrigin[A-Za-z]* .*\)$/\1/p' conf/cf_origin.conf | grep -v '^CFOriginPullZone' |
    tr ' ' '_' | names sample-defaults
sed -n 's/^| Default | `\(CFOrigin[A-Za-z]* .*\)` |$/\1/p' docs/directives.md | tr ' ' '_' |
    names manual-defaults
compare default code-defaults src/httpd/config/conf.h sample-defaults conf/cf_origin.conf
compare default code-defaults src/httpd/config/conf.h manual-defaults docs/directives.md

# The same in mod_cf_origin(7), with default and context as in docs/directives.md.
seven=support/man/mod_cf_origin.7
sed -n 's/^\.It Ic \(CFOrigin[A-Za-z]*\) .*/\1/p' $seven | names page-directives
compare directive code-directives src page-directives "$seven (as an item)"
awk '/^## / { name = $2 } /^\| Default \|/ { default = $0 } /^\| Context \|/ { print name, default, $0 }' \
    docs/directives.md | sed 's/`//g; s/| Default | //; s/ | *| Context | / /; s/ |$//; s/^\([^ ]*\) \1 /\1 /' |
    tr ' ' '_' | names manual-contexts
awk '/^\.It Ic CFOrigin/ { name = $3 } /^Default: / { default = $0 }
    /^Context: / { print name, default, $0 }' $seven |
    sed 's/ Default: / /; s/\. Context: / /; s/\.$//' | tr ' ' '_' | names page-contexts
compare "default and context of" manual-contexts docs/directives.md page-contexts $seven

# Reasons: the rows of src/core/verdict/reason_table.h; the first column of the table in docs/log.md.
rows=src/core/verdict/reason_table.h
sed -n '/^REASON/,$p' $rows | tr -d '\n' | sed 's/REASON( */\n/g' >"$work/rows"
sed -n 's/^[A-Z_]*, "\([a-z-]*\)".*/\1/p' "$work/rows" | names code-reasons
sed -n '/^## Reasons/,/^## /s/^| `\([a-z-]*\)` |.*/\1/p' docs/log.md | names manual-reasons
compare reason code-reasons $rows manual-reasons "docs/log.md (Reasons)"

# Meaning and advice of each reason: two fields of its row, which status page and cf-originctl print; the manual.
sed 's/" *"//g; s/ *\/\*[^*]*\*\/ *//' "$work/rows" |
    sed -n 's/^[A-Z_]*, "\([a-z-]*\)", [A-Z]*, [A-Z]*, [01], *"\([^"]*\)".*"\([^"]*\)") *$/\1: \2: \3/p' |
    tr ' ' '_' | names code-advice
sed -n '/^## Reasons/,/^## /s/^| `\([a-z-]*\)` | [a-z]* | \([^|]*\) | \(.*\) |$/\1: \2: \3/p' docs/log.md |
    sed 's/`//g; s/\[\([^]]*\)\]([^)]*)/\1/g' | tr ' ' '_' | names manual-advice
compare advice code-advice $rows manual-advice "docs/log.md (Reasons)"

# Reasons of CFO0005: the table of src/core/stats/handshake_reason.c; the one in docs/log.md.
sed -n 's/^ *\[CFO_HANDSHAKE_[A-Z_]*\] = { "\([a-z-]*\)".*/\1/p' src/core/stats/handshake_reason.c |
    names code-handshakes
sed -n '/^### CFO0005/,/^### /s/^| `\([a-z-]*\)` |.*/\1/p' docs/log.md | names manual-handshakes
compare reason code-handshakes src/core/stats/handshake_reason.c manual-handshakes "docs/log.md (CFO0005)"

# Variables of the environment.
sources | grep -o '"CF_[A-Z_]*"' | tr -d '"' | names code-variables
sed -n 's/^| `\(CF_[A-Z_]*\)` |.*/\1/p' docs/environment.md | names manual-variables
manual | grep -ow 'CF_[A-Z_]*[A-Z]' | names mentioned-variables
compare variable code-variables src manual-variables "docs/environment.md (table)"
compare variable code-variables src mentioned-variables "README.md and docs"

sed -n 's/^\.It Ev \(CF_[A-Z_]*\)$/\1/p' $seven | names page-variables
compare variable code-variables src page-variables $seven

# Metrics: each family begins by its name; the first column of the table in docs/status.md.
sed -n 's/.*begin_family(out, "\(cf_origin[a-z_]*\)", "\([a-z]*\)".*/\1 \2/p' \
    src/core/report/metrics.c | sed 's/ counter$/_total/; s/ info$/_info/; s/ gauge$//' |
    names code-metrics
sed -n 's/^| `\(cf_origin_[a-z_]*\)[{`].*/\1/p' docs/status.md | names manual-metrics
compare metric code-metrics src/core/report/metrics.c manual-metrics "docs/status.md (table)"

# The same of cf-originctl edge status.
view=support/ctl/view
grep -o '"cf_origin_edge_[a-z_]*"' $view/status_metrics.c | tr -d '"' | names code-edge-metrics
sed -n 's/^| `\(cf_origin_edge_[a-z_]*\)[{`].*/\1/p' docs/edge-status.md | names manual-edge-metrics
compare metric code-edge-metrics $view/status_metrics.c manual-edge-metrics "docs/edge-status.md (table)"

# Codes of its findings: the first word in quotes of a call, or the two of "a ? b : c".
cat $view/*.c | tr '\n' ' ' | grep -o 'find([^;"]*"[a-z-]*"\( *: *"[a-z-]*"\)\{0,1\},' |
    grep -o '"[a-z-]*"' | tr -d '"' | names code-findings
sed -n '/^## Findings/,/^## /s/^| \(`[^|]*\) |.*/\1/p' docs/edge-status.md | grep -o '`[a-z-]*`' | tr -d '`' |
    names manual-findings
compare finding code-findings $view manual-findings "docs/edge-status.md (Findings)"

# Codes of log lines.
sources | grep -o '"CFO[0-9]\{4\}' | tr -d '"' | names code-codes
sed -n 's/^### \(CFO[0-9]\{4\}\) .*/\1/p' docs/log.md | names manual-codes
manual | grep -o 'CFO[0-9]\{4\}' | names mentioned-codes
compare code code-codes src manual-codes "docs/log.md (as a heading)"
compare code code-codes src mentioned-codes "README.md and docs"

# Verbs of cf-originctl: the table; the man page; a section of docs/tools.md or docs/edge.md. And its options.
sed -n 's/^ *&cfo_ctl_\([a-z_]*\),$/\1/p' support/ctl/command/main.c | names code-verbs
sed -n 's/^\.Ss \([a-z ]*\)$/\1/p' support/man/cf-originctl.1 | tr ' ' '_' | names page-verbs
cat docs/tools.md docs/edge.md | sed -n 's/^##*# cf-originctl \([a-z ]*\)$/\1/p' | tr ' ' '_' | names manual-verbs
cat support/ctl/*/*.[ch] | tr -s '\\\n ' ' ' | grep -o '{ "[a-z-]*", [A-Z_]*, [01], "' | cut -d '"' -f 2 | names code-options
sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' support/man/cf-originctl.1 | names page-options
compare verb code-verbs support/ctl/command/main.c page-verbs support/man/cf-originctl.1
compare verb code-verbs support/ctl/command/main.c manual-verbs "docs/tools.md or docs/edge.md (as a heading)"
compare option code-options support/ctl page-options "support/man/cf-originctl.1 (as an item)"

# Options of the scripts, as their usage() has them.
for page in cf-origin-probe.1 cf-origin-update-ranges.8; do
    script=support/${page%.*}
    sed -n '/^usage()/,/^}/p' "$script" | grep -o -e '--[a-z][a-z0-9-]*' | sed 's/^--//' |
        { cat; echo help; } | names usage-options
    sed -n 's/^\.It Fl \([a-z] , \)\{0,1\}-\([a-z][a-z0-9-]*\).*/\2/p' "support/man/$page" | names page-options
    compare option usage-options "$script (usage)" page-options "support/man/$page (as an item)"
done

# Variables of the container: those that the entrypoint knows; the table of docs/containers.md. Those
# that the configuration uses are among them.
sed -n "s/^known=' \(.*\) '$/\1/p" packaging/container/entrypoint.sh | tr ' ' '\n' | sed 's/^/CFO_/' | names known-settings
sed -n '/^| variable |/,/^$/p' docs/containers.md | cut -d '|' -f 2 | grep -o 'CFO_[A-Z_]*' | names manual-settings
cat packaging/container/*.conf packaging/container/*.yaml packaging/container/Dockerfile* | grep -o 'CFO_[A-Z_]*' |
    sort -u - "$work/known-settings" | names used-settings
compare variable known-settings packaging/container/entrypoint.sh manual-settings "docs/containers.md (table)"
compare variable used-settings packaging/container known-settings packaging/container/entrypoint.sh

# The version. Nothing can derive it in these places, so they repeat it: the newest section of each
# history, the scripts that are installed, packages, images, and the examples of the manual.
version=$(sed -n 's/^#define CFO_VERSION "\(.*\)"$/\1/p' src/version.h)
repeats() { # FILE PATTERN: what the pattern, which has one group, finds in the file first
    found=$(sed -n "s/$2/\1/p" "$1" | head -n 1)
    [ "$found" = "$version" ] && [ -n "$version" ] && return
    echo "check-names: the version is ${found:-missing} in $1, but ${version:-missing} in src/version.h" >&2
    failed=1
}
repeats CHANGES '^Changes with mod_cf_origin \([0-9.]*\),.*'
repeats README.md '^.* Version \([0-9.]*[0-9]\)[,.].*'
repeats support/cf-origin-probe '^VERSION=\([0-9.]*\) .*'
repeats support/cf-origin-update-ranges '^version=\([0-9.]*\) .*'
repeats packaging/rpm/mod_cf_origin.spec '^Version: *\(.*\)'
repeats packaging/rpm/mod_cf_origin.spec '^\* .* - \(.*\)-[0-9]*$'
repeats packaging/container/Dockerfile '^ARG VERSION=\(.*\)'
repeats packaging/container/Dockerfile.php '^ARG VERSION=\(.*\)'
[ ! -e packaging/debian/changelog ] ||
    repeats packaging/debian/changelog '^mod-cf-origin (\([^-)]*\).*'
for place in $(grep -rEo '(mod[_-]cf[_-]origin|cf-origin-tools|cf-originctl)[-_: (]v?[0-9]+\.[0-9]+(\.[0-9]+)?' \
    README.md docs packaging/container packaging/rpm/README.Fedora support/*.sh | tr ' ' '_'); do
    case $place in
    *[!0-9.]"$version") ;;
    *) echo "check-names: not version $version: $place" >&2; failed=1 ;;
    esac
done

[ $failed = 0 ] && echo "check-names: manual, sample configuration, packages and sources agree"
exit $failed
