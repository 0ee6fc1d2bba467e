/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/page_parts.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

static const char *traffic(const cfo_report_t *report)
{
    cfo_report_traffic(page_begin(), report);
    assert_null(syntax_html(page_text()));
    return page_text();
}

static void without_requests_there_is_no_chart(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    assert_contains(traffic(report), "No request has been judged yet.");
    sample_vhost(report, "a", CFO_MODE_ON);
    APR_ARRAY_IDX(report->vhosts, 0, cfo_report_vhost_t).totals = NULL;
    report->vhost = "a";
    assert_contains(traffic(report), "No request has been judged yet.");
}

static void reasons_are_summed_over_hour_week_and_all(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = sample_vhost(report, "a", CFO_MODE_ON);

    (void)state;
    sample_requests(report, totals, CFO_REASON_CERT_UNKNOWN, 2, 1000);
    totals->requests[CFO_REASON_CERT_UNKNOWN] = 9000000;
    traffic(report);
    assert_contains(page_text(), "to all virtual hosts");
    assert_contains(page_text(),
                    "<code>cert-unknown</code><small>a certificate that proves no "
                    "zone</small></th><td class=\"n\">120</td><td class=\"n\">");
    assert_contains(page_text(), "<td class=\"n wide\">9,000,000</td>");
    assert_null(strstr(page_text(), "<code>verified</code>"));
    assert_null(strstr(page_text(), "Grey"));
}

static void a_chosen_host_is_named_with_a_link_to_all(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = sample_vhost(report, HOSTILE, CFO_MODE_ON);

    (void)state;
    sample_requests(report, totals, CFO_REASON_VERIFIED, 1, 1);
    totals->minutes[59].start = 0;
    report->vhost = HOSTILE;
    report->refresh = 30;
    traffic(report);
    assert_contains(page_text(), "to <span class=\"name\">&lt;script&gt;");
    assert_contains(page_text(), "<a href=\"?refresh=30\">Show all virtual hosts</a>");
    assert_contains(page_text(), "Grey: no data.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_requests_there_is_no_chart),
        TEST(reasons_are_summed_over_hour_week_and_all),
        TEST(a_chosen_host_is_named_with_a_link_to_all),
    };

    return RUN(tests);
}
