/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes that end because of the client's certificate. */
#include "handshake.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "apr_strings.h"

#include "text.h"

/* RFC 8879; OpenSSL has the name since 3.2. */
enum { COMPRESSED_CERTIFICATE = 25 };

enum { HEADER = 4 };

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

/* What is left of a message. */
typedef struct {
    const unsigned char *at;
    apr_size_t left;
} rest_t;

/* Takes a vector with a length of `width` bytes before it. */
static int take(rest_t *rest, int width, rest_t *vector)
{
    apr_size_t length = 0;

    if (rest->left < (apr_size_t)width)
        return 0;
    for (rest->left -= width; width; width--)
        length = length << 8 | *rest->at++;
    if (length > rest->left)
        return 0;
    *vector = (rest_t){ rest->at, length };
    rest->at += length;
    rest->left -= length;
    return 1;
}

cfo_presented_t cfo_handshake_read(const unsigned char *message, apr_size_t size,
                                   int is_tls13, const unsigned char **leaf,
                                   apr_size_t *leaf_size)
{
    rest_t rest, body, context, list, first;

    if (!size || *message != SSL3_MT_CERTIFICATE)
        return CFO_PRESENTED_UNKNOWN;
    rest = (rest_t){ message + 1, size - 1 };
    if (!take(&rest, 3, &body) || (is_tls13 && !take(&body, 1, &context)) ||
        !take(&body, 3, &list))
        return CFO_PRESENTED_UNKNOWN;
    if (!list.left)
        return CFO_PRESENTED_NONE;
    if (!take(&list, 3, &first) || !first.left)
        return CFO_PRESENTED_UNKNOWN;
    *leaf = first.at;
    *leaf_size = first.left;
    return CFO_PRESENTED_LEAF;
}

static void keep_leaf(cfo_handshake_state_t *state, int version,
                      const unsigned char *message, apr_size_t size)
{
    const unsigned char *leaf;
    apr_size_t leaf_size;

    state->presented =
        cfo_handshake_read(message, size, version == TLS1_3_VERSION, &leaf, &leaf_size);
    if (state->presented != CFO_PRESENTED_LEAF || leaf_size > CFO_HANDSHAKE_LEAF_MOST)
        return;
    state->leaf = apr_pmemdup(state->pool, leaf, leaf_size);
    state->leaf_size = (long)leaf_size;
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

cfo_step_t cfo_handshake_see(cfo_handshake_state_t *state, int is_sent, int version,
                             int type, const void *data, apr_size_t size)
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
    if (state->message == SSL3_MT_CERTIFICATE)
        keep_leaf(state, version, bytes, size);
    return state->message == SSL3_MT_FINISHED ? CFO_STEP_FINISHED : CFO_STEP_GOES_ON;
}

static cfo_handshake_t reason_of(int error)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return CFO_HANDSHAKE_CERT_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return CFO_HANDSHAKE_CERT_NOT_YET_VALID;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_INVALID_CA:
        return CFO_HANDSHAKE_CERT_UNKNOWN;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
    case X509_V_ERR_INVALID_EXTENSION:
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return CFO_HANDSHAKE_CERT_UNSUITABLE;
    default:
        return CFO_HANDSHAKE_OTHER;
    }
}

cfo_handshake_t cfo_handshake_reason(const cfo_handshake_state_t *state, int error)
{
    if (state->presented == CFO_PRESENTED_NONE ||
        state->alert == SSL_AD_CERTIFICATE_REQUIRED)
        return CFO_HANDSHAKE_CERT_MISSING;
    return state->is_key_missing ? CFO_HANDSHAKE_OTHER : reason_of(error);
}

/* An error of a date is the leaf's or that of a CA above, which mod_ssl has or the peer
 * sent. */
static const char *hint_expired(apr_pool_t *p, const cfo_certificate_t *leaf,
                                apr_time_t now)
{
    if (leaf && now > leaf->not_after)
        return apr_psprintf(p, "it expired at %s: upload a new one to Cloudflare",
                            cfo_text_time(p, leaf->not_after));
    return "a CA certificate above it has expired: renew it, in SSLCACertificateFile as "
           "well";
}

static const char *hint_early(apr_pool_t *p, const cfo_certificate_t *leaf,
                              apr_time_t now)
{
    if (leaf && now < leaf->not_before)
        return apr_psprintf(p, "it is valid from %s on: is the clock right?",
                            cfo_text_time(p, leaf->not_before));
    return "a CA certificate above it is not valid yet: is the clock right?";
}

static const char *hint_other(apr_pool_t *p, const cfo_handshake_state_t *state,
                              int error)
{
    if (state->is_key_missing)
        return "the client did not prove that it has the certificate's key";
    if (error == X509_V_ERR_CERT_CHAIN_TOO_LONG || error == X509_V_ERR_UNSPECIFIED)
        return "if AH02040 stands near this line, its chain is longer than "
               "SSLVerifyDepth: say SSLVerifyDepth 3";
    if (error != X509_V_OK)
        return apr_psprintf(p, "%s: look at the CRL and OCSP settings of mod_ssl",
                            X509_verify_cert_error_string(error));
    return "the certificate could not be read; mod_ssl says more at LogLevel ssl:info";
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
    case CFO_HANDSHAKE_CERT_UNKNOWN:
        return apr_psprintf(
            p,
            "%s: mod_ssl needs the CA that issued it, and every CA above, "
            "in SSLCACertificateFile; under SSLVerifyClient "
            "optional_no_ca the zone's proofs are enough",
            X509_verify_cert_error_string(error));
    case CFO_HANDSHAKE_CERT_EXPIRED:
        return hint_expired(p, leaf, now);
    case CFO_HANDSHAKE_CERT_NOT_YET_VALID:
        return hint_early(p, leaf, now);
    case CFO_HANDSHAKE_CERT_UNSUITABLE:
        return apr_psprintf(p,
                            "%s: issue one for TLS clients, with a key of RSA 2048 or "
                            "P-256 at least, and upload it to Cloudflare",
                            X509_verify_cert_error_string(error));
    default:
        return hint_other(p, state, error);
    }
}
