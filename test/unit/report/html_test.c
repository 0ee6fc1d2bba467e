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

static void a_span_is_told_in_the_unit_that_fits(void **state)
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

static void an_end_is_marked_when_it_is_near(void **state)
{
    (void)state;
    assert_contains(expiry(30), "in 30 days <small><time datetime=\"2025-07-15T");
    assert_contains(expiry(29), "<b class=\"warn\">in 29 days</b>");
    assert_contains(expiry(1), "in 1 day<");
    assert_contains(expiry(-1), "<b class=\"bad\">expired 1 day ago</b>");
    assert_contains(expiry(-2), "expired 2 days ago");
}

static void what_never_was_is_not_dated(void **state)
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

static void an_address_has_what_is_asked_for(void **state)
{
    (void)state;
    assert_string_equal(address(NULL, "", 0), "?");
    assert_string_equal(address("a:443", NULL, 0), "?vhost=a%3a443");
    assert_string_equal(address(NULL, "z", 30), "?zone=z&amp;refresh=30");
    assert_string_equal(address("\"><b>&", "z", 30),
                        "?vhost=%22%3e%3cb%3e%26&amp;zone=z&amp;refresh=30");
}

static void a_form_keeps_the_other_choices(void **state)
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

static void a_limit_is_told_if_there_is_one(void **state)
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
        TEST(a_span_is_told_in_the_unit_that_fits),
        TEST(an_end_is_marked_when_it_is_near),
        TEST(what_never_was_is_not_dated),
        TEST(an_address_has_what_is_asked_for),
        TEST(a_form_keeps_the_other_choices),
        TEST(a_limit_is_told_if_there_is_one),
    };

    return RUN(tests);
}
