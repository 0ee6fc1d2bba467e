/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/problem.h"

#include "sample.h"

/* All titles, a line each, with the weight in front. */
static const char *titles(cfo_report_t *report)
{
    const char *text = "";
    int i;

    for (i = 0; i < report->totals->vhosts->nelts; i++)
        sample_sum(APR_ARRAY_IDX(report->totals->vhosts, i, cfo_vhost_totals_t *));
    cfo_report_complete(report);
    for (i = 0; i < report->problems->nelts; i++) {
        const cfo_problem_t *problem = &APR_ARRAY_IDX(report->problems, i, cfo_problem_t);

        text = apr_psprintf(pool, "%s%d %s\n", text, problem->weight, problem->title);
    }
    return text;
}

static const cfo_problem_t *first(const cfo_report_t *report)
{
    return &APR_ARRAY_IDX(report->problems, 0, cfo_problem_t);
}

static void nothing_is_wrong_with_nothing(void **state)
{
    (void)state;
    assert_string_equal(titles(sample_empty()), "");
}

static void what_refuses_requests_comes_first_and_notices_last(void **state)
{
    cfo_report_t *report = sample_night();

    (void)state;
    assert_string_equal(titles(report),
                        "0 Nothing is proved any more at shop.example.com:443\n"
                        "0 Zone new.example is shut\n"
                        "0 Zone example.com is shut\n"
                        "1 A change to a file was not taken over\n"
                        "1 A certificate of api.example.com expires in 19 days\n"
                        "1 Configuration of shop.example.com:80: plain-twin\n"
                        "2 Configuration of api.example.com:443: roll-out-setting\n");
    assert_contains(first(report)->text, "most often as cert-expired");
    assert_contains(first(report)->remedy, "Cloudflare");
    assert_int_equal(cfo_problems_count(report->problems, CFO_WEIGHT_ERROR), 3);
    assert_int_equal(cfo_problems_count(report->problems, CFO_WEIGHT_NOTICE), 1);
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

static cfo_vhost_totals_t *vhost(cfo_report_t *report, cfo_stance_t stance)
{
    return sample_vhost(report, "a:443", stance);
}

/* So many requests a minute in the last `minutes`. */
static void lately(cfo_vhost_totals_t *totals, cfo_reason_t reason, int minutes,
                   int number)
{
    int i;

    for (i = 0; i < minutes; i++)
        totals->minutes[i].requests[reason] = number;
}

static void who_had_proved_requests_and_has_none_now_has_an_outage(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = vhost(report, CFO_STANCE_ON);

    (void)state;
    totals->hours[100].requests[CFO_REASON_VERIFIED] = 1;
    assert_string_equal(titles(report), "");
    lately(totals, CFO_REASON_CERT_MISSING, 1, 1);
    assert_string_equal(titles(report), "0 Nothing is proved any more at a:443\n");
    assert_contains(first(report)->text, "last 60 minutes, in which 1 were refused");
    totals->minutes[59].requests[CFO_REASON_TUNNEL] = 1;
    assert_string_equal(titles(report), ""); /* one stranger within ten minutes */
    lately(totals, CFO_REASON_CERT_MISSING, 10, 1);
    assert_string_equal(titles(report), "0 Nothing is proved any more at a:443\n");
    assert_contains(first(report)->text, "last 10 minutes, in which 10 were refused");
    totals->minutes[9].requests[CFO_REASON_VERIFIED] = 1;
    assert_string_equal(titles(report), "");
}

static void whom_only_strangers_visit_has_none(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = vhost(report, CFO_STANCE_ON);

    (void)state;
    sample_requests(report, totals, CFO_REASON_CERT_MISSING, 50, 3000);
    assert_string_equal(titles(report), "");
}

static void in_audit_an_outage_is_a_warning_and_where_it_is_off_there_is_none(
    void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = vhost(report, CFO_STANCE_AUDIT);

    (void)state;
    totals->hours[0].requests[CFO_REASON_VERIFIED] = 1;
    lately(totals, CFO_REASON_CERT_EXPIRED, 10, 9);
    assert_string_equal(titles(report), "1 Nothing is proved any more at a:443\n");
    assert_contains(first(report)->text, "would have been refused");
    APR_ARRAY_IDX(report->vhosts, 0, cfo_report_vhost_t).stance = CFO_STANCE_OFF;
    assert_string_equal(titles(report), "");
}

static void files_in_trouble_say_what_holds_meanwhile(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_path_error(report, &(cfo_path_error_t){ "/a", NULL, "bad", 0, 0, 1 });
    sample_path_error(report, &(cfo_path_error_t){ "/b", "b.test", "bad", 0, 0, 0 });
    sample_path_error(report, &(cfo_path_error_t){ "/c", NULL, "gone", 1, 0, 1 });
    sample_path_error(report, &(cfo_path_error_t){ "/d", "d.test", "bad", 0, 1, 0 });
    assert_string_equal(titles(report), "0 Zone d.test is shut\n"
                                        "1 A change to a file was not taken over\n"
                                        "1 A file is not used\n"
                                        "1 A folder has a problem\n");
    assert_string_equal(first(report)->place, "/d");
}

static void a_certificate_that_shut_its_zone_is_not_told_of_twice(void **state)
{
    cfo_report_t *report = sample_empty();
    const pki_t *shared = sample_ca("shared", -2);

    (void)state;
    sample_zone(report, "a.test", sample_ca("own", -1));
    assert_string_equal(titles(report), "0 Zone a.test is shut\n");
    sample_zone(report, "b.test", shared);
    sample_zone(report, "c.test", shared);
    assert_string_equal(
        titles(report),
        "0 Zone b.test is shut\n0 Zone c.test is shut\n0 Zone a.test is shut\n"
        "1 A certificate of b.test (and of 1 more) has expired 2 days ago\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_wrong_with_nothing),
        TEST(what_refuses_requests_comes_first_and_notices_last),
        TEST(a_text_of_the_log_becomes_a_sentence_with_its_place),
        TEST(who_had_proved_requests_and_has_none_now_has_an_outage),
        TEST(whom_only_strangers_visit_has_none),
        TEST(in_audit_an_outage_is_a_warning_and_where_it_is_off_there_is_none),
        TEST(files_in_trouble_say_what_holds_meanwhile),
        TEST(a_certificate_that_shut_its_zone_is_not_told_of_twice),
    };

    return RUN(tests);
}
