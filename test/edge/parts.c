/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms ctl/origin and ctl/change one function at a time, for test/edge/test_*.py.
 * Prints JSON. Built with AddressSanitizer and UBSan by test/unit/Makefile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apr_general.h"
#include "apr_strings.h"

#include "core/base/json.h"
#include "ctl/change/issue.h"
#include "ctl/command/input.h"
#include "ctl/origin/dump_reader.h"
#include "ctl/origin/origin.h"
#include "ctl/origin/proof_edit.h"
#include "ctl/origin/status_fetch.h"

static cfo_ctl_t ctl;
static cfo_origin_sources_t sources;
static apr_array_header_t *urls;
static int count;
static const char *const *words;

static void texts(const char *name, const apr_array_header_t *list)
{
    int i;

    cfo_json_open(ctl.json, name, '[');
    for (i = 0; list && i < list->nelts; i++)
        cfo_json_string(ctl.json, NULL, APR_ARRAY_IDX(list, i, const char *));
    cfo_json_close(ctl.json, ']');
}

static void zone_json(const cfo_origin_zone_t *zone)
{
    static const char *const policies[] = { "Off", "Audit", "On", "unknown" };
    int i;

    cfo_json_open(ctl.json, NULL, '{');
    cfo_json_string(ctl.json, "name", zone->name);
    cfo_json_string(ctl.json, "vhost", zone->vhost);
    cfo_json_string(ctl.json, "shut", zone->shut);
    cfo_json_string(ctl.json, "policy", policies[zone->policy]);
    texts("files", zone->files);
    cfo_json_open(ctl.json, "sources", '[');
    for (i = 0; i < zone->sources->nelts; i++)
        cfo_json_string(ctl.json, NULL,
                        APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t).name);
    cfo_json_close(ctl.json, ']');
    cfo_json_close(ctl.json, '}');
}

static void uses_json(const char *name, const apr_array_header_t *uses)
{
    int i;

    cfo_json_open(ctl.json, name, '[');
    for (i = 0; i < uses->nelts; i++) {
        const cfo_origin_use_t *use = &APR_ARRAY_IDX(uses, i, cfo_origin_use_t);

        cfo_json_open(ctl.json, NULL, '{');
        cfo_json_string(ctl.json, "zone", use->zone);
        cfo_json_string(ctl.json, "sha256", use->sha256);
        cfo_json_number(ctl.json, "first", apr_time_sec(use->first_used));
        cfo_json_number(ctl.json, "last", apr_time_sec(use->last_used));
        cfo_json_close(ctl.json, '}');
    }
    cfo_json_close(ctl.json, ']');
}

static void read_json(const cfo_origin_t *origin)
{
    int i;

    cfo_json_open(ctl.json, "zones", '[');
    for (i = 0; i < origin->zones->nelts; i++)
        zone_json(&APR_ARRAY_IDX(origin->zones, i, cfo_origin_zone_t));
    cfo_json_close(ctl.json, ']');
    texts("names", cfo_origin_zone_names(ctl.pool, origin));
    texts("vhosts", origin->vhosts);
    texts("findings", origin->findings);
    cfo_json_string(ctl.json, "zone_dir", origin->zone_dir);
    cfo_json_number(ctl.json, "reload", origin->reload);
    cfo_json_open(ctl.json, "running", '[');
    for (i = 0; i < origin->running->nelts; i++) {
        const cfo_origin_running_t *one =
            &APR_ARRAY_IDX(origin->running, i, cfo_origin_running_t);

        cfo_json_open(ctl.json, NULL, '{');
        cfo_json_string(ctl.json, "url", one->url);
        cfo_json_string(ctl.json, "error", one->error);
        uses_json("proofs", one->proofs);
        uses_json("presented", one->presented);
        texts("in_trouble", one->in_trouble);
        cfo_json_close(ctl.json, '}');
    }
    cfo_json_close(ctl.json, ']');
}

static const char *text_of(const char *file)
{
    const char *text = NULL, *reason;
    apr_size_t length;

    reason = cfo_ctl_input_read(ctl.pool, file, 1 << 20, &text, &length);
    if (reason) {
        fprintf(stderr, "%s: %s\n", file, reason);
        exit(9);
    }
    return text;
}

static void answer_json(const cfo_origin_answer_t *answer)
{
    cfo_json_string(ctl.json, "reason", cfo_reason_name(answer->reason));
    cfo_json_string(ctl.json, "zone", answer->zone ? answer->zone->name : NULL);
    cfo_json_string(ctl.json, "file",
                    answer->zone && answer->zone->files->nelts
                        ? APR_ARRAY_IDX(answer->zone->files, 0, const char *)
                        : NULL);
    cfo_json_string(ctl.json, "why", answer->words.why);
    cfo_json_string(ctl.json, "advice", answer->words.advice);
}

/* accepts HOST LEAF|shared */
static void accepts(const cfo_origin_t *origin)
{
    cfo_origin_answer_t answer;
    cfo_certificate_t *leaf;
    const char *pem, *reason;

    if (!strcmp(words[1], "shared"))
        answer = cfo_origin_accepts_shared(&ctl, origin, words[0]);
    else {
        pem = text_of(words[1]);
        reason = cfo_certificate_read(ctl.pool, pem, strlen(pem), &leaf);
        if (reason)
            exit(9);
        answer = cfo_origin_accepts(&ctl, origin, words[0], leaf, pem, apr_time_now());
    }
    answer_json(&answer);
}

static void zones_for(const cfo_origin_t *origin)
{
    const apr_array_header_t *zones = cfo_origin_zones_for(ctl.pool, origin, words[0]);
    int i;

    cfo_json_open(ctl.json, "zones", '[');
    for (i = 0; i < zones->nelts; i++)
        zone_json(APR_ARRAY_IDX(zones, i, const cfo_origin_zone_t *));
    cfo_json_close(ctl.json, ']');
}

static void last_used(const cfo_origin_t *origin)
{
    int everywhere;
    apr_time_t last = cfo_origin_last_used(origin, words[0], &everywhere);

    cfo_json_number(ctl.json, "last", apr_time_sec(last));
    cfo_json_truth(ctl.json, "everywhere", everywhere);
}

static void proof_file(const cfo_origin_t *origin)
{
    const char *why, *file = cfo_origin_proof_file(ctl.pool, origin, words[0], &why);

    cfo_json_string(ctl.json, "file", file);
    cfo_json_string(ctl.json, "why", why);
}

static const char *ask(const char *what)
{
    const cfo_origin_t *origin;
    const char *reason = cfo_origin_read(&ctl, &sources, &origin);

    if (reason)
        return reason;
    if (!strcmp(what, "read"))
        read_json(origin);
    else if (!strcmp(what, "accepts"))
        accepts(origin);
    else if (!strcmp(what, "zones-for"))
        zones_for(origin);
    else if (!strcmp(what, "in-force"))
        cfo_json_string(ctl.json, "not",
                        cfo_origin_in_force(ctl.pool, origin, words[0], words[1]));
    else if (!strcmp(what, "last-used"))
        last_used(origin);
    else if (!strcmp(what, "proof-file"))
        proof_file(origin);
    else
        exit(9);
    return NULL;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    if (!file || fputs(text, file) < 0 || fclose(file))
        exit(9);
}

/* issue FOLDER NAME TYPE CA-DAYS LEAF-DAYS [CA CA-KEY] */
static const char *issue(void)
{
    cfo_issued_t ca, leaf;
    const char *folder = words[0], *reason;

    reason = count > 5 ? cfo_issued_read(ctl.pool, words[5], words[6], &ca)
                       : cfo_issue_ca(ctl.pool, words[1], words[2], atoi(words[3]), &ca);
    if (!reason)
        reason = cfo_issue_leaf(ctl.pool, words[1], words[2], atoi(words[4]), &ca, &leaf);
    if (reason)
        return reason;
    write_text(apr_pstrcat(ctl.pool, folder, "/ca.pem", NULL), ca.pem);
    write_text(apr_pstrcat(ctl.pool, folder, "/leaf.pem", NULL), leaf.pem);
    reason = cfo_issued_write_key(ctl.pool,
                                  apr_pstrcat(ctl.pool, folder, "/ca.key", NULL), ca.key);
    if (!reason)
        reason = cfo_issued_write_key(
            ctl.pool, apr_pstrcat(ctl.pool, folder, "/leaf.key", NULL), leaf.key);
    cfo_json_string(ctl.json, "ca", ca.certificate->subject);
    cfo_json_string(ctl.json, "leaf", leaf.certificate->subject);
    cfo_json_string(ctl.json, "sha256", leaf.certificate->sha256_hex);
    return reason;
}

/* The next number of a linear congruence (POSIX's example), so that a seed gives the same
 * everywhere. */
static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245 + 12345;
    return *state / 65536 % 32768;
}

/* Changes, removes, or repeats bytes or lines. */
static char *mutate(apr_pool_t *p, const char *text, unsigned *state)
{
    static const char *const odd[] = { "\"",   "\\x",     "=",      " ",
                                       "\n",   "\n    ",  "{",      "]",
                                       "at=",  "\\u0000", "-1",     "1e999",
                                       "null", "\xff",    "shut: ", ":" };
    char *result = apr_pstrdup(p, text);
    unsigned i, changes = 1 + next_random(state) % 6;

    for (i = 0; i < changes; i++) {
        apr_size_t length = strlen(result), at, size;

        if (!length)
            return result;
        at = (next_random(state) * 32768 + next_random(state)) % length;
        size = next_random(state) % 40;
        size = size < length - at ? size : length - at;
        switch (next_random(state) % 4) {
        case 0:
            result[at] = (char)(1 + next_random(state) % 255);
            break;
        case 1:
            result =
                apr_pstrcat(p, apr_pstrndup(p, result, at), result + at + size, NULL);
            break;
        case 2:
            result =
                apr_pstrcat(p, apr_pstrndup(p, result, at + size), result + at, NULL);
            break;
        default:
            result = apr_pstrcat(p, apr_pstrndup(p, result, at),
                                 odd[next_random(state) % 16], result + at, NULL);
        }
    }
    return result;
}

/* mutations SEED COUNT dump|status FILE: how many of them are refused. */
static void mutations(void)
{
    unsigned state = (unsigned)atoi(words[0]);
    int i, refused = 0;
    const char *text = text_of(words[3]);

    for (i = 0; i < atoi(words[1]); i++) {
        cfo_origin_running_t running = { NULL };
        cfo_dump_t dump;
        apr_pool_t *p;
        char *changed;

        apr_pool_create(&p, ctl.pool);
        changed = mutate(p, text, &state);
        refused += !strcmp(words[2], "dump")
                       ? cfo_dump_read(p, changed, strlen(changed), &dump) != NULL
                       : cfo_status_read(p, changed, strlen(changed), &running) != NULL;
        apr_pool_destroy(p);
    }
    cfo_json_number(ctl.json, "refused", refused);
}

static const char *call(const char *what)
{
    cfo_origin_running_t running = { NULL };
    cfo_issued_t issued;
    const char *text;

    if (!strcmp(what, "add"))
        return cfo_proof_edit_add(&ctl, words[0], text_of(words[1]));
    if (!strcmp(what, "remove"))
        return cfo_proof_edit_remove(&ctl, words[0], words[1]);
    if (!strcmp(what, "delete"))
        return cfo_proof_edit_delete(&ctl, words[0], words[1]);
    if (!strcmp(what, "issue"))
        return issue();
    if (!strcmp(what, "issued"))
        return cfo_issued_read(ctl.pool, words[0], words[1], &issued);
    if (!strcmp(what, "mutations")) {
        mutations();
        return NULL;
    }
    if (strcmp(what, "status-text"))
        return ask(what);
    text = text_of(words[0]);
    return cfo_status_read(ctl.pool, text, strlen(text), &running);
}

static void option(char letter, const char *value)
{
    if (letter == 'h')
        sources.httpd = value;
    else if (letter == 'd')
        sources.dump = value;
    else if (letter == 'f')
        sources.folder = value;
    else
        APR_ARRAY_PUSH(urls, const char *) = value;
}

static void write_stdout(void *to, const char *text, apr_size_t length)
{
    (void)to;
    fwrite(text, 1, length, stdout);
}

/* parts [-h HTTPD] [-d DUMP] [-f FOLDER] [-s URL]... WHAT WORD... */
int main(int argc, char **argv)
{
    static const cfo_writer_t out = { write_stdout, NULL };
    cfo_json_t json = { .out = &out };
    apr_pool_t *pool;
    int letter;

    if (apr_initialize() || apr_pool_create(&pool, NULL))
        return 9;
    ctl.pool = pool;
    ctl.problems = apr_array_make(pool, 4, sizeof(cfo_ctl_problem_t));
    ctl.json = &json;
    sources.status = urls = apr_array_make(pool, 4, sizeof(const char *));
    while ((letter = getopt(argc, argv, "h:d:f:s:")) > 0)
        option((char)letter, optarg);
    if (optind >= argc)
        return 9;
    words = (const char *const *)argv + optind + 1;
    count = argc - optind - 1;
    cfo_json_string(ctl.json, "error", call(argv[optind]));
    cfo_json_end(ctl.json);
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}
