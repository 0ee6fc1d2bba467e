/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/metrics.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

static const char *metrics(cfo_report_t *report)
{
    const char *wrong;

    sample_complete(report);
    cfo_report_metrics(page_begin(), report);
    wrong = syntax_metrics(page_text());
    assert_string_equal(wrong ? wrong : "", "");
    return page_text();
}

static void an_empty_report_has_zeros(void **state)
{
    const char *text = metrics(sample_empty());

    (void)state;
    assert_contains(text, "cf_origin_info{version=\"0.1.0\"} 1\n");
    assert_contains(text, "\ncf_origin_early_drops_total 0\n");
    assert_contains(text, "\ncf_origin_ranges{family=\"ipv4\"} 0\n");
    assert_null(strstr(text, "cf_origin_ranges_timestamp_seconds"));
}

static void a_report_has_its_numbers(void **state)
{
    const char *text = metrics(sample_night());

    (void)state;
    assert_contains(text, "\ncf_origin_requests_total{vhost=\"shop.example.com:443\","
                          "verdict=\"unproven\",reason=\"cert-expired\"} ");
    assert_contains(text, "\ncf_origin_handshake_failures_total{reason=\"cert-missing\"} "
                          "17\n");
    assert_contains(text,
                    "\ncf_origin_reloads_total{what=\"ranges\",result=\"rejected\"} "
                    "1\n");
    assert_contains(text, "\ncf_origin_held_back_lines_total{reason=\"cert-expired\"} "
                          "7401\n");
    assert_contains(text, ",kind=\"anchor\"} ");
    assert_contains(text, ",kind=\"presented\"} ");
    assert_contains(text, "\ncf_origin_ranges_timestamp_seconds 1749971200\n");
    assert_contains(text, "\ncf_origin_zones{state=\"shut\"} 2\n");
    assert_contains(text, "\ncf_origin_vhosts{policy=\"On\"} 2\n");
    assert_contains(text, "\ncf_origin_problems{level=\"error\"} 3\n");
    assert_contains(text, "\ncf_origin_files_in_trouble 2\n");
}

static void a_virtual_host_that_is_off_without_counts_has_no_lines(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_vhost(report, "a.test", CFO_MODE_OFF);
    sample_vhost(report, "b.test", CFO_MODE_AUDIT);
    sample_vhost(report, "c.test", CFO_MODE_OFF);
    sample_vhost(report, "d.test", CFO_MODE_OFF);
    sample_vhost(report, "e.test", CFO_MODE_OFF)->requests[CFO_REASON_VERIFIED] = 1;
    APR_ARRAY_IDX(report->vhosts, 0, cfo_report_vhost_t).totals = NULL;
    APR_ARRAY_IDX(report->vhosts, 1, cfo_report_vhost_t).totals = NULL;
    APR_ARRAY_IDX(report->vhosts, 3, cfo_report_vhost_t).directory_mode = CFO_MODE_ON;
    metrics(report);
    assert_null(strstr(page_text(), "a.test"));
    assert_contains(page_text(), "b.test");
    assert_null(strstr(page_text(), "c.test"));
    assert_contains(page_text(), "d.test");
    assert_contains(page_text(), "e.test");
}

static void a_certificate_in_two_proofs_of_a_zone_has_one_line(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_zone_table_t *other = cfo_zone_table_create(pool);
    const pki_t *ca = sample_ca("ca", 5);
    const char *text;

    (void)state;
    sample_zone(report, "a.test", ca);
    sample_zone(report, "b.test", ca);
    /* Of another server with the same name. */
    cfo_zone_table_put(other, cfo_zone_table_get(APR_ARRAY_IDX(report->snapshot->tables,
                                                               0, cfo_zone_table_t *),
                                                 "a.test"));
    APR_ARRAY_PUSH(report->snapshot->tables, cfo_zone_table_t *) = other;
    text = metrics(report);
    assert_contains(text, "{zone=\"a.test\",sha256=");
    assert_contains(text, "{zone=\"b.test\",sha256=");
}

static void hostile_text_stays_a_label(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_vhost(report, HOSTILE, CFO_MODE_ON);
    sample_zone(report, HOSTILE, sample_ca("ca", 5));
    assert_contains(metrics(report), "{vhost=\"<script>alert(1)</script>&\\\"'\\\\\\n"
                                     "\xef\xbf\xbd\",verdict=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_report_has_zeros),
        TEST(a_report_has_its_numbers),
        TEST(a_virtual_host_that_is_off_without_counts_has_no_lines),
        TEST(a_certificate_in_two_proofs_of_a_zone_has_one_line),
        TEST(hostile_text_stays_a_label),
    };

    return RUN(tests);
}
