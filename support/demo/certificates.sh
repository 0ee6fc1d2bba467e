# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh: the certificates of the demonstration, in $scratch/pki.

key_and() {
    OPENSSL_CONF=$scratch/pki/openssl.cnf openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -nodes "$@" 2>>"$scratch/pki/openssl.log"
}

# ca NAME CN: a CA of the site's owner.
ca() {
    CN=$2 key_and -x509 -extensions ca -days 30 -keyout "$1.key" -out "$1.pem"
}

# leaf NAME CA CN: the certificate that is uploaded to Cloudflare, with its key in the same file.
leaf() {
    CN=$3 key_and -keyout "$1.key" -out "$1.csr"
    CN=$3 openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 10 \
        -extfile openssl.cnf -extensions leaf -out "$1.crt" 2>>openssl.log
    # In the old form: with OpenSSL 1.1.1 mod_ssl sees no other key behind a certificate.
    { cat "$1.crt" && openssl ec -in "$1.key" 2>>openssl.log; } >"$1.pem"
}

make_certificates() {
    mkdir "$scratch/pki"
    cd "$scratch/pki" || return 1
    cat >openssl.cnf <<'CNF'
[req]
distinguished_name = dn
prompt = no
[dn]
CN = ${ENV::CN}
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
[web]
basicConstraints = CA:FALSE
subjectAltName = DNS:shop.example.com,DNS:audit.example.com
CNF
    ca zone-ca "Example Ltd origin pull CA"
    leaf zone zone-ca example.com
    ca new-ca "Example Ltd new origin pull CA"
    leaf new new-ca "example.com"
    ca neighbour-ca "Neighbour Inc origin pull CA"
    leaf neighbour neighbour-ca neighbour.example
    # The web certificate of both servers. (In reality there are two: a public one at the edge, and
    # one of Cloudflare's Origin CA at the origin.)
    CN=shop.example.com key_and -x509 -extensions web -days 10 -keyout web.key -out web.pem
    cd "$top" || return 1
}
