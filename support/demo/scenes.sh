# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh: what the demonstration shows.

all_scenes() {
    shop=https://shop.example.com:$tls
    audit=https://audit.example.com:$tls
    through_cloudflare
    past_cloudflare
    from_another_customer
    without_tls
    roll_out
    rotation
    rotation_by_command
    status_page
}

through_cloudflare() {
    heading "A visitor comes through Cloudflare. The origin gets his address."
    visit "https://shop.example.com:$edge1" 200 \
        '^CFO0003 admitted reason=verified .* cert_zone=example\.com .* client_ip=rewritten' \
        '^visitor 203\.0\.113\.74, ray [0-9a-f]{16}-FRA, verdict verified ' \
        --interface "$VISITOR4"
    access '^203\.0\.113\.74 verified edge=127\.0\.0\.2 ray=[0-9a-f]{16}-FRA '
    again HTTP/2 "https://shop.example.com:$edge2" 200 \
        '^CFO0003 admitted reason=verified ' '^visitor 2001:db8::76, .* HTTP/2\.0' \
        --http2 --interface "$VISITOR6"

    heading "A visitor sends false headers. The edge overwrites them."
    visit "https://shop.example.com:$edge1" 200 \
        '^CFO0003 admitted reason=verified ' '^visitor 203\.0\.113\.74, ray .*-FRA, verdict' \
        --interface "$VISITOR4" -H "CF-Connecting-IP: 198.51.100.1" -H "CF-Ray: 0000000000000000-XXX"
}

past_cloudflare() {
    heading "A stranger goes straight to the origin. Refused."
    visit "$shop" 403 '^CFO0001 refused reason=cert-missing .* edge_known=no ' - \
        --http1.1 --interface "$STRANGER"
    again HTTP/2 "$shop" 403 '^CFO0001 refused reason=cert-missing .* edge_known=no ' - \
        --http2 --interface "$STRANGER"

    heading "A stranger forges Cloudflare's headers. Refused, and logged under his own address."
    visit "$shop" 403 '^CFO0001 refused reason=cert-missing .* ray=- claimed_ray=230b030023ae2822-SJC ' - \
        --interface "$STRANGER" -H "CF-Connecting-IP: 198.51.100.1" -H "CF-Ray: 230b030023ae2822-SJC"
    access '^127\.128\.0\.1 cert-missing edge=127\.128\.0\.1 ray=- '
}

from_another_customer() {
    heading "Another customer of Cloudflare, from Cloudflare's own network. Refused."
    visit "$shop" 403 '^CFO0001 refused reason=cert-missing .* edge_known=yes ' - \
        --interface "$NEIGHBOUR" -H "CF-Connecting-IP: 198.51.100.1"

    heading "He presents the certificate of his own zone, which this host serves too. Refused."
    visit "$shop" 403 \
        '^CFO0001 refused reason=cert-other-zone .* zone=example\.com .* cert_zone=neighbour\.example ' \
        - --interface "$NEIGHBOUR" --cert "$scratch/pki/neighbour.pem"
    again HTTP/2 "$shop" 403 '^CFO0001 refused reason=cert-other-zone ' - \
        --http2 --interface "$NEIGHBOUR" --cert "$scratch/pki/neighbour.pem"

    heading "The zone's own certificate, but not from Cloudflare's network. Refused, with a hint."
    visit "$shop" 403 '^CFO0001 refused reason=edge-unknown .* cert_zone=example\.com .* hint=' - \
        --interface "$STRANGER" --cert "$scratch/pki/zone.pem"
}

without_tls() {
    heading "Without TLS nothing can be proved. Refused; httpd itself rejects plain HTTP on the TLS port."
    visit "http://shop.example.com:$plain" 403 \
        "^CFO0001 refused reason=not-tls vhost=shop\.example\.com:$plain " - --interface "$EDGE"
    again "to TLS" "http://shop.example.com:$tls" 400 - - --interface "$STRANGER"
}

roll_out() {
    local answer
    heading "Roll-out: is the virtual host in Audit ready for On?" \
        "Audit refuses nobody and logs what On would refuse; cf-originctl reads the log, and answers."
    visit "$audit" 200 '^CFO0002 would-refuse reason=cert-missing ' \
        '^visitor 127\.128\.0\.1, ray -, verdict unproven \(cert-missing\)' \
        --interface "$STRANGER" -H "CF-Connecting-IP: 198.51.100.1"
    again proved "https://audit.example.com:$edge1" 200 '^CFO0003 admitted reason=verified ' \
        'verdict verified' --interface "$VISITOR4"
    # The stranger is on this host: --ignore, for what comes from there counts as the owner's own.
    set -- audit --ready --vhost "audit.example.com:$tls" --ignore "$STRANGER"
    show run <<<"cf-originctl $* error.log"
    answer=$("$top/support/cf-originctl" "$@" "$scratch/origin/error.log" 2>&1) || problem "it ended with $?"
    show "" <<<"$answer"
    expect "the answer" '^ready: yes' "$answer"
    show so <<<"On would refuse none of those who come through Cloudflare, and the 1 who bypassed it"
}

# origin_log PATTERN: the lines about files and proofs with it, from the code on.
origin_log() {
    sed -n "s/^.*\\(CFO01[0-9]* .*$1.*\\)/\\1/p" "$scratch/origin/error.log"
}

# has_lines COUNT PATTERN
has_lines() {
    [ "$(origin_log "$2" | wc -l)" -ge "$1" ]
}

# log_event COUNT PATTERN: waits until there are so many lines, and shows the last one.
log_event() {
    wait_for has_lines "$1" "$2" || problem "expected in the log: $2"
    show log <<<"$(origin_log "$2" | tail -n 1 | sed -E "s/ (zone|cert)=[^ ]*//g; s#$scratch#...#")"
}

# proofs NAME...: these CAs become the zone's file, in one step.
proofs() {
    (cd "$scratch/pki" && cat "${@/%/.pem}") >"$scratch/cloudflare/new"
    mv "$scratch/cloudflare/new" "$scratch/cloudflare/example.com.pem"
    loads=$((loads + 1))
    log_event "$loads" reloaded
    # Each child loads it within a second of its own.
    sleep 2
}

# A new connection each time, until the file that stands for it is gone.
request_again_and_again() {
    while [ -e "$scratch/running" ]; do
        quiet_curl -o /dev/null -w '%{http_code}\n' --interface "$VISITOR4" \
            "https://shop.example.com:$edge1/?$1" || echo "curl: $?"
    done >"$scratch/statuses"
}

# start_requests NAME
start_requests() {
    touch "$scratch/running"
    : >"$scratch/statuses"
    request_again_and_again "$1" &
    client=$!
    ten_more_requests
}

# stop_requests NAME: counts them at both ends.
stop_requests() {
    local sent good admitted
    ten_more_requests
    rm "$scratch/running"
    wait "$client"
    sent=$(wc -l <"$scratch/statuses")
    good=$(grep -c '^200$' "$scratch/statuses" || true)
    admitted=$(grep -c " verified .*\"GET /?$1 " "$scratch/origin/access.log" || true)
    show counted <<<"$sent requests: $admitted admitted by the origin, $good answered with 200, $((sent - good)) refused or lost"
    [ "$sent $good" = "$admitted $sent" ] || problem "a request was refused or lost"
}

has_answers() {
    [ "$(wc -l <"$scratch/statuses")" -ge "$1" ]
}

ten_more_requests() {
    wait_for has_answers $(($(wc -l <"$scratch/statuses") + 10)) || problem "the requests do not go on"
}

rotation() {
    local client loads=0
    heading "Rotation: the zone gets a new CA and certificate while a client keeps asking. Nothing is lost." \
        "The zone's file holds the old and the new proof as long as Cloudflare may present either certificate."
    start_requests rotation
    show origin <<<"the new CA is put next to the old one in the zone's file; httpd is not restarted"
    proofs zone-ca new-ca
    show "" <<<"(its new content is in force; new=no: the file itself was there before)"
    show edge <<<"the new certificate is presented instead of the old one"
    cp "$scratch/pki/new.pem" "$scratch/edge/pull.pem"
    "$httpd" -f "$scratch/edge/httpd.conf" -k graceful >>"$scratch/edge/start.log" 2>&1
    log_event 1 'proof-first-used.*Example Ltd new'
    ten_more_requests
    show origin <<<"the old CA is removed from the file"
    proofs new-ca
    again "old one" "$shop" 403 '^CFO0001 refused reason=cert-unknown ' - \
        --interface "$EDGE" --cert "$scratch/pki/zone.pem"
    stop_requests rotation
}

# rotate ARGUMENT...: shows the command and what it says.
rotate() {
    local said status=0
    show run <<<"cf-originctl edge rotate $* example.com"
    said=$(edge rotate --state "$scratch/api/notes" --key-type p256 --wait 60 "$@" example.com) || status=$?
    show "" <<<"${said//$scratch/...}"
    [ "$status" = 0 ] || problem "it ended with $status"
}

rotation_by_command() {
    local client said
    heading "The same by one command, which does Cloudflare's side, too: through its API, here a stand-in." \
        "It makes CA and leaf, waits until the origin trusts them, uploads, waits for the first use, deletes the old one."
    if ! has_edge; then
        show "left out" <<<"this needs $missing"
        return
    fi
    start_api || return 0
    # With --keep it goes on, and must not hold the caller's terminal or pipe.
    follow_the_api >>"$scratch/edge/start.log" 2>&1 </dev/null &
    started+=($!)
    start_requests command
    rotate --new-ca --force --quiet 3
    show "" <<<"(a timer calls it daily: it removes the old proof when no origin has seen it for --quiet seconds)"
    # On a busy machine the edge still uses the old one for a while.
    for _ in 1 2 3 4 5; do
        sleep 6
        said=$(rotate --quiet 3)
        [[ $said != *removed* ]] || break
    done
    printf '%s\n' "$said"
    # The proofs of the two rotations came, and went.
    wait_for has_lines 4 reloaded || problem "the origin does not load its file"
    sleep 2
    again "old one" "$shop" 403 '^CFO0001 refused reason=cert-unknown ' - \
        --interface "$EDGE" --cert "$scratch/pki/new.pem"
    stop_requests command
    show run <<<"cf-originctl edge status example.com"
    said=$(edge status example.com) || problem "it ended with $?"
    show "" <<<"$(grep -E '^OK|^  (SSL|zone|[0-9]+ host)' <<<"$said" | sed 's/ |.*//')"
}

status_page() {
    local metrics url=http://127.0.0.1:$status_port
    heading "The status page: what was admitted and refused, what expires, what to do." \
        "One address for people (a picture: docs/images/status.png), ?json for programs, ?metrics for Prometheus."
    show visit <<<"curl '$url/?metrics'"
    metrics=$(quiet_curl "$url/?metrics") || problem "no answer"
    # Counters of the shop, without those at 0.
    show "" <<<"$(grep -E "^cf_origin_(requests_total\{vhost=\"shop.*:$tls\"|reloads_total)" <<<"$metrics" | grep -v ' 0$')"
    expect "the metrics" "^cf_origin_requests_total\{vhost=\"shop.*:$tls\".*\"cert-other-zone\"\} 2$" "$metrics"
    expect "the metrics" '^cf_origin_reloads_total\{what="zone",result="loaded"\} [24]$' "$metrics"
    expect "the page" 'CFOriginPull is <b>On</b>' "$(quiet_curl "$url/")"
    expect "the JSON" '^\{"version":"' "$(quiet_curl "$url/?json")"
}
