/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about certificates that expire. */
#include "httpd/log/expiry_log.h"

#include "http_config.h"
#include "http_log.h"
#include "http_main.h"

#include "core/live/expiry.h"
#include "core/base/text.h"
#include "httpd/config/conf.h"

APLOG_USE_MODULE(cf_origin);

/* A server with thousands of zones must not fill its log with warnings. */
enum { LINES_MOST = 100, QUOTE_MOST = 300 };

static const char *hint_for(const cfo_expiry_t *expiry, int is_over)
{
    if (expiry->is_shared_ca)
        return "Cloudflare's shared CA: add the new one, which Cloudflare publishes, "
               "next to this one";
    if (!strcmp(expiry->kind, "presented"))
        return is_over ? "requests with it are refused: upload a new certificate to "
                         "Cloudflare"
                       : "issue a new leaf and upload it to Cloudflare; if another CA "
                         "issues it, or a pin proves the zone, add that CA or the pin of "
                         "the new leaf here first";
    return is_over
               ? "it proves nothing any more: replace it by the new one, or remove it "
                 "if the new one is there already"
               : "add the new one next to it, then replace the certificate at "
                 "Cloudflare, then remove this one";
}

static void log_expiry(apr_pool_t *p, const server_rec *main, const cfo_expiry_t *expiry,
                       apr_time_t now)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main,
                 "CFO0140 %s zone=%s zones=%d kind=%s days=%d not_after=%s cert=%s "
                 "cert_subject=%s file=%s hint=\"%s\"",
                 expiry->not_after < now ? "certificate-expired" : "certificate-expires",
                 cfo_text_word(p, expiry->zone), expiry->zones, expiry->kind,
                 cfo_expiry_days(expiry->not_after, now),
                 cfo_text_time(p, expiry->not_after), expiry->sha256,
                 cfo_text_quote(p, expiry->subject, QUOTE_MOST),
                 cfo_text_quote(p, expiry->source, QUOTE_MOST),
                 hint_for(expiry, expiry->not_after < now));
}

static void log_shut_zone(apr_pool_t *p, const server_rec *main, const char *zone)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, main,
                 "CFO0141 zone-expired zone=%s hint=\"all certificates of the zone have "
                 "expired, so all of its requests are refused: add a valid one\"",
                 cfo_text_word(p, zone));
}

static void log_rest(const server_rec *main, int rest)
{
    if (rest > 0)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, main,
            "CFO0142 more-expire certificates=%d hint=\"list them all with apachectl -t "
            "-D DUMP_CF_ORIGIN\"",
            rest);
}

/* Under `apachectl -t` the defaults are not set yet. */
static apr_interval_time_t warned_within(const server_rec *main)
{
    cfo_server_conf_t conf = *cfo_server_conf(main);

    cfo_server_conf_set_defaults(&conf);
    return apr_time_from_sec((apr_int64_t)conf.expiry_warn * 86400);
}

static void log_all(apr_pool_t *p, const server_rec *main, const cfo_snapshot_t *snapshot,
                    cfo_usages_t *usages)
{
    apr_time_t now = apr_time_now();
    apr_array_header_t *zones = cfo_expiry_shut_zones(p, snapshot, now);
    apr_array_header_t *list =
        cfo_expiry_list(p, snapshot, usages, now, warned_within(main));
    int i;

    for (i = 0; i < zones->nelts && i < LINES_MOST; i++)
        log_shut_zone(p, main, APR_ARRAY_IDX(zones, i, const char *));
    for (i = 0; i < list->nelts && i < LINES_MOST; i++)
        log_expiry(p, main, &APR_ARRAY_IDX(list, i, cfo_expiry_t), now);
    log_rest(main, list->nelts - LINES_MOST);
    log_rest(main, zones->nelts - LINES_MOST);
}

void cfo_expiry_log(apr_pool_t *p, const server_rec *main)
{
    const cfo_shared_t *shared = cfo_server_conf(main)->shared;
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(shared->snapshots);

    log_all(p, main, snapshot, cfo_cert_cache_usages(shared->cert_cache));
    cfo_snapshot_release(snapshot);
}

void cfo_expiry_check(apr_pool_t *p, const server_rec *main,
                      const cfo_snapshot_t *snapshot)
{
    log_all(p, main, snapshot, NULL);
}

void cfo_expiry_first_seen(request_rec *r, const cfo_zone_t *zone,
                           const cfo_proof_t *proof, const cfo_certificate_t *leaf)
{
    cfo_expiry_t expiry = { .zone = zone->name,
                            .zones = 1,
                            .kind = "presented",
                            .subject = leaf->subject,
                            .sha256 = leaf->sha256_hex,
                            .not_after = leaf->not_after };

    if (proof->kind != CFO_PROOF_LEAF &&
        leaf->not_after - r->request_time < warned_within(ap_server_conf))
        log_expiry(r->pool, ap_server_conf, &expiry, r->request_time);
}
