/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: counts by name. */
#include "ctl/audit/breakdown.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

static void begin_index(cfo_ctl_breakdown_t *breakdown)
{
    int i;

    if (breakdown->index_pool)
        apr_pool_clear(breakdown->index_pool);
    else
        apr_pool_create(&breakdown->index_pool, breakdown->pool);
    breakdown->index = apr_hash_make(breakdown->index_pool);
    for (i = 0; i < breakdown->count; i++)
        apr_hash_set(breakdown->index, breakdown->rows[i].name, APR_HASH_KEY_STRING,
                     &breakdown->rows[i]);
}

cfo_ctl_breakdown_t *cfo_ctl_breakdown_create(apr_pool_t *p, int most)
{
    cfo_ctl_breakdown_t *breakdown = apr_pcalloc(p, sizeof *breakdown);

    breakdown->pool = p;
    breakdown->most = most;
    breakdown->rows = apr_palloc(p, most * sizeof *breakdown->rows);
    begin_index(breakdown);
    return breakdown;
}

static apr_uint64_t unproven(const cfo_ctl_row_t *row)
{
    return row->counts[CFO_COUNT_REFUSED] + row->counts[CFO_COUNT_WOULD_REFUSE] +
           row->counts[CFO_COUNT_HELD_BACK] + row->counts[CFO_COUNT_FAILED];
}

static apr_uint64_t everything(const cfo_ctl_row_t *row)
{
    return unproven(row) + row->counts[CFO_COUNT_ADMITTED] +
           row->counts[CFO_COUNT_MISDIRECTED];
}

static int compare_rows(const void *a, const void *b)
{
    const cfo_ctl_row_t *one = a, *other = b;

    if (unproven(one) != unproven(other))
        return unproven(one) > unproven(other) ? -1 : 1;
    if (everything(one) != everything(other))
        return everything(one) > everything(other) ? -1 : 1;
    return strcmp(one->name, other->name);
}

static int compare_pointers(const void *a, const void *b)
{
    return compare_rows(*(const void *const *)a, *(const void *const *)b);
}

static void add(cfo_ctl_counts_t sum, const cfo_ctl_counts_t counts)
{
    int i;

    for (i = 0; i < CFO_COUNTS; i++)
        sum[i] += counts[i];
}

static void make_room(cfo_ctl_breakdown_t *breakdown)
{
    int i;

    qsort(breakdown->rows, breakdown->count, sizeof *breakdown->rows, compare_rows);
    for (i = breakdown->most / 2; i < breakdown->count; i++) {
        const cfo_ctl_row_t *row = &breakdown->rows[i];

        add(breakdown->dropped, row->counts);
        if (everything(row) + row->missed > breakdown->missed)
            breakdown->missed = everything(row) + row->missed;
    }
    breakdown->count = breakdown->most / 2;
    begin_index(breakdown);
}

cfo_ctl_row_t *cfo_ctl_breakdown_row(cfo_ctl_breakdown_t *breakdown, const char *name)
{
    size_t length = strnlen(name, sizeof breakdown->rows->name - 1);
    cfo_ctl_row_t *row = breakdown->last;

    /* Neighbours in a log are often alike. */
    if (row && !memcmp(row->name, name, length) && !row->name[length])
        return row;
    row = apr_hash_get(breakdown->index, name, (apr_ssize_t)length);
    breakdown->last = row;
    if (row)
        return row;
    if (breakdown->count == breakdown->most)
        make_room(breakdown);
    row = memset(&breakdown->rows[breakdown->count++], 0, sizeof *row);
    memcpy(row->name, name, length);
    row->missed = breakdown->missed;
    breakdown->last = row;
    apr_hash_set(breakdown->index, row->name, (apr_ssize_t)length, row);
    return row;
}

const cfo_ctl_row_t *cfo_ctl_breakdown_find(const cfo_ctl_breakdown_t *breakdown,
                                            const char *name)
{
    return apr_hash_get(breakdown->index, name, APR_HASH_KEY_STRING);
}

apr_array_header_t *cfo_ctl_breakdown_sorted(const cfo_ctl_breakdown_t *breakdown,
                                             apr_pool_t *p)
{
    apr_array_header_t *sorted = apr_array_make(p, breakdown->count + 1, sizeof(void *));
    int i;

    for (i = 0; i < breakdown->count; i++)
        APR_ARRAY_PUSH(sorted, const cfo_ctl_row_t *) = &breakdown->rows[i];
    qsort(sorted->elts, sorted->nelts, sizeof(void *), compare_pointers);
    return sorted;
}

void cfo_ctl_breakdown_others(const cfo_ctl_breakdown_t *breakdown,
                              const apr_array_header_t *sorted, int from,
                              cfo_ctl_counts_t others)
{
    memcpy(others, breakdown->dropped, sizeof breakdown->dropped);
    for (; from < sorted->nelts; from++)
        add(others, APR_ARRAY_IDX(sorted, from, const cfo_ctl_row_t *)->counts);
}
