/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define MUST(condition)                                                                  \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                     \
        }                                                                                \
    } while (0)

static const char *const names[] = { "zone-a", "zone-b", "foreign", "leaf", "server" };

EVP_PKEY *keys_key(party_t which)
{
    static EVP_PKEY *keys[KEY_COUNT];
    EC_KEY *ec;
    EC_POINT *point;
    BIGNUM *secret = NULL;

    if (keys[which])
        return keys[which];
    ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    MUST(ec && BN_dec2bn(&secret, "1234567890123456789012345678901234567890"));
    MUST(BN_add_word(secret, (BN_ULONG)which));
    point = EC_POINT_new(EC_KEY_get0_group(ec));
    MUST(point && EC_POINT_mul(EC_KEY_get0_group(ec), point, secret, NULL, NULL, NULL) &&
         EC_KEY_set_private_key(ec, secret) && EC_KEY_set_public_key(ec, point));
    keys[which] = EVP_PKEY_new();
    MUST(keys[which] && EVP_PKEY_assign_EC_KEY(keys[which], ec));
    EC_POINT_free(point);
    BN_free(secret);
    return keys[which];
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    MUST(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

/* `issuer` NULL: it is signed by its own key. */
static X509 *make(party_t subject, X509 *issuer, EVP_PKEY *signer, long serial)
{
    X509 *x509 = X509_new();
    X509_NAME *name;

    MUST(x509 && X509_set_version(x509, 2));
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(x509), serial));
    MUST(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20200101000000Z"));
    MUST(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "20491231235959Z"));
    name = X509_get_subject_name(x509);
    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    (const unsigned char *)names[subject], -1, -1, 0));
    MUST(X509_set_issuer_name(x509, issuer ? X509_get_subject_name(issuer) : name));
    MUST(X509_set_pubkey(x509, keys_key(subject)));
    if (!issuer)
        issuer = x509;
    if (subject <= KEY_CA_FOREIGN) {
        extend(x509, issuer, NID_basic_constraints, "critical,CA:TRUE");
        extend(x509, issuer, NID_key_usage,
               "critical,keyCertSign,cRLSign,digitalSignature");
        extend(x509, issuer, NID_subject_key_identifier, "hash");
    }
    else {
        extend(x509, issuer, NID_basic_constraints, "CA:FALSE");
        extend(x509, issuer, NID_ext_key_usage, "clientAuth,serverAuth");
        extend(x509, issuer, NID_subject_key_identifier, "hash");
        extend(x509, issuer, NID_subject_alt_name, "DNS:*.test");
    }
    MUST(X509_sign(x509, signer, EVP_sha256()));
    return x509;
}

X509 *keys_ca(party_t which)
{
    static X509 *made[KEY_COUNT];

    if (!made[which])
        made[which] = make(which, NULL, keys_key(which), 1 + (long)which);
    return made[which];
}

X509 *keys_leaf(party_t issuer)
{
    static X509 *made[KEY_COUNT];

    if (!made[issuer])
        made[issuer] =
            make(KEY_LEAF, keys_ca(issuer), keys_key(issuer), 100 + (long)issuer);
    return made[issuer];
}

static void write_one(const char *folder, const char *name, X509 *x509, EVP_PKEY *key)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.pem", folder, name);
    file = fopen(path, "w");
    MUST(file && PEM_write_X509(file, x509));
    MUST(!key || PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    MUST(!fclose(file));
}

void keys_write(const char *folder)
{
    X509 *server = make(KEY_SERVER, NULL, keys_key(KEY_SERVER), 50);

    write_one(folder, "ca-a", keys_ca(KEY_CA_A), NULL);
    write_one(folder, "ca-b", keys_ca(KEY_CA_B), NULL);
    write_one(folder, "leaf-a", keys_leaf(KEY_CA_A), NULL);
    write_one(folder, "server", server, keys_key(KEY_SERVER));
    X509_free(server);
}
