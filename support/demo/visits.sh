# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh: visits, what is shown of them, and what is expected.

bold="" plain_text="" red="" green=""
if [ -t 1 ]; then
    bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain_text=$'\e[0m'
fi
headings=0 visits=0 wrong=0

# heading TITLE [WHY]
heading() {
    headings=$((headings + 1))
    printf '\n%s%d. %s%s\n' "$bold" $headings "$1" "$plain_text"
    [ $# = 1 ] || echo "   $2"
}

# show LABEL: the standard input, folded and indented.
show() {
    local label=$1 line
    fold -s -w 104 | sed 's/ *$//' | while IFS= read -r line; do
        printf '   %-7s %s\n' "$label" "$line"
        label=
    done
}

problem() {
    wrong=$((wrong + 1))
    printf '   %sWRONG%s   %s\n' "$red" "$plain_text" "$1"
}

# expect WHAT PATTERN TEXT: "-" is any text.
expect() {
    [ "$2" = - ] || grep -Eq -- "$2" <<<"$3" || problem "expected in $1: $2"
}

# wait_for COMMAND...: until it succeeds; 1 if it does not within 20 seconds.
wait_for() {
    for _ in $(seq 200); do
        ! "$@" || return 0
        sleep 0.1
    done
    return 1
}

# line_of FILE TEXT: the lines with this text, once there are any.
line_of() {
    wait_for grep -Fq -- "$2" "$1" || return 0
    grep -F -- "$2" "$1" | sed 's/^.*\(CFO[0-9]\{4\} \)/\1/'
}

# Leaves out of a log line what is the same in all, or empty; and a hint that is true only here, where
# strangers are on the same host.
shorten() {
    sed -E 's/ (vhost|host|zone|sni|method|uri|cert|cert_subject)=("([^"\\]|\\.)*"|[^ ]*)//g
        s/ [a-z_]+=("-"|-)( |$)/\2/g; s/ [a-z_]+=("-"|-)( |$)/\2/g; s/ hint="the peer is this host[^"]*"//'
}

# No proxy and no file of the user's is to have a say.
quiet_curl() {
    curl -q -s -m 20 --noproxy '*' --cacert "$scratch/pki/web.pem" \
        --resolve "shop.example.com:$tls:$ORIGIN" --resolve "audit.example.com:$tls:$ORIGIN" \
        --resolve "shop.example.com:$plain:$ORIGIN" --resolve "shop.example.com:$edge1:127.0.0.1" \
        --resolve "audit.example.com:$edge1:127.0.0.1" --resolve "shop.example.com:$edge2:127.0.0.1" "$@"
}

# ask URL STATUS LOG BODY curl-arguments...: sets got, page and line. LOG and BODY are extended regular
# expressions for the log line and the page; "-" means no line, or any page.
ask() {
    local url=$1 status=$2 log=$3 body=$4
    shift 4
    visits=$((visits + 1)) line=
    got=$(quiet_curl -o "$scratch/answer" -w '%{http_code} HTTP/%{http_version}' "$@" "$url/?visit=$visits") ||
        got="no answer (curl: $?)"
    page=$(tr '\n' ' ' <"$scratch/answer") || page=
    [ "${got%% *}" = "$status" ] || problem "expected status $status instead of $got"
    expect "the answer" "$body" "$page"
    [ "$log" != - ] || return 0
    line=$(line_of "$scratch/origin/error.log" "uri=\"/?visit=$visits\"")
    case $line in
    "") problem "no line in the origin's error log; expected: $log" ;;
    *$'\n'*) problem "more than one line in the origin's error log" ;;
    *) expect "the log" "$log" "$line" ;;
    esac
}

# as_typed URL curl-arguments...
as_typed() {
    local command="curl" argument
    for argument in "${@:2}"; do
        case $argument in
        *[\ \;]*) command+=" '$argument'" ;;
        *) command+=" ${argument#"$scratch"/pki/}" ;;
        esac
    done
    echo "$command $1"
}

# answer URL [SHORT]: the status, the page if there is one or its first words, and who spoke which HTTP.
answer() {
    local status=${got%% *} said="" by=${got#* } origin=${page##*, HTTP/}
    case $status:$1 in
    200:*:"$edge1" | 200:*:"$edge2") by="visitor by $by, origin by HTTP/${origin%.0*}" ;;
    no:*) ;;
    *) by="by $by" ;;
    esac
    if [ "$status" = 200 ]; then
        said=": ${page%%, HTTP/*};"
        [ $# = 1 ] || said="${said%%,*};"
    fi
    echo "$status$said ${by% }"
}

# visit URL STATUS LOG BODY curl-arguments...: a visit and all that is shown of it.
visit() {
    show visit <<<"$(as_typed "$1" "${@:5}")"
    ask "$@"
    show answer <<<"$(answer "$1")"
    [ "$visits" = 1 ] || line=$(shorten <<<"$line")
    show log <<<"$line"
}

# again LABEL URL STATUS LOG BODY curl-arguments...: the same in another way, in short.
again() {
    show "$1" <<<"$(as_typed "$2" "${@:6}")"
    ask "${@:2}"
    show "" <<<"$(answer "$2" short)${line:+ ($(cut -d ' ' -f 1-3 <<<"$line"))}"
}

# access PATTERN: shows and checks the line of the last visit in the access log.
access() {
    local line
    line=$(line_of "$scratch/origin/access.log" "/?visit=$visits ")
    show access <<<"${line:-(no line)}"
    expect "the access log" "$1" "$line"
}
