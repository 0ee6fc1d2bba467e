/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by name, in bounded memory whatever clients send. */
#ifndef CFO_CTL_AUDIT_BREAKDOWN_H
#define CFO_CTL_AUDIT_BREAKDOWN_H

#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

typedef enum {
    CFO_COUNT_REFUSED, /* by outcome */
    CFO_COUNT_WOULD_REFUSE,
    CFO_COUNT_ADMITTED,
    CFO_COUNT_HELD_BACK,   /* lines not written: refused or would-refuse */
    CFO_COUNT_FAILED,      /* handshakes, which are not requests */
    CFO_COUNT_PROVEN,      /* by certificate: a valid one of the zone */
    CFO_COUNT_LOST,        /* of PROVEN: not admitted */
    CFO_COUNT_DOUBTFUL,    /* from the zone's CA, but not valid */
    CFO_COUNT_FROM_EDGE,   /* other unproven requests, from Cloudflare's addresses */
    CFO_COUNT_DIRECT,      /* the same, from other addresses */
    CFO_COUNT_TUNNELLED,   /* admitted from a tunnel */
    CFO_COUNT_DENIED,      /* of PROVEN and TUNNELLED: another rule answered 403 */
    CFO_COUNT_EXPECTED,    /* of DENIED: for files that no visitor should get */
    CFO_COUNT_MISDIRECTED, /* answered 421 by mod_ssl, and not judged */
    CFO_COUNTS
} cfo_ctl_count_t;

typedef apr_uint64_t cfo_ctl_counts_t[CFO_COUNTS];

/* The most names that are counted separately, and the classes of times between two
 * requests. */
enum { CFO_BREAKDOWN_MOST = 4096, CFO_BREAKDOWN_EXAMPLES = 3, CFO_BREAKDOWN_GAPS = 28 };

/* The data that is needed to find a request of the row in the log. */
typedef struct {
    apr_time_t time; /* 0: not known */
    int is_claimed;  /* the ray is of an untrusted request */
    char ray[24];
    char edge[48];
    char what[132]; /* the URI; of a handshake the SNI */
} cfo_ctl_example_t;

typedef struct {
    char name[320];
    char label[260]; /* the subject of a certificate; of a path: a virtual host */
    cfo_ctl_counts_t counts;
    apr_uint64_t missed;    /* at most so many more, from before the row existed */
    apr_time_t first, last; /* 0: no time is known */
    int examples;           /* ever added; the last are kept, unproven ones first */
    int has_unproven;       /* the examples are unproven requests */
    unsigned gap_count;     /* times between two requests; of them by class (steady.h) */
    unsigned short gaps[CFO_BREAKDOWN_GAPS];
    cfo_ctl_example_t example[CFO_BREAKDOWN_EXAMPLES];
} cfo_ctl_row_t;

typedef struct {
    apr_pool_t *pool;
    apr_hash_t *index;
    apr_pool_t *index_pool;
    cfo_ctl_row_t *rows;
    cfo_ctl_row_t *last; /* that was asked for; NULL: none */
    int most, count;
    cfo_ctl_counts_t dropped; /* of rows that were dropped to make room */
    apr_uint64_t missed;      /* the most that one of them may have had */
} cfo_ctl_breakdown_t;

/* For `most` names. Takes about 1,400 bytes a name, page by page as it is used. */
cfo_ctl_breakdown_t *cfo_ctl_breakdown_create(apr_pool_t *p, int most);

/* The row of a name (cut if it is too long), created if needed; valid until the next
 * call. If all rows are in use, the less important half is dropped and added to
 * `dropped`. */
cfo_ctl_row_t *cfo_ctl_breakdown_row(cfo_ctl_breakdown_t *breakdown, const char *name);

/* The row of a name; NULL if there is none. */
const cfo_ctl_row_t *cfo_ctl_breakdown_find(const cfo_ctl_breakdown_t *breakdown,
                                            const char *name);

/* All rows, the most important first: by unproven requests, then by all requests, then by
 * name. An array of const cfo_ctl_row_t *, in `p`. */
apr_array_header_t *cfo_ctl_breakdown_sorted(const cfo_ctl_breakdown_t *breakdown,
                                             apr_pool_t *p);

/* The sum of `dropped` and of the sorted rows from `from` on. */
void cfo_ctl_breakdown_others(const cfo_ctl_breakdown_t *breakdown,
                              const apr_array_header_t *sorted, int from,
                              cfo_ctl_counts_t others);

#endif
