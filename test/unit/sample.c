/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include "core/report/problem.h"

/* The shop's certificate expired so long ago. */
#define EXPIRED apr_time_from_sec(31 * 60)

static cfo_zone_table_t *zones;

cfo_report_t *sample_empty(void)
{
    cfo_report_t *report = apr_pcalloc(pool, sizeof *report);
    cfo_totals_t *totals = apr_pcalloc(pool, sizeof *totals);
    cfo_provenance_t *provenance = apr_pcalloc(pool, sizeof *provenance);

    zones = cfo_zone_table_create(pool);
    totals->vhosts = apr_array_make(pool, 4, sizeof(cfo_vhost_totals_t *));
    provenance->ranges = apr_array_make(pool, 2, sizeof(cfo_range_source_t));
    provenance->errors = apr_array_make(pool, 2, sizeof(cfo_path_error_t));
    report->pool = pool;
    report->version = "0.1.0";
    report->server = "web1.example.com";
    report->now = NOW;
    report->expiry_warn = 30;
    report->totals = totals;
    report->vhosts = apr_array_make(pool, 4, sizeof(cfo_report_vhost_t));
    report->findings = apr_array_make(pool, 4, sizeof(cfo_finding_t));
    report->snapshot = apr_pcalloc(pool, sizeof *report->snapshot);
    report->snapshot->tables = apr_array_make(pool, 1, sizeof(cfo_zone_table_t *));
    report->snapshot->provenance = provenance;
    APR_ARRAY_PUSH(report->snapshot->tables, cfo_zone_table_t *) = zones;
    return report;
}

static cfo_totals_t *totals_of(cfo_report_t *report)
{
    return (cfo_totals_t *)(uintptr_t)report->totals;
}

static void date(cfo_sample_t *samples, int count, apr_time_t width)
{
    int i;

    for (i = 0; i < count; i++)
        samples[i].start = NOW - NOW % width - (i + 1) * width;
}

cfo_vhost_totals_t *sample_vhost(cfo_report_t *report, const char *name, cfo_mode_t mode)
{
    cfo_vhost_totals_t *totals = apr_pcalloc(pool, sizeof *totals);

    totals->name = name;
    totals->minutes = apr_pcalloc(pool, CFO_MINUTES * sizeof(cfo_sample_t));
    totals->hours = apr_pcalloc(pool, CFO_HOURS * sizeof(cfo_sample_t));
    totals_of(report)->since = NOW - 9 * DAY;
    date(totals->minutes, CFO_MINUTES, apr_time_from_sec(60));
    date(totals->hours, CFO_HOURS, apr_time_from_sec(3600));
    date(totals_of(report)->minutes, CFO_MINUTES, apr_time_from_sec(60));
    date(totals_of(report)->hours, CFO_HOURS, apr_time_from_sec(3600));
    APR_ARRAY_PUSH(report->totals->vhosts, cfo_vhost_totals_t *) = totals;
    APR_ARRAY_PUSH(report->vhosts, cfo_report_vhost_t) =
        (cfo_report_vhost_t){ .name = name,
                              .mode = mode,
                              .require = "cert ip",
                              .client_ip = "verified",
                              .scheme = "connection",
                              .scrub = "On",
                              .totals = totals };
    return totals;
}

static void count(cfo_report_t *report, cfo_vhost_totals_t *totals, cfo_reason_t reason,
                  int minute, int hour, int number)
{
    cfo_totals_t *all = totals_of(report);

    if (minute >= 0) {
        totals->minutes[minute].requests[reason] += number;
        all->minutes[minute].requests[reason] += number;
        totals->requests[reason] += number;
        hour =
            totals->minutes[minute].start < all->hours[0].start + apr_time_from_sec(3600)
                ? 0
                : -1;
    }
    if (hour < 0)
        return;
    totals->hours[hour].requests[reason] += number;
    all->hours[hour].requests[reason] += number;
    totals->requests[reason] += minute < 0 ? number : 0;
}

void sample_sum(cfo_vhost_totals_t *totals)
{
    cfo_report_sum(totals->minutes, CFO_LATELY, totals->lately);
    cfo_report_sum(totals->minutes, CFO_MINUTES, totals->hour);
    cfo_report_sum(totals->hours, CFO_HOURS, totals->week);
}

void sample_requests(cfo_report_t *report, cfo_vhost_totals_t *totals,
                     cfo_reason_t reason, int a_minute, int an_hour)
{
    int i;

    for (i = 0; i < CFO_MINUTES; i++)
        count(report, totals, reason, i, -1, a_minute);
    for (i = 0; i < CFO_HOURS; i++)
        count(report, totals, reason, -1, i, an_hour);
    sample_sum(totals);
}

static const pki_t *ca_until(const char *name, apr_time_t until)
{
    return pki_make(&(pki_order_t){ .name = name,
                                    .extensions = CA_EXTENSIONS,
                                    .from = NOW - 300 * DAY,
                                    .until = until });
}

const pki_t *sample_ca(const char *name, int days)
{
    return ca_until(name, NOW + days * DAY);
}

void sample_zone(cfo_report_t *report, const char *name, const pki_t *ca)
{
    cfo_zone_t *zone = cfo_zone_create(cfo_shared_pool_permanent(pool), name);
    apr_array_header_t *proofs;

    (void)report;
    if (ca) {
        assert_null(cfo_proof_read_pem(
            pool, ca->pem, strlen(ca->pem),
            apr_pstrcat(pool, "/etc/apache2/cloudflare/zones/", name, ".pem", NULL),
            &proofs));
        apr_array_cat(zone->proofs, proofs);
    }
    else
        zone->error = "line 3: not a certificate";
    cfo_zone_table_put(zones, zone);
}

void sample_complete(cfo_report_t *report)
{
    cfo_report_complete(report);
    report->problems = cfo_problems_list(report);
}

void sample_path_error(cfo_report_t *report, const cfo_path_error_t *error)
{
    APR_ARRAY_PUSH(report->snapshot->provenance->errors, cfo_path_error_t) = *error;
}

void sample_finding(cfo_report_t *report, const cfo_finding_t *finding)
{
    *(cfo_finding_t *)apr_array_push((apr_array_header_t *)(uintptr_t)report->findings) =
        *finding;
}

static void add_sources(cfo_report_t *report)
{
    cfo_provenance_t *provenance =
        (cfo_provenance_t *)(uintptr_t)report->snapshot->provenance;

    APR_ARRAY_PUSH(provenance->ranges, cfo_range_source_t) =
        (cfo_range_source_t){ "file", "/var/lib/cf-origin/ranges.txt", 15, 7,
                              NOW - DAY / 3 };
    provenance->ipv4 = 15;
    provenance->ipv6 = 7;
    provenance->timestamp = NOW - DAY / 3;
}

/* More requests by day than by night. */
static int tide(int hours_ago)
{
    static const int by_hour[24] = { 38, 24, 17, 14, 13, 16, 27, 48,  72, 88, 95, 97,
                                     93, 91, 94, 96, 98, 99, 97, 100, 99, 92, 76, 55 };

    return 20 * by_hour[(15 + 240 - hours_ago) % 24];
}

static void add_week(cfo_report_t *report, cfo_vhost_totals_t *shop,
                     cfo_vhost_totals_t *api)
{
    int i;

    for (i = 1; i < CFO_HOURS; i++) {
        count(report, shop, CFO_REASON_VERIFIED, -1, i,
              18 * tide(i) + (int)fixture_random(900));
        count(report, api, CFO_REASON_VERIFIED, -1, i,
              4 * tide(i) + (int)fixture_random(400));
        count(report, api, CFO_REASON_TUNNEL, -1, i, 300 + (int)fixture_random(30));
        count(report, shop, CFO_REASON_EXEMPT_ADDRESS, -1, i, 60);
        count(report, shop, CFO_REASON_EDGE_UNKNOWN, -1, i, (int)fixture_random(9));
        count(report, shop, CFO_REASON_CERT_MISSING, -1, i,
              i > 60 && i < 66 ? 300 + (int)fixture_random(200)
                               : (int)fixture_random(14));
        count(report, api, CFO_REASON_ZONE_UNKNOWN, -1, i, (int)fixture_random(5));
    }
    for (i = 0; i < CFO_MINUTES; i++) {
        int visitors = 280 + (int)fixture_random(90);

        count(report, shop, i < 31 ? CFO_REASON_CERT_EXPIRED : CFO_REASON_VERIFIED, i, -1,
              visitors);
        count(report, api, CFO_REASON_VERIFIED, i, -1, 60 + (int)fixture_random(30));
        count(report, api, CFO_REASON_TUNNEL, i, -1, 5);
        count(report, shop, CFO_REASON_EXEMPT_ADDRESS, i, -1, 1);
        count(report, shop, CFO_REASON_EDGE_UNKNOWN, i, -1, fixture_random(9) == 0);
        count(report, shop, CFO_REASON_NOT_TLS, i, -1, fixture_random(12) == 0);
    }
}

static void add_problems(cfo_report_t *report)
{
    sample_path_error(report, &(cfo_path_error_t){
                                  "/etc/apache2/cloudflare/zones/new.example.pem",
                                  "new.example", "line 3: not a certificate", 0, 1, 0 });
    sample_path_error(
        report,
        &(cfo_path_error_t){ "/var/lib/cf-origin/ranges.txt", NULL,
                             "more than half of the 22 ranges in force are missing, so "
                             "the file looks truncated; a restart accepts it",
                             0, 0, 1 });
    sample_finding(report,
                   &(cfo_finding_t){
                       CFO_LEVEL_WARNING, "CFO0210 plain-twin", "shop.example.com:80",
                       "/etc/apache2/sites-enabled/shop.conf", 41,
                       "this virtual host serves shop.example.com without TLS and to "
                       "anybody, while the one with TLS (shop.example.com:443) is "
                       "protected: set CFOriginPull On here too, or redirect everything "
                       "to https; CFOriginPull Off here, if it is meant to be open" });
    sample_finding(report,
                   &(cfo_finding_t){
                       CFO_LEVEL_NOTICE, "CFO0219 roll-out-setting",
                       "api.example.com:443", "/etc/apache2/sites-enabled/api.conf", 12,
                       "CFOriginPullScrub Off leaves forged CF-* headers in exempt "
                       "requests, for the application to believe; remove the line once "
                       "the roll-out is over" });
}

static void add_counts(cfo_report_t *report)
{
    cfo_totals_t *totals = totals_of(report);

    totals->early_drops = 48211;
    totals->handshakes[CFO_HANDSHAKE_CERT_MISSING] = 17;
    totals->handshakes[CFO_HANDSHAKE_CERT_EXPIRED] = 2;
    totals->reloads[CFO_RELOAD_RANGES][CFO_RELOAD_LOADED] = 3;
    totals->reloads[CFO_RELOAD_RANGES][CFO_RELOAD_REJECTED] = 1;
    totals->reloads[CFO_RELOAD_ZONE][CFO_RELOAD_LOADED] = 12;
    totals->held_back[CFO_REASON_CERT_EXPIRED] = 7401;
}

static void see(cfo_report_t *report, const char *name, apr_time_t when)
{
    const cfo_zone_t *zone = cfo_zone_table_get(zones, name);
    const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, 0, const cfo_proof_t *);
    const pki_t *leaf = pki_make(&(pki_order_t){ .name = "cloudflare@example.com",
                                                 .extensions = BARE_EXTENSIONS,
                                                 .from = NOW - 300 * DAY,
                                                 .until = NOW + 65 * DAY });

    cfo_usage_touch(cfo_usages_record(report->usages, name, proof, NULL), when);
    cfo_usage_touch(cfo_usages_record(report->usages, name, NULL, leaf->certificate),
                    when);
}

static void add_usages(cfo_report_t *report)
{
    const char *path = apr_pstrcat(pool, fixture_folder(), "/seen", NULL);

    assert_int_equal(cfo_usages_create(pool, path, 4, &report->usages), 0);
    see(report, "api.example.com", NOW - apr_time_from_sec(4));
    see(report, "example.com", NOW - EXPIRED);
}

cfo_report_t *sample_night(void)
{
    cfo_report_t *report = sample_empty();
    cfo_vhost_totals_t *api = sample_vhost(report, "api.example.com:443", CFO_MODE_AUDIT);
    cfo_vhost_totals_t *shop = sample_vhost(report, "shop.example.com:443", CFO_MODE_ON);

    sample_vhost(report, "shop.example.com:80", CFO_MODE_OFF);
    sample_vhost(report, "static.example.net:443", CFO_MODE_ON);
    add_week(report, shop, api);
    sample_zone(report, "api.example.com", sample_ca("api origin pull", 19));
    sample_zone(report, "example.com", ca_until("example.com origin pull", NOW - EXPIRED));
    sample_zone(report, "example.net", sample_ca("example.net origin pull 2026", 411));
    sample_zone(report, "new.example", NULL);
    add_sources(report);
    add_problems(report);
    add_counts(report);
    add_usages(report);
    sample_sum(api);
    sample_sum(shop);
    sample_complete(report);
    return report;
}
