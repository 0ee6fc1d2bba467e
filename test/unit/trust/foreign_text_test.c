/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/foreign_text.h"

#include "fixture.h"
#include "memory.h"
#include "pki.h"

/* The lines between the marks. */
static const char *body_of(const char *pem)
{
    const char *from = strchr(pem, '\n') + 1;

    return apr_pstrmemdup(pool, from, strstr(from, "-----END") - from);
}

static void assert_text(const char *text, size_t length, const char *expected)
{
    const char *what = cfo_foreign_text(text, length);

    if (!what || !strstr(what, expected))
        fail_msg("%.40s: %s", text, what ? what : "nothing");
}

static void texts_that_are_something_else_are_named(void **state)
{
    static const struct {
        const char *text, *what;
    } row[] = {
        { "<!DOCTYPE html>", "HTML" },
        { "\n <html>", "HTML" },
        { "<div>not found</div>", "HTML" },
        { "<?xml version='1.0'?>", "HTML" },
        { "{\"a\": 1}", "JSON" },
        { "[ \"a\" ]", "JSON" },
        { "PK\3\4word/document.xml", "archive" },
        { "\x1f\x8b\x08....", "archive" },
        { "\xfe\xed\xfe\xed....", "keystore" },
        { "ssh-rsa AAAA me", "SSH" },
        { "ecdsa-sha2-nistp256 AAAA me", "SSH" },
        { "sk-ssh-ed25519@openssh.com AAAA me", "SSH" },
        { "sk-ecdsa-sha2-nistp256@openssh.com AAAA me", "SSH" },
        { "PuTTY-User-Key-File-3: ssh-rsa", "SSH" },
        { "---- BEGIN SSH2 PUBLIC KEY ----\n", "SSH" },
        { "from=\"192.0.2.1\" ssh-rsa AAAA me", "SSH" },
        { "restrict ssh-ed25519 AAAA me", "SSH" },
        { "-----BEGIN PGP MESSAGE-----\n\n", "PGP" },
        { "tls.crt: LS0tLS1CRUdJTiBDRVJU", "base64 of a PEM file" },
        { "77u/LS0tLS1CRUdJTiBDRVJU", "base64 of a PEM file" },
        { "00000000: 3082 0305 3082", "hexadecimal" },
        { "Certificate:\n    Data:\n", "printed form" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++)
        assert_text(row[i].text, strlen(row[i].text), row[i].what);
    assert_text("a\0b", 3, "NUL bytes");
}

static void base64_is_told_apart(void **state)
{
    const char *body = body_of(pki_ca("A")->pem);
    const char *cut = apr_pstrmemdup(pool, body, strlen(body) - 70);
    const char *words = "MIIBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const char *const others[] = {
        cut,
        apr_pstrcat(pool, words, "AAA", NULL),              /* not in groups of four */
        apr_pstrcat(pool, words, "A_A_", NULL),             /* of a URL */
        apr_pstrcat(pool, "MIAA", words + 4, "AAAA", NULL), /* without a length */
        apr_pstrcat(pool, body, apr_psprintf(pool, "%70000s", ""), NULL),
    };
    int i;

    (void)state;
    assert_text(body, strlen(body), "only the base64 of a certificate");
    for (i = 0; i < COUNT(others); i++)
        assert_text(others[i], strlen(others[i]), "not that of a certificate");
}

static void name_base64(void *data)
{
    const char **text = data;

    text[1] = cfo_foreign_text(text[0], strlen(text[0]));
}

static void assert_named(void *data)
{
    assert_contains(((const char **)data)[1], "base64");
}

static void without_memory_base64_is_named_all_the_same(void **state)
{
    const char *text[2] = { body_of(pki_ca("A")->pem), NULL };

    (void)state;
    assert_true(memory_fail_each(1, name_base64, assert_named, text) > 2);
}

static void hexadecimal_digits_are_named(void **state)
{
    static const char *const starts[] = { "00000000: 3082 0305 3082",
                                          "0000000 82 30 05 03",
                                          "00000000  30 82 03 05" };
    const char *text = "3082", *pairs = "30:82", *spaced = "30 82";
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        text = apr_pstrcat(pool, text, i % 30 ? "0a" : "0a\n", NULL);
        pairs = apr_pstrcat(pool, pairs, ":0A", NULL);
        spaced = apr_pstrcat(pool, spaced, " 0a", NULL);
    }
    assert_text(text, strlen(text), "hexadecimal");
    assert_text(pairs, strlen(pairs), "hexadecimal");
    assert_text(spaced, strlen(spaced), "hexadecimal");
    assert_null(cfo_foreign_text("3082", 4));
    assert_null(cfo_foreign_text("3082 and words", 14));
    for (i = 0; i < COUNT(starts); i++)
        assert_text(starts[i], strlen(starts[i]), "hexadecimal");
}

static void pem_and_words_are_nothing_else(void **state)
{
    static const char *const texts[] = {
        "",
        "words",
        "M",
        "<",
        "<<<<<<< HEAD\n",
        "[",
        "{",
        "[  ",
        "[zone]\n",
        "{ words, and more",
        "{words}",
        "MIIwords, and more",
        "<?php echo 1;",
        "Certificate:\n    Data:\n-----BEGIN CERTIFICATE-----\n",
    };
    const char *pem = pki_ca("A")->pem;
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++)
        assert_null(cfo_foreign_text(texts[i], strlen(texts[i])));
    assert_null(cfo_foreign_text(pem, strlen(pem)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_that_are_something_else_are_named),
        TEST(base64_is_told_apart),
        TEST(without_memory_base64_is_named_all_the_same),
        TEST(hexadecimal_digits_are_named),
        TEST(pem_and_words_are_nothing_else),
    };

    return RUN(tests);
}
