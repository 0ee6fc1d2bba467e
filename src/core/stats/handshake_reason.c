/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes that end because of the client's certificate. */
#include "core/stats/handshake_reason.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "apr_strings.h"

#include "core/base/text.h"

/* RFC 8879; OpenSSL has the name since 3.2. */
enum { COMPRESSED_CERTIFICATE = 25 };

static const char *const names[CFO_HANDSHAKE_COUNT] = {
    [CFO_HANDSHAKE_CERT_MISSING] = "cert-missing",
    [CFO_HANDSHAKE_CERT_UNKNOWN] = "cert-unknown",
    [CFO_HANDSHAKE_CERT_EXPIRED] = "cert-expired",
    [CFO_HANDSHAKE_CERT_NOT_YET_VALID] = "cert-not-yet-valid",
    [CFO_HANDSHAKE_CERT_UNSUITABLE] = "cert-unsuitable",
    [CFO_HANDSHAKE_OTHER] = "other",
};

const char *cfo_handshake_name(cfo_handshake_t reason)
{
    return names[reason];
}

static int is_about_certificate(const cfo_handshake_state_t *state, int alert)
{
    return alert != SSL_AD_UNEXPECTED_MESSAGE &&
           (state->message == SSL3_MT_CERTIFICATE ||
            state->message == COMPRESSED_CERTIFICATE ||
            state->message == SSL3_MT_CERTIFICATE_VERIFY);
}

static cfo_step_t see_sent(cfo_handshake_state_t *state, int type,
                           const unsigned char *bytes, apr_size_t size)
{
    if (type != SSL3_RT_ALERT || size != 2 || bytes[0] != SSL3_AL_FATAL ||
        !is_about_certificate(state, bytes[1]))
        return CFO_STEP_GOES_ON;
    state->alert = bytes[1];
    state->is_key_missing = state->message == SSL3_MT_CERTIFICATE_VERIFY;
    return CFO_STEP_ENDED;
}

cfo_step_t cfo_handshake_see(cfo_handshake_state_t *state, int is_sent, int type,
                             const void *data, apr_size_t size)
{
    const unsigned char *bytes = data;

    if (is_sent)
        return see_sent(state, type, bytes, size);
    /* The next record: what is wrong with that is not the certificate's fault. */
    if (type == SSL3_RT_HEADER)
        state->message = 0;
    if (type != SSL3_RT_HANDSHAKE || !size)
        return CFO_STEP_GOES_ON;
    state->message = bytes[0];
    return state->message == SSL3_MT_FINISHED ? CFO_STEP_FINISHED : CFO_STEP_GOES_ON;
}

#define UPLOAD "and upload it to Cloudflare"

static const char issuer[] =
    "mod_ssl needs the CA that issued it (with keyCertSign, if it has a keyUsage), and "
    "every CA above, in SSLCACertificateFile; under SSLVerifyClient optional_no_ca the "
    "zone's proofs are enough";
static const char root[] =
    "SSLCACertificateFile has a CA above it, but not the CA that issued that one: add "
    "every CA up to the root";
static const char other_key[] =
    "SSLCACertificateFile has a CA of its issuer's name that did not sign it: put the one "
    "there that did";
static const char strange_key[] =
    "the key of a CA above it is none that OpenSSL can use: issue one by another CA, "
    "put that into SSLCACertificateFile, " UPLOAD;
static const char purpose[] =
    "issue one for TLS clients, by a CA that may issue such, " UPLOAD;
static const char rejected[] =
    "a TRUSTED CERTIFICATE in SSLCACertificateFile rejects TLS clients: put the plain "
    "certificate there (openssl x509 -clrtrust -clrreject)";
static const char weak[] =
    "issue one with a key of RSA 2048 or P-256 at least and signed with SHA-256, by a CA "
    "of which the same is true, " UPLOAD;
static const char forbidden[] =
    "a CA above it was not made to issue it (CA:TRUE, keyCertSign, pathlen, "
    "nameConstraints): issue one by a CA that was, " UPLOAD;
static const char malformed[] =
    "issue one without extensions or dates that OpenSSL objects to, " UPLOAD;
static const char revoked[] = "if that is right, upload another one to Cloudflare";
static const char lists[] =
    "look at SSLCARevocationCheck, SSLCARevocationFile and SSLCARevocationPath: "
    "each CA needs a CRL that is in date";
static const char responder[] =
    "AH lines of mod_ssl near this one say more: look at SSLOCSPEnable and at the OCSP "
    "responder, which needs SSLCACertificateFile to have the CA";
static const char depth[] =
    "if AH02040 stands near this line, its chain is longer than SSLVerifyDepth: say "
    "SSLVerifyDepth 3";
static const char suite_b[] =
    "SSLCipherSuite asks for Suite B: issue one with a key of P-256 or P-384, by a CA that "
    "has such a key, " UPLOAD;
static const char store[] = "look at SSLCACertificatePath: it cannot be searched";
static const char other[] = "mod_ssl says more at LogLevel ssl:info";

typedef struct {
    int error;
    cfo_handshake_t reason;
    const char *remedy;
} meaning_t;

#define UNKNOWN CFO_HANDSHAKE_CERT_UNKNOWN
#define UNSUITABLE CFO_HANDSHAKE_CERT_UNSUITABLE
#define OTHER CFO_HANDSHAKE_OTHER

/* Of OpenSSL's errors, as 1.1.1, 3.0 to 3.5 and some later ones have them; what is not
 * here is "other", and mod_ssl's to explain. */
static const meaning_t meanings[] = {
    { X509_V_ERR_UNSPECIFIED, OTHER, depth },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, UNKNOWN, root },
    { X509_V_ERR_UNABLE_TO_GET_CRL, OTHER, lists },
    { X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, UNKNOWN, other_key },
    { X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, OTHER, lists },
    { X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, UNKNOWN, strange_key },
    { X509_V_ERR_CERT_SIGNATURE_FAILURE, UNKNOWN, other_key },
    { X509_V_ERR_CRL_SIGNATURE_FAILURE, OTHER, lists },
    { X509_V_ERR_CERT_NOT_YET_VALID, CFO_HANDSHAKE_CERT_NOT_YET_VALID, other },
    { X509_V_ERR_CERT_HAS_EXPIRED, CFO_HANDSHAKE_CERT_EXPIRED, other },
    { X509_V_ERR_CRL_NOT_YET_VALID, OTHER, lists },
    { X509_V_ERR_CRL_HAS_EXPIRED, OTHER, lists },
    { X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, UNSUITABLE, malformed },
    { X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, UNSUITABLE, malformed },
    { X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, OTHER, lists },
    { X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, OTHER, lists },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, UNKNOWN, issuer },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, UNKNOWN, issuer },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, UNKNOWN, issuer },
    { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, UNKNOWN, issuer },
    { X509_V_ERR_CERT_CHAIN_TOO_LONG, OTHER, depth },
    { X509_V_ERR_CERT_REVOKED, OTHER, revoked },
    { X509_V_ERR_PATH_LENGTH_EXCEEDED, UNSUITABLE, forbidden },
    { X509_V_ERR_INVALID_PURPOSE, UNSUITABLE, purpose },
    { X509_V_ERR_CERT_UNTRUSTED, UNKNOWN, issuer },
    { X509_V_ERR_CERT_REJECTED, UNSUITABLE, rejected },
    { X509_V_ERR_SUBJECT_ISSUER_MISMATCH, UNKNOWN, other_key },
    { X509_V_ERR_AKID_SKID_MISMATCH, UNKNOWN, other_key },
    { X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH, UNKNOWN, other_key },
    { X509_V_ERR_KEYUSAGE_NO_CERTSIGN, UNSUITABLE, forbidden },
    { X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, OTHER, lists },
    { X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, UNSUITABLE, malformed },
    { X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, OTHER, lists },
    { X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, OTHER, lists },
    { X509_V_ERR_INVALID_NON_CA, UNSUITABLE, malformed },
    { X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED, UNSUITABLE, forbidden },
    { X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, UNSUITABLE, purpose },
    { X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, UNSUITABLE, malformed },
    { X509_V_ERR_INVALID_EXTENSION, UNSUITABLE, malformed },
    { X509_V_ERR_INVALID_POLICY_EXTENSION, UNSUITABLE, malformed },
    { X509_V_ERR_NO_EXPLICIT_POLICY, UNSUITABLE, malformed },
    { X509_V_ERR_DIFFERENT_CRL_SCOPE, OTHER, lists },
    { X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE, UNSUITABLE, malformed },
    { X509_V_ERR_UNNESTED_RESOURCE, UNSUITABLE, forbidden },
    { X509_V_ERR_PERMITTED_VIOLATION, UNSUITABLE, forbidden },
    { X509_V_ERR_EXCLUDED_VIOLATION, UNSUITABLE, forbidden },
    { X509_V_ERR_SUBTREE_MINMAX, UNSUITABLE, forbidden },
    { X509_V_ERR_APPLICATION_VERIFICATION, OTHER, responder },
    { X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, UNSUITABLE, forbidden },
    { X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, UNSUITABLE, forbidden },
    { X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, UNSUITABLE, forbidden },
    { X509_V_ERR_CRL_PATH_VALIDATION_ERROR, OTHER, lists },
    { X509_V_ERR_PATH_LOOP, UNKNOWN, other },
    { X509_V_ERR_SUITE_B_INVALID_VERSION, UNSUITABLE, suite_b },
    { X509_V_ERR_SUITE_B_INVALID_ALGORITHM, UNSUITABLE, suite_b },
    { X509_V_ERR_SUITE_B_INVALID_CURVE, UNSUITABLE, suite_b },
    { X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM, UNSUITABLE, suite_b },
    { X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED, UNSUITABLE, suite_b },
    { X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256, UNSUITABLE, suite_b },
    { X509_V_ERR_EE_KEY_TOO_SMALL, UNSUITABLE, weak },
    { X509_V_ERR_CA_KEY_TOO_SMALL, UNSUITABLE, weak },
    { X509_V_ERR_CA_MD_TOO_WEAK, UNSUITABLE, weak },
    { X509_V_ERR_STORE_LOOKUP, OTHER, store },
    { X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION, UNSUITABLE, malformed },
    { X509_V_ERR_OCSP_VERIFY_NEEDED, OTHER, responder },
    { X509_V_ERR_OCSP_VERIFY_FAILED, OTHER, responder },
    { X509_V_ERR_OCSP_CERT_UNKNOWN, OTHER, responder },
    { X509_V_ERR_INVALID_CA, UNSUITABLE, forbidden },
#ifdef X509_V_ERR_NO_ISSUER_PUBLIC_KEY /* late 1.1.1 */
    { X509_V_ERR_NO_ISSUER_PUBLIC_KEY, UNKNOWN, strange_key },
    { X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, UNSUITABLE, weak },
    { X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, UNSUITABLE, malformed },
#endif
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    { X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, UNSUITABLE, malformed },
    { X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, UNSUITABLE, malformed },
    { X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, UNSUITABLE, malformed },
    { X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, UNSUITABLE, malformed },
    { X509_V_ERR_ISSUER_NAME_EMPTY, UNSUITABLE, malformed },
    { X509_V_ERR_SUBJECT_NAME_EMPTY, UNSUITABLE, malformed },
    { X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER, UNSUITABLE, malformed },
    { X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, UNSUITABLE, malformed },
    { X509_V_ERR_EMPTY_SUBJECT_ALT_NAME, UNSUITABLE, malformed },
    { X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, UNSUITABLE, malformed },
    { X509_V_ERR_CA_BCONS_NOT_CRITICAL, UNSUITABLE, malformed },
    { X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL, UNSUITABLE, malformed },
    { X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL, UNSUITABLE, malformed },
    { X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, UNSUITABLE, malformed },
    { X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3, UNSUITABLE, malformed },
#endif
#ifdef X509_V_ERR_EC_KEY_EXPLICIT_PARAMS
    { X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, UNSUITABLE, weak },
#endif
#ifdef X509_V_ERR_OCSP_RESP_INVALID
    { X509_V_ERR_OCSP_RESP_INVALID, OTHER, responder },
    { X509_V_ERR_OCSP_SIGNATURE_FAILURE, OTHER, responder },
    { X509_V_ERR_OCSP_NOT_YET_VALID, OTHER, responder },
    { X509_V_ERR_OCSP_HAS_EXPIRED, OTHER, responder },
    { X509_V_ERR_OCSP_NO_RESPONSE, OTHER, responder },
#endif
};

static const meaning_t *meaning_of(int error)
{
    static const meaning_t unheard_of = { 0, OTHER, other };
    apr_size_t i;

    for (i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].error == error)
            return &meanings[i];
    }
    return &unheard_of;
}

/* TLS 1.2 and older have no alert of its own for it; what they have, OpenSSL also sends
 * after a verification. In a session that is resumed there was no alert. */
static int is_missing(const cfo_handshake_state_t *state, int error)
{
    if (state->alert == SSL_AD_CERTIFICATE_REQUIRED)
        return 1;
    return (!state->alert || state->alert == SSL_AD_HANDSHAKE_FAILURE) &&
           !state->is_key_missing && !state->leaf && error == X509_V_OK;
}

cfo_handshake_t cfo_handshake_reason(const cfo_handshake_state_t *state, int error)
{
    if (is_missing(state, error))
        return CFO_HANDSHAKE_CERT_MISSING;
    return state->is_key_missing ? OTHER : meaning_of(error)->reason;
}

/* An error of a date is the leaf's or that of a CA above, which mod_ssl has or the peer
 * sent. */
static const char *hint_expired(apr_pool_t *p, const cfo_certificate_t *leaf,
                                apr_time_t now)
{
    if (!leaf)
        return "it or a CA certificate above it has expired: renew it";
    if (now > leaf->not_after)
        return apr_psprintf(p, "it expired at %s: upload a new one to Cloudflare",
                            cfo_text_time(p, leaf->not_after));
    return "a CA certificate above it has expired: renew it, in SSLCACertificateFile as "
           "well";
}

static const char *hint_early(apr_pool_t *p, const cfo_certificate_t *leaf,
                              apr_time_t now)
{
    if (!leaf)
        return "it or a CA certificate above it is not valid yet: is the clock right?";
    if (now < leaf->not_before)
        return apr_psprintf(p, "it is valid from %s on: is the clock right?",
                            cfo_text_time(p, leaf->not_before));
    return "a CA certificate above it is not valid yet: is the clock right?";
}

static const char *hint_error(apr_pool_t *p, const cfo_handshake_state_t *state,
                              int error)
{
    const char *words, *remedy;

    /* mod_ssl's own number, lest the client be told that its certificate has expired. */
    if (error == -1)
        error = X509_V_ERR_CRL_HAS_EXPIRED;
    words = X509_verify_cert_error_string(error);
    remedy = meaning_of(error)->remedy;
    /* Under optional_no_ca an unknown issuer does not end the handshake, but what mod_ssl
     * ended it for instead leaves no other error. */
    if (remedy == issuer && state->chain_length > 2)
        return apr_psprintf(p, "%s: %s; %s", words, issuer, depth);
    return apr_psprintf(p, "%s: %s", words, remedy);
}

const char *cfo_handshake_hint(apr_pool_t *p, cfo_handshake_t reason,
                               const cfo_handshake_state_t *state, int error,
                               const cfo_certificate_t *leaf, apr_time_t now)
{
    switch (reason) {
    case CFO_HANDSHAKE_CERT_MISSING:
        return "SSLVerifyClient require admits no client without a certificate: switch "
               "Authenticated Origin Pulls on for this zone or host name; under "
               "optional_no_ca the module refuses such requests itself";
    case CFO_HANDSHAKE_CERT_EXPIRED:
        return hint_expired(p, leaf, now);
    case CFO_HANDSHAKE_CERT_NOT_YET_VALID:
        return hint_early(p, leaf, now);
    default:
        break;
    }
    if (state->is_key_missing)
        return "the client did not prove that it has the certificate's key";
    if (error == X509_V_OK)
        return "the certificate could not be read; mod_ssl says more at LogLevel ssl:info";
    return hint_error(p, state, error);
}
