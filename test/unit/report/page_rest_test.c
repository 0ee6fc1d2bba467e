/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/page_parts.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

static const char *rest(const cfo_report_t *report)
{
    cfo_report_rest(page_begin(), report);
    assert_null(syntax_html(page_text()));
    return page_text();
}

static void counters_are_shown(void **state)
{
    (void)state;
    rest(sample_night());
    assert_contains(page_text(),
                    "<code>/var/lib/cf-origin/ranges.txt</code></th>"
                    "<td class=\"n\">15</td><td class=\"n\">7</td><td>8 h ago");
    assert_contains(page_text(), "48,211");
    assert_contains(page_text(), "by mod_ssl: <code>cert-missing</code></th><td "
                                 "class=\"n\">17</td>");
    assert_null(strstr(page_text(), "by mod_ssl: <code>other</code>"));
    assert_contains(page_text(), "<th scope=\"row\">ranges</th><td class=\"n\">3</td>"
                                 "<td class=\"n\">1</td><td class=\"n zero\">0</td>");
    assert_contains(page_text(), "cert-expired</th><td class=\"n\">7,401</td>");
}

static void empty_tables_have_a_note_or_are_omitted(void **state)
{
    (void)state;
    rest(sample_empty());
    assert_contains(page_text(), "None (CFOriginPullRanges none).");
    assert_null(strstr(page_text(), "held back"));
}

static void sources_without_a_file_have_names(void **state)
{
    cfo_report_t *report = sample_empty();
    apr_array_header_t *ranges = report->snapshot->provenance->ranges;

    (void)state;
    APR_ARRAY_PUSH(ranges, cfo_range_source_t) =
        (cfo_range_source_t){ "builtin", NULL, 15, 7, NOW - 3 * DAY };
    APR_ARRAY_PUSH(ranges, cfo_range_source_t) =
        (cfo_range_source_t){ "listed", NULL, 1, 0, 0 };
    rest(report);
    assert_contains(page_text(), "the built-in list");
    assert_contains(page_text(), "3 days ago");
    assert_contains(page_text(), "the configuration");
    assert_contains(page_text(), "<td>no date</td>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counters_are_shown),
        TEST(empty_tables_have_a_note_or_are_omitted),
        TEST(sources_without_a_file_have_names),
    };

    return RUN(tests);
}
