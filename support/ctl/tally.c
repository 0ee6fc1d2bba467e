/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: counts by name. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

static void begin_index(cfo_ctl_tally_t *tally)
{
    int i;

    if (tally->index_pool)
        apr_pool_clear(tally->index_pool);
    else
        apr_pool_create(&tally->index_pool, tally->pool);
    tally->index = apr_hash_make(tally->index_pool);
    for (i = 0; i < tally->count; i++)
        apr_hash_set(tally->index, tally->rows[i].name, APR_HASH_KEY_STRING,
                     &tally->rows[i]);
}

cfo_ctl_tally_t *cfo_ctl_tally_create(apr_pool_t *p)
{
    cfo_ctl_tally_t *tally = apr_pcalloc(p, sizeof *tally);

    tally->pool = p;
    tally->rows = apr_palloc(p, CFO_TALLY_MOST * sizeof *tally->rows);
    begin_index(tally);
    return tally;
}

static apr_uint64_t unproven(const cfo_ctl_row_t *row)
{
    return row->counts[CFO_COUNT_REFUSED] + row->counts[CFO_COUNT_WOULD_REFUSE] +
           row->counts[CFO_COUNT_HELD_BACK] + row->counts[CFO_COUNT_FAILED];
}

static apr_uint64_t everything(const cfo_ctl_row_t *row)
{
    return unproven(row) + row->counts[CFO_COUNT_ADMITTED];
}

static int compare(const cfo_ctl_row_t *a, const cfo_ctl_row_t *b)
{
    if (unproven(a) != unproven(b))
        return unproven(a) > unproven(b) ? -1 : 1;
    if (everything(a) != everything(b))
        return everything(a) > everything(b) ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int compare_rows(const void *a, const void *b)
{
    return compare(a, b);
}

static int compare_pointers(const void *a, const void *b)
{
    return compare(*(const cfo_ctl_row_t *const *)a, *(const cfo_ctl_row_t *const *)b);
}

static void add(cfo_ctl_counts_t sum, const cfo_ctl_counts_t counts)
{
    int i;

    for (i = 0; i < CFO_COUNTS; i++)
        sum[i] += counts[i];
}

static void make_room(cfo_ctl_tally_t *tally)
{
    int i;

    qsort(tally->rows, tally->count, sizeof *tally->rows, compare_rows);
    for (i = CFO_TALLY_MOST / 2; i < tally->count; i++) {
        const cfo_ctl_row_t *row = &tally->rows[i];

        add(tally->dropped, row->counts);
        if (everything(row) + row->missed > tally->missed)
            tally->missed = everything(row) + row->missed;
    }
    tally->count = CFO_TALLY_MOST / 2;
    begin_index(tally);
}

cfo_ctl_row_t *cfo_ctl_tally_row(cfo_ctl_tally_t *tally, const char *name)
{
    size_t length = strnlen(name, sizeof tally->rows->name - 1);
    cfo_ctl_row_t *row = apr_hash_get(tally->index, name, (apr_ssize_t)length);

    if (row)
        return row;
    if (tally->count == CFO_TALLY_MOST)
        make_room(tally);
    row = memset(&tally->rows[tally->count++], 0, sizeof *row);
    memcpy(row->name, name, length);
    row->missed = tally->missed;
    apr_hash_set(tally->index, row->name, (apr_ssize_t)length, row);
    return row;
}

apr_array_header_t *cfo_ctl_tally_sorted(const cfo_ctl_tally_t *tally, apr_pool_t *p)
{
    apr_array_header_t *sorted = apr_array_make(p, tally->count + 1, sizeof(void *));
    int i;

    for (i = 0; i < tally->count; i++)
        APR_ARRAY_PUSH(sorted, const cfo_ctl_row_t *) = &tally->rows[i];
    qsort(sorted->elts, sorted->nelts, sizeof(void *), compare_pointers);
    return sorted;
}

void cfo_ctl_tally_others(const cfo_ctl_tally_t *tally, const apr_array_header_t *sorted,
                          int from, cfo_ctl_counts_t others)
{
    memcpy(others, tally->dropped, sizeof tally->dropped);
    for (; from < sorted->nelts; from++)
        add(others, APR_ARRAY_IDX(sorted, from, const cfo_ctl_row_t *)->counts);
}
