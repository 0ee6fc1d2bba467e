/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/zone_name.h"

#include "fixture.h"

static const char *text_of(char c, int count)
{
    char *text = apr_palloc(pool, count + 1);

    memset(text, c, count);
    text[count] = '\0';
    return text;
}

static void a_name_is_converted_to_lower_case_without_its_final_dot(void **state)
{
    static const struct {
        const char *text, *name;
    } row[] = {
        { "example.com", "example.com" },
        { "Example.COM", "example.com" },
        { "example.com.", "example.com" },
        { "WWW.Example.com.", "www.example.com" },
        { "localhost", "localhost" },
        { "_dmarc.example.com", "_dmarc.example.com" },
        { "a_b.example.com", "a_b.example.com" },
        { "xn--bcher-kva.example", "xn--bcher-kva.example" },
        { "1.example", "1.example" },
        { "1.2.3.4a", "1.2.3.4a" },
        { "a", "a" },
        { "*", "*" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *name = NULL;

        assert_null(cfo_zone_name_read(pool, row[i].text, &name));
        assert_string_equal(name, row[i].name);
    }
}

static void a_text_that_is_not_a_dns_name_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *text, *reason;
    } row[] = {
        { "", "empty name" },
        { ".", "empty label" },
        { "..", "empty label" },
        { ".example.com", "empty label" },
        { "example..com", "empty label" },
        { "example.com..", "empty label" },
        { "*.example.com", "wildcards are not needed" },
        { "*.", "wildcards are not needed" },
        { "www.*.com", "only letters" },
        { "**", "only letters" },
        { "-a.example", "hyphen" },
        { "https://example.com", "this is a URL" },
        { "https://example.com:8443/a", "this is a URL" },
        { "example.com:443", "without a port" },
        { "example.com:", "without a port" },
        { "a:b:1", "only letters" },
        { "(a:b)", "only letters" },
        { "(a|b).example", "several names" },
        { "^a$", "this is a regular expression" },
        { "a@example.com", "this is a mail address" },
        { "example.com/a", "without a path" },
        { "a\xe2\x80\x8b.example", "not in ASCII" },
        { "\xff.example", "not in ASCII" },
        { "a-.example", "hyphen" },
        { "a.example-", "hyphen" },
        { "-", "hyphen" },
        { "b\xc3\xbc"
          "cher.example",
          "xn--" },
        { "example.com:443", "without a port" },
        { "example.com:4a", "only letters" },
        { "a:b:443", "only letters" },
        { "example.com/", "without a path" },
        { "https://example.com/", "this is a URL" },
        { "exa mple.com", "several names" },
        { "example.com,example.org", "several names" },
        { "(www.)?example.com", "regular expression" },
        { " example.com", "only letters" },
        { "example.com\n", "only letters" },
        { "a@b.example", "mail address" },
        { "192.0.2.1", "address or a number" },
        { "192.0.2.1.", "address or a number" },
        { "example.42", "address or a number" },
        { "42", "address or a number" },
        { "[::1]", "only letters" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *name;

        assert_contains(cfo_zone_name_read(pool, row[i].text, &name), row[i].reason);
    }
}

static void a_label_has_at_most_63_characters(void **state)
{
    const char *name;

    (void)state;
    assert_null(cfo_zone_name_read(pool, text_of('a', 63), &name));
    assert_contains(cfo_zone_name_read(pool, text_of('a', 64), &name), "63");
}

static void a_name_has_at_most_253_characters_without_its_final_dot(void **state)
{
    const char *label = apr_pstrcat(pool, text_of('a', 49), ".", NULL), *name;
    const char *four = apr_pstrcat(pool, label, label, label, label, NULL);

    (void)state;
    assert_null(
        cfo_zone_name_read(pool, apr_pstrcat(pool, four, text_of('b', 53), NULL), &name));
    assert_int_equal(strlen(name), 253);
    assert_null(cfo_zone_name_read(
        pool, apr_pstrcat(pool, four, text_of('b', 53), ".", NULL), &name));
    assert_contains(
        cfo_zone_name_read(pool, apr_pstrcat(pool, four, text_of('b', 54), NULL), &name),
        "253");
}

static void the_text_that_is_read_is_not_changed(void **state)
{
    char text[] = "EXAMPLE.com.";
    const char *name;

    (void)state;
    assert_null(cfo_zone_name_read(pool, text, &name));
    assert_string_equal(text, "EXAMPLE.com.");
}

static void the_zone_of_a_file_is_its_name_without_pem(void **state)
{
    (void)state;
    assert_string_equal(cfo_zone_name_of_file(pool, "example.com.pem"), "example.com");
    assert_string_equal(cfo_zone_name_of_file(pool, "a.pem"), "a");
    assert_string_equal(cfo_zone_name_of_file(pool, "x.pem.pem"), "x.pem");
}

static void a_file_with_another_suffix_has_no_zone(void **state)
{
    static const char *const others[] = {
        "",
        ".pem",
        "pem",
        "example.com",
        "example.com.PEM",
        "example.com.pem~",
        "example.com.pem.bak",
        "example.com.key",
        "xpem",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(others); i++)
        assert_null(cfo_zone_name_of_file(pool, others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_converted_to_lower_case_without_its_final_dot),
        TEST(a_text_that_is_not_a_dns_name_is_refused_with_the_reason),
        TEST(a_label_has_at_most_63_characters),
        TEST(a_name_has_at_most_253_characters_without_its_final_dot),
        TEST(the_text_that_is_read_is_not_changed),
        TEST(the_zone_of_a_file_is_its_name_without_pem),
        TEST(a_file_with_another_suffix_has_no_zone),
    };

    return RUN(tests);
}
