/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/core/pem.h"

#include "fixture.h"
#include "pki.h"

static const char *read_text(const char *pem)
{
    apr_array_header_t *found;

    return cfo_pem_read(pool, pem, strlen(pem), &found);
}

/* In the order of the text, whatever they would be as proofs. */
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

static void a_bad_block_is_named_with_its_line(void **state)
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
    /* An end without a beginning: it is where the last one begins. */
    assert_contains(read_text(apr_pstrcat(pool, "a\n", ca, "-----END X-----\n", NULL)),
                    "line 2: block 2 of 2 is damaged");
}

static void what_is_no_pem_is_told(void **state)
{
    apr_array_header_t *found;

    (void)state;
    assert_string_equal(read_text(""), "empty");
    assert_contains(read_text("words\n"), "no certificate in it");
    assert_contains(cfo_pem_read(pool, "\x30\x82\x01\x02", 4, &found), "DER, not PEM");
}

/* A NUL ends no text, and hides no block. */
static void a_nul_hides_nothing(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_certificates_of_a_text_are_read),
        TEST(a_bad_block_is_named_with_its_line),
        TEST(what_is_no_pem_is_told),
        TEST(a_nul_hides_nothing),
    };

    return RUN(tests);
}
