/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's own CA for origin pulls. */
#include "shared_ca.h"

#include <string.h>

#define NAME "CN=origin-pull.cloudflare.net"

/* SHA-256 of the SubjectPublicKeyInfo (facts 17.1). */
static const unsigned char key_sha256[CFO_DIGEST_SIZE] = {
    0xe2, 0xef, 0x9f, 0xe8, 0x5a, 0xc3, 0x9f, 0x52, 0x2d, 0xc7, 0x73,
    0x50, 0x5f, 0x39, 0x98, 0x75, 0xaa, 0x75, 0xac, 0x10, 0xc4, 0x97,
    0x66, 0xca, 0x89, 0x9f, 0x8f, 0x99, 0xb0, 0x7d, 0xa3, 0x4c,
};

int cfo_shared_ca_is(const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;

    if (!certificate)
        return 0;
    if (!memcmp(certificate->spki_sha256, key_sha256, CFO_DIGEST_SIZE))
        return 1;
    return proof->kind == CFO_PROOF_LEAF && strstr(certificate->issuer, NAME);
}
