/* SPDX-License-Identifier: Apache-2.0 */
/* What running origins have loaded, and have seen. */
#include "ctl/origin/origin.h"

#include <string.h>

#include "apr_file_info.h"
#include "apr_strings.h"

/* Beyond CFOriginPullReload: a file that was just written is left alone for a second, and
 * what one process has found gets to the others. */
enum { SETTLED = 5 };

static int has_text(const apr_array_header_t *texts, const char *text)
{
    int i;

    for (i = 0; i < texts->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(texts, i, const char *), text))
            return 1;
    }
    return 0;
}

static const char *of(apr_pool_t *p, const cfo_origin_running_t *running,
                      const char *text)
{
    return apr_psprintf(p, "%s: %s", cfo_ctl_shown(p, running->url), text);
}

/* Files that this origin could not load may be the cause. */
static const char *with_trouble(apr_pool_t *p, const cfo_origin_running_t *running,
                                const char *text)
{
    return running->in_trouble->nelts
               ? apr_psprintf(p, "%s (it could not load %s)", of(p, running, text),
                              APR_ARRAY_IDX(running->in_trouble, 0, const char *))
               : of(p, running, text);
}

/* In each zone of this name: virtual hosts may have their own. */
static const char *ask_running(apr_pool_t *p, const cfo_origin_running_t *running,
                               const char *zone, const char *sha256)
{
    int i, found = 0;

    if (running->error)
        return of(p, running, running->error);
    for (i = 0; i < running->zones->nelts; i++) {
        const cfo_origin_live_t *live =
            &APR_ARRAY_IDX(running->zones, i, cfo_origin_live_t);

        if (strcmp(live->name, zone))
            continue;
        found = 1;
        if (live->is_shut)
            return with_trouble(p, running, "its zone is shut");
        if (!has_text(live->proofs, sha256))
            return with_trouble(p, running, "the certificate is not in force yet");
    }
    return found ? NULL : with_trouble(p, running, "it does not have the zone");
}

static int has_certificate(const cfo_ctl_proof_file_t *source, const char *sha256)
{
    int i;

    for (i = 0; i < source->proofs->nelts; i++) {
        const cfo_certificate_t *certificate =
            APR_ARRAY_IDX(source->proofs, i, const cfo_proof_t *)->certificate;

        if (certificate && !strcmp(certificate->sha256_hex, sha256))
            return 1;
    }
    return 0;
}

/* When the content of the file was changed last, or the file was put in its place. */
static const char *ask_file(apr_pool_t *p, const cfo_origin_t *origin, const char *path)
{
    apr_interval_time_t least = apr_time_from_sec(2 * origin->reload + SETTLED), age;
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_MTIME | APR_FINFO_CTIME, p);

    if (status != APR_SUCCESS)
        return apr_psprintf(p, "%s: %pm", cfo_ctl_shown(p, path), &status);
    if (origin->reload == 0)
        return "CFOriginPullReload is Off, so changed files are loaded by a graceful "
               "restart only, and whether there was one is not known here: restart "
               "httpd, and give its status (--origin-status)";
    age = apr_time_now() - (info.mtime > info.ctime ? info.mtime : info.ctime);
    return age > least ? NULL
                       : apr_psprintf(p,
                                      "%s was changed a moment ago: httpd may not have "
                                      "loaded it yet",
                                      cfo_ctl_shown(p, path));
}

static const char *ask_zone(apr_pool_t *p, const cfo_origin_t *origin,
                            const cfo_origin_zone_t *zone, const char *sha256)
{
    int i;

    if (zone->shut)
        return apr_psprintf(p, "nothing proves the zone %s: %s", zone->name, zone->shut);
    for (i = 0; i < zone->sources->nelts; i++) {
        const cfo_ctl_proof_file_t *source =
            &APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t);

        if (source->text && has_certificate(source, sha256))
            return origin->reload < 0
                       ? "whether httpd has loaded the file is not known: a folder does "
                         "not say how often it is read; give the status of the origin "
                         "(--origin-status)"
                       : ask_file(p, origin, source->name);
    }
    return apr_psprintf(p, "no file of the zone %s has the certificate", zone->name);
}

const char *cfo_origin_in_force(apr_pool_t *p, const cfo_origin_t *origin,
                                const char *zone, const char *sha256)
{
    const char *reason = NULL;
    int i, asked = 0;

    for (i = 0; !reason && i < origin->running->nelts; i++) {
        const cfo_origin_running_t *running =
            &APR_ARRAY_IDX(origin->running, i, cfo_origin_running_t);

        if (!running->url)
            continue;
        asked = 1;
        reason = ask_running(p, running, zone, sha256);
    }
    if (asked && reason && !origin->reload)
        return apr_pstrcat(p, reason,
                           " (CFOriginPullReload is Off: a changed file is loaded by a "
                           "graceful restart)",
                           NULL);
    if (asked)
        return reason;
    for (i = 0; !reason && i < origin->zones->nelts; i++) {
        const cfo_origin_zone_t *one =
            &APR_ARRAY_IDX(origin->zones, i, cfo_origin_zone_t);

        if (strcmp(one->name, zone))
            continue;
        asked = 1;
        reason = ask_zone(p, origin, one, sha256);
    }
    return asked ? reason
                 : apr_psprintf(p, "the origin has no zone %s", cfo_ctl_shown(p, zone));
}

/* Whether the host is of this zone, or below it. */
static int covers(const char *zone, const char *host)
{
    apr_size_t length = strlen(host), tail = strlen(zone);

    return length >= tail && !strcmp(host + length - tail, zone) &&
           (length == tail || host[length - tail - 1] == '.');
}

static int has_zone(const cfo_origin_t *origin, const char *name)
{
    int i;

    for (i = 0; i < origin->zones->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(origin->zones, i, cfo_origin_zone_t).name, name))
            return 1;
    }
    return 0;
}

/* The longest name of a zone of a running origin that covers the host. */
static const char *longest(const cfo_origin_running_t *running, const char *host)
{
    const char *found = "";
    int i;

    for (i = 0; i < running->zones->nelts; i++) {
        const char *name = APR_ARRAY_IDX(running->zones, i, cfo_origin_live_t).name;

        if (covers(name, host) && strlen(name) > strlen(found))
            found = name;
    }
    return found;
}

const char *cfo_origin_in_force_elsewhere(apr_pool_t *p, const cfo_origin_t *origin,
                                          const char *host, const char *sha256)
{
    const char *reason = NULL;
    int i;

    for (i = 0; !reason && i < origin->running->nelts; i++) {
        const cfo_origin_running_t *running =
            &APR_ARRAY_IDX(origin->running, i, cfo_origin_running_t);
        const char *zone = running->zones ? longest(running, host) : "";

        if (!*zone || has_zone(origin, zone))
            continue;
        reason = ask_running(p, running, zone, sha256);
        if (reason)
            reason = apr_psprintf(p,
                                  "%s in its zone %s, which is not in this "
                                  "configuration",
                                  reason, zone);
    }
    return reason;
}

/* 0: never. */
static apr_time_t last_use(const apr_array_header_t *uses, const char *sha256)
{
    apr_time_t last = 0;
    int i;

    for (i = 0; i < uses->nelts; i++) {
        const cfo_origin_use_t *use = &APR_ARRAY_IDX(uses, i, cfo_origin_use_t);

        if (!strcmp(use->sha256, sha256) && use->last_used > last)
            last = use->last_used;
    }
    return last;
}

apr_time_t cfo_origin_last_used(const cfo_origin_t *origin, const char *sha256,
                                int *everywhere)
{
    apr_time_t last = 0;
    int i, asked = 0, seen = 0;

    for (i = 0; i < origin->running->nelts; i++) {
        const cfo_origin_running_t *running =
            &APR_ARRAY_IDX(origin->running, i, cfo_origin_running_t);
        apr_time_t one = running->error ? 0 : last_use(running->presented, sha256);

        asked += !running->error;
        seen += one != 0;
        last = one > last ? one : last;
    }
    if (everywhere)
        *everywhere = asked && seen == asked;
    return last;
}

/* Whether the files of the zone are this one, without pins by digest. */
static const char *ask_only(apr_pool_t *p, const cfo_origin_zone_t *zone,
                            const char **file)
{
    int i;

    for (i = 0; i < zone->sources->nelts; i++) {
        if (!APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t).text)
            return apr_psprintf(p,
                                "the zone %s is proved by a pin in httpd's "
                                "configuration, not by a file alone",
                                zone->name);
    }
    for (i = 0; i < zone->files->nelts; i++) {
        const char *path = APR_ARRAY_IDX(zone->files, i, const char *);

        if (*file && strcmp(*file, path))
            return apr_psprintf(p, "the zone %s has several files: %s and %s", zone->name,
                                cfo_ctl_shown(p, *file), cfo_ctl_shown(p, path));
        *file = path;
    }
    return NULL;
}

const char *cfo_origin_proof_file(apr_pool_t *p, const cfo_origin_t *origin,
                                  const char *zone, const char **why)
{
    const char *file = NULL;
    int i, found = 0;

    *why = NULL;
    for (i = 0; !*why && i < origin->zones->nelts; i++) {
        const cfo_origin_zone_t *one =
            &APR_ARRAY_IDX(origin->zones, i, cfo_origin_zone_t);

        if (strcmp(one->name, zone))
            continue;
        found = 1;
        *why = ask_only(p, one, &file);
    }
    if (!*why && !file)
        *why = found
                   ? apr_psprintf(p, "the zone %s has no file", zone)
                   : apr_psprintf(p, "the origin has no zone %s", cfo_ctl_shown(p, zone));
    return *why ? NULL : file;
}

static int is_among(const apr_array_header_t *hosts, const char *name)
{
    int i;

    for (i = 0; i < hosts->nelts; i++) {
        if (!strcasecmp(APR_ARRAY_IDX(hosts, i, const char *), name))
            return 1;
    }
    return 0;
}

const char *cfo_origin_refusing(const cfo_origin_running_t *running,
                                const apr_array_header_t *hosts)
{
    const char *named = NULL, *other = NULL;
    int i, has_name = 0;

    for (i = 0; running->servers && i < running->servers->nelts; i++) {
        const cfo_origin_server_t *server =
            &APR_ARRAY_IDX(running->servers, i, cfo_origin_server_t);
        int is_named = is_among(hosts, server->name);

        has_name |= is_named;
        if (server->is_on && is_named)
            named = server->name;
        else if (server->is_on)
            other = server->name;
    }
    return has_name ? named : other;
}
