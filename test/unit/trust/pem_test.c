/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/pem.h"

#include <openssl/evp.h>

#include "fixture.h"
#include "pki.h"

static const char *read_text(const char *pem)
{
    apr_array_header_t *found;

    return cfo_pem_read(pool, pem, strlen(pem), &found);
}

/* In the order of the text, whatever they are as proofs. */
static void all_certificates_of_a_text_are_read(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const char *pem = apr_pstrcat(pool, leaf->pem, "words\n", ca->pem, NULL);
    apr_array_header_t *found;

    (void)state;
    assert_null(cfo_pem_read(pool, pem, strlen(pem), &found));
    assert_int_equal(found->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(found, 0, const cfo_certificate_t *)->subject,
                        "CN=leaf");
    assert_string_equal(APR_ARRAY_IDX(found, 1, const cfo_certificate_t *)->subject,
                        "CN=A");
}

static void the_error_for_a_bad_block_names_its_line(void **state)
{
    const char *ca = pki_ca("A")->pem;
    const char *bad = "-----BEGIN X-----\n";
    int lines = 0;
    const char *c;

    (void)state;
    for (c = ca; *c; c++)
        lines += *c == '\n';
    assert_string_equal(strstr(read_text(bad), "line"),
                        apr_psprintf(pool, "line 1: block 1 of 1 is %s",
                                     strstr(read_text(bad), "damaged")));
    assert_contains(read_text(apr_pstrcat(pool, ca, bad, NULL)),
                    apr_psprintf(pool, "line %d: block 2 of 2 is damaged", lines + 1));
    assert_contains(read_text(apr_pstrcat(pool, "a\nb\n", ca, "\n", bad, ca, NULL)),
                    apr_psprintf(pool, "line %d: block 2 of 3 is damaged", lines + 4));
    /* An END line without a BEGIN line. */
    assert_contains(read_text(apr_pstrcat(pool, "a\n", ca, "-----END X-----\n", NULL)),
                    apr_psprintf(pool, "line %d: block 2 of 2 is damaged", lines + 2));
}

static const char *read_type(const char *type)
{
    return read_text(apr_pstrcat(pool, "-----BEGIN ", type, "-----\nAAAA\n-----END ",
                                 type, "-----\n", NULL));
}

static void a_block_of_another_type_is_named_with_what_to_do_if_it_is_known(void **state)
{
    (void)state;
    assert_contains(read_type("X509 CRL"), "only CERTIFICATE is accepted: it is a "
                                           "revocation list");
    assert_string_equal(read_type("OTHER"), "line 1: block 1 of 1 is a block of type "
                                            "\"OTHER\"; only CERTIFICATE is accepted");
}

/* With nothing behind it, which AddressSanitizer watches. */
static void what_is_behind_the_end_of_a_text_is_not_read(void **state)
{
    static const char text[] = " \n\xc2\xa0 -----BEGIN CERTIFICATE-----\n \nMIIB\n\n "
                               "------END CERTIFICATE-----\n \t\n  \xef\xbb";
    size_t length;

    (void)state;
    for (length = 0; length < sizeof text; length++) {
        char *copy = malloc(length ? length : 1);
        apr_array_header_t *found;

        memcpy(copy, text, length);
        assert_non_null(cfo_pem_read(pool, copy, length, &found));
        free(copy);
    }
}

/* Nothing is left of the second certificate that could be noticed without its marks. */
static void a_certificate_behind_invisible_characters_is_not_ignored(void **state)
{
    static const char *const fronts[] = {
        " ", "\t", "\x01", "\xef\xbb\xbf", "\xc2\xa0",
    };
    const char *ca = pki_ca("A")->pem, *last = strstr(ca, "-----END");
    int i;

    (void)state;
    for (i = 0; i < COUNT(fronts); i++) {
        const char *inner = apr_pstrmemdup(pool, ca, last - ca);

        if (!read_text(apr_pstrcat(pool, ca, fronts[i], inner, fronts[i], last, NULL)))
            fail_msg("%d: read", i);
    }
}

static const char *block_of(const char *type, const char *body)
{
    return apr_psprintf(pool, "-----BEGIN %s-----\n%s\n-----END %s-----\n", type, body,
                        type);
}

/* The name that OpenSSL gave a certificate long ago. */
static void an_x509_certificate_is_a_certificate(void **state)
{
    const char *pem = pki_ca("A")->pem, *body = strchr(pem, '\n') + 1;

    (void)state;
    body = apr_pstrmemdup(pool, body, strstr(body, "\n-----END") - body);
    assert_null(read_text(block_of("X509 CERTIFICATE", body)));
}

static void what_is_in_a_block_that_is_no_certificate_is_named(void **state)
{
    const char *pem = pki_ca("A")->pem;
    char *twice = apr_palloc(pool, 2 * strlen(pem));

    (void)state;
    EVP_EncodeBlock((unsigned char *)twice, (const unsigned char *)pem, 300);
    assert_contains(read_text(block_of("CERTIFICATE", twice)), "base64 -d");
    assert_contains(read_text(block_of("CERTIFICATE", "MAA=")), "something else");
    assert_contains(read_text(block_of("CERTIFICATE", "MBAxMTExMTExMTExMTExMTEx")),
                    "something else");
    assert_contains(read_text(block_of("PKCS7", "MAA=")), "accepted: convert it");
    assert_string_equal(strstr(read_text(block_of("ODD", "MAA=")), "accepted"),
                        "accepted");
}

/* A line that ends with CR and LF is whole; a CR within it ends another. */
static void the_lines_of_old_macs_are_told_from_those_of_windows(void **state)
{
    const char *pem = pki_ca("A")->pem;
    char *mac = apr_pstrdup(pool, pem), *c;

    (void)state;
    for (c = mac; *c; c++)
        *c = *c == '\n' ? '\r' : *c;
    assert_null(read_text(apr_pstrcat(pool, mac, "# the end\n", NULL)));
    assert_contains(read_text("-----BEGIN CERTIFICATE-----\r\n"), "line 1: block 1 of 1");
}

static void a_conflict_that_nobody_has_resolved_is_an_error(void **state)
{
    const char *pem = pki_ca("A")->pem;

    (void)state;
    assert_contains(read_text(apr_pstrcat(pool, "<<<<<<< HEAD\n", pem, NULL)),
                    "line 1: a mark of git");
    assert_contains(read_text(apr_pstrcat(pool, "#\n>>>>>>> b\n", pem, NULL)),
                    "line 2: a mark of git");
}

static void a_text_that_is_not_pem_is_an_error(void **state)
{
    apr_array_header_t *found;

    (void)state;
    assert_string_equal(read_text(""), "empty");
    assert_contains(read_text("words\n"), "it contains no certificate");
    assert_contains(cfo_pem_read(pool, "\x30\x82\x01\x02", 4, &found), "DER, not PEM");
}

/* A NUL byte does not end the text or hide a block. */
static void a_nul_byte_hides_nothing(void **state)
{
    const char *ca = pki_ca("A")->pem;
    apr_size_t length = strlen(ca);
    char *text = apr_pcalloc(pool, 2 * length + 8);
    apr_array_header_t *found;

    (void)state;
    memcpy(text, ca, length);
    memcpy(text + length + 1, "-----BEGIN X", 13);
    assert_contains(cfo_pem_read(pool, text, length + 14, &found), "block 2 of 2");
}

/* Text around a block, and in front of a BEGIN or END line. */
static void a_comment_may_mention_blocks(void **state)
{
    static const char *const comments[] = {
        "# -----BEGIN CERTIFICATE-----\n",
        "the old one, without its -----END CERTIFICATE----- and all\n",
        "> -----BEGIN PRIVATE KEY-----\n> MAA=\n> -----END PRIVATE KEY-----\n",
        "\xe2\x86\x92 -----BEGIN CERTIFICATE-----\n",
        "\xef\xbb\xbf", /* from an editor on Windows */
        "Bag Attributes\n    friendlyName: -----BEGIN\nsubject=CN = -----END\n",
        "-- -----BEGIN CERTIFICATE-----\n",
        "BEGIN\nEND of the old one\n",
        "----BEGIN CERTIFICATE-----\n----END CERTIFICATE-----\n",
    };
    const char *ca = pki_ca("A")->pem, *long_line = apr_psprintf(pool, "%254s", "");
    apr_array_header_t *found;
    int i;

    (void)state;
    for (i = 0; i < COUNT(comments); i++) {
        const char *pem =
            apr_pstrcat(pool, comments[i], ca, comments[i], ca, comments[i], NULL);

        if (cfo_pem_read(pool, pem, strlen(pem), &found))
            fail_msg("%s: %s", comments[i], read_text(pem));
        assert_int_equal(found->nelts, 2);
    }
    /* OpenSSL reads long lines in pieces, and would treat the second piece as a block. */
    assert_null(read_text(apr_pstrcat(pool, "#", long_line + 1,
                                      "-----BEGIN CERTIFICATE-----\n", ca, NULL)));
}

static void a_damaged_begin_or_end_line_is_not_a_comment(void **state)
{
    const char *ca = pki_ca("A")->pem, *body = strchr(ca, '\n');
    const char *const damaged[] = {
        apr_pstrcat(pool, " ", ca, NULL),
        apr_pstrcat(pool, "\t", ca, NULL),
        apr_pstrcat(pool, "\xef\xbb\xbf ", ca, NULL),
        apr_pstrcat(pool, "\xc2\xa0", ca, NULL),
        apr_pstrcat(pool, "-", ca, NULL),
        apr_pstrcat(pool, "-----BEGIN CERTIFICATE----", body, NULL),
        apr_pstrcat(pool, "-----BEGIN", body, NULL),
        apr_pstrcat(pool, "-----BEGIN CERTIFICATE-----", NULL),
        apr_pstrmemdup(pool, ca, strlen(ca) - 2),
        apr_pstrmemdup(pool, ca, strlen(ca) - 27),
        apr_pstrmemdup(pool, ca, strlen(ca) / 2),
        apr_pstrcat(pool, "# ", ca, NULL),
        apr_pstrcat(pool, "-----BEGIN CERTIFICATE-----\n# why", body, NULL),
        "-----END CERTIFICATE-----\n",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(damaged); i++) {
        const char *twice = apr_pstrcat(pool, ca, damaged[i], NULL);
        const char *before = apr_pstrcat(pool, damaged[i], "\n", ca, NULL);

        if (!read_text(twice) || !read_text(before))
            fail_msg("%d: %s", i, damaged[i]);
        assert_contains(read_text(twice), "is damaged or incomplete");
        assert_contains(read_text(before), "is damaged or incomplete");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_certificates_of_a_text_are_read),
        TEST(the_error_for_a_bad_block_names_its_line),
        TEST(a_comment_may_mention_blocks),
        TEST(a_damaged_begin_or_end_line_is_not_a_comment),
        TEST(a_block_of_another_type_is_named_with_what_to_do_if_it_is_known),
        TEST(what_is_behind_the_end_of_a_text_is_not_read),
        TEST(a_certificate_behind_invisible_characters_is_not_ignored),
        TEST(an_x509_certificate_is_a_certificate),
        TEST(what_is_in_a_block_that_is_no_certificate_is_named),
        TEST(the_lines_of_old_macs_are_told_from_those_of_windows),
        TEST(a_conflict_that_nobody_has_resolved_is_an_error),
        TEST(a_text_that_is_not_pem_is_an_error),
        TEST(a_nul_byte_hides_nothing),
    };

    return RUN(tests);
}
