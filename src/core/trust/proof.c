/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of a zone. */
#include "core/trust/proof.h"

#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "apr_escape.h"
#include "apr_strings.h"

#include "core/trust/pem.h"

#define SHA256_PREFIX "sha256:"
#define SPKI_PREFIX "spki-sha256:"

enum { SECURITY_LEVEL = 2, SECURITY_BITS = 112 }; /* SSL_CTX_set_security_level(3) */
enum { SIGNERS_MOST = 4 };

static int has_prefix(const char *text, const char *prefix)
{
    return !strncasecmp(text, prefix, strlen(prefix));
}

int cfo_proof_is_pin(const char *text)
{
    return has_prefix(text, SHA256_PREFIX) || has_prefix(text, SPKI_PREFIX);
}

/* apr_unescape_hex() ignores colons anywhere: require them everywhere or nowhere. */
static int is_hex_digest(const char *text)
{
    size_t length = strlen(text), i;

    if (length == 2 * CFO_DIGEST_SIZE)
        return text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
    if (length != 3 * CFO_DIGEST_SIZE - 1)
        return 0;
    for (i = 0; i < length; i++) {
        if (i % 3 == 2 ? text[i] != ':' : !strchr("0123456789abcdefABCDEF", text[i]))
            return 0;
    }
    return 1;
}

static int read_base64(const char *text, unsigned char *digest)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789+/";
    unsigned char decoded[CFO_DIGEST_SIZE + 1]; /* the padding is decoded too */

    if (strlen(text) != 44 || strspn(text, alphabet) != 43 || text[43] != '=')
        return 0;
    if (EVP_DecodeBlock(decoded, (const unsigned char *)text, 44) != sizeof decoded)
        return 0;
    memcpy(digest, decoded, CFO_DIGEST_SIZE);
    return 1;
}

const char *cfo_proof_read_pin(apr_pool_t *p, const char *text, const cfo_proof_t **proof)
{
    cfo_proof_t *pin = apr_pcalloc(p, sizeof *pin);
    int of_key = has_prefix(text, SPKI_PREFIX);
    const char *digits = text + strlen(of_key ? SPKI_PREFIX : SHA256_PREFIX);

    pin->kind = of_key ? CFO_PROOF_SPKI : CFO_PROOF_SHA256;
    pin->source = apr_pstrdup(p, text);
    *proof = pin;
    if (is_hex_digest(digits))
        return apr_unescape_hex(pin->digest, digits, APR_ESCAPE_STRING, 1, NULL)
                   ? "not hexadecimal"
                   : NULL;
    if (of_key && read_base64(digits, pin->digest))
        return NULL;
    return apr_psprintf(p,
                        "not a SHA-256 value: %d characters after the colon; expected 64 "
                        "hexadecimal digits, or 32 pairs with colons as openssl prints "
                        "them%s",
                        (int)strlen(digits),
                        of_key ? ", or 44 characters of base64" : "");
}

/* The curve of a key, NID_undef if the key has the parameters of its curve instead of
 * their name. Read from the certificate, which needs no memory: asked for it, the key
 * would have no curve if there is none. */
static int curve_of(X509 *x509)
{
    const void *name;
    X509_ALGOR *algorithm;
    int type;

    X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(x509));
    X509_ALGOR_get0(NULL, &type, &name, algorithm);
    return type == V_ASN1_OBJECT ? OBJ_obj2nid(name) : NID_undef;
}

static int is_ec(EVP_PKEY *key)
{
    return EVP_PKEY_base_id(key) == EVP_PKEY_EC;
}

/* OpenSSL 3 requires named curves for the keys of all certificates in a chain. */
static int has_nameless_curve(X509 *x509, EVP_PKEY *key)
{
    return OPENSSL_VERSION_NUMBER >= 0x30000000L && is_ec(key) &&
           curve_of(x509) == NID_undef;
}

/* The curve whose parameters the key has; NID_undef: none that has a name, or no memory.
 */
static int curve_of_parameters(EVP_PKEY *key)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    char name[64] = "";

    EVP_PKEY_get_group_name(key, name, sizeof name, NULL);
    return OBJ_txt2nid(name);
#else
    return EC_GROUP_get_curve_name(EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(key)));
#endif
}

/* A server with OpenSSL's defaults verifies signatures of clients on these curves only;
 * on Brainpool's since 3.2, by TLS 1.3. The library asked is the one that runs. */
static int has_other_curve(X509 *x509, EVP_PKEY *key)
{
    int curve;

    if (!is_ec(key))
        return 0;
    curve = curve_of(x509);
    switch (curve != NID_undef ? curve : curve_of_parameters(key)) {
    case NID_X9_62_prime256v1:
    case NID_secp384r1:
    case NID_secp521r1:
        return 0;
    case NID_brainpoolP256r1:
    case NID_brainpoolP384r1:
    case NID_brainpoolP512r1:
        return OpenSSL_version_num() < 0x30200000L;
    default:
        return 1;
    }
}

/* The requirements of X509_verify_cert() for an issuer, except those that depend on the
 * leaf; or those of a TLS server for a client certificate. */
static const char *find_flaw(X509 *x509, int is_anchor)
{
    EVP_PKEY *key;
    const char *reason = NULL;

    ERR_set_mark();
    key = X509_get0_pubkey(x509);
    if (X509_get_extension_flags(x509) & EXFLAG_CRITICAL)
        reason = "it has a critical extension that OpenSSL does not know";
    else if (X509_check_purpose(x509, X509_PURPOSE_SSL_CLIENT, is_anchor) <= 0)
        reason = "it is not for TLS clients (keyUsage, extendedKeyUsage or nsCertType)";
    else if (!key)
        reason = "OpenSSL does not know the type of its key";
    else if (EVP_PKEY_security_bits(key) < SECURITY_BITS)
        reason = "its key is too weak (RSA needs 2048 bits, EC 224)";
    else if (is_anchor && has_nameless_curve(x509, key))
        reason = "its key has the parameters of its curve instead of their name";
    else if (!is_anchor && has_other_curve(x509, key))
        reason =
            "its key is on a curve that TLS servers do not offer by default (they do "
            "P-256, P-384 and P-521)";
    ERR_pop_to_mark();
    return reason;
}

void cfo_key_id_set(cfo_key_id_t *key_id, const ASN1_OCTET_STRING *octets)
{
    long length = ASN1_STRING_length(octets);

    memset(key_id, 0, sizeof *key_id);
    key_id->length = length;
    memcpy(key_id->bytes, ASN1_STRING_get0_data(octets),
           length < CFO_KEY_ID_MOST ? length : CFO_KEY_ID_MOST);
}

static const cfo_key_id_t *key_id_of(apr_pool_t *p, X509 *x509)
{
    const ASN1_OCTET_STRING *octets = X509_get0_subject_key_id(x509);
    cfo_key_id_t *key_id = octets ? apr_palloc(p, sizeof *key_id) : NULL;

    if (octets)
        cfo_key_id_set(key_id, octets);
    return key_id;
}

/* All that is asked without a leaf in hand is found out here. */
static const char *add_proof(apr_pool_t *p, cfo_certificate_t *certificate,
                             const char *source, apr_array_header_t *proofs)
{
    cfo_proof_t *proof = apr_pcalloc(p, sizeof *proof);

    proof->source = source;
    proof->certificate = certificate;
    proof->kind = certificate->can_issue ? CFO_PROOF_ANCHOR : CFO_PROOF_LEAF;
    memcpy(proof->digest, certificate->sha256, CFO_DIGEST_SIZE);
    proof->subject_hash = X509_subject_name_hash(certificate->x509);
    proof->unfit = find_flaw(certificate->x509, certificate->can_issue);
    if (certificate->can_issue)
        proof->key_id = key_id_of(p, certificate->x509);
    APR_ARRAY_PUSH(proofs, cfo_proof_t *) = proof;
    /* 0 is how OpenSSL says that it failed. (Of four billion names one has this hash.) */
    if (!proof->subject_hash)
        return "OpenSSL cannot digest its name";
    return cfo_certificate_pack(p, certificate) ? NULL : "out of memory";
}

const char *cfo_proof_read_pem(apr_pool_t *p, const char *pem, apr_size_t length,
                               const char *source, apr_array_header_t **proofs)
{
    apr_array_header_t *certificates;
    const char *reason = cfo_pem_read(p, pem, length, &certificates);
    int i, leaves = 0;

    for (i = 0; i < certificates->nelts; i++)
        leaves += !APR_ARRAY_IDX(certificates, i, const cfo_certificate_t *)->can_issue;
    *proofs = apr_array_make(p, certificates->nelts, sizeof(cfo_proof_t *));
    source = apr_pstrdup(p, source);
    ERR_set_mark();
    for (i = 0; !reason && i < certificates->nelts; i++) {
        cfo_certificate_t *certificate =
            APR_ARRAY_IDX(certificates, i, cfo_certificate_t *);

        if (!leaves || !certificate->can_issue)
            reason = add_proof(p, certificate, source, *proofs);
        else
            cfo_certificate_pack(p, certificate); /* it is not used */
    }
    ERR_pop_to_mark();
    if (!reason && leaves)
        APR_ARRAY_IDX(*proofs, 0, cfo_proof_t *)->ignored_cas =
            certificates->nelts - leaves;
    return reason;
}

/* Whether an error means that the anchor did not issue the leaf. Any other error means
 * that it did, but that something is wrong with the leaf or the anchor. */
static int is_no_issue(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_OUT_OF_MEM:
        return 1;
    default:
        return 0;
    }
}

/* Continues after an error about suitability, so that the signature is checked too: only
 * a certificate that the anchor really signed may be called unsuitable. This admits
 * nothing: the error stays in the context, and any error is a refusal. */
static int note_error(int ok, X509_STORE_CTX *ctx)
{
    int *first = X509_STORE_CTX_get_app_data(ctx);

    if (ok)
        return 1;
    if (is_no_issue(X509_STORE_CTX_get_error(ctx))) {
        *first = X509_STORE_CTX_get_error(ctx);
        return 0;
    }
    if (*first == X509_V_OK)
        *first = X509_STORE_CTX_get_error(ctx);
    return 1;
}

/* Prepares to verify a leaf against one anchor, and not against all of the zone: of two
 * CA certificates with the same name OpenSSL tries only one, so a rotation that keeps the
 * name would fail; and it is clear which anchor matched. Dates are compared on each
 * request. */
static int prepare(X509_STORE_CTX *ctx, STACK_OF(X509) * anchors, X509 *leaf)
{
    if (!X509_STORE_CTX_init(ctx, NULL, leaf, NULL))
        return 0;
    X509_STORE_CTX_set0_trusted_stack(ctx, anchors);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), SECURITY_LEVEL);
    return X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
}

/* Returns X509_V_OK, the first error about the leaf, or an error that shows that the
 * anchor did not issue it. */
static int verify(X509 *anchor, X509 *leaf)
{
    int first = X509_V_OK, ok = 0;
    STACK_OF(X509) * anchors;
    X509_STORE_CTX *ctx;

    ERR_set_mark();
    ctx = X509_STORE_CTX_new();
    anchors = sk_X509_new_null();
    if (ctx && anchors && sk_X509_push(anchors, anchor) && prepare(ctx, anchors, leaf) &&
        X509_STORE_CTX_set_app_data(ctx, &first)) {
        X509_STORE_CTX_set_verify_cb(ctx, note_error);
        ok = X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_free(anchors);
    ERR_pop_to_mark();
    return ok || is_no_issue(first) ? first : X509_V_ERR_UNSPECIFIED;
}

/* The anchor itself, presented as a leaf, needs no signature check. */
static int is_anchor(const cfo_proof_t *proof, const cfo_certificate_t *leaf)
{
    return !memcmp(proof->certificate->sha256, leaf->sha256, CFO_DIGEST_SIZE);
}

static int has_signed(X509 *signer, X509 *leaf)
{
    int ok;

    ERR_set_mark();
    ok = X509_verify(leaf, X509_get0_pubkey(signer)) == 1;
    ERR_pop_to_mark();
    return ok;
}

/* Whether subject and issuer of the leaf are both the name of the anchor, without key
 * identifiers, as `openssl req` makes it if the default answers are used twice. OpenSSL
 * treats it as self-signed and does not look for its issuer. */
static int may_be_namesake(X509 *anchor, X509 *leaf)
{
    return (X509_get_extension_flags(leaf) & EXFLAG_SS) &&
           !X509_NAME_cmp(X509_get_issuer_name(leaf), X509_get_subject_name(anchor));
}

/* Whether the certificate of a proof may have the name of the issuer of the leaf.
 * Strangers must not make each process decode the certificates of all zones. */
static int may_have_name(const cfo_proof_t *proof, X509 *leaf)
{
    unsigned long name;

    if (cfo_certificate_is_decoded(proof->certificate))
        return 1;
    ERR_set_mark();
    name = X509_issuer_name_hash(leaf);
    ERR_pop_to_mark();
    return !name || name == proof->subject_hash;
}

int cfo_proof_needs_signature(const cfo_proof_t *proof, const cfo_certificate_t *leaf)
{
    X509 *anchor;

    if (proof->kind != CFO_PROOF_ANCHOR || is_anchor(proof, leaf) ||
        !may_have_name(proof, leaf->x509))
        return 0;
    anchor = cfo_certificate_x509(proof->certificate);
    return !anchor || X509_check_issued(anchor, leaf->x509) == X509_V_OK ||
           may_be_namesake(anchor, leaf->x509);
}

static cfo_proof_result_t check_anchor(const cfo_proof_t *proof,
                                       const cfo_certificate_t *leaf, const char **why)
{
    X509 *anchor;
    int error;

    if (is_anchor(proof, leaf)) {
        *why =
            "it is the CA certificate of the zone itself, not one that this CA issued; if "
            "Cloudflare really presents it, pin it as sha256:...";
        return CFO_PROOF_UNSUITABLE;
    }
    if (!cfo_proof_needs_signature(proof, leaf))
        return CFO_PROOF_OTHER;
    anchor = cfo_certificate_x509(proof->certificate);
    error = anchor ? verify(anchor, leaf->x509) : X509_V_ERR_OUT_OF_MEM;
    if (error == X509_V_ERR_OUT_OF_MEM || error == X509_V_ERR_UNSPECIFIED)
        return CFO_PROOF_UNCHECKED;
    if (is_no_issue(error) && may_be_namesake(anchor, leaf->x509) &&
        has_signed(anchor, leaf->x509)) {
        *why = "its subject and issuer names are identical, so OpenSSL treats it as "
               "self-signed; reissue it with a different subject";
        return CFO_PROOF_UNSUITABLE;
    }
    if (is_no_issue(error))
        return CFO_PROOF_OTHER;
    if (error == X509_V_OK && !leaf->is_ca)
        return CFO_PROOF_HOLDS;
    *why = error == X509_V_OK ? "it is a CA certificate"
                              : X509_verify_cert_error_string(error);
    return CFO_PROOF_UNSUITABLE;
}

cfo_proof_result_t cfo_proof_check(const cfo_proof_t *proof,
                                   const cfo_certificate_t *leaf, const char **why)
{
    const unsigned char *digest =
        proof->kind == CFO_PROOF_SPKI ? leaf->spki_sha256 : leaf->sha256;
    const char *unused;

    if (proof->kind == CFO_PROOF_ANCHOR)
        return check_anchor(proof, leaf, why ? why : &unused);
    return memcmp(proof->digest, digest, CFO_DIGEST_SIZE) ? CFO_PROOF_OTHER
                                                          : CFO_PROOF_HOLDS;
}

const char *cfo_proof_unfit(const cfo_proof_t *proof)
{
    return proof->unfit;
}

const char *cfo_leaf_unfit(const cfo_certificate_t *leaf)
{
    return find_flaw(leaf->x509, 0);
}

const char *cfo_proof_unfit_at(const cfo_proof_t *proof, apr_time_t now)
{
    const char *unfit = cfo_proof_unfit(proof);

    if (unfit || !proof->certificate)
        return unfit;
    if (proof->certificate->not_after < now)
        return "it has expired";
    return proof->certificate->not_before > now ? "it is not valid yet" : NULL;
}

/* A leaf with the same key is a reissue that signed itself. */
static int may_have_signed(const cfo_proof_t *proof, const cfo_certificate_t *leaf)
{
    return proof->kind == CFO_PROOF_LEAF && may_have_name(proof, leaf->x509) &&
           memcmp(proof->certificate->spki_sha256, leaf->spki_sha256, CFO_DIGEST_SIZE);
}

const cfo_proof_t *cfo_proof_signer(const apr_array_header_t *proofs,
                                    const cfo_certificate_t *leaf)
{
    int i, left = SIGNERS_MOST;

    for (i = 0; i < proofs->nelts && left > 0; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(proofs, i, const cfo_proof_t *);
        X509 *pinned = may_have_signed(proof, leaf)
                           ? cfo_certificate_x509(proof->certificate)
                           : NULL;

        if (!pinned || X509_NAME_cmp(X509_get_subject_name(pinned),
                                     X509_get_issuer_name(leaf->x509)))
            continue;
        if (has_signed(pinned, leaf->x509))
            return proof;
        left--;
    }
    return NULL;
}
