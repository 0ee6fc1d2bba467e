/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/page_parts.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

static const char *tables(cfo_report_t *report)
{
    sample_complete(report);
    cfo_report_zone_tables(page_begin(), report);
    assert_null(syntax_html(page_text()));
    return page_text();
}

static void a_zone_is_shown_with_expiry_and_last_use_of_its_proofs(void **state)
{
    cfo_report_t *report = sample_night();

    (void)state;
    tables(report);
    assert_contains(page_text(), ">example.com <b class=\"bad\">shut</b></th><td>CA "
                                 "CN=example.com origin pull<small><code>/etc/apache2");
    assert_contains(page_text(), "<td class=\"bad\" colspan=\"3\">line 3: not a "
                                 "certificate</td>");
    assert_contains(page_text(), "31 min ago");
    assert_contains(page_text(), "<td class=\"wide\">never</td>");
    assert_contains(page_text(), "Certificates that Cloudflare presented");
    report->usages = NULL;
    tables(report);
    assert_contains(page_text(), "<td class=\"wide\">unknown</td>");
    assert_null(strstr(page_text(), "Certificates that Cloudflare presented"));
}

static void a_pin_has_no_expiry(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_zone_t *zone = cfo_zone_create(cfo_shared_pool_permanent(pool), "pin.test");

    (void)state;
    assert_null(cfo_proof_read_pin(pool, apr_psprintf(pool, "sha256:%064d", 7),
                                   apr_array_push(zone->proofs)));
    cfo_zone_table_put(APR_ARRAY_IDX(report->snapshot->tables, 0, cfo_zone_table_t *),
                       zone);
    assert_contains(tables(report), "</code></td><td>not known</td>");
}

static void of_thousands_of_zones_the_most_urgent_are_shown(void **state)
{
    cfo_report_t *report = sample_empty();
    const pki_t *ca = sample_ca("ca", 100);
    int i;

    (void)state;
    for (i = 0; i < 1000; i++)
        sample_zone(report, apr_psprintf(pool, "z%04d.test", i), ca);
    sample_zone(report, "z9999.test", sample_ca("soon", 3));
    tables(report);
    assert_contains(page_text(), "100 of 1,001 are shown");
    assert_contains(page_text(), "z9999.test");
    assert_null(strstr(page_text(), ">z0099.test"));
    report->zone = "Z0099";
    assert_contains(tables(report), ">z0099.test");
    report->zone = "none";
    assert_contains(tables(report), "No zone matches.");
}

static void a_report_without_zones_says_so(void **state)
{
    (void)state;
    assert_contains(tables(sample_empty()), "No zone is configured.");
}

static void hostile_names_and_subjects_stay_text(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_zone(report, HOSTILE, sample_ca("<b>evil</b>", 5));
    tables(report);
    assert_contains(page_text(), "CN=\\&lt;b\\&gt;evil\\&lt;/b\\&gt;");
    assert_contains(page_text(), "<th scope=\"row\">&lt;script&gt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_zone_is_shown_with_expiry_and_last_use_of_its_proofs),
        TEST(a_pin_has_no_expiry),
        TEST(of_thousands_of_zones_the_most_urgent_are_shown),
        TEST(a_report_without_zones_says_so),
        TEST(hostile_names_and_subjects_stay_text),
    };

    return RUN(tests);
}
