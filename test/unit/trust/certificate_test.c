/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "apr_escape.h"

#include "fixture.h"
#include "memory.h"
#include "pki.h"

static const char *read_text(const char *pem, const cfo_certificate_t **certificate)
{
    cfo_certificate_t *read = NULL;
    const char *reason = cfo_certificate_read(pool, pem, strlen(pem), &read);

    *certificate = read;
    return reason;
}

static void the_digests_are_those_of_the_encoding_and_of_the_key(void **state)
{
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    unsigned char *der = NULL, digest[CFO_DIGEST_SIZE], hex[2 * CFO_DIGEST_SIZE + 1];
    int length = i2d_X509(leaf->x509, &der), i;

    (void)state;
    SHA256(der, (size_t)length, digest);
    assert_memory_equal(leaf->certificate->sha256, digest, CFO_DIGEST_SIZE);
    for (i = 0; i < CFO_DIGEST_SIZE; i++)
        sprintf((char *)hex + 2 * i, "%02x", digest[i]);
    assert_string_equal(leaf->certificate->sha256_hex, (char *)hex);
    OPENSSL_free(der);
    der = NULL;
    length = i2d_PUBKEY(leaf->key, &der);
    SHA256(der, (size_t)length, digest);
    assert_memory_equal(leaf->certificate->spki_sha256, digest, CFO_DIGEST_SIZE);
    OPENSSL_free(der);
}

static void der_gives_the_same_as_pem_and_garbage_is_an_error(void **state)
{
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    unsigned char *der = NULL;
    int length = i2d_X509(leaf->x509, &der);
    cfo_certificate_t *certificate;

    (void)state;
    assert_null(cfo_certificate_decode(pool, der, length, &certificate));
    assert_string_equal(certificate->sha256_hex, leaf->certificate->sha256_hex);
    assert_non_null(cfo_certificate_decode(pool, der, length - 1, &certificate));
    OPENSSL_free(der);
}

static void names_are_in_rfc_2253_form_with_utf_8_unescaped(void **state)
{
    const pki_t *ca = pki_ca("Z\xc3\xbcrich CA"), *leaf = pki_leaf("a, \"b\"\n", ca);

    (void)state;
    assert_string_equal(leaf->certificate->issuer, "CN=Z\xc3\xbcrich CA");
    assert_string_equal(leaf->certificate->subject, "CN=a\\, \\\"b\\\"\\0A");
}

static void a_nul_in_a_name_does_not_end_it(void **state)
{
    X509 *x509 = X509_dup(pki_leaf("leaf", pki_ca("A"))->x509);
    cfo_certificate_t *certificate;

    (void)state;
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "O", MBSTRING_ASC,
                               (const unsigned char *)"good\0evil", 9, -1, 0);
    assert_null(cfo_certificate_make(pool, x509, &certificate));
    assert_string_equal(certificate->subject, "O=good\\00evil,CN=leaf");
}

static void an_empty_name_is_an_empty_text(void **state)
{
    const pki_t *ca = pki_ca(""), *leaf = pki_leaf("", ca);

    (void)state;
    assert_string_equal(ca->certificate->subject, "");
    assert_string_equal(leaf->certificate->subject, "");
    assert_string_equal(leaf->certificate->issuer, "");
    assert_string_equal(pki_leaf("leaf", ca)->certificate->issuer, "");
}

/* The string types of old and foreign certificates. */
static void a_name_of_any_string_type_is_converted(void **state)
{
    static const struct {
        const char *field;
        int type, length;
        const char *bytes, *text;
    } row[] = {
        { "CN", V_ASN1_BMPSTRING, 4, "\0Z\0\xfc", "CN=Z\xc3\xbc" },
        { "CN", V_ASN1_BMPSTRING, 4, "\0a\0\0", "CN=a\\00" },
#if OPENSSL_VERSION_NUMBER >= 0x30000000L /* 1.1.1 writes half a surrogate pair */
        { "CN", V_ASN1_BMPSTRING, 2, "\xd8\0", "?" },
#endif
        { "CN", V_ASN1_UNIVERSALSTRING, 4, "\0\0\0Z", "CN=Z" },
        { "CN", V_ASN1_UNIVERSALSTRING, 4, "\x7f\0\0Z", "?" },
        { "CN", V_ASN1_T61STRING, 1, "\xfc", "CN=\xc3\xbc" },
        { "CN", V_ASN1_UTF8STRING, 1, "\xfc", "CN=\xfc" },
        { "CN", V_ASN1_UTF8STRING, 0, "", "CN=" },
        { "1.3.6.1.4.1.99999.1", V_ASN1_UTF8STRING, 1, "a",
          "1.3.6.1.4.1.99999.1=#0C0161" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        X509 *x509 = X509_dup(pki_leaf("", pki_ca("A"))->x509);
        X509_NAME *name = X509_get_subject_name(x509);
        X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_txt(
            NULL, row[i].field, V_ASN1_UTF8STRING, (const unsigned char *)"x", 1);
        cfo_certificate_t *certificate;

        X509_NAME_ENTRY_set_data(entry, row[i].type, (const unsigned char *)row[i].bytes,
                                 row[i].length);
        assert_int_equal(X509_NAME_add_entry(name, entry, -1, 0), 1);
        X509_NAME_ENTRY_free(entry);
        assert_null(cfo_certificate_make(pool, x509, &certificate));
        if (strncmp(certificate->subject, row[i].text, strlen(row[i].text)))
            fail_msg("row %d: \"%s\"", i, certificate->subject);
    }
}

static void a_long_name_is_not_truncated(void **state)
{
    X509 *x509 = X509_dup(pki_leaf("", pki_ca("A"))->x509);
    char *text = apr_pcalloc(pool, 100000);
    cfo_certificate_t *certificate;

    (void)state;
    memset(text, 'a', 99999);
    X509_NAME_add_entry_by_NID(X509_get_subject_name(x509), NID_serialNumber,
                               V_ASN1_UTF8STRING, (unsigned char *)text, -1, -1, 0);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "1.3.6.1.4.1.99999.1",
                               V_ASN1_UTF8STRING, (unsigned char *)text, -1, -1, 0);
    assert_null(cfo_certificate_make(pool, x509, &certificate));
    assert_true(strlen(certificate->subject) > 99999);
}

static void a_certificate_is_valid_through_its_last_second(void **state)
{
    const pki_t *leaf =
        pki_make(&(pki_order_t){ .name = "leaf", .from = NOW, .until = NOW + DAY });

    (void)state;
    assert_true(leaf->certificate->not_before == NOW);
    assert_true(leaf->certificate->not_after == NOW + DAY + APR_USEC_PER_SEC - 1);
}

static void dates_in_the_far_future_are_read(void **state)
{
    const apr_time_t end =
        apr_time_from_sec(INT64_C(253402300799)); /* in the year 9999 */
    const pki_t *leaf = pki_make(
        &(pki_order_t){ .name = "leaf", .from = apr_time_from_sec(1), .until = end });

    (void)state;
    assert_true(leaf->certificate->not_before == apr_time_from_sec(1));
    assert_true(leaf->certificate->not_after == end + APR_USEC_PER_SEC - 1);
}

/* Some CAs start at the epoch of another calendar. */
static void dates_before_1970_are_read(void **state)
{
    static const struct {
        const char *text;
        apr_int64_t seconds;
    } row[] = {
        { "700101000000Z", 0 },
        { "691231235959Z", -1 },
        { "500101000000Z", INT64_C(-631152000) },
        { "491231235959Z", INT64_C(2524607999) },
        { "19500101000000Z", INT64_C(-631152000) },
        { "16010101000000Z", INT64_C(-11644473600) },
        { "00000101000000Z", INT64_C(-62167219200) },
        { "99991231235959Z", INT64_C(253402300799) },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        X509 *x509 = X509_dup(pki_ca("A")->x509);
        cfo_certificate_t *certificate;

        assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x509), row[i].text), 1);
        assert_null(cfo_certificate_make(pool, x509, &certificate));
        if (certificate->not_before != apr_time_from_sec(row[i].seconds))
            fail_msg("%s: %" APR_TIME_T_FMT, row[i].text, certificate->not_before);
    }
}

static void a_ca_is_known_by_any_of_its_marks_but_issues_only_by_the_proper_ones(
    void **state)
{
    static const struct {
        const char *extensions;
        int can_issue, is_ca;
    } row[] = {
        { CA_EXTENSIONS, 1, 1 },
        { "basicConstraints=CA:TRUE", 1, 1 },
        { "basicConstraints=critical,CA:TRUE,pathlen:0", 1, 1 },
        { "basicConstraints=CA:TRUE|keyUsage=digitalSignature", 0, 1 },
        { "keyUsage=keyCertSign", 0, 1 },
        { "nsCertType=sslCA", 0, 1 },
        { LEAF_EXTENSIONS, 0, 0 },
        { BARE_EXTENSIONS, 0, 0 },
        { "basicConstraints=CA:FALSE|keyUsage=keyCertSign", 0, 0 },
        { "extendedKeyUsage=clientAuth", 0, 0 },
        { "keyUsage=digitalSignature", 0, 0 },
        { NULL, 0, 0 },
    };
    const pki_t *issuer = pki_ca("A");
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const cfo_certificate_t *c =
            pki_make(&(pki_order_t){
                         .name = "x", .extensions = row[i].extensions, .issuer = issuer })
                ->certificate;

        if (c->can_issue != row[i].can_issue || !c->is_ca != !row[i].is_ca)
            fail_msg("%s: can issue %d, is a CA %d", row[i].extensions, c->can_issue,
                     c->is_ca);
    }
}

/* OpenSSL treats such a certificate as a CA; so does the core, in order to refuse it as a
 * leaf. */
static void a_self_signed_certificate_without_extensions_is_a_ca_of_the_lesser_kind(
    void **state)
{
    const pki_t *old = pki_make(&(pki_order_t){ .name = "old" });

    (void)state;
    assert_false(old->certificate->can_issue);
    assert_true(old->certificate->is_ca);
}

static void a_certificate_with_unreadable_extensions_is_refused(void **state)
{
    const pki_t *bad = pki_make(
        &(pki_order_t){ .name = "bad", .extensions = "basicConstraints=DER:01:02:03" });

    (void)state;
    assert_contains(bad->problem, "extensions cannot be read");
    assert_null(bad->certificate);
}

static void has_a_bad_date(X509 *x509, ASN1_TIME *date, int type, const char *text)
{
    cfo_certificate_t *certificate;
    const char *problem;

    ASN1_STRING_set(date, text, -1);
    date->type = type;
    problem = cfo_certificate_make(pool, x509, &certificate);
    if (!problem || !strstr(problem, "dates cannot be read"))
        fail_msg("%s: %s", text, problem ? problem : "it is accepted");
}

/* What OpenSSL calls invalid in a chain, though its other functions read some of it. */
static void a_certificate_with_a_date_that_rfc_5280_forbids_is_refused(void **state)
{
    static const struct {
        int type;
        const char *text;
    } row[] = {
        { V_ASN1_UTCTIME, "yesterday" },
        { V_ASN1_UTCTIME, "" },
        { V_ASN1_UTCTIME, "3001010000Z" },
        { V_ASN1_UTCTIME, "300101000000+0000" },
        { V_ASN1_UTCTIME, "300101000000" },
        { V_ASN1_UTCTIME, "301301000000Z" },
        { V_ASN1_UTCTIME, "20300101000000Z" },
        { V_ASN1_GENERALIZEDTIME, "20300101000000.5Z" },
        { V_ASN1_GENERALIZEDTIME, "20300101000000.Z" },
        { V_ASN1_GENERALIZEDTIME, "20300101000000+0100" },
        { V_ASN1_GENERALIZEDTIME, "20300101000000" },
        { V_ASN1_GENERALIZEDTIME, "203001010000Z" },
        { V_ASN1_GENERALIZEDTIME, "20300230000000Z" },
        { V_ASN1_GENERALIZEDTIME, "300101000000Z" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        X509 *start = X509_dup(pki_ca("A")->x509), *end = X509_dup(start);

        has_a_bad_date(start, X509_getm_notBefore(start), row[i].type, row[i].text);
        has_a_bad_date(end, X509_getm_notAfter(end), row[i].type, row[i].text);
    }
}

static void the_first_certificate_of_a_text_is_read(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const cfo_certificate_t *certificate;

    (void)state;
    assert_null(read_text(leaf->pem, &certificate));
    assert_string_equal(certificate->sha256_hex, leaf->certificate->sha256_hex);
    assert_null(
        read_text(apr_pstrcat(pool, "words\n", leaf->pem, ca->pem, NULL), &certificate));
    assert_string_equal(certificate->sha256_hex, leaf->certificate->sha256_hex);
}

static void garbage_is_refused_and_leaves_no_openssl_error(void **state)
{
    const char *pem = pki_ca("A")->pem;
    const char *const texts[] = {
        "",
        "x",
        "-----BEGIN CERTIFICATE-----\n",
        apr_pstrmemdup(pool, pem, strlen(pem) / 2),
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++) {
        const cfo_certificate_t *certificate;
        const char *reason = read_text(texts[i], &certificate);

        assert_contains(reason, "OpenSSL rejects it: ");
        assert_null(certificate);
    }
}

static void nothing_after_the_length_of_a_text_is_read(void **state)
{
    const char *pem = pki_ca("A")->pem;
    cfo_certificate_t *certificate;

    (void)state;
    assert_non_null(cfo_certificate_read(pool, pem, strlen(pem) - 20, &certificate));
    assert_non_null(cfo_certificate_read(pool, pem, 0, &certificate));
}

static void the_shared_ca_is_recognized_by_its_public_key_alone(void **state)
{
    cfo_certificate_t other = *pki_ca("origin-pull.cloudflare.net")->certificate;
    const char *digits =
        "e2ef9fe85ac39f522dc773505f399875aa75ac10c49766ca899f8f99b07da34c";
    int i;

    (void)state;
    assert_false(cfo_certificate_is_shared_ca(&other));
    apr_unescape_hex(other.spki_sha256, digits, APR_ESCAPE_STRING, 0, NULL);
    assert_true(cfo_certificate_is_shared_ca(&other));
    for (i = 0; i < CFO_DIGEST_SIZE; i++) {
        other.spki_sha256[i] ^= 1;
        assert_false(cfo_certificate_is_shared_ca(&other));
        other.spki_sha256[i] ^= 1;
    }
}

static void the_newest_error_of_openssl_is_returned(void **state)
{
    (void)state;
    assert_string_equal(cfo_openssl_reason(pool), "unknown reason");
    ERR_set_mark();
    ERR_put_error(ERR_LIB_PEM, 0, PEM_R_NO_START_LINE, __FILE__, __LINE__);
    assert_string_equal(cfo_openssl_reason(pool), "no start line");
    ERR_pop_to_mark();
    ERR_clear_error();
    assert_string_equal(cfo_openssl_reason(pool), "unknown reason");
    fixture_raise_error();
}

/* A text that is read while there is no memory, and what it is with memory. */
typedef struct {
    const char *pem;
    const cfo_certificate_t *good;
    const cfo_certificate_t *certificate;
    const char *reason;
} shortage_t;

static void read_in_shortage(void *data)
{
    shortage_t *shortage = data;

    shortage->reason = read_text(shortage->pem, &shortage->certificate);
}

static void assert_whole_or_error(void *data)
{
    const shortage_t *shortage = data;
    const cfo_certificate_t *good = shortage->good;
    const cfo_certificate_t *found = shortage->certificate;

    assert_int_equal(!shortage->reason, found != NULL);
    if (!found)
        return;
    assert_memory_equal(found->sha256, good->sha256, CFO_DIGEST_SIZE);
    assert_memory_equal(found->spki_sha256, good->spki_sha256, CFO_DIGEST_SIZE);
    assert_true(found->not_before == good->not_before &&
                found->not_after == good->not_after);
    assert_int_equal(found->can_issue, good->can_issue);
    assert_int_equal(!found->is_ca, !good->is_ca);
}

static void assert_read_whole(const char *pem)
{
    shortage_t shortage = { .pem = pem };

    read_in_shortage(&shortage);
    shortage.good = shortage.certificate;
    assert_non_null(shortage.good);
    assert_true(memory_fail_each(1, read_in_shortage, assert_whole_or_error, &shortage) >
                100);
}

static void without_memory_a_certificate_is_read_as_a_whole_or_not_at_all(void **state)
{
    const pki_t *rsa = pki_make(&(pki_order_t){
        .name = "R", .extensions = CA_EXTENSIONS, .key = pki_rsa_key(2048) });

    (void)state;
    assert_read_whole(rsa->pem);
    assert_read_whole(pki_leaf("leaf", rsa)->pem);
    assert_read_whole(pki_with_unknown_key(rsa));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_digests_are_those_of_the_encoding_and_of_the_key),
        TEST(der_gives_the_same_as_pem_and_garbage_is_an_error),
        TEST(names_are_in_rfc_2253_form_with_utf_8_unescaped),
        TEST(a_nul_in_a_name_does_not_end_it),
        TEST(an_empty_name_is_an_empty_text),
        TEST(a_name_of_any_string_type_is_converted),
        TEST(a_long_name_is_not_truncated),
        TEST(a_certificate_is_valid_through_its_last_second),
        TEST(dates_in_the_far_future_are_read),
        TEST(dates_before_1970_are_read),
        TEST(a_ca_is_known_by_any_of_its_marks_but_issues_only_by_the_proper_ones),
        TEST(a_self_signed_certificate_without_extensions_is_a_ca_of_the_lesser_kind),
        TEST(a_certificate_with_unreadable_extensions_is_refused),
        TEST(a_certificate_with_a_date_that_rfc_5280_forbids_is_refused),
        TEST(the_first_certificate_of_a_text_is_read),
        TEST(garbage_is_refused_and_leaves_no_openssl_error),
        TEST(nothing_after_the_length_of_a_text_is_read),
        TEST(the_shared_ca_is_recognized_by_its_public_key_alone),
        TEST(the_newest_error_of_openssl_is_returned),
        TEST(without_memory_a_certificate_is_read_as_a_whole_or_not_at_all),
    };

    return RUN(tests);
}
