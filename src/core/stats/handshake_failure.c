/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes that fail because of the client's certificate. */
#include "core/stats/handshake_failure.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "apr_strings.h"

#include "core/base/text.h"

/* RFC 8879; OpenSSL has had the name since 3.2. */
enum { COMPRESSED_CERTIFICATE = 25 };

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
    /* The next record: an error in it is not about the certificate. */
    if (type == SSL3_RT_HEADER)
        state->message = 0;
    if (type != SSL3_RT_HANDSHAKE || !size)
        return CFO_STEP_GOES_ON;
    state->message = bytes[0];
    return state->message == SSL3_MT_FINISHED ? CFO_STEP_FINISHED : CFO_STEP_GOES_ON;
}

#define UPLOAD "and upload it to Cloudflare"
#define UPLOAD_IT "and upload the certificate to Cloudflare"

static const char issuer[] =
    "mod_ssl needs the CA that issued it (with keyCertSign, if it has a keyUsage), and "
    "every CA above, in SSLCACertificateFile; under SSLVerifyClient optional_no_ca the "
    "zone's proofs are enough";
static const char root[] =
    "SSLCACertificateFile has a CA above it, but not the CA that issued that CA: add "
    "every CA up to the root";
static const char other_key[] =
    "SSLCACertificateFile has a CA with its issuer's name that did not sign it: add the CA "
    "that did";
static const char strange_key[] =
    "OpenSSL cannot use the key of a CA above it: issue a certificate from another CA, put "
    "that CA into SSLCACertificateFile, " UPLOAD_IT;
static const char purpose[] =
    "issue a certificate for TLS clients, from a CA that may issue such, " UPLOAD;
static const char rejected[] =
    "a TRUSTED CERTIFICATE in SSLCACertificateFile rejects TLS clients: put the plain "
    "certificate there (openssl x509 -clrtrust -clrreject)";
static const char weak[] =
    "issue a certificate with a key of at least RSA 2048 or P-256 and a SHA-256 signature, "
    "from a CA that has the same, " UPLOAD;
static const char forbidden[] =
    "a CA above it may not issue it (CA:TRUE, keyCertSign, pathlen, nameConstraints): "
    "issue a certificate from a CA that may, " UPLOAD;
static const char malformed[] =
    "issue a certificate without the extension or date that OpenSSL rejects, " UPLOAD;
static const char revoked[] =
    "if that is right, upload another certificate to Cloudflare";
static const char lists[] =
    "check SSLCARevocationCheck, SSLCARevocationFile and SSLCARevocationPath: "
    "each CA needs a CRL that has not expired";
static const char responder[] =
    "see the AH lines of mod_ssl near this one: check SSLOCSPEnable and the OCSP "
    "responder, whose CA must be in SSLCACertificateFile";
static const char depth[] =
    "if AH02040 is near this line, its chain is longer than SSLVerifyDepth: set "
    "SSLVerifyDepth 3";
static const char suite_b[] =
    "SSLCipherSuite requires Suite B: issue a certificate with a key of P-256 or P-384, "
    "from a CA that has such a key, " UPLOAD;
static const char store[] = "check SSLCACertificatePath: it cannot be searched";
static const char other[] = "LogLevel ssl:info makes mod_ssl log more";

typedef struct {
    int error;
    cfo_handshake_t reason;
    const char *remedy;
} meaning_t;

#define UNKNOWN CFO_HANDSHAKE_CERT_UNKNOWN
#define UNSUITABLE CFO_HANDSHAKE_CERT_UNSUITABLE
#define OTHER CFO_HANDSHAKE_OTHER

/* The errors of OpenSSL 1.1.1, 3.0 to 3.5 and some later ones. Any other error is
 * "other"; mod_ssl explains it. */
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
    static const meaning_t unknown_error = { 0, OTHER, other };
    apr_size_t i;

    for (i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].error == error)
            return &meanings[i];
    }
    return &unknown_error;
}

/* TLS 1.2 and older have no alert for this alone; OpenSSL also sends theirs after a
 * failed verification. A resumed session ends without an alert. */
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

/* A date error is about the leaf or about a CA above it, from mod_ssl's files or from the
 * peer. */
static const char *hint_expired(apr_pool_t *p, const cfo_certificate_t *leaf,
                                apr_time_t now)
{
    if (!leaf)
        return "it or a CA certificate above it has expired: renew it";
    if (now > leaf->not_after)
        return apr_psprintf(p, "it expired at %s: upload a new one to Cloudflare",
                            cfo_text_time(p, leaf->not_after));
    return "a CA certificate above it has expired: renew it, also in SSLCACertificateFile";
}

static const char *hint_early(apr_pool_t *p, const cfo_certificate_t *leaf,
                              apr_time_t now)
{
    if (!leaf)
        return "it or a CA certificate above it is not valid yet: is the clock right?";
    if (now < leaf->not_before)
        return apr_psprintf(p, "it is valid from %s: is the clock right?",
                            cfo_text_time(p, leaf->not_before));
    return "a CA certificate above it is not valid yet: is the clock right?";
}

static const char *hint_error(apr_pool_t *p, const cfo_handshake_state_t *state,
                              int error)
{
    const char *words, *remedy;

    /* mod_ssl replaces the number, so that its alert does not claim that the certificate
     * has expired. */
    if (error == -1)
        error = X509_V_ERR_CRL_HAS_EXPIRED;
    words = X509_verify_cert_error_string(error);
    remedy = meaning_of(error)->remedy;
    /* Under optional_no_ca an unknown issuer does not end the handshake; the depth may,
     * and then this error is all that is left. */
    if (remedy == issuer && state->chain_length > 2)
        return apr_psprintf(p, "%s: %s; %s", words, issuer, depth);
    return apr_psprintf(p, "%s: %s", words, remedy);
}

/* OpenSSL does not check a signature of a kind, or by a key on a curve, that it was not
 * configured to accept. */
static const char *hint_key(const cfo_handshake_state_t *state)
{
    if (state->alert == SSL_AD_DECRYPT_ERROR)
        return "the client did not prove that it has the certificate's key";
    return "mod_ssl does not accept signatures of this kind or by such a key: issue one "
           "with a key of RSA 2048 or P-256, and upload it to Cloudflare; check "
           "SSLOpenSSLConfCmd, if it is set";
}

const char *cfo_handshake_hint(apr_pool_t *p, cfo_handshake_t reason,
                               const cfo_handshake_state_t *state, int error,
                               const cfo_certificate_t *leaf, apr_time_t now)
{
    switch (reason) {
    case CFO_HANDSHAKE_CERT_MISSING:
        return "SSLVerifyClient require admits no client without a certificate: turn on "
               "Authenticated Origin Pulls for this zone or host name; under "
               "optional_no_ca the module refuses such requests itself";
    case CFO_HANDSHAKE_CERT_EXPIRED:
        return hint_expired(p, leaf, now);
    case CFO_HANDSHAKE_CERT_NOT_YET_VALID:
        return hint_early(p, leaf, now);
    default:
        break;
    }
    if (state->is_key_missing)
        return hint_key(state);
    if (error == X509_V_OK)
        return "the certificate could not be read; LogLevel ssl:info makes mod_ssl log more";
    return hint_error(p, state, error);
}
