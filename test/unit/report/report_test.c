/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/report.h"

#include "sample.h"

static const cfo_report_vhost_t *vhost_at(const apr_array_header_t *list, int i)
{
    return APR_ARRAY_IDX(list, i, const cfo_report_vhost_t *);
}

static const char *zone_at(const apr_array_header_t *list, int i)
{
    return APR_ARRAY_IDX(list, i, const cfo_report_zone_t *)->zone->name;
}

static void configured_and_counted_hosts_are_joined_by_name(void **state)
{
    static const char *const configured[] = { "a", "c", "d" }, *const counted[] = { "b",
                                                                                    "c",
                                                                                    "e" };
    cfo_report_t *report = sample_empty();
    apr_array_header_t *joined;
    const cfo_report_vhost_t *vhosts;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        cfo_vhost_totals_t *totals = apr_pcalloc(pool, sizeof *totals);

        totals->name = counted[i];
        totals->requests[CFO_REASON_VERIFIED] = 1;
        APR_ARRAY_PUSH(report->totals->vhosts, cfo_vhost_totals_t *) = totals;
        APR_ARRAY_PUSH(report->vhosts, cfo_report_vhost_t) =
            (cfo_report_vhost_t){ .name = configured[i], .mode = CFO_MODE_ON };
    }
    joined = cfo_report_join(pool, report->vhosts, report->totals);
    vhosts = (const cfo_report_vhost_t *)(void *)joined->elts;
    assert_int_equal(joined->nelts, 5);
    for (i = 0; i < 5; i++)
        assert_int_equal(*vhosts[i].name, 'a' + i);
    assert_true(vhosts[0].mode == CFO_MODE_ON && !vhosts[0].totals);
    assert_true(vhosts[1].is_gone && vhosts[1].totals);
    assert_true(vhosts[2].mode == CFO_MODE_ON && vhosts[2].totals);
    assert_true(vhosts[3].mode == CFO_MODE_ON && !vhosts[3].totals);
    assert_string_equal(vhosts[4].totals->name, "e");
    assert_int_equal(cfo_report_join(pool,
                                     apr_array_make(pool, 1, sizeof(cfo_report_vhost_t)),
                                     report->totals)
                         ->nelts,
                     3);
}

static void hosts_neither_configured_nor_counted_are_omitted(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = apr_pcalloc(pool, sizeof *totals);

    (void)state;
    totals->name = "unreachable";
    APR_ARRAY_PUSH(report->totals->vhosts, cfo_vhost_totals_t *) = totals;
    assert_int_equal(cfo_report_join(pool, report->vhosts, report->totals)->nelts, 0);
    totals->requests[CFO_REASON_UNJUDGED] = 1;
    assert_int_equal(cfo_report_join(pool, report->vhosts, report->totals)->nelts, 1);
}

static void a_name_chooses_one_host_and_a_part_all_that_match(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_vhost(report, "a.test:80", CFO_MODE_OFF);
    sample_vhost(report, "www.a.test:80", CFO_MODE_ON);
    sample_vhost(report, "b.test:80", CFO_MODE_ON);
    assert_null(cfo_report_chosen(report));
    assert_int_equal(cfo_report_vhosts(report)->nelts, 3);
    report->vhost = "";
    assert_int_equal(cfo_report_vhosts(report)->nelts, 3);
    report->vhost = "A.Test";
    assert_null(cfo_report_chosen(report));
    assert_int_equal(cfo_report_vhosts(report)->nelts, 2);
    report->vhost = "A.TEST:80";
    assert_string_equal(cfo_report_chosen(report)->name, "a.test:80");
    assert_int_equal(cfo_report_vhosts(report)->nelts, 1);
    assert_ptr_equal(vhost_at(cfo_report_vhosts(report), 0), cfo_report_chosen(report));
    report->vhost = "c";
    assert_int_equal(cfo_report_vhosts(report)->nelts, 0);
}

static void counts_are_of_the_chosen_host_or_of_all(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *a = sample_vhost(report, "a", CFO_MODE_ON);
    cfo_vhost_totals_t *b = sample_vhost(report, "b", CFO_MODE_ON);
    apr_uint64_t requests[CFO_REASON_COUNT];

    (void)state;
    a->requests[CFO_REASON_TUNNEL] = 3;
    b->requests[CFO_REASON_TUNNEL] = 4;
    b->requests[CFO_REASON_NOT_TLS] = 1;
    b->requests[CFO_REASON_CERT_MISSING] = 2;
    cfo_report_requests(report, requests);
    assert_int_equal(requests[CFO_REASON_TUNNEL], 7);
    assert_int_equal(cfo_report_with(requests, CFO_VERDICT_UNPROVEN), 3);
    assert_ptr_equal(cfo_report_minutes(report), report->totals->minutes);
    assert_ptr_equal(cfo_report_hours(report), report->totals->hours);
    report->vhost = "a";
    cfo_report_requests(report, requests);
    assert_int_equal(requests[CFO_REASON_TUNNEL], 3);
    assert_ptr_equal(cfo_report_minutes(report), a->minutes);
    assert_ptr_equal(cfo_report_hours(report), a->hours);
    APR_ARRAY_IDX(report->vhosts, 0, cfo_report_vhost_t).totals = NULL;
    cfo_report_requests(report, requests);
    assert_int_equal(requests[CFO_REASON_TUNNEL], 0);
    assert_null(cfo_report_minutes(report));
}

static void a_week_includes_the_current_hour(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *totals = sample_vhost(report, "a", CFO_MODE_ON);
    cfo_sample_t week[CFO_WEEK];
    apr_uint64_t requests[CFO_REASON_COUNT];

    (void)state;
    sample_requests(report, totals, CFO_REASON_VERIFIED, 1, 100);
    totals->minutes[3].start = 0; /* not known */
    cfo_report_week(totals->hours, totals->minutes, NOW, week);
    /* NOW is 15:06:40: the minutes from 15:00 to 15:05. */
    assert_int_equal(week[0].requests[CFO_REASON_VERIFIED], 5);
    assert_true(week[0].start == NOW - apr_time_from_sec(400));
    assert_true(week[1].start == totals->hours[0].start);
    cfo_report_sum(week + 1, CFO_HOURS, requests);
    assert_true(requests[CFO_REASON_VERIFIED] >= 100 * CFO_HOURS);
}

static void the_most_urgent_zone_comes_first(void **state)
{
    cfo_report_t *report = sample_empty();
    apr_array_header_t *found;

    (void)state;
    sample_zone(report, "late.test", sample_ca("late", 400));
    sample_zone(report, "soon.test", sample_ca("soon", 5));
    sample_zone(report, "over.test", sample_ca("over", -1));
    sample_zone(report, "bad.test", NULL);
    cfo_report_complete(report);
    found = cfo_report_zones(report);
    assert_int_equal(found->nelts, 4);
    assert_string_equal(zone_at(found, 0), "over.test");
    assert_string_equal(zone_at(found, 1), "bad.test");
    assert_string_equal(zone_at(found, 2), "soon.test");
    assert_string_equal(zone_at(found, 3), "late.test");
    assert_int_equal(APR_ARRAY_IDX(report->zones, 1, cfo_report_zone_t).is_shut, 1);
    assert_int_equal(APR_ARRAY_IDX(report->zones, 2, cfo_report_zone_t).is_shut, 0);
    assert_int_equal(report->expiring->nelts, 2);
    report->zone = "Soon";
    assert_int_equal(cfo_report_zones(report)->nelts, 1);
}

static void the_leaf_used_last_comes_first(void **state)
{
    cfo_report_t *report = sample_night();
    const cfo_zone_t *zone;
    apr_array_header_t *leaves = cfo_report_presented(report);

    (void)state;
    assert_int_equal(leaves->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(leaves, 0, const cfo_usage_t *)->zone,
                        "api.example.com");
    zone = APR_ARRAY_IDX(report->zones, 0, cfo_report_zone_t).zone;
    assert_string_equal(zone->name, "example.com");
    assert_true(cfo_report_last_used(report, zone,
                                     APR_ARRAY_IDX(zone->proofs, 0, cfo_proof_t *)) ==
                NOW - apr_time_from_sec(31 * 60));
    report->zone = "api";
    assert_int_equal(cfo_report_presented(report)->nelts, 1);
    report->usages = NULL;
    assert_int_equal(cfo_report_presented(report)->nelts, 0);
    assert_true(cfo_report_last_used(report, zone,
                                     APR_ARRAY_IDX(zone->proofs, 0, cfo_proof_t *)) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(configured_and_counted_hosts_are_joined_by_name),
        TEST(hosts_neither_configured_nor_counted_are_omitted),
        TEST(a_name_chooses_one_host_and_a_part_all_that_match),
        TEST(counts_are_of_the_chosen_host_or_of_all),
        TEST(a_week_includes_the_current_hour),
        TEST(the_most_urgent_zone_comes_first),
        TEST(the_leaf_used_last_comes_first),
    };

    return RUN(tests);
}
