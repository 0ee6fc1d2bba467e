/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by name, in bounded memory whatever strangers send. */
#ifndef CFO_CTL_BREAKDOWN_H
#define CFO_CTL_BREAKDOWN_H

#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

typedef enum {
    CFO_COUNT_REFUSED, /* by outcome */
    CFO_COUNT_WOULD_REFUSE,
    CFO_COUNT_ADMITTED,
    CFO_COUNT_HELD_BACK, /* lines that were not written: refused or would-refuse */
    CFO_COUNT_FAILED,    /* handshakes, which are no requests */
    CFO_COUNT_PROVEN,   /* by what they came with: the zone's certificate, and it holds */
    CFO_COUNT_LOST,     /* those of PROVEN that are not admitted */
    CFO_COUNT_DOUBTFUL, /* a certificate of the zone's CA that does not hold */
    CFO_COUNT_FROM_EDGE, /* neither, unproven, from Cloudflare's addresses */
    CFO_COUNT_DIRECT,    /* the same, from others */
    CFO_COUNT_TUNNELLED, /* admitted as such */
    CFO_COUNTS
} cfo_ctl_count_t;

typedef apr_uint64_t cfo_ctl_counts_t[CFO_COUNTS];

/* At most so many different names are kept apart. */
enum { CFO_BREAKDOWN_MOST = 4096, CFO_BREAKDOWN_EXAMPLES = 3 };

/* A request of the row, in as much as is needed to find it. */
typedef struct {
    apr_time_t time; /* 0: not known */
    int is_claimed;  /* the ray is whatever a stranger said */
    char ray[24];
    char edge[48];
    char what[132]; /* the URI; of a handshake the SNI */
} cfo_ctl_example_t;

typedef struct {
    char name[320];
    char label[260]; /* what else is to be said of it: the subject of a certificate */
    cfo_ctl_counts_t counts;
    apr_uint64_t missed;    /* so many more there may be, of before the row was made */
    apr_time_t first, last; /* 0: no time is known */
    int examples;     /* ever given; the last are kept, unproven ones before others */
    int has_unproven; /* the examples are unproven requests */
    cfo_ctl_example_t example[CFO_BREAKDOWN_EXAMPLES];
} cfo_ctl_row_t;

typedef struct {
    apr_pool_t *pool;
    apr_hash_t *index;
    apr_pool_t *index_pool;
    cfo_ctl_row_t *rows;
    int count;
    cfo_ctl_counts_t dropped; /* of rows that had to make room for others */
    apr_uint64_t missed;      /* what the largest of them may have had */
} cfo_ctl_breakdown_t;

/* Memory is taken when it is used, some 5 MB at most. */
cfo_ctl_breakdown_t *cfo_ctl_breakdown_create(apr_pool_t *p);

/* The row of a name (cut, if it is longer than any name can be), a new one if there is
 * none; valid until the next call. Where all are in use, the less important half is
 * dropped, and counts on in `dropped`. */
cfo_ctl_row_t *cfo_ctl_breakdown_row(cfo_ctl_breakdown_t *breakdown, const char *name);

/* All rows, the most important first: most that is unproven, then most at all, then by
 * name. An array of const cfo_ctl_row_t *, in `p`. */
apr_array_header_t *cfo_ctl_breakdown_sorted(const cfo_ctl_breakdown_t *breakdown,
                                             apr_pool_t *p);

/* Adds up: `dropped`, and the rows from `from` on of what was sorted. */
void cfo_ctl_breakdown_others(const cfo_ctl_breakdown_t *breakdown,
                              const apr_array_header_t *sorted, int from,
                              cfo_ctl_counts_t others);

#endif
