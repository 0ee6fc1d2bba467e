/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats/handshake_failure.h"

#include <openssl/ssl.h>

#include "fixture.h"
#include "pki.h"

static cfo_step_t receive(cfo_handshake_state_t *state, int message)
{
    static const unsigned char record[5] = { 22, 3, 3, 0, 0 };
    unsigned char bytes[4] = { (unsigned char)message, 0, 0, 0 };

    assert_int_equal(cfo_handshake_see(state, 0, SSL3_RT_HEADER, record, sizeof record),
                     CFO_STEP_GOES_ON);
    return cfo_handshake_see(state, 0, SSL3_RT_HANDSHAKE, bytes, sizeof bytes);
}

static cfo_step_t send_alert(cfo_handshake_state_t *state, int level, int alert)
{
    unsigned char bytes[2] = { (unsigned char)level, (unsigned char)alert };

    return cfo_handshake_see(state, 1, SSL3_RT_ALERT, bytes, 2);
}

static const int certificates[] = { SSL3_MT_CERTIFICATE, 25 /* RFC 8879 */ };

static void an_alert_after_the_certificate_ends_the_handshake(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < COUNT(certificates); i++) {
        cfo_handshake_state_t handshake = { 0 };

        assert_int_equal(receive(&handshake, SSL3_MT_CLIENT_HELLO), CFO_STEP_GOES_ON);
        assert_int_equal(receive(&handshake, certificates[i]), CFO_STEP_GOES_ON);
        assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA),
                         CFO_STEP_ENDED);
        assert_int_equal(handshake.alert, SSL_AD_UNKNOWN_CA);
        assert_false(handshake.is_key_missing);
    }
}

static void alerts_at_other_times_are_not_about_the_certificate(void **state)
{
    static const int messages[] = { SSL3_MT_CLIENT_HELLO, SSL3_MT_CLIENT_KEY_EXCHANGE };
    cfo_handshake_state_t handshake = { 0 };
    int i;

    (void)state;
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_PROTOCOL_VERSION),
                     CFO_STEP_GOES_ON);
    for (i = 0; i < COUNT(messages); i++) {
        receive(&handshake, SSL3_MT_CERTIFICATE);
        receive(&handshake, messages[i]);
        assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_HANDSHAKE_FAILURE),
                         CFO_STEP_GOES_ON);
    }
    receive(&handshake, SSL3_MT_CERTIFICATE);
    cfo_handshake_see(&handshake, 0, SSL3_RT_HEADER, "\x15\3\3\0\2", 5);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_BAD_RECORD_MAC),
                     CFO_STEP_GOES_ON);
}

static void messages_that_do_not_end_the_handshake_are_ignored(void **state)
{
    static const unsigned char fatal[2] = { SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA };
    static const struct {
        int is_sent, type;
        apr_size_t size;
    } others[] = {
        { 1, SSL3_RT_HEADER, 2 },    /* what we write, */
        { 1, SSL3_RT_ALERT, 1 },     /* half an alert, */
        { 0, SSL3_RT_ALERT, 2 },     /* what the client says, */
        { 0, SSL3_RT_HANDSHAKE, 0 }, /* and nothing */
    };
    cfo_handshake_state_t handshake = { 0 };
    int i;

    (void)state;
    receive(&handshake, SSL3_MT_CERTIFICATE);
    /* a warning, and the next message out of order */
    assert_int_equal(send_alert(&handshake, SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY),
                     CFO_STEP_GOES_ON);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_UNEXPECTED_MESSAGE),
                     CFO_STEP_GOES_ON);
    for (i = 0; i < COUNT(others); i++)
        assert_int_equal(cfo_handshake_see(&handshake, others[i].is_sent, others[i].type,
                                           fatal, others[i].size),
                         CFO_STEP_GOES_ON);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA),
                     CFO_STEP_ENDED);
}

static void the_clients_finished_is_the_end_and_the_servers_is_not(void **state)
{
    cfo_handshake_state_t handshake = { 0 };
    static const unsigned char finished[4] = { SSL3_MT_FINISHED, 0, 0, 0 };

    (void)state;
    assert_int_equal(cfo_handshake_see(&handshake, 1, SSL3_RT_HANDSHAKE, finished, 4),
                     CFO_STEP_GOES_ON);
    assert_int_equal(receive(&handshake, SSL3_MT_FINISHED), CFO_STEP_FINISHED);
}

/* The reason of a handshake that ended with `alert` after `message`. */
static cfo_handshake_t reason_after(int message, int alert, const void *leaf, int error)
{
    cfo_handshake_state_t handshake = { 0 };

    receive(&handshake, message);
    if (alert)
        assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, alert), CFO_STEP_ENDED);
    handshake.leaf = leaf;
    return cfo_handshake_reason(&handshake, error);
}

static void a_missing_certificate_and_a_bad_one_have_different_reasons(void **state)
{
    const int required = SSL_AD_CERTIFICATE_REQUIRED, failure = SSL_AD_HANDSHAKE_FAILURE,
              refused = X509_V_ERR_APPLICATION_VERIFICATION;
    int i;

    (void)state;
    for (i = 0; i < COUNT(certificates); i++) {
        int message = certificates[i];

        assert_int_equal(reason_after(message, required, NULL, X509_V_OK),
                         CFO_HANDSHAKE_CERT_MISSING);
        assert_int_equal(reason_after(message, failure, NULL, X509_V_OK),
                         CFO_HANDSHAKE_CERT_MISSING);
        assert_int_equal(reason_after(message, failure, "leaf", X509_V_OK),
                         CFO_HANDSHAKE_OTHER);
        assert_int_equal(reason_after(message, failure, "leaf", refused),
                         CFO_HANDSHAKE_OTHER);
        assert_int_equal(reason_after(message, failure, NULL, refused),
                         CFO_HANDSHAKE_OTHER);
        assert_int_equal(reason_after(message, SSL_AD_DECODE_ERROR, NULL, X509_V_OK),
                         CFO_HANDSHAKE_OTHER);
        assert_int_equal(reason_after(message, SSL_AD_BAD_CERTIFICATE, NULL, X509_V_OK),
                         CFO_HANDSHAKE_OTHER);
    }
    /* Resumed sessions. */
    assert_int_equal(reason_after(SSL3_MT_FINISHED, 0, NULL, X509_V_OK),
                     CFO_HANDSHAKE_CERT_MISSING);
    assert_int_equal(
        reason_after(SSL3_MT_FINISHED, 0, "leaf", X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT),
        CFO_HANDSHAKE_CERT_UNKNOWN);
}

static void a_missing_proof_of_the_key_is_reason_other(void **state)
{
    static const int alerts[] = { SSL_AD_DECRYPT_ERROR, SSL_AD_HANDSHAKE_FAILURE };
    int i;

    (void)state;
    for (i = 0; i < COUNT(alerts); i++) {
        cfo_handshake_state_t handshake = { 0 };

        receive(&handshake, SSL3_MT_CERTIFICATE);
        receive(&handshake, SSL3_MT_CERTIFICATE_VERIFY);
        assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, alerts[i]),
                         CFO_STEP_ENDED);
        assert_int_equal(cfo_handshake_reason(&handshake, X509_V_OK),
                         CFO_HANDSHAKE_OTHER);
        assert_int_equal(
            cfo_handshake_reason(&handshake, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT),
            CFO_HANDSHAKE_OTHER);
        assert_non_null(strstr(
            cfo_handshake_hint(pool, CFO_HANDSHAKE_OTHER, &handshake, 0, NULL, NOW),
            "did not prove"));
    }
}

/* The reasons of errors 0 to 100, by their numbers in OpenSSL 3, written independently:
 * M cert-unknown, E expired, Y not yet valid, U unsuitable, O other. */
static const char reasons_of_errors[] =
    /*  0 */ "OOMOMOMMOY"          /* CRL: 3, 5, 8, */
             /* 10 */ "EOOUUOOOMM" /* 11, 12, 15, 16 */
             /* 20 */ "MMOOMUUMUM"
             /* 30 */ "MMUOUOOUUU" /* CRL: 33, 35, 36 */
             /* 40 */ "UUUUOUUUUU" /* CRL: 44; name constraints: 47 to 53 */
             /* 50 */ "OUUUOMUUUU" /* OCSP: 50; CRL: 54 */
             /* 60 */ "UUOOOOUUUO"
             /* 70 */ "OOUOOOUUUU" /* OCSP: 73 to 75 */
             /* 80 */ "UUUUUUUUUU"
             /* 90 */ "UUUUUOOOOO" /* OCSP: 96 to 100 */
             /* 100 */ "O";

static char letter_of(int error)
{
    static const char letters[CFO_HANDSHAKE_COUNT] = {
        [CFO_HANDSHAKE_CERT_MISSING] = '-',    [CFO_HANDSHAKE_CERT_UNKNOWN] = 'M',
        [CFO_HANDSHAKE_CERT_EXPIRED] = 'E',    [CFO_HANDSHAKE_CERT_NOT_YET_VALID] = 'Y',
        [CFO_HANDSHAKE_CERT_UNSUITABLE] = 'U', [CFO_HANDSHAKE_OTHER] = 'O',
    };

    return letters[reason_after(SSL3_MT_CERTIFICATE, SSL_AD_UNKNOWN_CA, "leaf", error)];
}

static int is_named(int error)
{
    static const char *const nobodys = "unknown certificate verification error";
    const char *words = X509_verify_cert_error_string(error);

    return strcmp(words, nobodys) && strcmp(words, X509_verify_cert_error_string(9999));
}

static void each_error_of_openssl_has_its_reason(void **state)
{
    int error, named = 0;

    (void)state;
    assert_int_equal(sizeof reasons_of_errors - 1, 101);
    for (error = 1; error <= 100; error++) {
        char expected = reasons_of_errors[error];

#if OPENSSL_VERSION_NUMBER < 0x30000000L
        if (error == X509_V_ERR_INVALID_CA)
            expected = 'U'; /* 24, which was given to something else */
#ifdef X509_V_ERR_NO_ISSUER_PUBLIC_KEY
        if (error == X509_V_ERR_NO_ISSUER_PUBLIC_KEY)
            expected = 'M'; /* 77 */
#endif
#endif
        if (!is_named(error))
            continue;
        named++;
        if (letter_of(error) != expected)
            fail_msg("error %d (%s): %c, not %c", error,
                     X509_verify_cert_error_string(error), letter_of(error), expected);
    }
    assert_true(named >= 70);
}

static void an_unknown_error_of_openssl_is_reason_other(void **state)
{
    static const int errors[] = { X509_V_OK, -1, 12345 };
    int i;

    (void)state;
    for (i = 0; i < COUNT(errors); i++)
        assert_int_equal(letter_of(errors[i]), 'O');
}

static void assert_hint(cfo_handshake_t reason, int error, const cfo_certificate_t *leaf,
                        apr_time_t now, const char *words)
{
    cfo_handshake_state_t handshake = { 0 };
    const char *hint = cfo_handshake_hint(pool, reason, &handshake, error, leaf, now);

    if (!strstr(hint, words))
        fail_msg("\"%s\" has no \"%s\"", hint, words);
}

static void the_hint_distinguishes_the_dates_of_leaf_and_ca(void **state)
{
    const cfo_certificate_t *leaf = pki_leaf("leaf", pki_ca("ca"))->certificate;
    const int expired = X509_V_ERR_CERT_HAS_EXPIRED,
              early = X509_V_ERR_CERT_NOT_YET_VALID;

    (void)state;
    assert_hint(CFO_HANDSHAKE_CERT_EXPIRED, expired, leaf, NOW + 2 * DAY,
                "expired at 2025-06-16T15:06:40Z");
    assert_hint(CFO_HANDSHAKE_CERT_EXPIRED, expired, leaf, NOW,
                "CA certificate above it");
    assert_hint(CFO_HANDSHAKE_CERT_EXPIRED, expired, NULL, NOW,
                "it or a CA certificate above it");
    assert_hint(CFO_HANDSHAKE_CERT_NOT_YET_VALID, early, leaf, NOW - 2 * DAY,
                "valid from 2025-06-14T15:06:40Z");
    assert_hint(CFO_HANDSHAKE_CERT_NOT_YET_VALID, early, leaf, NOW,
                "CA certificate above it");
    assert_hint(CFO_HANDSHAKE_CERT_NOT_YET_VALID, early, NULL, NOW,
                "it or a CA certificate above it");
}

static void the_hint_has_the_text_of_openssl(void **state)
{
    (void)state;
    assert_hint(CFO_HANDSHAKE_CERT_MISSING, 0, NULL, NOW, "Authenticated Origin Pulls");
    assert_hint(CFO_HANDSHAKE_CERT_UNKNOWN, X509_V_ERR_CERT_SIGNATURE_FAILURE, NULL, NOW,
                X509_verify_cert_error_string(X509_V_ERR_CERT_SIGNATURE_FAILURE));
    assert_hint(CFO_HANDSHAKE_CERT_UNSUITABLE, X509_V_ERR_INVALID_PURPOSE, NULL, NOW,
                X509_verify_cert_error_string(X509_V_ERR_INVALID_PURPOSE));
    assert_hint(CFO_HANDSHAKE_OTHER, X509_V_ERR_CERT_REVOKED, NULL, NOW,
                X509_verify_cert_error_string(X509_V_ERR_CERT_REVOKED));
    assert_hint(CFO_HANDSHAKE_OTHER, X509_V_ERR_CERT_CHAIN_TOO_LONG, NULL, NOW,
                "SSLVerifyDepth");
    assert_hint(CFO_HANDSHAKE_OTHER, X509_V_ERR_UNSPECIFIED, NULL, NOW, "SSLVerifyDepth");
    assert_hint(CFO_HANDSHAKE_OTHER, X509_V_OK, NULL, NOW, "could not be read");
}

static void the_hint_names_the_directive_to_fix(void **state)
{
    static const struct {
        int error;
        const char *words;
    } cases[] = {
        { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "optional_no_ca" },
        { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "up to the root" },
        { X509_V_ERR_CERT_SIGNATURE_FAILURE, "with its issuer's name" },
        { X509_V_ERR_PERMITTED_VIOLATION, "nameConstraints" },
        { X509_V_ERR_PATH_LENGTH_EXCEEDED, "pathlen" },
        { X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "keyCertSign" },
        { X509_V_ERR_INVALID_CA, "CA:TRUE" },
        { X509_V_ERR_EE_KEY_TOO_SMALL, "RSA 2048" },
        { X509_V_ERR_INVALID_PURPOSE, "for TLS clients" },
        { X509_V_ERR_UNABLE_TO_GET_CRL, "SSLCARevocationCheck" },
        { X509_V_ERR_CRL_HAS_EXPIRED, "SSLCARevocationFile" },
        { -1, "SSLCARevocationFile" }, /* which mod_ssl makes of it */
        { -1, "CRL has expired" },
        { X509_V_ERR_APPLICATION_VERIFICATION, "SSLOCSPEnable" },
        { X509_V_ERR_CERT_REVOKED, "upload another certificate" },
        { X509_V_ERR_OUT_OF_MEM, "ssl:info" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        cfo_handshake_t reason = reason_after(SSL3_MT_CERTIFICATE, SSL_AD_BAD_CERTIFICATE,
                                              "leaf", cases[i].error);

        assert_hint(reason, cases[i].error, NULL, NOW, cases[i].words);
    }
}

/* optional_no_ca ignores this error, so it is the one left when the depth was exceeded.
 */
static void the_hint_of_a_long_chain_names_the_depth_as_well(void **state)
{
    static const int error = X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
    cfo_handshake_state_t handshake = { 0 };
    int length;

    (void)state;
    for (length = 0; length < 5; length++) {
        const char *hint;

        handshake.chain_length = length;
        hint = cfo_handshake_hint(pool, CFO_HANDSHAKE_CERT_UNKNOWN, &handshake, error,
                                  NULL, NOW);
        assert_non_null(strstr(hint, "SSLCACertificateFile"));
        assert_int_equal(strstr(hint, "SSLVerifyDepth") != NULL, length > 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_alert_after_the_certificate_ends_the_handshake),
        TEST(alerts_at_other_times_are_not_about_the_certificate),
        TEST(messages_that_do_not_end_the_handshake_are_ignored),
        TEST(the_clients_finished_is_the_end_and_the_servers_is_not),
        TEST(a_missing_certificate_and_a_bad_one_have_different_reasons),
        TEST(a_missing_proof_of_the_key_is_reason_other),
        TEST(each_error_of_openssl_has_its_reason),
        TEST(an_unknown_error_of_openssl_is_reason_other),
        TEST(the_hint_distinguishes_the_dates_of_leaf_and_ca),
        TEST(the_hint_has_the_text_of_openssl),
        TEST(the_hint_names_the_directive_to_fix),
        TEST(the_hint_of_a_long_chain_names_the_depth_as_well),
    };

    return RUN(tests);
}
