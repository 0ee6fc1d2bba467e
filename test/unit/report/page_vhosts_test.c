/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/page_parts.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

static const char *table(const cfo_report_t *report)
{
    cfo_report_vhost_table(page_begin(), report);
    assert_null(syntax_html(page_text()));
    return page_text();
}

static void assert_order(const char *text, const char *first, const char *second)
{
    assert_contains(text, first);
    assert_contains(strstr(text, first), second);
}

static void the_host_that_refuses_most_comes_first(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_vhost(report, "a.test", CFO_MODE_ON);
    sample_requests(report, sample_vhost(report, "b.test", CFO_MODE_AUDIT),
                    CFO_REASON_VERIFIED, 5, 1);
    sample_requests(report, sample_vhost(report, "c.test", CFO_MODE_OFF),
                    CFO_REASON_NOT_TLS, 1, 1);
    table(report);
    assert_order(page_text(), ">c.test</a></th><td class=\"policy\">Off</td>",
                 ">b.test</a></th><td class=\"policy warn\">Audit</td>"
                 "<td class=\"n\">300</td><td class=\"n zero\">0</td>");
    assert_order(page_text(), ">b.test</a>",
                 ">a.test</a></th><td class=\"policy good\">On</td>");
}

static void a_stricter_directory_and_a_removed_virtual_host_are_shown(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_report_vhost_t *vhosts;

    (void)state;
    sample_vhost(report, "a.test", CFO_MODE_OFF);
    sample_vhost(report, "b.test", CFO_MODE_OFF);
    vhosts = (cfo_report_vhost_t *)(void *)report->vhosts->elts;
    vhosts[0].directory_mode = CFO_MODE_ON;
    vhosts[1].is_gone = 1;
    table(report);
    assert_contains(page_text(), "Off<small>On in a directory</small>");
    assert_contains(page_text(), ">removed</td>");
}

static void of_thousands_the_first_are_shown_with_a_note(void **state)
{
    cfo_report_t *report = sample_empty();
    int i;

    (void)state;
    for (i = 0; i < 3000; i++)
        APR_ARRAY_PUSH(report->vhosts, cfo_report_vhost_t) =
            (cfo_report_vhost_t){ .name = apr_psprintf(pool, "h%04d.test", i),
                                  .mode = CFO_MODE_ON };
    table(report);
    assert_contains(page_text(), "100 of 3,000 are shown");
    assert_contains(page_text(), "h0099.test");
    assert_null(strstr(page_text(), "h0100.test"));
    report->vhost = "h0100";
    table(report);
    assert_contains(page_text(), "h0100.test");
    assert_null(strstr(page_text(), "are shown"));
    report->vhost = "nobody";
    assert_contains(table(report), "No virtual host matches.");
}

static void a_hostile_name_stays_text(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_vhost(report, HOSTILE, CFO_MODE_ON);
    table(report);
    assert_contains(page_text(), "<a href=\"?vhost=%3cscript%3e");
    assert_contains(page_text(), ">&lt;script&gt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_host_that_refuses_most_comes_first),
        TEST(a_stricter_directory_and_a_removed_virtual_host_are_shown),
        TEST(of_thousands_the_first_are_shown_with_a_note),
        TEST(a_hostile_name_stays_text),
    };

    return RUN(tests);
}
