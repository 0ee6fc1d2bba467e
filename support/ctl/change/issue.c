/* SPDX-License-Identifier: Apache-2.0 */
/* Makes CAs and leaves for Authenticated Origin Pulls. */
#include "ctl/change/issue.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "apr_escape.h"
#include "apr_strings.h"

#include "ctl/change/issue_pem.h"

enum { SERIAL_SIZE = 16, NAME_SIZE = 64 /* ub-common-name */, MARK_SIZE = 4 };
enum { DAY = 86400, BACKDATED = 90 * DAY, DAYS_MOST = 36500 };

/* A certificate that is being made. */
typedef struct {
    apr_pool_t *p;
    const char *subject;
    const cfo_issued_t *ca; /* NULL: it signs itself */
    int days;
    EVP_PKEY *key;
    X509 *x509;
} draft_t;

/* NULL if `ok`; else what OpenSSL says. */
static const char *check(apr_pool_t *p, int ok)
{
    const char *reason =
        ok ? NULL : apr_pstrcat(p, "OpenSSL: ", cfo_openssl_reason(p), NULL);

    ERR_clear_error();
    return reason;
}

static apr_status_t free_key(void *key)
{
    EVP_PKEY_free(key); /* which cleanses it */
    return APR_SUCCESS;
}

static int make_key(EVP_PKEY_CTX *context, int bits, EVP_PKEY **key)
{
    int ok = context && EVP_PKEY_keygen_init(context) == 1;

    if (ok && bits)
        ok = EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1;
    else if (ok)
        ok = EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1 &&
             EVP_PKEY_CTX_set_ec_param_enc(context, OPENSSL_EC_NAMED_CURVE) == 1;
    return ok && EVP_PKEY_keygen(context, key) == 1;
}

const char *cfo_issue_key(apr_pool_t *p, const char *type, EVP_PKEY **key)
{
    int bits = !strcmp(type, "rsa4096") ? 4096 : !strcmp(type, "rsa2048") ? 2048 : 0;
    EVP_PKEY_CTX *context;
    const char *reason;

    if (!bits && strcmp(type, "p256"))
        return apr_psprintf(p, "a key type is rsa4096, rsa2048 or p256");
    *key = NULL;
    context = EVP_PKEY_CTX_new_id(bits ? EVP_PKEY_RSA : EVP_PKEY_EC, NULL);
    reason = check(p, make_key(context, bits, key));
    EVP_PKEY_CTX_free(context);
    if (!reason)
        apr_pool_cleanup_register(p, *key, free_key, apr_pool_cleanup_null);
    return reason;
}

static int set_serial(X509 *x509)
{
    unsigned char bytes[SERIAL_SIZE];
    BIGNUM *number;
    int ok = RAND_bytes(bytes, sizeof bytes) == 1;

    bytes[0] =
        (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and of this length */
    number = ok ? BN_bin2bn(bytes, sizeof bytes, NULL) : NULL;
    ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return ok;
}

static int set_names(const draft_t *draft)
{
    X509_NAME *name = X509_get_subject_name(draft->x509);
    X509 *issuer = draft->ca ? cfo_certificate_x509(draft->ca->certificate) : draft->x509;

    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)draft->subject, -1, -1,
                                      0) == 1 &&
           issuer &&
           X509_set_issuer_name(draft->x509, X509_get_subject_name(issuer)) == 1;
}

/* From `now`, since a time_t may end in 2038, and CAs do not. */
static int set_date(ASN1_TIME *date, time_t now, apr_int64_t seconds)
{
    apr_int64_t distance = seconds - (apr_int64_t)now;

    return ASN1_TIME_adj(date, now, (int)(distance / DAY), (long)(distance % DAY)) !=
           NULL;
}

/* From three months ago: if this host's clock is ahead, the origins would refuse what is
 * valid from now only, after it was uploaded. (A clock that is off by more than that
 * cannot reach the API, whose own certificate is checked.) Within the life of the CA. */
static int set_dates(const draft_t *draft)
{
    const time_t now = time(NULL);
    apr_int64_t from = (apr_int64_t)now - BACKDATED;
    apr_int64_t until = (apr_int64_t)now + (apr_int64_t)draft->days * DAY;

    if (draft->ca) {
        const cfo_certificate_t *ca = draft->ca->certificate;

        if (from < apr_time_sec(ca->not_before))
            from = apr_time_sec(ca->not_before);
        if (until > apr_time_sec(ca->not_after))
            until = apr_time_sec(ca->not_after);
    }
    return set_date(X509_getm_notBefore(draft->x509), now, from) &&
           set_date(X509_getm_notAfter(draft->x509), now, until);
}

static int add_extension(const draft_t *draft, X509V3_CTX *context, int nid,
                         const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    int ok = extension && X509_add_ext(draft->x509, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return ok;
}

static int add_extensions(const draft_t *draft)
{
    X509 *issuer = draft->ca ? cfo_certificate_x509(draft->ca->certificate) : draft->x509;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, draft->x509, NULL, NULL, 0);
    if (!draft->ca)
        return add_extension(draft, &context, NID_basic_constraints,
                             "critical,CA:TRUE,pathlen:0") &&
               add_extension(draft, &context, NID_key_usage,
                             "critical,keyCertSign,cRLSign") &&
               add_extension(draft, &context, NID_subject_key_identifier, "hash");
    return add_extension(draft, &context, NID_basic_constraints, "CA:FALSE") &&
           add_extension(draft, &context, NID_subject_key_identifier, "hash") &&
           add_extension(draft, &context, NID_authority_key_identifier, "keyid");
}

/* Ed25519 and Ed448, of a CA that was given, have a digest of their own. */
static const EVP_MD *digest_for(const EVP_PKEY *key)
{
    int type = EVP_PKEY_base_id(key);

    return type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448 ? NULL : EVP_sha256();
}

static int fill_in(const draft_t *draft)
{
    EVP_PKEY *signer = draft->ca ? draft->ca->key : draft->key;

    return X509_set_version(draft->x509, 2) == 1 && set_serial(draft->x509) &&
           set_names(draft) && set_dates(draft) &&
           X509_set_pubkey(draft->x509, draft->key) == 1 && add_extensions(draft) &&
           X509_sign(draft->x509, signer, digest_for(signer)) > 0;
}

/* Reads what was made as everybody else will. */
static const char *issue(draft_t *draft, cfo_issued_t *issued)
{
    cfo_certificate_t *certificate = NULL;
    const char *reason;

    if (draft->days < 1 || draft->days > DAYS_MOST)
        return "a certificate is valid for 1 to 36,500 days";
    draft->x509 = X509_new();
    reason = check(draft->p, draft->x509 && fill_in(draft));
    if (!reason)
        reason = cfo_issue_pem(draft->p, draft->x509, &issued->pem);
    X509_free(draft->x509);
    if (!reason)
        reason = cfo_certificate_read(draft->p, issued->pem, strlen(issued->pem),
                                      &certificate);
    issued->certificate = certificate;
    issued->key = draft->key;
    return reason;
}

/* A common name has 64 characters at most: a longer one is cut at its beginning, where
 * names of hosts differ less than at their ends from those of other zones. `what` makes
 * it unique. */
static const char *subject_of(apr_pool_t *p, const char *name, const char *what)
{
    const apr_size_t room = NAME_SIZE - strlen(what) - 1, length = strlen(name);

    return apr_pstrcat(p, length > room ? name + length - room : name, " ", what, NULL);
}

static const char *mark(apr_pool_t *p, const char *what, const char **text)
{
    unsigned char bytes[MARK_SIZE];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return check(p, 0);
    *text = apr_pstrcat(p, what, " ", apr_pescape_hex(p, bytes, sizeof bytes, 0), NULL);
    return NULL;
}

const char *cfo_issue_ca(apr_pool_t *p, const char *name, const char *key_type, int days,
                         cfo_issued_t *ca)
{
    draft_t draft = { .p = p, .days = days };
    const char *what = "", *reason = mark(p, "origin pull CA", &what);

    if (!reason)
        reason = cfo_issue_key(p, key_type, &draft.key);
    if (reason)
        return reason;
    draft.subject = subject_of(p, name, what);
    return issue(&draft, ca);
}

const char *cfo_issue_leaf(apr_pool_t *p, const char *name, const char *key_type,
                           int days, const cfo_issued_t *ca, cfo_issued_t *leaf)
{
    draft_t draft = { .p = p, .days = days, .ca = ca };
    const char *what = "", *reason = mark(p, "origin pull", &what);

    if (!ca->certificate->can_issue)
        return "the CA certificate is none: basicConstraints CA:TRUE is missing, or its "
               "keyUsage forbids it";
    if (ca->certificate->not_after <= apr_time_now())
        return "the CA certificate has expired";
    if (!reason)
        reason = cfo_issue_key(p, key_type, &draft.key);
    if (reason)
        return reason;
    draft.subject = subject_of(p, name, what);
    return issue(&draft, leaf);
}
