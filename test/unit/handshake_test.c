/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/core/handshake.h"

#include <openssl/ssl.h>

#include "fixture.h"
#include "pki.h"

/* A message that is being put together. */
typedef struct {
    unsigned char bytes[40000];
    apr_size_t size;
} message_t;

static void add_number(message_t *m, int width, apr_size_t number)
{
    while (width--)
        m->bytes[m->size++] = (unsigned char)(number >> 8 * width);
}

static void add_bytes(message_t *m, const void *bytes, apr_size_t size)
{
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

/* Certificate, with `count` times the same in it. */
static message_t make(int is_tls13, const void *der, apr_size_t size, int count)
{
    apr_size_t entry = 3 + size + (is_tls13 ? 2 : 0), list = count * entry;
    message_t m = { { 0 }, 0 };

    add_number(&m, 1, SSL3_MT_CERTIFICATE);
    add_number(&m, 3, (is_tls13 ? 1 : 0) + 3 + list);
    if (is_tls13)
        add_number(&m, 1, 0);
    add_number(&m, 3, list);
    while (count--) {
        add_number(&m, 3, size);
        add_bytes(&m, der, size);
        if (is_tls13)
            add_number(&m, 2, 0);
    }
    return m;
}

static int version_of(int is_tls13)
{
    return is_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

static cfo_step_t receive(cfo_handshake_state_t *state, int is_tls13, const message_t *m)
{
    static const unsigned char record[5] = { 22, 3, 3, 0, 0 };

    assert_int_equal(cfo_handshake_see(state, 0, version_of(is_tls13), SSL3_RT_HEADER,
                                       record, sizeof record),
                     CFO_STEP_GOES_ON);
    return cfo_handshake_see(state, 0, version_of(is_tls13), SSL3_RT_HANDSHAKE, m->bytes,
                             m->size);
}

static cfo_step_t receive_type(cfo_handshake_state_t *state, int type)
{
    message_t m = { { (unsigned char)type, 0, 0, 0 }, 4 };

    return receive(state, 1, &m);
}

static cfo_step_t send_alert(cfo_handshake_state_t *state, int level, int alert)
{
    unsigned char bytes[2] = { (unsigned char)level, (unsigned char)alert };

    return cfo_handshake_see(state, 1, TLS1_3_VERSION, SSL3_RT_ALERT, bytes, 2);
}

static cfo_handshake_state_t begin(void)
{
    cfo_handshake_state_t state = { 0 };

    state.pool = pool;
    return state;
}

static void every_reason_has_its_name(void **state)
{
    static const char *const names[] = { "cert-missing",    "cert-unknown",
                                         "cert-expired",    "cert-not-yet-valid",
                                         "cert-unsuitable", "other" };
    int i;

    (void)state;
    assert_int_equal(COUNT(names), CFO_HANDSHAKE_COUNT);
    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        assert_string_equal(cfo_handshake_name((cfo_handshake_t)i), names[i]);
}

static void the_first_certificate_is_the_leaf(void **state)
{
    int is_tls13, count;

    (void)state;
    for (is_tls13 = 0; is_tls13 < 2; is_tls13++) {
        for (count = 1; count < 4; count++) {
            message_t m = make(is_tls13, "leaf", 4, count);
            const unsigned char *leaf = NULL;
            apr_size_t size = 0;

            assert_int_equal(cfo_handshake_read(m.bytes, m.size, is_tls13, &leaf, &size),
                             CFO_PRESENTED_LEAF);
            assert_int_equal(size, 4);
            assert_memory_equal(leaf, "leaf", 4);
        }
    }
}

static void an_empty_list_is_no_certificate(void **state)
{
    int is_tls13;

    (void)state;
    for (is_tls13 = 0; is_tls13 < 2; is_tls13++) {
        message_t m = make(is_tls13, "", 0, 0);
        const unsigned char *leaf;
        apr_size_t size;

        assert_int_equal(cfo_handshake_read(m.bytes, m.size, is_tls13, &leaf, &size),
                         CFO_PRESENTED_NONE);
    }
}

static void a_request_context_is_passed_over(void **state)
{
    static const unsigned char m[] = { 11, 0, 0, 12, 2, 'a', 'b', 0,
                                       0,  6, 0, 0,  1, 'x', 0,   0 };
    const unsigned char *leaf;
    apr_size_t size;

    (void)state;
    assert_int_equal(cfo_handshake_read(m, sizeof m, 1, &leaf, &size),
                     CFO_PRESENTED_LEAF);
    assert_ptr_equal(leaf, m + 13);
    assert_int_equal(size, 1);
}

static void each_truncated_message_is_unreadable_or_has_the_whole_leaf(void **state)
{
    int is_tls13;
    apr_size_t cut;

    (void)state;
    for (is_tls13 = 0; is_tls13 < 2; is_tls13++) {
        message_t m = make(is_tls13, "leaf", 4, 1);

        for (cut = 0; cut < m.size; cut++) {
            unsigned char *exact = malloc(cut ? cut : 1);
            const unsigned char *leaf;
            apr_size_t size;

            memcpy(exact, m.bytes, cut);
            assert_int_equal(cfo_handshake_read(exact, cut, is_tls13, &leaf, &size),
                             CFO_PRESENTED_UNKNOWN);
            free(exact);
        }
    }
}

static void lengths_that_lie_are_unreadable(void **state)
{
    static const unsigned char wrong[][12] = {
        { 12, 0, 0, 7, 0, 0, 4, 0, 0, 1, 'x', 0 }, /* another message */
        { 11, 0, 0, 9, 0, 0, 4, 0, 0, 1, 'x', 0 }, /* longer than it is */
        { 11, 0, 0, 7, 0, 0, 6, 0, 0, 1, 'x', 0 }, /* the list */
        { 11, 0, 0, 7, 0, 0, 4, 0, 0, 2, 'x', 0 }, /* the leaf */
        { 11, 0, 0, 7, 0, 0, 4, 0, 0, 0, 'x', 0 }, /* an empty leaf */
        { 11, 0, 0, 7, 255, 255, 255, 0, 0, 1, 'x', 0 },
        { 11, 0, 0, 2, 0, 0, 4, 0, 0, 1, 'x', 0 },
    };
    const unsigned char *leaf;
    apr_size_t size;
    int i;

    (void)state;
    for (i = 0; i < COUNT(wrong); i++)
        assert_int_equal(cfo_handshake_read(wrong[i], 11, 0, &leaf, &size),
                         CFO_PRESENTED_UNKNOWN);
}

static void an_alert_after_the_certificate_ends_the_handshake(void **state)
{
    const pki_t *ca = pki_ca("ca"), *leaf = pki_leaf("leaf", ca);
    unsigned char *der = NULL;
    int size = i2d_X509(leaf->x509, &der), is_tls13;

    (void)state;
    for (is_tls13 = 0; is_tls13 < 2; is_tls13++) {
        cfo_handshake_state_t handshake = begin();
        message_t m = make(is_tls13, der, size, 2);
        cfo_certificate_t *read;

        assert_int_equal(receive_type(&handshake, SSL3_MT_CLIENT_HELLO),
                         CFO_STEP_GOES_ON);
        assert_int_equal(receive(&handshake, is_tls13, &m), CFO_STEP_GOES_ON);
        memset(m.bytes, 0, sizeof m.bytes); /* OpenSSL's buffer is its own */
        assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA),
                         CFO_STEP_ENDED);
        assert_int_equal(handshake.presented, CFO_PRESENTED_LEAF);
        assert_int_equal(handshake.alert, SSL_AD_UNKNOWN_CA);
        assert_null(
            cfo_certificate_decode(pool, handshake.leaf, handshake.leaf_size, &read));
        assert_string_equal(read->sha256_hex, leaf->certificate->sha256_hex);
    }
    OPENSSL_free(der);
}

static void a_leaf_that_is_too_long_is_not_kept(void **state)
{
    static unsigned char der[CFO_HANDSHAKE_LEAF_MOST + 1];
    int more;

    (void)state;
    for (more = 0; more < 2; more++) {
        cfo_handshake_state_t handshake = begin();
        message_t m = make(1, der, CFO_HANDSHAKE_LEAF_MOST + more, 1);

        receive(&handshake, 1, &m);
        assert_int_equal(handshake.presented, CFO_PRESENTED_LEAF);
        assert_int_equal(handshake.leaf == NULL, more);
        assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA),
                         CFO_STEP_ENDED);
    }
}

static void a_compressed_certificate_is_one_that_cannot_be_read(void **state)
{
    cfo_handshake_state_t handshake = begin();

    (void)state;
    assert_int_equal(receive_type(&handshake, 25), CFO_STEP_GOES_ON);
    assert_int_equal(handshake.presented, CFO_PRESENTED_UNKNOWN);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_CERTIFICATE_REQUIRED),
                     CFO_STEP_ENDED);
    assert_int_equal(cfo_handshake_reason(&handshake, X509_V_OK),
                     CFO_HANDSHAKE_CERT_MISSING);
}

static void alerts_at_any_other_time_are_not_the_certificates(void **state)
{
    static const int messages[] = { SSL3_MT_CLIENT_HELLO, SSL3_MT_CLIENT_KEY_EXCHANGE };
    cfo_handshake_state_t handshake = begin();
    message_t m = make(0, "leaf", 4, 1);
    int i;

    (void)state;
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_PROTOCOL_VERSION),
                     CFO_STEP_GOES_ON);
    for (i = 0; i < COUNT(messages); i++) {
        receive(&handshake, 0, &m);
        receive_type(&handshake, messages[i]);
        assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_HANDSHAKE_FAILURE),
                         CFO_STEP_GOES_ON);
    }
    receive(&handshake, 0, &m);
    cfo_handshake_see(&handshake, 0, TLS1_2_VERSION, SSL3_RT_HEADER, "\x15\3\3\0\2", 5);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_BAD_RECORD_MAC),
                     CFO_STEP_GOES_ON);
}

static void what_does_not_end_the_handshake_is_passed_over(void **state)
{
    static const unsigned char fatal[2] = { SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA };
    cfo_handshake_state_t handshake = begin();
    message_t m = make(0, "leaf", 4, 1);

    (void)state;
    receive(&handshake, 0, &m);
    /* a warning, the next message out of order, what we write, what the client says */
    assert_int_equal(send_alert(&handshake, SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY),
                     CFO_STEP_GOES_ON);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_UNEXPECTED_MESSAGE),
                     CFO_STEP_GOES_ON);
    assert_int_equal(
        cfo_handshake_see(&handshake, 1, TLS1_2_VERSION, SSL3_RT_HEADER, fatal, 2),
        CFO_STEP_GOES_ON);
    assert_int_equal(
        cfo_handshake_see(&handshake, 1, TLS1_2_VERSION, SSL3_RT_ALERT, fatal, 1),
        CFO_STEP_GOES_ON);
    assert_int_equal(
        cfo_handshake_see(&handshake, 0, TLS1_2_VERSION, SSL3_RT_ALERT, fatal, 2),
        CFO_STEP_GOES_ON);
    assert_int_equal(
        cfo_handshake_see(&handshake, 0, TLS1_2_VERSION, SSL3_RT_HANDSHAKE, "", 0),
        CFO_STEP_GOES_ON);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA),
                     CFO_STEP_ENDED);
}

static void the_clients_finished_is_the_end_and_the_servers_is_not(void **state)
{
    cfo_handshake_state_t handshake = begin();
    static const unsigned char finished[4] = { SSL3_MT_FINISHED, 0, 0, 0 };

    (void)state;
    assert_int_equal(
        cfo_handshake_see(&handshake, 1, TLS1_2_VERSION, SSL3_RT_HANDSHAKE, finished, 4),
        CFO_STEP_GOES_ON);
    assert_int_equal(receive_type(&handshake, SSL3_MT_FINISHED), CFO_STEP_FINISHED);
}

static void a_key_that_is_not_proved_is_another_reason(void **state)
{
    cfo_handshake_state_t handshake = begin();
    message_t m = make(1, "leaf", 4, 1);

    (void)state;
    receive(&handshake, 1, &m);
    receive_type(&handshake, SSL3_MT_CERTIFICATE_VERIFY);
    assert_int_equal(send_alert(&handshake, SSL3_AL_FATAL, SSL_AD_DECRYPT_ERROR),
                     CFO_STEP_ENDED);
    assert_int_equal(
        cfo_handshake_reason(&handshake, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT),
        CFO_HANDSHAKE_OTHER);
    assert_non_null(
        strstr(cfo_handshake_hint(pool, CFO_HANDSHAKE_OTHER, &handshake, 0, NULL, NOW),
               "did not prove"));
}

static void each_error_of_the_verification_has_its_reason(void **state)
{
    static const struct {
        int error;
        cfo_handshake_t reason;
    } cases[] = {
        { X509_V_ERR_CERT_HAS_EXPIRED, CFO_HANDSHAKE_CERT_EXPIRED },
        { X509_V_ERR_CERT_NOT_YET_VALID, CFO_HANDSHAKE_CERT_NOT_YET_VALID },
        { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_CERT_SIGNATURE_FAILURE, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_CERT_UNTRUSTED, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_INVALID_CA, CFO_HANDSHAKE_CERT_UNKNOWN },
        { X509_V_ERR_INVALID_PURPOSE, CFO_HANDSHAKE_CERT_UNSUITABLE },
        { X509_V_ERR_CERT_REJECTED, CFO_HANDSHAKE_CERT_UNSUITABLE },
        { X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, CFO_HANDSHAKE_CERT_UNSUITABLE },
        { X509_V_ERR_INVALID_EXTENSION, CFO_HANDSHAKE_CERT_UNSUITABLE },
        { X509_V_ERR_EE_KEY_TOO_SMALL, CFO_HANDSHAKE_CERT_UNSUITABLE },
        { X509_V_ERR_CA_KEY_TOO_SMALL, CFO_HANDSHAKE_CERT_UNSUITABLE },
        { X509_V_ERR_CA_MD_TOO_WEAK, CFO_HANDSHAKE_CERT_UNSUITABLE },
        { X509_V_ERR_CERT_REVOKED, CFO_HANDSHAKE_OTHER },
        { X509_V_ERR_UNABLE_TO_GET_CRL, CFO_HANDSHAKE_OTHER },
        { X509_V_ERR_CRL_HAS_EXPIRED, CFO_HANDSHAKE_OTHER },
        { X509_V_ERR_CERT_CHAIN_TOO_LONG, CFO_HANDSHAKE_OTHER },
        { X509_V_ERR_UNSPECIFIED, CFO_HANDSHAKE_OTHER },
        { X509_V_OK, CFO_HANDSHAKE_OTHER },
        { 12345, CFO_HANDSHAKE_OTHER },
    };
    cfo_handshake_state_t handshake = begin();
    int i;

    (void)state;
    handshake.presented = CFO_PRESENTED_LEAF;
    for (i = 0; i < COUNT(cases); i++)
        assert_int_equal(cfo_handshake_reason(&handshake, cases[i].error),
                         cases[i].reason);
    handshake.presented = CFO_PRESENTED_NONE;
    for (i = 0; i < COUNT(cases); i++)
        assert_int_equal(cfo_handshake_reason(&handshake, cases[i].error),
                         CFO_HANDSHAKE_CERT_MISSING);
}

static void assert_hint(cfo_handshake_t reason, int error, const cfo_certificate_t *leaf,
                        apr_time_t now, const char *words)
{
    cfo_handshake_state_t handshake = begin();
    const char *hint = cfo_handshake_hint(pool, reason, &handshake, error, leaf, now);

    if (!strstr(hint, words))
        fail_msg("\"%s\" has no \"%s\"", hint, words);
}

static void the_hint_tells_the_leafs_dates_from_those_above(void **state)
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
                "CA certificate above it");
    assert_hint(CFO_HANDSHAKE_CERT_NOT_YET_VALID, early, leaf, NOW - 2 * DAY,
                "valid from 2025-06-14T15:06:40Z");
    assert_hint(CFO_HANDSHAKE_CERT_NOT_YET_VALID, early, leaf, NOW,
                "CA certificate above it");
    assert_hint(CFO_HANDSHAKE_CERT_NOT_YET_VALID, early, NULL, NOW,
                "CA certificate above it");
}

static void the_hint_has_openssls_words(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_reason_has_its_name),
        TEST(the_first_certificate_is_the_leaf),
        TEST(an_empty_list_is_no_certificate),
        TEST(a_request_context_is_passed_over),
        TEST(each_truncated_message_is_unreadable_or_has_the_whole_leaf),
        TEST(lengths_that_lie_are_unreadable),
        TEST(an_alert_after_the_certificate_ends_the_handshake),
        TEST(a_leaf_that_is_too_long_is_not_kept),
        TEST(a_compressed_certificate_is_one_that_cannot_be_read),
        TEST(alerts_at_any_other_time_are_not_the_certificates),
        TEST(what_does_not_end_the_handshake_is_passed_over),
        TEST(the_clients_finished_is_the_end_and_the_servers_is_not),
        TEST(a_key_that_is_not_proved_is_another_reason),
        TEST(each_error_of_the_verification_has_its_reason),
        TEST(the_hint_tells_the_leafs_dates_from_those_above),
        TEST(the_hint_has_openssls_words),
    };

    return RUN(tests);
}
