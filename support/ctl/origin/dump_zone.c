/* SPDX-License-Identifier: Apache-2.0 */
/* The lines below a zone in the dump. */
#include "ctl/origin/dump_zone.h"

#include <string.h>

#include "apr_escape.h"
#include "apr_strings.h"

#include "ctl/origin/dump_line.h"

/* "never", "unknown" or a time; 0: it is something else. */
static int read_use(cfo_dump_zone_t *at, const char *text, apr_time_t *time)
{
    *time = 0;
    if (!text)
        return 0;
    if (!strcmp(text, "unknown"))
        return 1;
    at->has_record = 1;
    return !strcmp(text, "never") || cfo_ctl_time_read(text, time);
}

static int is_digest(const char *text)
{
    return text && strlen(text) == 2 * CFO_DIGEST_SIZE &&
           strspn(text, "0123456789abcdef") == 2 * CFO_DIGEST_SIZE;
}

static void add_use(apr_pool_t *p, cfo_dump_zone_t *at, apr_array_header_t *uses,
                    const cfo_origin_use_t *use)
{
    const char *key = apr_pstrcat(p, uses == at->running->proofs ? "proof " : "leaf ",
                                  use->zone, " ", use->sha256, NULL);

    if (apr_hash_get(at->known, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(at->known, key, APR_HASH_KEY_STRING, "");
    APR_ARRAY_PUSH(uses, cfo_origin_use_t) = *use;
}

static void add_file(cfo_origin_zone_t *zone, const char *path)
{
    int i;

    for (i = 0; i < zone->files->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(zone->files, i, const char *), path))
            return;
    }
    APR_ARRAY_PUSH(zone->files, const char *) = path;
}

/* "subject="..." sha256=... file="..." last_used=..." */
static const char *read_certificate(apr_pool_t *p, cfo_dump_zone_t *at, const char *rest)
{
    const apr_table_t *pairs = cfo_dump_pairs(p, rest);
    const char *file = pairs ? apr_table_get(pairs, "file") : NULL;
    cfo_origin_use_t use = { at->zone->name, NULL, 0, 0 };

    use.sha256 = pairs ? apr_table_get(pairs, "sha256") : NULL;
    if (!file || *file != '/' || !is_digest(use.sha256) ||
        !read_use(at, apr_table_get(pairs, "last_used"), &use.last_used))
        return "a proof without its file, SHA-256 or last use";
    add_file(at->zone, file);
    add_use(p, at, at->running->proofs, &use);
    return NULL;
}

/* "sha256:... last_used=..." */
static const char *read_pin(apr_pool_t *p, cfo_dump_zone_t *at, char *rest)
{
    cfo_origin_use_t use = { at->zone->name, NULL, 0, 0 };
    cfo_ctl_proof_file_t source = { .text = NULL };
    const cfo_proof_t *pin;
    const apr_table_t *pairs;
    const char *reason;

    source.name = apr_pstrdup(p, cfo_dump_word(&rest));
    reason = cfo_proof_read_pin(p, source.name, &pin);
    pairs = cfo_dump_pairs(p, rest);
    if (reason || !pairs ||
        !read_use(at, apr_table_get(pairs, "last_used"), &use.last_used))
        return reason ? reason : "a pin without its last use";
    source.certificates = apr_array_make(p, 1, sizeof(cfo_certificate_t *));
    source.proofs = apr_array_make(p, 1, sizeof(cfo_proof_t *));
    APR_ARRAY_PUSH(source.proofs, const cfo_proof_t *) = pin;
    APR_ARRAY_PUSH(at->zone->sources, cfo_ctl_proof_file_t) = source;
    use.sha256 = apr_pescape_hex(p, pin->digest, CFO_DIGEST_SIZE, 0);
    if (pin->kind == CFO_PROOF_SHA256)
        add_use(p, at, at->running->proofs, &use);
    return NULL;
}

/* "sha256=... first_used=... last_used=..." */
static const char *read_presented(apr_pool_t *p, cfo_dump_zone_t *at, const char *rest)
{
    const apr_table_t *pairs = cfo_dump_pairs(p, rest);
    cfo_origin_use_t use = { at->zone->name, NULL, 0, 0 };

    use.sha256 = pairs ? apr_table_get(pairs, "sha256") : NULL;
    if (!is_digest(use.sha256) ||
        !read_use(at, apr_table_get(pairs, "first_used"), &use.first_used) ||
        !read_use(at, apr_table_get(pairs, "last_used"), &use.last_used))
        return "a presented certificate without its SHA-256, first or last use";
    add_use(p, at, at->running->presented, &use);
    return NULL;
}

/* Of a zone that is shut: the file that would prove it. */
static const char *read_file(apr_pool_t *p, cfo_dump_zone_t *at, const char *rest)
{
    const char *end, *path = cfo_dump_quoted(p, rest, &end);

    if (!path || *end || *path != '/')
        return "a file that is not in quotes";
    add_file(at->zone, path);
    return NULL;
}

const char *cfo_dump_zone_line(apr_pool_t *p, cfo_dump_zone_t *at, char *line)
{
    const char *what = cfo_dump_word(&line);

    if (!strcmp(what, "anchor") || !strcmp(what, "leaf"))
        return read_certificate(p, at, line);
    if (!strcmp(what, "pin"))
        return read_pin(p, at, line);
    if (!strcmp(what, "presented"))
        return read_presented(p, at, line);
    return strcmp(what, "file") ? NULL : read_file(p, at, line);
}
