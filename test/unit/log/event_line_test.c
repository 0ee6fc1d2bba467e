/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log/event_line.h"

#include <ctype.h>

#include "fixture.h"

#define FRONT "[Wed Nov 25 15:51:53.842457 2026] [cf_origin:warn] [pid 7:tid 9] "
#define CLIENT "[client 198.51.100.7:4711] "
#define EVENT "CFO0001 refused reason=cert-missing"

static cfo_event_line_t line;

/* Finds and reads an event; the test fails if there is none. */
static const cfo_event_t *read_line(const char *text)
{
    const char *at = cfo_event_line_find(text, strlen(text));

    if (!at)
        fail_msg("no event found in %s", text);
    assert_int_equal(cfo_event_line_read(at, strlen(at), &line), 1);
    return &line.event;
}

/* The first name of a module decides, and none admits all. */
static void a_line_belongs_to_the_module_that_it_names_first(void **state)
{
    static const char other[] = "[authz_core:error] [client [cf_origin:warn]] ";

    (void)state;
    assert_true(cfo_event_line_is_of(FRONT, strlen(FRONT), "cf_origin"));
    assert_false(cfo_event_line_is_of(FRONT, strlen(FRONT), "cf_orig"));
    assert_false(cfo_event_line_is_of(FRONT, strlen(FRONT), "cf_origins"));
    assert_true(cfo_event_line_is_of(other, strlen(other), "authz_core"));
    assert_false(cfo_event_line_is_of(other, strlen(other), "cf_origin"));
    assert_true(cfo_event_line_is_of(CLIENT, strlen(CLIENT), "ssl"));
    assert_true(cfo_event_line_is_of("", 0, "ssl"));
}

static int is_event(const char *text)
{
    return cfo_event_line_find(text, strlen(text)) != NULL;
}

/* As httpd's error log escapes a message of printable ASCII. */
static const char *escape_as_httpd(const char *text)
{
    char *out = apr_palloc(pool, 2 * strlen(text) + 1), *result = out;

    for (; *text; text++) {
        if (*text == '\\')
            *out++ = '\\';
        *out++ = *text;
    }
    *out = '\0';
    return result;
}

/* As a log collector embeds a line, with each way of escaping. */
static const char *escape_as_json(const char *text)
{
    char *out = apr_palloc(pool, 6 * strlen(text) + 1), *result = out;

    for (; *text; text++) {
        if (strchr("<>&'", *text) ||
            (ispunct(*text) && *text != '-' && !fixture_random(9)))
            out += sprintf(out, "\\u%04x", *text);
        else if (strchr("\"\\", *text) || (*text == '/' && fixture_random(2)))
            out += sprintf(out, "\\%c", *text);
        else
            *out++ = *text;
    }
    *out = '\0';
    return result;
}

static void a_line_of_the_manual_is_read(void **state)
{
    const cfo_event_t *event = read_line(
        FRONT CLIENT
        "CFO0001 refused reason=cert-missing vhost=shop.example.com:443 "
        "host=shop.example.com zone=example.com edge=198.51.100.7 edge_known=yes cert=- "
        "cert_subject=\"-\" cert_zone=- sni=shop.example.com ray=- "
        "claimed_ray=230b030023ae2822-SJC method=GET uri=\"/cart?id=1\"");

    (void)state;
    assert_int_equal(line.kind, CFO_LINE_REFUSED);
    assert_true(line.is_whole && event->edge_known);
    assert_string_equal(event->code, "CFO0001 refused");
    assert_string_equal(event->reason, "cert-missing");
    assert_string_equal(event->vhost, "shop.example.com:443");
    assert_string_equal(event->claimed_ray, "230b030023ae2822-SJC");
    assert_string_equal(event->uri, "/cart?id=1");
    assert_null(event->cert);
    assert_null(event->cert_subject);
    assert_null(event->hint);
}

static void each_kind_of_line_is_recognised(void **state)
{
    static const char *const lines[] = {
        "CFO0001 refused reason=x uri=\"/\"",
        "CFO0002 would-refuse reason=x uri=\"/\"",
        "CFO0003 admitted reason=x uri=\"/\" client_ip=off",
        "CFO0004 held-back reason=x lines=12 seconds=60",
        "CFO0005 handshake-failed reason=x cert_subject=\"CN=a b\" edge=192.0.2.1 sni=a",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(lines); i++) {
        assert_string_equal(read_line(lines[i])->reason, "x");
        assert_int_equal(line.kind, i);
        assert_true(line.is_whole);
    }
}

static void a_held_back_line_has_its_number(void **state)
{
    (void)state;
    read_line("CFO0004 held-back reason=not-tls lines=1234 seconds=60, referer: lines=9");
    assert_string_equal(line.lines, "1234");
    assert_string_equal(line.seconds, "60");
}

static void a_failed_handshake_has_its_certificate(void **state)
{
    const cfo_event_t *event =
        read_line("CFO0005 handshake-failed reason=cert-expired cert_subject=\"CN=a b\" "
                  "edge=192.0.2.1 sni=-");

    (void)state;
    assert_string_equal(event->cert_subject, "CN=a b");
    assert_string_equal(event->edge, "192.0.2.1");
    assert_null(event->sni);
    assert_null(line.edge_known);
}

static void other_lines_are_not_events(void **state)
{
    static const char *const lines[] = {
        "",
        "CFO000",
        "CFO0001",
        "CFO0002 refused reason=x",
        "xCFO0001 refused reason=x",
        FRONT "CFO0111 part-refused reason=cert-missing",
        FRONT "CFO0110 visitor-invalid",
        FRONT "CFO0006 something-new reason=x",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(lines); i++) {
        assert_false(is_event(lines[i]));
        assert_false(cfo_event_line_read(lines[i], strlen(lines[i]), &line));
    }
}

/* Clients influence what other modules log, which may look like a line of this module. */
static void a_line_of_another_module_is_not_an_event(void **state)
{
    static const char *const levels[] = { "emerg",  "alert", "crit",  "error", "warn",
                                          "notice", "info",  "debug", "trace8" };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(levels); i++)
        assert_false(is_event(apr_psprintf(
            pool,
            "[time] [core:%s] [pid 7] AH00128: File does not exist: /x [cf_origin:%s] %s",
            levels[i], levels[i], EVENT)));
    assert_false(is_event("[:error] " EVENT));
    assert_false(is_event("[cf_origin2:error] " EVENT));
    assert_false(is_event("[cf_origi:error] " EVENT));
}

/* A path that a client asks for, and a header of one that is believed, are in such lines.
 */
static void a_line_of_another_code_is_not_an_event(void **state)
{
    (void)state;
    assert_false(is_event(FRONT CLIENT
                          "CFO0111 part-refused reason=cert-missing uri=\"/\" "
                          "path=\"/x " EVENT "\""));
    assert_false(
        is_event(FRONT CLIENT "CFO0110 visitor-invalid connecting_ip=\"" EVENT "\""));
    assert_false(is_event(
        "{\"message\":\"CFO0110 visitor-invalid connecting_ip=\\\"" EVENT "\\\"\"}"));
    assert_true(is_event(FRONT "CFO0 CFO0110 CFO011 x CFO01101 x xCFO0110 x " EVENT));
}

static void text_before_an_event_does_not_matter(void **state)
{
    static const char *const fronts[] = {
        "",
        FRONT,
        FRONT "src/httpd/audit.c(130): " CLIENT,
        FRONT CLIENT "CFO0001 CFO000 ",
        "Nov 25 15:51:53 host httpd[12]: [cf_origin:warn] ",
        "2026-11-25T15:51:53Z ",
        "\xff\xfe[\x01:warn] [a:b] [unclosed:warn ",
        "level=warn msg=",
        "[cf_origin:warn] [ssl:warn] ",
        "[",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(fronts); i++)
        assert_string_equal(read_line(apr_pstrcat(pool, fronts[i], EVENT, NULL))->reason,
                            "cert-missing");
}

static void a_nul_before_an_event_does_not_hide_it(void **state)
{
    static const char text[] = "\0\0" FRONT EVENT "\0 uri=\"/\"";
    const char *at = cfo_event_line_find(text, sizeof text - 1);

    (void)state;
    assert_non_null(at);
    assert_true(cfo_event_line_read(at, text + sizeof text - 1 - at, &line));
    assert_string_equal(line.event.reason, "cert-missing");
    assert_null(line.event.uri);
}

static void an_escaped_nul_does_not_end_a_value(void **state)
{
    (void)state;
    assert_string_equal(read_line(EVENT " uri=\"a\\\\x00b\\\\x0\\\\xg0\"")->uri,
                        "a\\x00b\\x0\\xg0");
}

static void a_line_that_was_cut_has_its_complete_values(void **state)
{
    static const char whole[] =
        EVENT " vhost=a:1 host=\"b c\" cert_subject=\"CN=d\" uri=\"/e\"";
    size_t length;

    (void)state;
    for (length = strlen(EVENT); length < sizeof whole - 1; length++) {
        assert_true(cfo_event_line_read(whole, length, &line));
        assert_string_equal(line.event.reason, "cert-missing");
        assert_false(line.is_whole);
        assert_true(!line.event.host || !strcmp(line.event.host, "b c"));
        assert_null(line.event.uri);
    }
    assert_true(cfo_event_line_read("CFO0001 refused", 15, &line));
    assert_null(line.event.reason);
}

static void text_after_the_event_is_ignored(void **state)
{
    static const char *const ends[] = {
        ", referer: http://a/ hint=\"x\" claimed_ray=y",
        " referer: hint=\"x\" claimed_ray=y",
        " =x hint=\"x\" claimed_ray=y",
        "  hint=\"x\" claimed_ray=y",
        "\" hint=\"x\" claimed_ray=y",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(ends); i++) {
        const cfo_event_t *event =
            read_line(apr_pstrcat(pool, EVENT, " uri=\"/\"", ends[i], NULL));

        assert_true(line.is_whole);
        assert_null(event->hint);
        assert_null(event->claimed_ray);
    }
}

static void the_first_of_repeated_keys_counts(void **state)
{
    const cfo_event_t *event = read_line(
        EVENT " edge_known=no zone=a new_key=1 zone=b reason=verified edge_known=yes");

    (void)state;
    assert_string_equal(event->reason, "cert-missing");
    assert_string_equal(event->zone, "a");
    assert_false(event->edge_known);
}

static void a_line_longer_than_httpd_writes_is_cut(void **state)
{
    size_t length = 3 * CFO_EVENT_LINE_MOST;
    char *text = apr_palloc(pool, length);

    (void)state;
    memset(text, 'a', length);
    memcpy(text, EVENT " uri=\"", strlen(EVENT " uri=\""));
    assert_true(cfo_event_line_read(text, length, &line));
    assert_string_equal(line.event.reason, "cert-missing");
    assert_false(line.is_whole);
}

static void json_within_json_is_decoded(void **state)
{
    const cfo_event_t *event =
        read_line("{\"log\":\"{\\\"msg\\\":\\\"" EVENT
                  " uri=\\\\\\\"/a\\\\\\\\\\\\\\\\x22b\\\\\\\"\\\"}\\n\"}");

    (void)state;
    assert_string_equal(event->uri, "/a\"b");
}

static void an_event_in_quotes_that_are_not_escaped_is_read(void **state)
{
    const cfo_event_t *event =
        read_line("{\"msg\":\"" EVENT " uri=\"/\"\",\"host\":\"\\\"\"}");

    (void)state;
    assert_string_equal(event->uri, "/");
    read_line(
        "{\"msg\":\"CFO0004 held-back reason=x lines=1 seconds=2\",\"a\":\"\\\"\"}");
    assert_string_equal(line.seconds, "2");
}

static const char *random_value(void)
{
    static const char favourites[] = "\"\\ =\n\r\x80x2-.";
    char *text = apr_palloc(pool, 64);
    int length = (int)fixture_random(fixture_random(8) ? 12 : 63), i;

    if (!fixture_random(8))
        return NULL;
    for (i = 0; i < length; i++)
        text[i] =
            (char)(fixture_random(2) ? favourites[fixture_random(COUNT(favourites) - 1)]
                                     : 1 + (int)fixture_random(255));
    text[length] = '\0';
    return text;
}

/* The fields that a line has once. */
#define FIELDS(X)                                                                        \
    X(vhost)                                                                             \
    X(host)                                                                              \
    X(zone)                                                                              \
    X(edge)                                                                              \
    X(cert)                                                                              \
    X(cert_subject)                                                                      \
    X(cert_zone) X(sni) X(ray) X(claimed_ray) X(method) X(uri) X(cert_issuer) X(hint)

static cfo_event_t random_event(void)
{
    static const char *const codes[] = { "CFO0001 refused", "CFO0002 would-refuse",
                                         "CFO0003 admitted" };
    cfo_event_t event = { .code = codes[fixture_random(3)], .reason = "edge-unknown" };

    event.edge_known = (int)fixture_random(2);
    event.client_ip = fixture_random(2) ? "rewritten" : NULL;
#define X(field) event.field = random_value();
    FIELDS(X)
#undef X
    return event;
}

/* A hyphen and an empty word mean no value. */
static const char *known(const char *value)
{
    return value && *value && strcmp(value, "-") ? value : "";
}

static void assert_same(const char *text, const cfo_event_t *event)
{
    const cfo_event_t *read = read_line(text);

    assert_true(line.is_whole);
    assert_string_equal(read->code, event->code);
    assert_string_equal(read->reason, event->reason);
    assert_int_equal(read->edge_known, event->edge_known);
    assert_string_equal(known(read->client_ip), known(event->client_ip));
#define X(field) assert_string_equal(known(read->field), known(event->field));
    FIELDS(X)
#undef X
}

static void a_rendered_event_is_read_back(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 5000; round++) {
        cfo_event_t event = random_event();
        const char *text = cfo_event_render(pool, &event);

        if (!strstr(text, "\\\\"))
            assert_same(text, &event);
        text = apr_pstrcat(pool, FRONT CLIENT, escape_as_httpd(text), NULL);
        assert_same(text, &event);
        assert_same(apr_pstrcat(pool, text, ", referer: x\" hint=\"y", NULL), &event);
        text = apr_pstrcat(pool, "{\"log\":\"", escape_as_json(text),
                           "\\n\",\"a\":\"b\"}", NULL);
        assert_same(text, &event);
        text = apr_pstrcat(pool, "{\"log\":\"", escape_as_json(text), "\"}", NULL);
        assert_same(text, &event);
        apr_pool_clear(pool);
    }
}

/* The longest possible line, escaped twice. */
static void the_longest_line_is_read_completely(void **state)
{
    char text[8193];
    cfo_event_t event = {
        .code = "CFO0002 would-refuse",
        .reason = "cert-not-yet-valid",
        .host = text,
        .cert_subject = text,
        .cert_issuer = text,
        .sni = text,
        .method = text,
        .uri = text,
        .hint = text,
    };
    const char *rendered;

    (void)state;
    memset(text, '\\', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    rendered = cfo_event_render(pool, &event);
    read_line(escape_as_json(escape_as_httpd(rendered)));
    assert_true(line.is_whole);
    assert_int_equal(strlen(line.event.uri), 512 + 3);
    assert_int_equal(strlen(line.event.hint), 512 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_of_the_manual_is_read),
        TEST(each_kind_of_line_is_recognised),
        TEST(a_held_back_line_has_its_number),
        TEST(a_failed_handshake_has_its_certificate),
        TEST(other_lines_are_not_events),
        TEST(a_line_belongs_to_the_module_that_it_names_first),
        TEST(a_line_of_another_module_is_not_an_event),
        TEST(a_line_of_another_code_is_not_an_event),
        TEST(text_before_an_event_does_not_matter),
        TEST(a_nul_before_an_event_does_not_hide_it),
        TEST(an_escaped_nul_does_not_end_a_value),
        TEST(a_line_that_was_cut_has_its_complete_values),
        TEST(text_after_the_event_is_ignored),
        TEST(the_first_of_repeated_keys_counts),
        TEST(a_line_longer_than_httpd_writes_is_cut),
        TEST(json_within_json_is_decoded),
        TEST(an_event_in_quotes_that_are_not_escaped_is_read),
        TEST(a_rendered_event_is_read_back),
        TEST(the_longest_line_is_read_completely),
    };

    return RUN(tests);
}
