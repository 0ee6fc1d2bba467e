/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: the sources of own traffic, for the report. */
#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "ctl/audit/own_state.h"
#include "ctl/audit/steady.h"

/* What stands for the source in the tables. */
static const char *key_of(const cfo_ctl_own_source_t *source)
{
    if (source->kind == CFO_OWN_CHECK)
        return CFO_OWN_EDGE;
    if (source->kind == CFO_OWN_ACME)
        return CFO_OWN_CHALLENGE;
    return *source->address ? source->address : CFO_OWN_SEVERAL;
}

static int is_regular(const cfo_ctl_own_source_t *source)
{
    return source->kind == CFO_OWN_MONITOR || source->kind == CFO_OWN_CHECK;
}

static int is_row_of(const cfo_ctl_own_source_t *source, const cfo_ctl_row_t *row)
{
    const char *key = key_of(source);
    size_t length = strlen(key);

    return !strncmp(row->name, key, length) && row->name[length] == ' ' &&
           (!is_regular(source) || cfo_ctl_steady_is(row));
}

static int compare_sources(const void *a, const void *b)
{
    const cfo_ctl_own_source_t *one = a, *other = b;

    if (one->unproven != other->unproven)
        return one->unproven > other->unproven ? -1 : 1;
    return strcmp(one->address, other->address);
}

static cfo_ctl_own_source_t *find_regular(apr_array_header_t *sources, const char *key)
{
    int i;

    for (i = 0; i < sources->nelts; i++) {
        cfo_ctl_own_source_t *source = &APR_ARRAY_IDX(sources, i, cfo_ctl_own_source_t);

        if (is_regular(source) && !strcmp(key_of(source), key))
            return source;
    }
    return NULL;
}

/* Whether one of several addresses is enough to explain that they are regular. */
static int is_of_one(const cfo_ctl_own_t *own, const cfo_ctl_row_t *row)
{
    const char *rest = strchr(row->name, ' ');
    int i;

    for (i = 0; i < own->steady->count; i++) {
        const cfo_ctl_row_t *other = &own->steady->rows[i];
        const char *others = strchr(other->name, ' ');

        if (other != row && others && !strcmp(others, rest) && cfo_ctl_steady_is(other))
            return 1;
    }
    return 0;
}

static int is_several(const cfo_ctl_row_t *row)
{
    return !strncmp(row->name, CFO_OWN_SEVERAL, sizeof CFO_OWN_SEVERAL - 1) &&
           row->name[sizeof CFO_OWN_SEVERAL - 1] == ' ';
}

static void add_regular(const cfo_ctl_own_t *own, apr_array_header_t *sources)
{
    int i;

    for (i = 0; i < own->steady->count; i++) {
        const cfo_ctl_row_t *row = &own->steady->rows[i];
        cfo_ctl_own_source_t *source;
        char key[sizeof source->address];

        if (!cfo_ctl_steady_is(row) || (is_several(row) && is_of_one(own, row)))
            continue;
        apr_cpystrn(key, row->name, sizeof key);
        key[strcspn(key, " ")] = '\0';
        source = find_regular(sources, key);
        if (!source) {
            source = apr_array_push(sources);
            memset(source, 0, sizeof *source);
            source->kind = strcmp(key, CFO_OWN_EDGE) ? CFO_OWN_MONITOR : CFO_OWN_CHECK;
            if (source->kind == CFO_OWN_MONITOR && strcmp(key, CFO_OWN_SEVERAL))
                apr_cpystrn(source->address, key, sizeof source->address);
        }
        source->unproven += row->counts[CFO_COUNT_WOULD_REFUSE];
    }
}

apr_array_header_t *cfo_ctl_own_sources(const cfo_ctl_own_t *own, apr_pool_t *p)
{
    apr_array_header_t *sources = apr_array_make(p, 4, sizeof(cfo_ctl_own_source_t));
    int i;

    for (i = 0; i < own->count; i++) {
        if (own->sources[i].unproven)
            APR_ARRAY_PUSH(sources, cfo_ctl_own_source_t) = own->sources[i];
    }
    add_regular(own, sources);
    qsort(sources->elts, sources->nelts, sources->elt_size, compare_sources);
    return sources;
}

apr_array_header_t *cfo_ctl_own_paths(const cfo_ctl_own_t *own,
                                      const cfo_ctl_own_source_t *source, apr_pool_t *p)
{
    apr_array_header_t *paths = apr_array_make(p, 4, sizeof(void *));
    const apr_array_header_t *rows =
        cfo_ctl_breakdown_sorted(is_regular(source) ? own->steady : own->paths, p);
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const cfo_ctl_row_t *row = APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *);
        cfo_ctl_row_t *path;
        const char *vhost, *rest;

        if (!is_row_of(source, row) || (is_several(row) && is_of_one(own, row)))
            continue;
        vhost = row->name + strlen(key_of(source)) + 1;
        rest = strchr(vhost, ' ');
        path = apr_pmemdup(p, row, sizeof *row);
        apr_cpystrn(path->name, rest ? rest + 1 : "", sizeof path->name);
        apr_cpystrn(path->label, vhost, sizeof path->label);
        path->label[strcspn(path->label, " ")] = '\0';
        APR_ARRAY_PUSH(paths, const cfo_ctl_row_t *) = path;
    }
    return paths;
}

const char *cfo_ctl_own_kind_name(cfo_ctl_own_kind_t kind)
{
    static const char *const names[] = {
        [CFO_OWN_NONE] = "none",       [CFO_OWN_LOOPBACK] = "loopback",
        [CFO_OWN_HOST] = "host",       [CFO_OWN_LISTED] = "listed",
        [CFO_OWN_NETWORK] = "network", [CFO_OWN_WORDPRESS] = "wordpress",
        [CFO_OWN_MONITOR] = "monitor", [CFO_OWN_CHECK] = "health-check",
        [CFO_OWN_ACME] = "acme",
    };

    return names[kind];
}
