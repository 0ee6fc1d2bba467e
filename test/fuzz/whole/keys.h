/* SPDX-License-Identifier: Apache-2.0 */
/* The keys and certificates of server and clients. The keys are the same in every run, so
 * that an input that has a public key in it fits. */
#ifndef CFO_TEST_FUZZ_WHOLE_KEYS_H
#define CFO_TEST_FUZZ_WHOLE_KEYS_H

#include <openssl/evp.h>
#include <openssl/x509.h>

typedef enum {
    KEY_CA_A, /* issues for zone a.test */
    KEY_CA_B,
    KEY_CA_FOREIGN, /* in no proof */
    KEY_LEAF,       /* of all clients */
    KEY_SERVER,
    KEY_COUNT
} party_t;

EVP_PKEY *keys_key(party_t which);

/* A CA's certificate, the same bytes but for the signature in every run. */
X509 *keys_ca(party_t which);

/* A client's certificate, with KEY_LEAF, from this CA. */
X509 *keys_leaf(party_t issuer);

/* Writes them into a folder: ca-a.pem, ca-b.pem, server.pem (with its key), leaf-a.pem.
 */
void keys_write(const char *folder);

#endif
