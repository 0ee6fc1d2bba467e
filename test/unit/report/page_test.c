/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/page.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

static const char *html(cfo_report_t *report)
{
    cfo_report_complete(report);
    cfo_report_html(page_begin(), report);
    assert_null(syntax_html(page_text()));
    return page_text();
}

static void the_first_thing_said_is_how_things_are(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    assert_contains(html(report), "Off everywhere</h2>");
    sample_vhost(report, "a", CFO_STANCE_ON);
    html(report);
    assert_contains(page_text(), "All is well</h2>");
    assert_contains(page_text(), "<b>On</b> at 1 virtual host, ");
    sample_zone(report, "soon.test", sample_ca("soon", 3));
    assert_contains(html(report), "section class=\"state warn\"");
    assert_contains(page_text(), "1 warning</h2>");
    sample_zone(report, "over.test", sample_ca("over", -3));
    assert_contains(html(report), "1 error, 1 warning</h2>");
    assert_contains(page_text(), "section class=\"state bad\"");
    html(sample_night());
    assert_contains(page_text(), "<title>\xe2\x9c\x96 3 errors, 3 warnings \xe2\x80\x93 "
                                 "web1.example.com");
}

static void a_directory_that_is_on_is_not_off_everywhere(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_vhost(report, "a", CFO_STANCE_OFF);
    APR_ARRAY_IDX(report->vhosts, 0, cfo_report_vhost_t).in_directories = CFO_STANCE_ON;
    assert_contains(html(report), "All is well");
}

static void what_is_wrong_is_told_with_place_code_and_remedy(void **state)
{
    (void)state;
    html(sample_night());
    assert_contains(page_text(), "<li><h3><span class=\"badge bad\">Error</span> Zone "
                                 "new.example is shut</h3>");
    assert_contains(page_text(), "<b>What to do:</b> Mend the file.");
    assert_contains(page_text(), "<code>/etc/apache2/cloudflare/zones/new.example.pem"
                                 "</code> CFO0102</p>");
}

static void of_many_problems_the_weightiest_are_shown(void **state)
{
    cfo_report_t *report = sample_empty();
    int i;

    (void)state;
    for (i = 0; i < 500; i++)
        sample_path_error(report, &(cfo_path_error_t){ apr_psprintf(pool, "/f%03d", i),
                                                       NULL, "bad", 0, 0, 1 });
    html(report);
    assert_contains(page_text(), "<summary>480 more</summary>");
    assert_contains(page_text(), "/f119<");
    assert_null(strstr(page_text(), "/f120<"));
    assert_contains(page_text(), "And 380 more: JSON has all.");
}

static void it_is_refreshed_by_choice(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    html(report);
    assert_contains(page_text(), "<b aria-current=\"true\">off</b>");
    assert_contains(page_text(), "<a href=\"?refresh=30\">30 s</a>");
    report->refresh = 30;
    report->vhost = "x";
    html(report);
    assert_contains(page_text(), "<b aria-current=\"true\">30 s</b>");
    assert_contains(page_text(), "<a href=\"?vhost=x\">off</a>");
}

static void nothing_foreign_is_ever_markup(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    report->server = HOSTILE;
    report->vhost = report->zone = HOSTILE;
    sample_vhost(report, HOSTILE, CFO_STANCE_ON);
    sample_zone(report, HOSTILE, sample_ca("<script>", 3));
    sample_path_error(report, &(cfo_path_error_t){ HOSTILE, HOSTILE, HOSTILE, 0, 1, 0 });
    sample_finding(report, &(cfo_finding_t){ CFO_LEVEL_WARNING, "CFO0202 never-asks",
                                             HOSTILE, HOSTILE, 1, HOSTILE });
    html(report);
    assert_null(strstr(page_text(), "<script"));
    assert_null(strchr(page_text(), '\xff'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_thing_said_is_how_things_are),
        TEST(a_directory_that_is_on_is_not_off_everywhere),
        TEST(what_is_wrong_is_told_with_place_code_and_remedy),
        TEST(of_many_problems_the_weightiest_are_shown),
        TEST(it_is_refreshed_by_choice),
        TEST(nothing_foreign_is_ever_markup),
    };

    return RUN(tests);
}
