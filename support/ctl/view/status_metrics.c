/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: metrics for the textfile collector of node_exporter. */
#include "ctl/view/status.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apr_file_io.h"
#include "apr_strings.h"

#include "core/base/writer.h"

typedef struct {
    cfo_writer_t out;
    const cfo_edge_status_t *status;
} metrics_t;

typedef void write_zone_t(const metrics_t *m, const char *metric,
                          const cfo_edge_zone_t *zone);

static void write_head(const metrics_t *m, const char *metric, const char *help)
{
    cfo_write_format(&m->out, "# HELP %s %s\n# TYPE %s gauge\n", metric, help, metric);
}

typedef struct {
    const char *name;
    const char *value; /* NULL: empty */
} label_t;

/* They end with a NULL name. */
#define LABELS(...) ((const label_t[]){ __VA_ARGS__, { NULL, NULL } })

static void write_sample(const metrics_t *m, const char *metric, apr_int64_t value,
                         const label_t *labels)
{
    const label_t *label;

    cfo_write(&m->out, metric);
    for (label = labels; label && label->name; label++) {
        cfo_write_format(&m->out, "%s%s=\"", label == labels ? "{" : ",", label->name);
        cfo_write_label(&m->out, label->value);
        cfo_write(&m->out, "\"");
    }
    cfo_write_format(&m->out, "%s %" APR_INT64_T_FMT "\n", labels ? "}" : "", value);
}

static void write_up(const metrics_t *m, const char *metric, const cfo_edge_zone_t *zone)
{
    write_sample(m, metric, zone->is_up, LABELS({ "zone", zone->name }));
}

static void write_accepted(const metrics_t *m, const char *metric,
                           const cfo_edge_zone_t *zone)
{
    int i, j;

    for (i = 0; i < zone->groups->nelts; i++) {
        const cfo_judged_t *group = &APR_ARRAY_IDX(zone->groups, i, cfo_judged_t);

        if (group->judgement == CFO_JUDGED_UNKNOWN ||
            group->judgement == CFO_JUDGED_ELSEWHERE)
            continue;
        for (j = 0; j < group->hosts->nelts; j++)
            write_sample(
                m, metric, group->judgement == CFO_JUDGED_ACCEPTED,
                LABELS(
                    { "zone", zone->name },
                    { "host",
                      APR_ARRAY_IDX(group->hosts, j, const cfo_look_host_t *)->name }));
    }
}

/* Two entries of one list may be the same certificate: a series must be there once. */
static int is_repeated(const apr_array_header_t *all, int index)
{
    const cfo_api_certificate_t *one = &APR_ARRAY_IDX(all, index, cfo_api_certificate_t);
    int i;

    for (i = 0; i < index; i++) {
        const cfo_api_certificate_t *other =
            &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

        if (other->certificate && other->state == one->state &&
            !strcmp(other->certificate->sha256_hex, one->certificate->sha256_hex))
            return 1;
    }
    return 0;
}

static void write_expiry(const metrics_t *m, const char *metric,
                         const cfo_edge_zone_t *zone)
{
    static const char *const levels[] = { "zone", "hosts" };
    cfo_api_level_t of;
    int i;

    for (of = CFO_API_FOR_ZONE; of <= CFO_API_FOR_HOSTS; of++) {
        const apr_array_header_t *all = zone->look->certificates[of];

        for (i = 0; all && i < all->nelts; i++) {
            const cfo_api_certificate_t *one =
                &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

            if (one->certificate && !is_repeated(all, i))
                write_sample(m, metric, apr_time_sec(one->certificate->not_after),
                             LABELS({ "zone", zone->name },
                                    { "sha256", one->certificate->sha256_hex },
                                    { "for", levels[of] },
                                    { "state", cfo_edge_is_presented(zone, one)
                                                   ? "presented"
                                                   : cfo_api_state_name(one->state) }));
        }
    }
}

static void write_switches(const metrics_t *m, const char *metric,
                           const cfo_edge_zone_t *zone)
{
    const cfo_look_t *look = zone->look;

    if (!look->errors[CFO_LOOK_ZONE_LEVEL])
        write_sample(m, metric, look->is_zone_level_on,
                     LABELS({ "zone", zone->name }, { "level", "zone" }));
    if (!look->errors[CFO_LOOK_GLOBAL])
        write_sample(m, metric, look->is_global_on,
                     LABELS({ "zone", zone->name }, { "level", "global" }));
}

static void write_presents(const metrics_t *m, const char *metric,
                           const cfo_edge_zone_t *zone)
{
    const char *mode = zone->look->ssl_mode;

    if (mode && cfo_presented_in_mode(mode) >= 0)
        write_sample(m, metric, cfo_presented_in_mode(mode),
                     LABELS({ "zone", zone->name }));
}

static void write_dns_only(const metrics_t *m, const char *metric,
                           const cfo_edge_zone_t *zone)
{
    const apr_array_header_t *records = zone->look->records;
    int i, count = 0;

    for (i = 0; records && i < records->nelts; i++)
        count += !APR_ARRAY_IDX(records, i, cfo_api_record_t).is_proxied;
    if (records)
        write_sample(m, metric, count, LABELS({ "zone", zone->name }));
}

/* Those of one zone; `name` NULL: those that are not about a zone that was looked at. */
static void write_finding_counts(const metrics_t *m, const char *metric, const char *name)
{
    int counts[CFO_EDGE_LEVELS] = { 0 }, i, j;

    for (i = 0; i < m->status->findings->nelts; i++) {
        const cfo_edge_finding_t *finding =
            &APR_ARRAY_IDX(m->status->findings, i, cfo_edge_finding_t);
        int is_here = name && finding->zone && !strcmp(finding->zone, name);

        for (j = 0; !name && j < m->status->zones->nelts; j++)
            is_here |=
                finding->zone &&
                !strcmp(
                    finding->zone,
                    APR_ARRAY_IDX(m->status->zones, j, const cfo_edge_zone_t *)->name);
        counts[finding->level] += name ? is_here : !is_here;
    }
    for (i = 0; i < CFO_EDGE_LEVELS; i++)
        write_sample(m, metric, counts[i],
                     LABELS({ "zone", name }, { "level", cfo_edge_levels[i] }));
}

static void write_zone_findings(const metrics_t *m, const char *metric,
                                const cfo_edge_zone_t *zone)
{
    write_finding_counts(m, metric, zone->name);
}

static const struct {
    const char *metric;
    const char *help;
    write_zone_t *write;
} families[] = {
    { "cf_origin_edge_up", "1: Cloudflare's API told what the zone presents.", write_up },
    { "cf_origin_edge_accepted",
      "1: this origin accepts what Cloudflare presents for the host name.",
      write_accepted },
    { "cf_origin_edge_certificate_expiry_timestamp_seconds",
      "When a certificate at Cloudflare expires.", write_expiry },
    { "cf_origin_edge_switch", "1: Authenticated Origin Pulls is on at this level.",
      write_switches },
    { "cf_origin_edge_presents", "1: the SSL mode lets Cloudflare present a certificate.",
      write_presents },
    { "cf_origin_edge_dns_only_records", "DNS records that are not proxied.",
      write_dns_only },
    { "cf_origin_edge_findings", "Findings by level; zone is empty for those of no zone.",
      write_zone_findings },
};

static void write_all(const metrics_t *m)
{
    size_t i;
    int j;

    for (i = 0; i < sizeof families / sizeof *families; i++) {
        write_head(m, families[i].metric, families[i].help);
        for (j = 0; j < m->status->zones->nelts; j++)
            families[i].write(
                m, families[i].metric,
                APR_ARRAY_IDX(m->status->zones, j, const cfo_edge_zone_t *));
        if (families[i].write == write_zone_findings)
            write_finding_counts(m, families[i].metric, NULL);
    }
    write_head(m, "cf_origin_edge_timestamp_seconds", "When all of this was read.");
    write_sample(m, "cf_origin_edge_timestamp_seconds", apr_time_sec(m->status->at.now),
                 NULL);
}

static void write_to_file(void *to, const char *text, apr_size_t length)
{
    fwrite(text, 1, length, to);
}

static const char *failed(apr_pool_t *p, const char *what, const char *path)
{
    char reason[120];

    apr_strerror(apr_get_os_error(), reason, sizeof reason);
    return apr_psprintf(p, "%s cannot be %s: %s", cfo_ctl_shown(p, path), what, reason);
}

/* The collector reads *.prom only, so it never sees the temporary file. */
static const char *make_temporary(apr_pool_t *p, const char *path, FILE **file,
                                  char **temporary)
{
    int fd;

    *temporary = apr_pstrcat(p, path, ".XXXXXX", NULL);
    fd = mkstemp(*temporary);
    if (fd < 0)
        return failed(p, "written", path);
    *file = fchmod(fd, 0644) ? NULL : fdopen(fd, "w");
    if (*file)
        return NULL;
    close(fd);
    unlink(*temporary);
    return failed(p, "written", path);
}

const char *cfo_edge_status_metrics(cfo_ctl_t *ctl, const cfo_edge_status_t *status,
                                    const char *path)
{
    metrics_t m = { { write_to_file, NULL }, status };
    const char *error;
    char *temporary = NULL;
    FILE *file = NULL;
    struct stat info;
    int is_bad;

    /* A device or a pipe would be gone afterwards. */
    if (!stat(path, &info) && !S_ISREG(info.st_mode))
        return apr_psprintf(ctl->pool, "%s is not a file",
                            cfo_ctl_shown(ctl->pool, path));

    error = make_temporary(ctl->pool, path, &file, &temporary);
    if (error)
        return error;
    m.out.to = file;
    write_all(&m);
    is_bad = fflush(file) || ferror(file) || fsync(fileno(file));
    if (fclose(file) || is_bad)
        error = failed(ctl->pool, "written", path);
    else if (rename(temporary, path))
        error = failed(ctl->pool, "replaced", path);
    if (error)
        unlink(temporary);
    return error;
}
