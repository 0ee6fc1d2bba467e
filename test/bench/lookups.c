/* SPDX-License-Identifier: Apache-2.0 */
/* lookups: calls each function that a request needs ROUNDS times, so that callgrind can
 * count it (guard.py). Each has a function of its own here, by whose name it is found. It
 * exits with 1 if an answer is wrong: what finds nothing is fast. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apr_general.h"
#include "apr_strings.h"

#include "core/live/snapshot.h"
#include "core/net/ranges.h"
#include "core/trust/zone_name.h"
#include "core/trust/zones.h"
#include "core/verdict/exempt_path.h"
#include "core/verdict/header_name.h"
#include "core/verdict/path_pattern.h"
#include "core/verdict/ray.h"
#include "core/verdict/verdict.h"
#include "core/verdict/visitor.h"

enum { ROUNDS = 2000, ZONES_MOST = 10000, RANGES_MOST = 100000 };

static apr_pool_t *pool, *round_pool;
static cfo_zone_table_t *few_zones, *many_zones;
static const cfo_ranges_t *few_ranges, *many_ranges;
static char *hosts[ROUNDS], *strangers[ROUNDS];
static cfo_address_t peers[ROUNDS], peers_6[ROUNDS];
static apr_array_header_t *prefixes;
static cfo_snapshots_t *snapshots;

/* What callgrind finds in the program. */
#define MEASURED(name) static int __attribute__((noinline)) measure_##name(int i)

MEASURED(zones_find_10)
{
    return cfo_zones_find(&few_zones, 1, hosts[i % 10]) != NULL;
}

MEASURED(zones_find_10000)
{
    return cfo_zones_find(&many_zones, 1, hosts[i]) != NULL;
}

MEASURED(zones_find_none)
{
    return !cfo_zones_find(&many_zones, 1, strangers[i]);
}

MEASURED(ranges_contain_22)
{
    (void)i;
    return cfo_ranges_contain(few_ranges, &peers[0]);
}

MEASURED(ranges_contain_100000)
{
    return cfo_ranges_contain(many_ranges, &peers[i]);
}

MEASURED(ranges_contain_100000_ipv6)
{
    return cfo_ranges_contain(many_ranges, &peers_6[i]);
}

/* The names of a request's headers, as they come from Cloudflare. */
MEASURED(header_classify_12_names)
{
    static const char *const names[] = { "Host",
                                         "User-Agent",
                                         "Accept",
                                         "Accept-Encoding",
                                         "CDN-Loop",
                                         "CF-Connecting-IP",
                                         "CF-IPCountry",
                                         "CF-Ray",
                                         "CF-Visitor",
                                         "X-Forwarded-For",
                                         "X-Forwarded-Proto",
                                         "Cookie" };
    int n, ours = 0;

    (void)i;
    for (n = 0; n < 12; n++)
        ours += cfo_header_classify(names[n]) != CFO_HEADER_FOREIGN;
    return ours == 4;
}

MEASURED(ray_is_valid)
{
    (void)i;
    return cfo_ray_is_valid("230b030023ae2822-SJC");
}

MEASURED(ray_colo)
{
    (void)i;
    return !strcmp(cfo_ray_colo("230b030023ae2822-SJC"), "SJC");
}

MEASURED(exempt_path_covers)
{
    (void)i;
    return !cfo_exempt_path_covers(prefixes, "/shop/articles/4711/pictures/large.jpg");
}

MEASURED(path_pattern)
{
    (void)i;
    return !cfo_path_pattern("/.well-known/acme-challenge/");
}

MEASURED(visitor_read_ipv4)
{
    cfo_visitor_t visitor;

    (void)i;
    cfo_visitor_read(round_pool, "198.41.200.77", NULL, &visitor);
    return visitor.status == CFO_VISITOR_REWRITTEN;
}

MEASURED(visitor_read_ipv6)
{
    cfo_visitor_t visitor;

    (void)i;
    cfo_visitor_read(round_pool, "2001:4860:4860::8888", NULL, &visitor);
    return visitor.status == CFO_VISITOR_REWRITTEN;
}

MEASURED(worker_classify)
{
    (void)i;
    return cfo_worker_classify("example.com", "www.example.com") == CFO_WORKER_SAME_ZONE;
}

MEASURED(judge)
{
    cfo_facts_t facts = { 0 };
    cfo_policy_t policy = { 0 };

    (void)i;
    facts.is_tls = facts.has_host = facts.has_zone = facts.edge_known = 1;
    facts.cert = CFO_CERT_HOLDS;
    policy.require_cert = policy.require_ip = 1;
    return cfo_reason_verdict(cfo_judge(&facts, &policy)) == CFO_VERDICT_VERIFIED;
}

MEASURED(snapshot_acquire_release)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(snapshots);

    (void)i;
    cfo_snapshot_release(snapshot);
    return snapshot != NULL;
}

static const struct {
    const char *name;
    int (*measure)(int i);
} all[] = {
#define ROW(name)                                                                        \
    {                                                                                    \
#name, measure_##name                                                            \
    }
    ROW(zones_find_10),
    ROW(zones_find_10000),
    ROW(zones_find_none),
    ROW(ranges_contain_22),
    ROW(ranges_contain_100000),
    ROW(ranges_contain_100000_ipv6),
    ROW(header_classify_12_names),
    ROW(ray_is_valid),
    ROW(ray_colo),
    ROW(exempt_path_covers),
    ROW(path_pattern),
    ROW(visitor_read_ipv4),
    ROW(visitor_read_ipv6),
    ROW(worker_classify),
    ROW(judge),
    ROW(snapshot_acquire_release)
};

static void fail(const char *what)
{
    fprintf(stderr, "lookups: %s\n", what);
    exit(1);
}

static cfo_zone_table_t *make_zones(cfo_shared_pool_t *shared, int count)
{
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    int i;

    for (i = 0; i < count; i++)
        cfo_zone_table_put(
            table, cfo_zone_create(shared, apr_psprintf(pool, "zone-%d.example", i)));
    return table;
}

static void add_range(apr_array_header_t *list, const char *text)
{
    cfo_range_t range;

    if (cfo_range_parse(pool, text, &range))
        fail(text);
    APR_ARRAY_PUSH(list, cfo_range_t) = range;
}

/* Every second /24 below 20.0.0.0/8 and so on, so that none can be joined to another. */
static const cfo_ranges_t *make_ranges(int count)
{
    apr_array_header_t *list = apr_array_make(pool, 8, sizeof(cfo_range_t));
    int i;

    cfo_ranges_add_builtin(list);
    for (i = 0; i < count / 2; i++) {
        add_range(list, apr_psprintf(pool, "%d.%d.%d.0/24", 20 + i / 32768, i / 128 % 256,
                                     i % 128 * 2));
        add_range(list, apr_psprintf(pool, "2a0e:%x:%x::/48", i / 32768, i % 32768 * 2));
    }
    return cfo_ranges_build(pool, list);
}

static void make_peers(int i)
{
    int n = i * 7919 % (RANGES_MOST / 2); /* in no order */

    if (!cfo_address_parse(
            apr_psprintf(pool, "%d.%d.%d.7", 20 + n / 32768, n / 128 % 256, n % 128 * 2),
            &peers[i]) ||
        !cfo_address_parse(apr_psprintf(pool, "2a0e:%x:%x::7", n / 32768, n % 32768 * 2),
                           &peers_6[i]))
        fail("an address");
}

static void prepare(void)
{
    static const char *const paths[] = { "/.well-known/acme-challenge/", "/health",
                                         "/status" };
    cfo_shared_pool_t *shared = cfo_shared_pool_create(pool);
    cfo_snapshot_t snapshot = { 0 };
    int i;

    few_zones = make_zones(shared, 10);
    many_zones = make_zones(shared, ZONES_MOST);
    few_ranges = make_ranges(0);
    many_ranges = make_ranges(RANGES_MOST);
    for (i = 0; i < ROUNDS; i++) {
        int n = i < 10 ? i : i * 7919 % ZONES_MOST;

        hosts[i] = apr_psprintf(pool, "www.zone-%d.example", n);
        strangers[i] = apr_psprintf(pool, "www.nobody-%d.example", n);
        make_peers(i);
    }
    if (!cfo_address_parse("131.0.72.7", &peers[0]))
        fail("an address");
    prefixes = apr_array_make(pool, 3, sizeof(const char *));
    for (i = 0; i < 3; i++)
        APR_ARRAY_PUSH(prefixes, const char *) = paths[i];
    snapshots = cfo_snapshots_create(pool);
    cfo_snapshots_publish(snapshots, &snapshot);
}

int main(void)
{
    size_t n;
    int i;

    if (apr_initialize() || apr_pool_create(&pool, NULL) ||
        apr_pool_create(&round_pool, pool))
        fail("APR does not start");
    prepare();
    for (n = 0; n < sizeof all / sizeof *all; n++) {
        for (i = 1; i < ROUNDS; i++) {
            if (!all[n].measure(i))
                fail(all[n].name);
        }
        apr_pool_clear(round_pool);
    }
    apr_terminate();
    return 0;
}
