/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/problem.h"

#include "sample.h"

/* All titles, one a line, each after its level. */
static const char *titles(cfo_report_t *report)
{
    const char *text = "";
    int i;

    for (i = 0; i < report->totals->vhosts->nelts; i++)
        sample_sum(APR_ARRAY_IDX(report->totals->vhosts, i, cfo_vhost_totals_t *));
    sample_complete(report);
    for (i = 0; i < report->problems->nelts; i++) {
        const cfo_problem_t *problem = &APR_ARRAY_IDX(report->problems, i, cfo_problem_t);

        text = apr_psprintf(pool, "%s%s: %s\n", text, cfo_level_name(problem->level),
                            problem->title);
    }
    return text;
}

static const cfo_problem_t *first(const cfo_report_t *report)
{
    return &APR_ARRAY_IDX(report->problems, 0, cfo_problem_t);
}

static void an_empty_report_has_no_problems(void **state)
{
    (void)state;
    assert_string_equal(titles(sample_empty()), "");
}

static void errors_come_first_and_notices_last(void **state)
{
    cfo_report_t *report = sample_night();

    (void)state;
    assert_string_equal(
        titles(report),
        "error: No request is proved any more at shop.example.com:443\n"
        "error: Zone new.example is shut\n"
        "error: Zone example.com is shut\n"
        "warning: A change to a file was rejected\n"
        "warning: A certificate of api.example.com expires in 19 days\n"
        "warning: Configuration of shop.example.com:80: plain-twin\n"
        "notice: Configuration of api.example.com:443: roll-out-setting\n");
    assert_contains(first(report)->text, "most often as cert-expired");
    assert_contains(first(report)->remedy, "Cloudflare");
    assert_int_equal(cfo_problems_count(report->problems, CFO_LEVEL_ERROR), 3);
    assert_int_equal(cfo_problems_count(report->problems, CFO_LEVEL_NOTICE), 1);
}

static const char *remedy_of(const cfo_report_t *report, const char *code,
                             const char *subject)
{
    int i;

    for (i = 0; i < report->problems->nelts; i++) {
        const cfo_problem_t *problem = &APR_ARRAY_IDX(report->problems, i, cfo_problem_t);

        if (problem->code && !strcmp(problem->code, code) &&
            strstr(problem->text, subject))
            return problem->remedy;
    }
    return "";
}

static void what_to_do_about_an_expiry_depends_on_the_certificate(void **state)
{
    cfo_report_t *report = sample_night();

    (void)state;
    report->now += 40 * DAY;
    cfo_usage_touch(
        cfo_usages_record(report->usages, "api.example.com", NULL,
                          pki_make(&(pki_order_t){ .name = "presented",
                                                   .extensions = BARE_EXTENSIONS,
                                                   .from = report->now - DAY,
                                                   .until = report->now + DAY })
                              ->certificate),
        report->now);
    sample_complete(report);
    assert_contains(remedy_of(report, "CFO0140", "CN=presented"),
                    "Issue a new leaf and upload it");
    sample_zone(report, "b.test", sample_ca("ageing", 45));
    sample_complete(report);
    assert_contains(remedy_of(report, "CFO0140", "CN=ageing"), "Add its successor");
}

static void a_text_of_the_log_becomes_a_sentence_with_its_place(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_finding(report, &(cfo_finding_t){ CFO_LEVEL_WARNING, "CFO0202 never-asks",
                                             "a:443", "/a.conf", 7, "it is so" });
    titles(report);
    assert_string_equal(first(report)->text, "It is so.");
    assert_string_equal(first(report)->place, "/a.conf:7");
    assert_string_equal(first(report)->code, "CFO0202");
}

static cfo_vhost_totals_t *vhost(cfo_report_t *report, cfo_mode_t mode)
{
    return sample_vhost(report, "a:443", mode);
}

/* So many requests a minute in the last `minutes`. */
static void lately(cfo_vhost_totals_t *totals, cfo_reason_t reason, int minutes,
                   int number)
{
    int i;

    for (i = 0; i < minutes; i++)
        totals->minutes[i].requests[reason] = number;
}

static void a_host_without_proved_requests_any_more_has_an_outage(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = vhost(report, CFO_MODE_ON);

    (void)state;
    totals->hours[100].requests[CFO_REASON_VERIFIED] = 1;
    assert_string_equal(titles(report), "");
    lately(totals, CFO_REASON_CERT_MISSING, 1, 1);
    assert_string_equal(titles(report),
                        "error: No request is proved any more at a:443\n");
    assert_contains(first(report)->text, "last 60 minutes, when 1 were refused");
    totals->minutes[59].requests[CFO_REASON_TUNNEL] = 1;
    assert_string_equal(titles(report),
                        ""); /* one refused request in ten minutes is no outage */
    lately(totals, CFO_REASON_CERT_MISSING, 10, 1);
    assert_string_equal(titles(report),
                        "error: No request is proved any more at a:443\n");
    assert_contains(first(report)->text, "last 10 minutes, when 10 were refused");
    totals->minutes[9].requests[CFO_REASON_VERIFIED] = 1;
    assert_string_equal(titles(report), "");
}

static void a_host_that_never_had_proved_requests_has_no_outage(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = vhost(report, CFO_MODE_ON);

    (void)state;
    sample_requests(report, totals, CFO_REASON_CERT_MISSING, 50, 3000);
    assert_string_equal(titles(report), "");
}

static void an_outage_is_a_warning_in_audit_and_none_if_off(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = vhost(report, CFO_MODE_AUDIT);

    (void)state;
    totals->hours[0].requests[CFO_REASON_VERIFIED] = 1;
    lately(totals, CFO_REASON_CERT_EXPIRED, 10, 9);
    assert_string_equal(titles(report),
                        "warning: No request is proved any more at a:443\n");
    assert_contains(first(report)->text, "would have been refused");
    APR_ARRAY_IDX(report->vhosts, 0, cfo_report_vhost_t).mode = CFO_MODE_OFF;
    assert_string_equal(titles(report), "");
}

static void problems_of_files_say_what_is_in_force(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_path_error(report, &(cfo_path_error_t){ "/a", NULL, "bad", 0, 0, 1 });
    sample_path_error(report, &(cfo_path_error_t){ "/b", "b.test", "bad", 0, 0, 0 });
    sample_path_error(report, &(cfo_path_error_t){ "/c", NULL, "gone", 1, 0, 1 });
    sample_path_error(report, &(cfo_path_error_t){ "/d", "d.test", "bad", 0, 1, 0 });
    assert_string_equal(titles(report), "error: Zone d.test is shut\n"
                                        "warning: A change to a file was rejected\n"
                                        "warning: A file is not used\n"
                                        "warning: A folder has a problem\n");
    assert_string_equal(first(report)->place, "/d");
}

static void a_certificate_that_shut_its_zone_is_listed_once(void **state)
{
    cfo_report_t *report = sample_empty();
    const pki_t *shared = sample_ca("shared", -3);

    (void)state;
    sample_zone(report, "a.test", sample_ca("own", -1));
    assert_string_equal(titles(report), "error: Zone a.test is shut\n");
    sample_zone(report, "b.test", shared);
    sample_zone(report, "c.test", shared);
    assert_string_equal(
        titles(report),
        "error: Zone b.test is shut\nerror: Zone c.test is shut\nerror: Zone a.test is shut\n"
        "warning: A certificate of b.test (and of 1 more) expired 2 days ago\n");
    report->now -= 2 * DAY;
    assert_non_null(strstr(titles(report), " expired within the last day\n"));
    report->now -= DAY;
    assert_non_null(strstr(titles(report), " expires within a day\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_report_has_no_problems),
        TEST(errors_come_first_and_notices_last),
        TEST(what_to_do_about_an_expiry_depends_on_the_certificate),
        TEST(a_text_of_the_log_becomes_a_sentence_with_its_place),
        TEST(a_host_without_proved_requests_any_more_has_an_outage),
        TEST(a_host_that_never_had_proved_requests_has_no_outage),
        TEST(an_outage_is_a_warning_in_audit_and_none_if_off),
        TEST(problems_of_files_say_what_is_in_force),
        TEST(a_certificate_that_shut_its_zone_is_listed_once),
    };

    return RUN(tests);
}
