/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/chart.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

enum { BARS = 4 };

static const char *const ticks[] = { "then", "now" };
static cfo_sample_t samples[BARS];

static void begin(void)
{
    int i;

    memset(samples, 0, sizeof samples);
    for (i = 0; i < BARS; i++)
        samples[i].start = NOW - (i + 1) * apr_time_from_sec(60);
}

static const char *draw(void)
{
    cfo_chart_t chart = { "c", "Some bars", "a minute", ticks, 2, samples, BARS };

    cfo_report_chart(page_begin(), &chart);
    assert_null(syntax_html(page_text()));
    return page_text();
}

static int count(const char *text, const char *part)
{
    int found = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        found++;
    return found;
}

static void each_kind_has_a_scale_of_its_own_and_the_last_bar_is_on_the_right(
    void **state)
{
    (void)state;
    begin();
    samples[0].requests[CFO_REASON_VERIFIED] = 1000;
    samples[3].requests[CFO_REASON_VERIFIED] = 250;
    samples[1].requests[CFO_REASON_CERT_MISSING] = 3;
    draw();
    assert_contains(page_text(), "Admitted: 1,250</b>, at most 1,000 a minute");
    assert_contains(page_text(), "Unproven: 3</b>, at most 3 a minute");
    assert_contains(page_text(), "<rect class=\"g0\" x=\"3.08\" y=\"0.0\" width=\".84\" "
                                 "height=\"100.0\"/>");
    assert_contains(page_text(), "<rect class=\"g0\" x=\"0.08\" y=\"75.0\" width=\".84\" "
                                 "height=\"25.0\"/>");
    assert_contains(page_text(), "<rect class=\"g3\" x=\"2.08\" y=\"0.0\"");
    assert_contains(page_text(), "<title>2025-06-15 15:04: 3 certificate</title>");
}

static void bars_are_stacked_and_small_numbers_are_visible(void **state)
{
    (void)state;
    begin();
    samples[0].requests[CFO_REASON_VERIFIED] = 99999;
    samples[0].requests[CFO_REASON_TUNNEL] = 1;
    draw();
    assert_contains(page_text(), "<rect class=\"g0\" x=\"3.08\" y=\"0.0\" width=\".84\" "
                                 "height=\"100.0\"/>");
    assert_contains(page_text(), "<rect class=\"g1\" x=\"3.08\" y=\"0.0\" width=\".84\" "
                                 "height=\"3.0\"/>");
}

static void samples_without_data_are_grey(void **state)
{
    (void)state;
    begin();
    samples[2].start = samples[3].start = 0;
    draw();
    assert_int_equal(count(page_text(), "<rect class=\"none\""), 2); /* in each picture */
    assert_contains(page_text(), "<rect class=\"none\" x=\"0\" y=\"0\" width=\"2\"");
    begin();
    assert_null(strstr(draw(), "class=\"none\""));
}

static void a_chart_without_requests_says_none(void **state)
{
    (void)state;
    begin();
    draw();
    assert_contains(page_text(), "Admitted: none</b></p>");
    assert_null(strstr(page_text(), "<g>"));
}

static void the_numbers_are_in_a_table_without_empty_rows(void **state)
{
    (void)state;
    begin();
    samples[1].requests[CFO_REASON_EDGE_UNKNOWN] = 12;
    draw();
    assert_int_equal(count(page_text(), "<tr>"), 2);
    assert_contains(page_text(), "<td class=\"n\">12</td>");
    assert_contains(page_text(), "2025-06-15 15:04</time></th>");
}

static void a_chart_has_a_title_for_screen_readers(void **state)
{
    (void)state;
    begin();
    draw();
    assert_int_equal(count(page_text(), "role=\"img\" aria-labelledby=\"c-"), 2);
    assert_contains(page_text(), "<title id=\"c-0-t\">Some bars: Admitted</title>");
    assert_contains(page_text(), "<li>then</li><li>now</li>");
}

static void admitted_and_unproven_reasons_have_different_colours(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        cfo_reason_t reason = (cfo_reason_t)i;

        assert_int_equal(cfo_reason_info(reason)->group < CFO_GROUP_CERTIFICATE,
                         cfo_reason_verdict(reason) != CFO_VERDICT_UNPROVEN);
    }
}

static void the_legend_has_the_groups_that_occur(void **state)
{
    apr_uint64_t requests[CFO_REASON_COUNT] = { 0 };

    (void)state;
    requests[CFO_REASON_EXEMPT_PATH] = 1;
    requests[CFO_REASON_UNJUDGED] = 1;
    cfo_report_legend(page_begin(), requests);
    assert_string_equal(
        page_text(), "<ul class=\"legend\"><li><span class=\"key g2\"></span>exempt</li>"
                     "<li><span class=\"key g6\"></span>other</li></ul>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_has_a_scale_of_its_own_and_the_last_bar_is_on_the_right),
        TEST(bars_are_stacked_and_small_numbers_are_visible),
        TEST(samples_without_data_are_grey),
        TEST(a_chart_without_requests_says_none),
        TEST(the_numbers_are_in_a_table_without_empty_rows),
        TEST(a_chart_has_a_title_for_screen_readers),
        TEST(admitted_and_unproven_reasons_have_different_colours),
        TEST(the_legend_has_the_groups_that_occur),
    };

    return RUN(tests);
}
