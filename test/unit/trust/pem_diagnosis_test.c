/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/pem_diagnosis.h"

#include "core/trust/pem.h"
#include "fixture.h"
#include "pki.h"

/* The text with every `from` replaced. */
static const char *replaced(const char *text, const char *from, const char *to)
{
    const char *result = "", *at;

    for (; (at = strstr(text, from)) != NULL; text = at + strlen(from))
        result =
            apr_pstrcat(pool, result, apr_pstrmemdup(pool, text, at - text), to, NULL);
    return apr_pstrcat(pool, result, text, NULL);
}

static const char *with_front(const char *pem, const char *front)
{
    return apr_pstrcat(pool, front,
                       replaced(pem, "\n", apr_pstrcat(pool, "\n", front, NULL)), NULL);
}

static void assert_error(const char *text, const char *expected)
{
    apr_array_header_t *found;
    const char *error = cfo_pem_read(pool, text, strlen(text), &found);

    if (!error || !strstr(error, expected))
        fail_msg("%.60s: %s", text, error);
}

/* What people paste, and the errors that they get for it. */
static void what_happened_to_a_pem_text_is_named(void **state)
{
    const char *pem = pki_ca("A")->pem;
    const char *body = replaced(replaced(pem, "-----BEGIN CERTIFICATE-----\n", ""),
                                "-----END CERTIFICATE-----\n", "");

    (void)state;
    assert_error(with_front(pem, "    "), "indented");
    assert_error(with_front(pem, "\t"), "indented");
    assert_error(with_front(pem, "> "), "quoted mail");
    assert_error(with_front(pem, "12: "), "line numbers");
    assert_error(with_front(pem, "# "), "comments");
    assert_error(with_front(pem, "+"), "diff");
    assert_error(with_front(pem, "cert: "), "before -----BEGIN");
    assert_error(replaced(pem, "\n", "\\n"), "written as \\n");
    assert_error(replaced(pem, "\n", "\\r\\n"), "written as \\n");
    assert_error(replaced(pem, "\n-----", "\\n-----"), "written as \\n");
    assert_error(replaced(pem, "E-----\n", "E-----\\n"), "written as \\n");
    assert_error(replaced(pem, "\n", "\\r"), "written as \\n");
    assert_error(replaced(pem, "\n", "\\\\n"), "written as \\n");
    assert_error(apr_pstrcat(pool, "\"", replaced(pem, "\n", "\\n"), "\"\n", NULL),
                 "written as \\n");
    assert_error(apr_pstrcat(pool, "\"", pem, "\"\n", NULL), "quotation marks");
    assert_error(apr_pstrcat(pool, "\xe2\x80\x9c", pem, "\xe2\x80\x9d\n", NULL),
                 "quotation marks");
    assert_error(replaced(pem, "\n", " "), "line breaks are lost");
    assert_error(replaced(pem, "\n", ""), "line breaks are lost");
    assert_error(replaced(pem, "CERTIFICATE-----\n", "CERTIFICATE----- "),
                 "something follows -----BEGIN CERTIFICATE----- on its line");
    assert_error(replaced(pem, "\n", "<br>\n"), "something follows");
    assert_error(replaced(pem, "\n", "\xe2\x80\xa8"), "line breaks are lost");
    assert_error(replaced(pem, "-----END", "\xe2\x88\x92\xe2\x88\x92-END"),
                 "typographic");
    assert_error(replaced(pem, "-----", "\xe2\x94\x80\xe2\x94\x80"), "typographic");
    assert_error(replaced(pem, "BEGIN CERT",
                          "BEGIN\xc2\xa0"
                          "CERT"),
                 "BEGIN line is not exactly");
    assert_error(replaced(pem, "-----BEGIN", "----- BEGIN"), "BEGIN line is not exactly");
    assert_error(replaced(pem, "BEGIN CERT", "BEGIN\nCERT"), "BEGIN line is not exactly");
    assert_error(replaced(pem, "-----", "&#45;&#45;&#45;&#45;&#45;"), "HTML");
    assert_error(apr_pstrcat(pool, "-----BEGIN CERTIFICATE-----\n", pem, NULL),
                 "-----END CERTIFICATE----- line is missing");
    assert_error("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                 "nothing is between");
    assert_error(replaced(pem, "\nMI", "\n<<<<<<< HEAD\nMI"), "git");
    assert_error(
        apr_pstrcat(pool, "<<<<<<< HEAD\n", pem, "=======\n", pem, ">>>>>>> b\n", NULL),
        "line 1: a mark of git");
    assert_error(replaced(pem, "-\nMII", "-\nMIJ"), "rejects");
    assert_error(apr_pstrcat(pool, "# \xc3\x96sterreich \xe2\x80\x93 END\n",
                             replaced(pem, "-\nMI", "-\nM"), NULL),
                 "damaged");
    assert_error(replaced(pem, "-----BEGIN", "\xe2\x80\x94--BEGIN"), "typographic");
    assert_error(replaced(pem, "-----", "\xe2\x80\x93\xe2\x80\x93-"), "typographic");
    assert_error(replaced(pem, "-----", "\xc2\xad\xc2\xad\xc2\xad"), "typographic");
    assert_error(replaced(pem, "-----", "\x96\x96-"), "typographic");
    assert_error(apr_pstrcat(pool, apr_pstrmemdup(pool, pem, strlen(pem) - 1), pem, NULL),
                 "on one line, as when files are joined");
    assert_error(apr_pstrmemdup(pool, pem, strlen(pem) - 30), "is missing");
    assert_error(strchr(pem, '\n') + 1, "-----BEGIN CERTIFICATE----- line is missing");
    assert_error(replaced(pem, "-----BEGIN CERT", "----BEGIN CERT"), "not exactly");
    assert_error(
        replaced(replaced(pem, "-----BEGIN CERT", "- BEGIN CERT"), "-----END", "- END"),
        "not exactly");
    assert_error(replaced(replaced(pem, "BEGIN CERT", "begin cert"), "END", "end"),
                 "not exactly");
    assert_error(body, "only the base64");
    assert_error(replaced(body, "\n", ""), "only the base64");
    assert_error(replaced(pem, "/", "\\/"), strchr(body, '/') ? "written as \\/" : "");
    assert_error(replaced(replaced(pem, " ", "%20"), "\n", "%0A"), "URL");
    assert_error(apr_pstrcat(pool, "{\"result\":{\"certificate\":\"",
                             replaced(pem, "\n", "\\n"), "\"}}", NULL),
                 "JSON");
    assert_error("[\n {\"certificate\": \"\"}]", "JSON");
    assert_error("<!DOCTYPE html><title>Just a moment...</title>", "HTML");
    assert_error("\n<HTML>", "HTML");
    assert_error("Certificate:\n    Data:\n", "printed form");
    assert_error("ssh-ed25519 AAAA a@b\n", "SSH");
    assert_error("\xef\xbb\xbf<html>", "HTML");
    assert_error(replaced(pem, "\n", "\n\n"), "empty lines");
    assert_error(replaced(pem, "-----", "------"), "not exactly");
    assert_error(apr_pstrmemdup(pool, pem, strlen(pem) - 2), "END line is not exactly");
    assert_error(replaced(pem, "END CERT", "END X509 CERT"), "END line is not exactly");
    assert_error(replaced(pem, "-\nMI", "-\nM"), "base64 between BEGIN and END");
    assert_error(with_front(pem, "\xc2\xa0"), "invisible");
    assert_error("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM", "secret of Kubernetes");
}

/* With a part of the base64 lost, so that it is an error in any case. */
static void each_spelling_of_a_mistake_is_named(void **state)
{
    const char *pem = pki_ca("A")->pem, *bad = replaced(pem, "-\nMI", "-\nM");
    const char *glued = apr_pstrmemdup(pool, pem, strlen(pem) - 1);

    (void)state;
    assert_error(replaced(pem, "-----", "\x97\x97-"), "typographic");
    assert_error(replaced(pem, "-----", "-\xad\xad-"), "typographic");
    assert_error(replaced(bad, "-----BEGIN", "\xc3\x96 -----BEGIN"),
                 "on the line before");
    assert_error(replaced(bad, "E-----\n", "E-----\\\\n"), "written as \\n");
    assert_error(replaced(pem, "BEGIN ", "BEGIN%20"), "URL");
    assert_error(replaced(pem, "BEGIN CERT", "BEGIN+CERT"), "URL");
    assert_error(replaced(pem, "E-----\n", "E-----%0A"), "URL");
    assert_error(replaced(pem, "E-----\n", "E-----%0D%0A"), "URL");
    assert_error(replaced(pem, "E-----\n", "E-----&#10;"), "HTML");
    assert_error(replaced(pem, "-----BEGIN", "----&#45;BEGIN"), "HTML");
    assert_error(replaced(pem, "-----BEGIN", "----&#x2d;BEGIN"), "HTML");
    assert_error(replaced(pem, "-----BEGIN", "----&#x2D;BEGIN"), "HTML");
    assert_error(apr_pstrcat(pool, glued, " ", pem, NULL), "on one line");
    assert_error("-----BEGIN CERT", "is missing");
    assert_error("-----BEGIN CERTIFICATE----- ", "is missing");
    assert_error(replaced(bad, "E-----\n", "E-----\t\n"), "base64 between");
    assert_error(replaced(bad, "E-----\n", "E-----\r\n"), "base64 between");
    assert_error(replaced(bad, "E-----\nM", "E-----\tM"), "something follows");
    assert_error(apr_pstrcat(pool, "<<<<<<< HEAD\n", bad, NULL), "git");
    assert_error(apr_pstrcat(pool, bad, ">>>>>>> b\n", NULL), "git");
    assert_error(replaced(bad, "CERT", "X509 CERT"), "base64 between");
    assert_error(replaced(bad, "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE"),
                 "base64 between");
    assert_error(replaced(bad, "\n", "\r\n\r\n"), "empty lines");
    assert_error(replaced(bad, "\nM", "\n\rM"), "base64 between");
}

static void other_texts_are_not_explained(void **state)
{
    (void)state;
    assert_null(cfo_pem_diagnose("", 0));
    assert_null(cfo_pem_diagnose("\xef\xbb\xbf", 3));
    assert_null(cfo_pem_diagnose("words\n", 6));
    assert_null(cfo_pem_diagnose("M", 1));
    assert_null(cfo_pem_diagnose("[", 1));
    assert_null(cfo_pem_diagnose("{", 1));
    assert_null(cfo_pem_diagnose("BEGINNING of a text", 19));
    assert_null(cfo_pem_diagnose("BEGIN: words of a text", 22));
    assert_null(cfo_pem_diagnose("BEGIN-----------", 16));
    assert_null(cfo_pem_diagnose("BEGIN-------------------", 24));
    assert_non_null(cfo_pem_diagnose("wo\0rds", 6));
}

static void utf16_is_named(void **state)
{
    const char *pem = pki_ca("A")->pem;
    size_t length = strlen(pem), i;
    char *wide = apr_pcalloc(pool, 2 * length + 2);

    (void)state;
    memcpy(wide, "\xff\xfe", 2);
    for (i = 0; i < length; i++)
        wide[2 + 2 * i] = pem[i];
    assert_contains(cfo_pem_diagnose(wide, 2 * length + 2), "UTF-16");
    assert_contains(cfo_pem_diagnose(wide + 2, 2 * length), "UTF-16");
}

/* These are read. */
static void harmless_variants_are_accepted(void **state)
{
    const char *pem = pki_ca("A")->pem;
    const char *good[] = { replaced(pem, "\n", "\r\n"),
                           replaced(pem, "\n", "\r"),
                           apr_pstrcat(pool, replaced(pem, "\n", "\r"), "\n", NULL),
                           replaced(pem, "\n", "\r\r\n"),
                           apr_pstrcat(pool, "\xef\xbb\xbf", pem, NULL),
                           apr_pstrmemdup(pool, pem, strlen(pem) - 1),
                           apr_pstrcat(pool, "Bag Attributes\n  x: y\n", pem, NULL) };
    apr_array_header_t *found;
    int i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        if (cfo_pem_read(pool, good[i], strlen(good[i]), &found))
            fail_msg("%d: %s", i, cfo_pem_read(pool, good[i], strlen(good[i]), &found));
        assert_int_equal(found->nelts, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_happened_to_a_pem_text_is_named),
        TEST(each_spelling_of_a_mistake_is_named),
        TEST(other_texts_are_not_explained),
        TEST(utf16_is_named),
        TEST(harmless_variants_are_accepted),
    };

    return RUN(tests);
}
