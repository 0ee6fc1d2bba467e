/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log/event.h"

#include "fixture.h"

/* httpd cuts a message, with its own prefix, at 8,192 bytes after escaping. */
enum { LINE_MOST = 8192 - 300 };

/* As httpd's error log escapes a message (ap_escape_errorlog_item). */
static const char *escape_as_httpd(const char *line)
{
    char *out = apr_palloc(pool, 4 * strlen(line) + 1), *end = out;

    for (; *line; line++) {
        if (*line == '\\')
            end += sprintf(end, "\\\\");
        else if (*line < ' ' || *line > '~')
            end += sprintf(end, "\\x%02x", (unsigned char)*line);
        else
            *end++ = *line;
    }
    *end = '\0';
    return out;
}

/* Like "(\\.|[^"\\])*" or [^ "\\]+ ; returns what follows, and the value decoded once. */
static const char *parse_value(const char *text, char **value)
{
    int quoted = *text == '"';
    char *out = *value = apr_palloc(pool, strlen(text) + 1);

    text += quoted;
    while (*text && (quoted ? *text != '"' : *text != ' ')) {
        assert_true(quoted || (*text != '"' && *text != '\\'));
        if (*text == '\\')
            text++;
        assert_true(*text);
        *out++ = *text++;
    }
    *out = '\0';
    if (!quoted)
        return text;
    assert_int_equal(*text, '"');
    return text + 1;
}

/* "CFOnnnn word key=value ..." as a table; the test fails for anything else. */
static apr_table_t *parse_line(const char *line)
{
    apr_table_t *values = apr_table_make(pool, 20);
    size_t code = strspn(line, "CFO0123456789");
    size_t word = strspn(line + code + 1, "abcdefghijklmnopqrstuvwxyz-");

    assert_true(code == 7 && line[code] == ' ' && word > 0);
    line += code + 1 + word;
    while (*line) {
        size_t length;
        char *key, *value;

        assert_int_equal(*line++, ' ');
        length = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
        assert_true(length > 0 && line[length] == '=');
        key = apr_pstrmemdup(pool, line, length);
        assert_null(apr_table_get(values, key));
        line = parse_value(line + length + 1, &value);
        apr_table_set(values, key, value);
    }
    return values;
}

static apr_table_t *render_and_parse(const cfo_event_t *event)
{
    const char *line = cfo_event_render(pool, event), *c;

    for (c = line; *c; c++)
        assert_true(*c >= ' ' && *c <= '~');
    line = escape_as_httpd(line);
    assert_in_range(strlen(line), 100, LINE_MOST);
    return parse_line(line);
}

static void a_line_looks_as_in_the_manual(void **state)
{
    cfo_event_t event = {
        .code = "CFO0001 refused",
        .reason = "cert-missing",
        .vhost = "shop.example.com:443",
        .host = "shop.example.com",
        .zone = "example.com",
        .edge = "198.51.100.7",
        .sni = "shop.example.com",
        .claimed_ray = "230b030023ae2822-SJC",
        .method = "GET",
        .uri = "/cart?id=1",
    };

    (void)state;
    assert_string_equal(
        cfo_event_render(pool, &event),
        "CFO0001 refused reason=cert-missing vhost=shop.example.com:443 "
        "host=shop.example.com zone=example.com edge=198.51.100.7 edge_known=no cert=- "
        "cert_subject=\"-\" cert_zone=- sni=shop.example.com ray=- "
        "claimed_ray=230b030023ae2822-SJC method=GET uri=\"/cart?id=1\"");
}

static void each_unknown_value_is_a_hyphen(void **state)
{
    cfo_event_t event = { .code = "CFO0002 would-refuse",
                          .reason = "unjudged",
                          .hint = "" };

    (void)state;
    assert_string_equal(
        cfo_event_render(pool, &event),
        "CFO0002 would-refuse reason=unjudged vhost=- host=- zone=- edge=- "
        "edge_known=no cert=- cert_subject=\"-\" cert_zone=- sni=- ray=- "
        "claimed_ray=- method=- uri=\"-\"");
}

static void each_value_has_its_key(void **state)
{
    static const char *const expected[][2] = {
        { "reason", "verified" },
        { "vhost", "v:1" },
        { "host", "h" },
        { "zone", "*" },
        { "edge", "2001:db8::1" },
        { "edge_known", "yes" },
        { "cert", "c0ffee" },
        { "cert_subject", "CN=a b" },
        { "cert_zone", "z" },
        { "sni", "s" },
        { "ray", "r" },
        { "claimed_ray", "cr" },
        { "method", "GET" },
        { "uri", "/" },
        { "client_ip", "rewritten" },
        { "cert_issuer", "CN=i" },
        { "hint", "do this" },
    };
    cfo_event_t event = {
        .code = "CFO0003 admitted",
        .reason = "verified",
        .vhost = "v:1",
        .host = "h",
        .zone = "*",
        .edge = "2001:db8::1",
        .edge_known = 2,
        .cert = "c0ffee",
        .cert_subject = "CN=a b",
        .cert_issuer = "CN=i",
        .cert_zone = "z",
        .sni = "s",
        .ray = "r",
        .claimed_ray = "cr",
        .method = "GET",
        .uri = "/",
        .client_ip = "rewritten",
        .hint = "do this",
    };
    apr_table_t *values = render_and_parse(&event);
    int i;

    (void)state;
    assert_int_equal(apr_table_elts(values)->nelts, COUNT(expected));
    for (i = 0; i < COUNT(expected); i++)
        assert_string_equal(apr_table_get(values, expected[i][0]), expected[i][1]);
}

static cfo_event_t event_of(const char *foreign)
{
    return (cfo_event_t){
        .code = "CFO0001 refused",
        .reason = "cert-unknown",
        .vhost = foreign,
        .host = foreign,
        .zone = foreign,
        .edge = foreign,
        .cert = foreign,
        .cert_subject = foreign,
        .cert_issuer = foreign,
        .cert_zone = foreign,
        .sni = foreign,
        .ray = foreign,
        .claimed_ray = foreign,
        .method = foreign,
        .uri = foreign,
        .hint = foreign,
    };
}

/* Undoes the module's own escaping: \x is always a byte. */
static char *unescape(const char *value)
{
    char *result = apr_pstrdup(pool, value), *out = result;
    unsigned int byte;

    for (; *value; value++, out++) {
        *out = *value;
        if (strncmp(value, "\\x", 2))
            continue;
        assert_int_equal(sscanf(value + 2, "%2x", &byte), 1);
        *out = (char)byte;
        value += 3;
    }
    *out = '\0';
    return result;
}

/* A value that is read back is the original, or its begin before "...". */
static void assert_value(const char *value, const char *foreign)
{
    const char *text = unescape(value);
    size_t length = strlen(text);

    if (!strcmp(text, foreign))
        return;
    assert_true(length >= 3 && length - 3 < strlen(foreign));
    assert_string_equal(text + length - 3, "...");
    assert_memory_equal(text, foreign, length - 3);
}

static void assert_harmless(const char *foreign)
{
    static const char *const keys[] = {
        "vhost",        "host",        "zone",      "edge", "cert",
        "cert_subject", "cert_issuer", "cert_zone", "sni",  "ray",
        "claimed_ray",  "method",      "uri",       "hint",
    };
    cfo_event_t event = event_of(foreign);
    apr_table_t *values = render_and_parse(&event);
    int i;

    assert_int_equal(apr_table_elts(values)->nelts, COUNT(keys) + 2);
    assert_string_equal(apr_table_get(values, "reason"), "cert-unknown");
    assert_string_equal(apr_table_get(values, "edge_known"), "no");
    for (i = 0; i < COUNT(keys); i++)
        assert_value(apr_table_get(values, keys[i]), foreign);
}

static void no_foreign_text_can_end_a_value_or_begin_a_line(void **state)
{
    static const char *const hostile[] = {
        "\"",
        "\\",
        "\\\"",
        "\\\\",
        "\\\\\"",
        "\"\\",
        "x\"]x[y-LHR",
        " ",
        "a b",
        "=",
        "a=b",
        "x\nCFO0003 admitted reason=verified",
        "x\r\n",
        "\" reason=verified uri=\"",
        "-\" edge_known=yes \"",
        "\\x22",
        "\\x22 reason=verified",
        "\t",
        "\x01\x02\x1b[31m",
        "\x7f",
        "\x80\x81\xff",
        "\xc3\xa9\xe2\x80\xa8",
        "%s%n%5$x",
        "'",
        "`id`",
        "$(id)",
        "<script>",
        "a\\",
        "a\\\\\\",
        "\"\"\"\"",
        "...",
        "\xc2\x85",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(hostile); i++)
        assert_harmless(hostile[i]);
}

static void random_bytes_cannot_break_a_line(void **state)
{
    static const char favourites[] = "\"\\ =\n\r\x80x2";
    int round;

    (void)state;
    for (round = 0; round < 3000; round++) {
        char text[24];
        int length = 1 + (int)fixture_random(sizeof text - 1), i;

        for (i = 0; i < length; i++)
            text[i] = (char)(fixture_random(2) ? favourites[fixture_random(9)]
                                               : 1 + (int)fixture_random(255));
        text[length] = '\0';
        assert_harmless(text);
        apr_pool_clear(pool);
    }
}

/* The values from clients have their maximum length, the others a usual one. httpd cuts a
 * longer line, perhaps within a value. */
static void a_line_of_8_kib_values_is_still_whole(void **state)
{
    static const char bytes[] = "a\"\\\n\xff ";
    char text[8193];
    cfo_event_t event = {
        .code = "CFO0002 would-refuse",
        .reason = "cert-not-yet-valid",
        .vhost = "shop.example.com:443",
        .host = text,
        .zone = "example.com",
        .edge = "2001:db8:1111:2222:3333:4444:5555:6666",
        .cert = "9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9",
        .cert_subject = text,
        .cert_issuer = text,
        .cert_zone = "example.net",
        .sni = text,
        .claimed_ray = "230b030023ae2822-SJC",
        .method = text,
        .uri = text,
        .client_ip = "rewritten",
        .hint =
            "a sentence of the module's own, which may well be a hundred letters long",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(bytes) - 1; i++) {
        apr_table_t *values;

        memset(text, bytes[i], sizeof text - 1);
        text[sizeof text - 1] = '\0';
        values = render_and_parse(&event);
        assert_int_equal(apr_table_elts(values)->nelts, 17);
        assert_value(apr_table_get(values, "uri"), text);
        assert_value(apr_table_get(values, "sni"), text);
        assert_in_range(strlen(cfo_event_render(pool, &event)), 1000, 4096);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_looks_as_in_the_manual),
        TEST(each_unknown_value_is_a_hyphen),
        TEST(each_value_has_its_key),
        TEST(no_foreign_text_can_end_a_value_or_begin_a_line),
        TEST(random_bytes_cannot_break_a_line),
        TEST(a_line_of_8_kib_values_is_still_whole),
    };

    return RUN(tests);
}
