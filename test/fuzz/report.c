/* SPDX-License-Identifier: Apache-2.0 */
/* A status page full of foreign names, a line each: as a page, as JSON, as metrics. */
#include "core/report/report.h"

#include "core/log/finding.h"
#include "core/report/json_report.h"
#include "core/report/metrics.h"
#include "core/report/page.h"
#include "core/report/problem.h"

#include "fuzz.h"
#include "json_check.h"

enum { NAMES_MOST = 12, ROOM = 4 << 20 };

typedef struct {
    char *text;
    size_t length;
} output_t;

static void collect(void *to, const char *text, apr_size_t length)
{
    output_t *output = to;

    PROMISE(output->length + length < ROOM);
    memcpy(output->text + output->length, text, length);
    output->length += length;
    output->text[output->length] = '\0';
}

static cfo_report_t *new_report(apr_pool_t *p, cfo_zone_table_t *zones)
{
    cfo_report_t *report = apr_pcalloc(p, sizeof *report);
    cfo_totals_t *totals = apr_pcalloc(p, sizeof *totals);
    cfo_provenance_t *provenance = apr_pcalloc(p, sizeof *provenance);

    totals->vhosts = apr_array_make(p, 4, sizeof(cfo_vhost_totals_t *));
    provenance->ranges = apr_array_make(p, 2, sizeof(cfo_range_source_t));
    provenance->errors = apr_array_make(p, 2, sizeof(cfo_path_error_t));
    report->pool = p;
    report->version = "1";
    report->now = APR_TIME_C(2000000000000000);
    report->expiry_warn = 30;
    report->totals = totals;
    report->vhosts = apr_array_make(p, 4, sizeof(cfo_report_vhost_t));
    report->findings = apr_array_make(p, 4, sizeof(cfo_finding_t));
    report->snapshot = apr_pcalloc(p, sizeof *report->snapshot);
    report->snapshot->tables = apr_array_make(p, 1, sizeof(cfo_zone_table_t *));
    report->snapshot->provenance = provenance;
    APR_ARRAY_PUSH(report->snapshot->tables, cfo_zone_table_t *) = zones;
    return report;
}

static void add(cfo_report_t *report, cfo_zone_table_t *zones, const char *name)
{
    cfo_vhost_totals_t *totals = apr_pcalloc(report->pool, sizeof *totals);
    apr_array_header_t *errors = report->snapshot->provenance->errors;
    apr_array_header_t *ranges = report->snapshot->provenance->ranges;
    apr_array_header_t *findings = (apr_array_header_t *)(uintptr_t)report->findings;
    cfo_zone_t *zone;

    totals->name = name;
    totals->requests[CFO_REASON_CERT_MISSING] = 5;
    APR_ARRAY_PUSH(report->totals->vhosts, cfo_vhost_totals_t *) = totals;
    APR_ARRAY_PUSH(report->vhosts, cfo_report_vhost_t) =
        (cfo_report_vhost_t){ .name = name,
                              .mode = CFO_MODE_ON,
                              .require = "cert ip",
                              .client_ip = "verified",
                              .scheme = "connection",
                              .scrub = "On",
                              .totals = totals };
    APR_ARRAY_PUSH(errors, cfo_path_error_t) =
        (cfo_path_error_t){ name, name, name, 0, 1, 0 };
    APR_ARRAY_PUSH(ranges, cfo_range_source_t) =
        (cfo_range_source_t){ "file", name, 1, 2, 0 };
    APR_ARRAY_PUSH(findings, cfo_finding_t) =
        (cfo_finding_t){ CFO_LEVEL_WARNING, "CFO0210 plain-twin", name, name, 3, name };
    if (cfo_zone_table_get(zones, name))
        return;
    zone = cfo_zone_create(cfo_shared_pool_permanent(report->pool), name);
    zone->error = name;
    cfo_zone_table_put(zones, zone);
}

/* A page has tags, and closes the last one; no script, and nothing from elsewhere. */
static void check_html(const char *page)
{
    const char *c;
    int in_tag = 0, in_quotes = 0;

    for (c = page; *c; c++) {
        PROMISE((unsigned char)*c >= ' ' || *c == '\n');
        if (in_quotes)
            in_quotes = *c != '"';
        else if (in_tag) {
            PROMISE(*c != '<');
            in_quotes = *c == '"';
            in_tag = *c != '>';
        }
        else if (*c == '<') {
            in_tag = 1;
            PROMISE(strncmp(c, "<script", 7) && strncmp(c, "<img", 4) &&
                    strncmp(c, "<iframe", 7) &&
                    (strncmp(c, "<link", 5) ||
                     !strncmp(c, "<link rel=\"icon\" href=\"data:", 27)));
        }
    }
    PROMISE(!in_tag && !in_quotes);
}

/* name{label="value",...} number */
static void check_sample(const char *c, const char *end)
{
    PROMISE(!strncmp(c, "cf_origin_", 10));
    c += strspn(c, "abcdefghijklmnopqrstuvwxyz_0123456789");
    if (*c == '{') {
        do {
            size_t name = strspn(++c, "abcdefghijklmnopqrstuvwxyz_0123456789");

            PROMISE(name && c[name] == '=' && c[name + 1] == '"');
            for (c += name + 2; *c != '"'; c++) {
                PROMISE(c < end);
                if (*c == '\\') {
                    c++;
                    PROMISE(*c == '\\' || *c == '"' || *c == 'n');
                }
            }
        } while (*++c == ',');
        PROMISE(*c++ == '}');
    }
    PROMISE(*c++ == ' ' && c < end && c + strspn(c, "0123456789.e+-") == end);
}

static void check_metrics(const char *text)
{
    const char *end;

    for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        if (*text != '#')
            check_sample(text, end);
        else if (!end[1])
            PROMISE(!strncmp(text, "# EOF", 5));
    }
    PROMISE(!*text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char room[ROOM];
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text, *line;
    cfo_zone_table_t *zones = cfo_zone_table_create(p);
    cfo_report_t *report = new_report(p, zones);
    output_t output = { room, 0 };
    cfo_writer_t out = { collect, &output };
    int count;

    report->server = fuzz_line(&rest);
    report->vhost = size & 1 ? fuzz_line(&rest) : NULL;
    report->zone = size & 2 ? fuzz_line(&rest) : NULL;
    report->refresh = size & 4 ? 5 : 0;
    for (count = 0; count < NAMES_MOST && (line = fuzz_line(&rest)) != NULL; count++)
        add(report, zones, line);
    cfo_report_complete(report);
    report->problems = cfo_problems_list(report);
    cfo_report_html(&out, report);
    check_html(room);
    output.length = 0;
    cfo_report_json(&out, report);
    PROMISE(json_check(room));
    output.length = 0;
    cfo_report_metrics(&out, report);
    check_metrics(room);
    free(text);
    return 0;
}
