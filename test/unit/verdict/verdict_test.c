/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/verdict.h"

#include "fixture.h"

/* One row of the table: its names, and whether it applies. */
typedef struct {
    const char *reason, *verdict;
    int applies;
} row_t;

/* The table of docs/log.md in its order, written independently of the code. */
static const row_t *first_row(const cfo_facts_t *f, const cfo_policy_t *p)
{
    static row_t table[17];
    int cert = p->require_cert;
    int worker_is_welcome =
        f->worker == CFO_WORKER_NONE || p->workers == CFO_WORKERS_ANY ||
        (p->workers == CFO_WORKERS_SAME_ZONE && f->worker == CFO_WORKER_SAME_ZONE);
    int cert_holds = f->is_tls && f->has_host && f->has_zone && f->cert == CFO_CERT_HOLDS;
    int something_is_required = cert || p->require_ip;
    int tunnel_only = p->require_tunnel;
    const row_t rows[] = {
        { "verified", "verified",
          !tunnel_only && something_is_required && worker_is_welcome &&
              (cert_holds || !cert) && (f->edge_known || !p->require_ip) },
        { "tunnel", "tunnel", f->edge_tunnel },
        { "exempt-address", "exempt", f->edge_exempt },
        { "exempt-path", "exempt", f->path_exempt },
        { "edge-unknown", "unproven", tunnel_only },
        { "not-tls", "unproven", cert && !f->is_tls },
        { "host-missing", "unproven", cert && !f->has_host },
        { "zone-unknown", "unproven", cert && !f->has_zone },
        { "cert-missing", "unproven", cert && f->cert == CFO_CERT_MISSING },
        { "cert-other-zone", "unproven", cert && f->cert == CFO_CERT_OTHER_ZONE },
        { "cert-unknown", "unproven", cert && f->cert == CFO_CERT_UNKNOWN },
        { "cert-expired", "unproven", cert && f->cert == CFO_CERT_EXPIRED },
        { "cert-not-yet-valid", "unproven", cert && f->cert == CFO_CERT_NOT_YET_VALID },
        { "cert-unsuitable", "unproven", cert && f->cert == CFO_CERT_UNSUITABLE },
        { "edge-unknown", "unproven", p->require_ip && !f->edge_known },
        { "worker-foreign", "unproven", something_is_required && !worker_is_welcome },
        { "unjudged", "unproven", 1 },
    };
    int i;

    memcpy(table, rows, sizeof rows);
    for (i = 0; !table[i].applies; i++)
        continue;
    return &table[i];
}

/* Takes the next digit (base `values`) of a combination's number. */
static int take(int *number, int values)
{
    int digit = *number % values;

    *number /= values;
    return digit;
}

/* Sets combination `number`; returns 0 if there are fewer. */
static int combine(int number, cfo_facts_t *f, cfo_policy_t *p)
{
    f->is_tls = take(&number, 2);
    f->has_host = take(&number, 2);
    f->has_zone = take(&number, 2);
    f->edge_known = take(&number, 2);
    f->edge_tunnel = take(&number, 2);
    f->edge_exempt = take(&number, 2);
    f->path_exempt = take(&number, 2);
    f->cert = (cfo_cert_state_t)take(&number, CFO_CERT_UNSUITABLE + 1);
    f->worker = (cfo_worker_t)take(&number, CFO_WORKER_FOREIGN + 1);
    p->require_cert = take(&number, 2);
    p->require_ip = take(&number, 2);
    p->workers = (cfo_workers_t)take(&number, CFO_WORKERS_NONE + 1);
    p->require_tunnel = take(&number, 2);
    return number == 0;
}

static void every_combination_has_the_outcome_of_the_table(void **state)
{
    int seen[CFO_REASON_COUNT] = { 0 }, count, i;
    cfo_facts_t facts;
    cfo_policy_t policy;

    (void)state;
    for (count = 0; combine(count, &facts, &policy); count++) {
        const row_t *expected = first_row(&facts, &policy);
        cfo_reason_t reason = cfo_judge(&facts, &policy);

        if (strcmp(cfo_reason_name(reason), expected->reason))
            fail_msg("combination %d is %s, not %s", count, cfo_reason_name(reason),
                     expected->reason);
        assert_string_equal(cfo_verdict_name(cfo_reason_verdict(reason)),
                            expected->verdict);
        seen[reason]++;
    }
    assert_int_equal(count, 128 * 7 * 3 * 4 * 3 * 2);
    assert_int_equal(count, 64512);
    for (i = 0; i < CFO_REASON_COUNT; i++)
        assert_true(seen[i] > 0);
}

/* No verdict is a refusal. */
static void without_facts_and_requirements_a_request_is_refused(void **state)
{
    cfo_facts_t facts = { 0 };
    cfo_policy_t policy = { 0 };

    (void)state;
    assert_int_equal(cfo_judge(&facts, &policy), CFO_REASON_UNJUDGED);
    assert_int_equal((cfo_reason_t)0, CFO_REASON_UNJUDGED);
    assert_int_equal(cfo_reason_verdict((cfo_reason_t)0), CFO_VERDICT_UNPROVEN);
    assert_int_equal((cfo_verdict_t)0, CFO_VERDICT_UNPROVEN);
}

static void an_invalid_state_admits_nothing(void **state)
{
    cfo_facts_t facts = { 1, 1, 1, 1, 0, 0, 0, CFO_CERT_HOLDS, CFO_WORKER_NONE };
    cfo_policy_t policy = { 1, 1, CFO_WORKERS_SAME_ZONE, 0 };

    (void)state;
    assert_int_equal(cfo_judge(&facts, &policy), CFO_REASON_VERIFIED);
    facts.cert = (cfo_cert_state_t)(CFO_CERT_UNSUITABLE + 1);
    assert_int_equal(cfo_judge(&facts, &policy), CFO_REASON_CERT_UNKNOWN);
    facts.cert = CFO_CERT_HOLDS;
    facts.worker = (cfo_worker_t)(CFO_WORKER_FOREIGN + 1);
    assert_int_equal(cfo_judge(&facts, &policy), CFO_REASON_WORKER_FOREIGN);
    facts.worker = CFO_WORKER_SAME_ZONE;
    policy.workers = (cfo_workers_t)(CFO_WORKERS_NONE + 1);
    assert_int_equal(cfo_judge(&facts, &policy), CFO_REASON_WORKER_FOREIGN);
}

static void a_true_fact_need_not_be_1(void **state)
{
    cfo_facts_t facts = { 2, -1, 4, 8, 0, 0, 0, CFO_CERT_HOLDS, CFO_WORKER_NONE };
    cfo_policy_t policy = { 2, 4, CFO_WORKERS_ANY, 0 };

    (void)state;
    assert_int_equal(cfo_judge(&facts, &policy), CFO_REASON_VERIFIED);
}

static void a_number_that_is_not_a_reason_is_unjudged(void **state)
{
    static const unsigned numbers[] = { CFO_REASON_COUNT, 1000, 0x78787878, 0xffffffff };
    int i;

    (void)state;
    for (i = 0; i < COUNT(numbers); i++) {
        cfo_reason_t reason = (cfo_reason_t)numbers[i];

        assert_int_equal(cfo_reason_checked(reason), CFO_REASON_UNJUDGED);
        assert_int_equal(cfo_reason_verdict(reason), CFO_VERDICT_UNPROVEN);
        assert_string_equal(cfo_reason_name(reason), "unjudged");
    }
    assert_int_equal(cfo_reason_checked(CFO_REASON_TUNNEL), CFO_REASON_TUNNEL);
}

static void reasons_verdicts_and_modes_have_the_names_of_the_manual(void **state)
{
    static const char *const reasons[] = {
        "unjudged",           "verified",        "tunnel",       "exempt-address",
        "exempt-path",        "not-tls",         "host-missing", "zone-unknown",
        "cert-missing",       "cert-other-zone", "cert-unknown", "cert-expired",
        "cert-not-yet-valid", "cert-unsuitable", "edge-unknown", "worker-foreign",
    };
    int i;

    (void)state;
    assert_int_equal(COUNT(reasons), CFO_REASON_COUNT);
    for (i = 0; i < CFO_REASON_COUNT; i++)
        assert_string_equal(cfo_reason_name((cfo_reason_t)i), reasons[i]);
    assert_string_equal(cfo_verdict_name(CFO_VERDICT_UNPROVEN), "unproven");
    assert_string_equal(cfo_verdict_name(CFO_VERDICT_VERIFIED), "verified");
    assert_string_equal(cfo_verdict_name(CFO_VERDICT_TUNNEL), "tunnel");
    assert_string_equal(cfo_verdict_name(CFO_VERDICT_EXEMPT), "exempt");
    assert_string_equal(cfo_mode_name(CFO_MODE_OFF), "Off");
    assert_string_equal(cfo_mode_name(CFO_MODE_AUDIT), "Audit");
    assert_string_equal(cfo_mode_name(CFO_MODE_ON), "On");
}

static void a_worker_is_of_the_same_zone_if_it_names_the_host_or_a_parent(void **state)
{
    static const struct {
        const char *worker, *host;
        cfo_worker_t expected;
    } row[] = {
        { NULL, "example.com", CFO_WORKER_NONE },
        { NULL, NULL, CFO_WORKER_NONE },
        { "example.com", "example.com", CFO_WORKER_SAME_ZONE },
        { "example.com", "www.example.com", CFO_WORKER_SAME_ZONE },
        { "example.com", "a.b.example.com", CFO_WORKER_SAME_ZONE },
        { "EXAMPLE.com", "www.example.com", CFO_WORKER_SAME_ZONE },
        { "", "example.com", CFO_WORKER_FOREIGN },
        { "", "", CFO_WORKER_FOREIGN },
        { "", NULL, CFO_WORKER_FOREIGN },
        { "example.com", NULL, CFO_WORKER_FOREIGN },
        { "example.com", "", CFO_WORKER_FOREIGN },
        { "www.example.com", "example.com", CFO_WORKER_FOREIGN },
        { "example.com", "notexample.com", CFO_WORKER_FOREIGN },
        { "example.com", "example.org", CFO_WORKER_FOREIGN },
        { "example.org", "www.example.com", CFO_WORKER_FOREIGN },
        { ".example.com", "www.example.com", CFO_WORKER_FOREIGN },
        { ".com", "example.com", CFO_WORKER_FOREIGN },
        { ".", "example.com", CFO_WORKER_FOREIGN },
        { ".example.com", ".example.com", CFO_WORKER_FOREIGN },
        { ".example.com", "www..example.com", CFO_WORKER_FOREIGN },
        { "example.com", ".example.com", CFO_WORKER_SAME_ZONE },
        { "m", "example.com", CFO_WORKER_FOREIGN },
        { "example.com, example.com", "example.com", CFO_WORKER_FOREIGN },
        { "example.com ", "example.com", CFO_WORKER_FOREIGN },
        { " example.com", "example.com", CFO_WORKER_FOREIGN },
        { "evil.example, example.com", "example.com", CFO_WORKER_FOREIGN },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        if (cfo_worker_classify(row[i].worker, row[i].host) != row[i].expected)
            fail_msg("worker \"%s\", host \"%s\"", row[i].worker, row[i].host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_combination_has_the_outcome_of_the_table),
        TEST(without_facts_and_requirements_a_request_is_refused),
        TEST(an_invalid_state_admits_nothing),
        TEST(a_true_fact_need_not_be_1),
        TEST(a_number_that_is_not_a_reason_is_unjudged),
        TEST(reasons_verdicts_and_modes_have_the_names_of_the_manual),
        TEST(a_worker_is_of_the_same_zone_if_it_names_the_host_or_a_parent),
    };

    return RUN(tests);
}
