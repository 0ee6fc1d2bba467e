/* SPDX-License-Identifier: Apache-2.0 */
/* A client's certificate in a real handshake. The first byte chooses how; then follow
 * values of DER: the contents of the leaf (TBSCertificate), which is signed here, so that
 * the client has its key while the rest may be odd, or a certificate as it is; then the
 * rest of the chain, as it is. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "client.h"
#include "der.h"
#include "keys.h"
#include "server.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHAIN_MOST = 4, CERTIFICATE_MOST = 16384, CANARY_EVERY = 500 };

typedef struct {
    uint8_t der[CERTIFICATE_MOST];
    size_t length;
} raw_t;

static const char *const sites[] = { "a", "b", "pin", NULL };

/* What is sent instead of these certificates. */
static raw_t sent[CHAIN_MOST];
static X509 *stand_ins[CHAIN_MOST];
static int sent_count;

/* libssl asks for what it sends: a client of OpenSSL sends nothing that is not readable.
 */
int i2d_X509(const X509 *x509, unsigned char **out)
{
    static int (*original)(const X509 *, unsigned char **);
    int i;

    for (i = 0; i < sent_count; i++) {
        if (x509 != stand_ins[i])
            continue;
        if (out) {
            memcpy(*out, sent[i].der, sent[i].length);
            *out += sent[i].length;
        }
        return (int)sent[i].length;
    }
    if (!original)
        *(void **)&original = dlsym(RTLD_NEXT, "i2d_X509");
    return original(x509, out);
}

static size_t sign(party_t signer, const uint8_t *tbs, size_t length, uint8_t *signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = 128;

    if (!EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, keys_key(signer)) ||
        !EVP_DigestSign(context, signature, &size, tbs, length))
        server_fail("EVP_DigestSign");
    EVP_MD_CTX_free(context);
    return size;
}

/* Certificate ::= SEQUENCE { contents, ecdsa-with-SHA256, signature } */
static void make_leaf(party_t signer, int is_of_other, const uint8_t *tbs, size_t length,
                      raw_t *leaf)
{
    static const uint8_t algorithm[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                         0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
    uint8_t signature[128], bits[8];
    const ASN1_BIT_STRING *other;
    size_t size = sign(signer, tbs, length, signature), head, at;

    if (is_of_other) {
        X509_get0_signature(&other, NULL, keys_leaf(KEY_CA_A));
        size = (size_t)other->length;
        memcpy(signature, other->data, size);
    }
    head = der_head(bits, 3, size + 1);
    bits[head++] = 0;
    at = der_head(leaf->der, 0x30, length + sizeof algorithm + head + size);
    memcpy(leaf->der + at, tbs, length);
    at += length;
    memcpy(leaf->der + at, algorithm, sizeof algorithm);
    at += sizeof algorithm;
    memcpy(leaf->der + at, bits, head);
    at += head;
    memcpy(leaf->der + at, signature, size);
    leaf->length = at + size;
}

/* Fills `sent` with the values of the input. Returns 0 if there are none. */
static int read_chain(uint8_t how, const uint8_t *data, size_t size)
{
    static const party_t signers[] = { KEY_CA_A, KEY_CA_B, KEY_CA_FOREIGN };
    int signer = how >> 3 & 3;

    for (sent_count = 0; size && sent_count < CHAIN_MOST; sent_count++) {
        size_t length = der_length(data, size);

        if (!length)
            length = size;
        if (length > CERTIFICATE_MOST - 256)
            break;
        if (!sent_count && signer < 3)
            make_leaf(signers[signer], how >> 7, data, length, &sent[0]);
        else {
            memcpy(sent[sent_count].der, data, length);
            sent[sent_count].length = length;
        }
        data += length;
        size -= length;
    }
    return sent_count;
}

/* Whether OpenSSL, asked as internals 2.1 describes, takes the leaf for one of this CA.
 */
static int is_of(X509 *anchor, X509 *leaf)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *parameters;
    int is_good;

    X509_STORE_add_cert(store, anchor);
    X509_STORE_CTX_init(context, store, leaf, NULL);
    parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
    X509_VERIFY_PARAM_set_auth_level(parameters, 2);
    is_good = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return is_good;
}

static int may_open(const char *site)
{
    const uint8_t *at = sent[0].der;
    unsigned char *pinned = NULL;
    X509 *leaf;
    int length, is_allowed;

    if (!strcmp(site, "pin")) {
        length = i2d_X509(keys_leaf(KEY_CA_A), &pinned);
        is_allowed = (size_t)length == sent[0].length &&
                     !memcmp(pinned, sent[0].der, sent[0].length);
        OPENSSL_free(pinned);
        return is_allowed;
    }
    leaf = d2i_X509(NULL, &at, (long)sent[0].length);
    is_allowed = leaf && is_of(keys_ca(*site == 'a' ? KEY_CA_A : KEY_CA_B), leaf);
    X509_free(leaf);
    ERR_clear_error();
    return is_allowed;
}

/* A CA's certificate is not accepted from a client; OpenSSL would take it. */
static int is_ca(void)
{
    const uint8_t *at = sent[0].der;
    X509 *leaf = d2i_X509(NULL, &at, (long)sent[0].length);
    int is = leaf && (X509_check_ca(leaf) || X509_get_extension_flags(leaf) & EXFLAG_CA);

    X509_free(leaf);
    ERR_clear_error();
    return is;
}

static SSL_CTX *context_of(int version)
{
    static SSL_CTX *contexts[2];
    SSL_CTX **context = &contexts[version == TLS1_3_VERSION];
    int i;

    if (*context)
        return *context;
    for (i = 0; i < CHAIN_MOST && !stand_ins[CHAIN_MOST - 1]; i++)
        stand_ins[i] = X509_dup(keys_leaf(KEY_CA_A));
    return *context = client_context(stand_ins[0], version, 0);
}

static void add_chain(SSL_CTX *context)
{
    int i;

    SSL_CTX_clear_chain_certs(context);
    for (i = 1; i < sent_count; i++)
        SSL_CTX_add1_chain_cert(context, stand_ins[i]);
}

/* Connects, and asks for the page of each site. */
static void connect_once(client_t *client, int port, SSL_CTX *context,
                         SSL_SESSION **session, unsigned source)
{
    static const char requests[] = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
                                   "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n"
                                   "GET / HTTP/1.1\r\nHost: pin.test\r\n\r\n";
    client->length = 0;
    client->fd = server_connect(server_port(port), source);
    if (client->fd == -1)
        server_fail("no connection");
    if (client_handshake(client, context, "a.test", *session) &&
        client_send(client, requests, sizeof requests - 1)) {
        client_send_end(client);
        while (client_receive(client))
            ;
        SSL_SESSION_free(*session);
        *session = SSL_get1_session(client->ssl);
    }
}

static void check_answer(const client_t *client, unsigned how)
{
    int i;

    for (i = 0; sites[i]; i++) {
        int is_open = server_finds(sites[i], client->answer, client->length) != NULL;

        if (is_open && !may_open(sites[i]))
            server_fail("site %s is open to what proves nothing (how %#x)", sites[i],
                        how);
        /* If mod_ssl ends the handshake, there is no answer at all. */
        if (!is_open && client->length && may_open(sites[i]) && !is_ca())
            server_fail("site %s is shut to what proves it (how %#x)", sites[i], how);
    }
}

/* Whatever came before, the certificate of the zone opens it. */
static void check_canary(client_t *client, unsigned source)
{
    X509 *leaf = keys_leaf(KEY_CA_A);
    SSL_SESSION *session = NULL;
    uint8_t *at = sent[0].der;

    sent[0].length = (size_t)i2d_X509(leaf, &at);
    sent_count = 1;
    add_chain(context_of(TLS1_3_VERSION));
    connect_once(client, 0, context_of(TLS1_3_VERSION), &session, source);
    if (!server_finds("a", client->answer, client->length) ||
        !server_finds("pin", client->answer, client->length))
        server_fail("a proved request is not served: %.*s", (int)client->length,
                    client->answer);
    SSL_SESSION_free(session);
    client_close(client);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    server_start("certificates.conf", sites);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static client_t client;
    static unsigned number;
    int times, port, version;
    SSL_SESSION *session = NULL;

    if (size < 2)
        return 0;
    version = data[0] & 1 ? TLS1_3_VERSION : TLS1_2_VERSION;
    port = (data[0] >> 1 & 3) % 3;
    if (!read_chain(data[0], data + 1, size - 1))
        return 0;
    server_begin(data, size);
    add_chain(context_of(version));
    for (times = data[0] & 0x40 ? 2 : 1; times; times--) {
        connect_once(&client, port, context_of(version), &session,
                     1 + ((number & 15) << 8));
        check_answer(&client, data[0]);
        client_close(&client);
    }
    SSL_SESSION_free(session);
    server_end();
    if (++number % CANARY_EVERY == 0)
        check_canary(&client, 1);
    return 0;
}
