/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/html.h"

#include "page.h"
#include "sample.h"

#define MINUTE apr_time_from_sec(60)

static const char *span(apr_time_t time)
{
    cfo_html_span(page_begin(), time);
    return page_text();
}

static void a_duration_has_a_suitable_unit(void **state)
{
    (void)state;
    assert_string_equal(span(-5), "0 s");
    assert_string_equal(span(apr_time_from_sec(119)), "119 s");
    assert_string_equal(span(2 * MINUTE), "2 min");
    assert_string_equal(span(119 * MINUTE), "119 min");
    assert_string_equal(span(120 * MINUTE), "2 h");
    assert_string_equal(span(2 * DAY - 1), "47 h");
    assert_string_equal(span(400 * DAY), "400 days");
}

static const char *expiry(int days)
{
    cfo_html_expiry(page_begin(), NOW, NOW + days * DAY + MINUTE, 30);
    return page_text();
}

static void an_expiry_is_highlighted_when_it_is_near(void **state)
{
    (void)state;
    assert_contains(expiry(30), "in 30 days <small><time datetime=\"2025-07-15T");
    assert_contains(expiry(29), "<b class=\"warn\">in 29 days</b>");
    assert_contains(expiry(1), "in 24 h<");
    assert_contains(expiry(0), "in 60 s<");
    assert_contains(expiry(-1), "<b class=\"bad\">expired 23 h ago</b>");
    assert_contains(expiry(-3), "expired 2 days ago");
}

static void never_has_no_date(void **state)
{
    (void)state;
    cfo_html_ago(page_begin(), NOW, 0);
    assert_string_equal(page_text(), "never");
    cfo_html_ago(page_begin(), NOW, NOW - 5 * MINUTE);
    assert_contains(page_text(), "5 min ago <small><time");
}

static const char *address(const char *vhost, const char *zone, int refresh)
{
    cfo_html_address(page_begin(), sample_empty(), vhost, zone, refresh);
    return page_text();
}

static void a_url_has_the_query(void **state)
{
    (void)state;
    assert_string_equal(address(NULL, "", 0), "?");
    assert_string_equal(address("a:443", NULL, 0), "?vhost=a%3a443");
    assert_string_equal(address(NULL, "z", 30), "?zone=z&amp;refresh=30");
    assert_string_equal(address("\"><b>&", "z", 30),
                        "?vhost=%22%3e%3cb%3e%26&amp;zone=z&amp;refresh=30");
}

static void a_filter_keeps_the_rest_of_the_query(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    report->vhost = HOSTILE;
    report->zone = "z";
    report->refresh = 30;
    cfo_html_filter(page_begin(), report, "vhost", "Virtual host");
    assert_contains(page_text(), "value=\"&lt;script&gt;");
    assert_contains(page_text(), "<input type=\"hidden\" name=\"zone\" value=\"z\">");
    assert_contains(page_text(), "name=\"refresh\" value=\"30\"");
    assert_contains(page_text(), "<a href=\"?zone=z&amp;refresh=30\">Show all</a>");
}

static void a_note_says_if_rows_are_missing(void **state)
{
    (void)state;
    cfo_html_limit(page_begin(), 3, 3);
    assert_string_equal(page_text(), "");
    cfo_html_limit(page_begin(), 100, 12345);
    assert_contains(page_text(), "100 of 12,345 are shown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_duration_has_a_suitable_unit),
        TEST(an_expiry_is_highlighted_when_it_is_near),
        TEST(never_has_no_date),
        TEST(a_url_has_the_query),
        TEST(a_filter_keeps_the_rest_of_the_query),
        TEST(a_note_says_if_rows_are_missing),
    };

    return RUN(tests);
}
