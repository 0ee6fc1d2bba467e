/* SPDX-License-Identifier: Apache-2.0 */
/* The lines below a zone in the dump. */
#ifndef CFO_CTL_ORIGIN_DUMP_ZONE_H
#define CFO_CTL_ORIGIN_DUMP_ZONE_H

#include "apr_hash.h"

#include "ctl/origin/origin_types.h"

typedef struct {
    cfo_origin_zone_t *zone;       /* NULL: none */
    cfo_origin_running_t *running; /* what was used */
    apr_hash_t *known; /* uses that `running` has: a zone may be there more than once */
    int has_record;    /* something is known about uses */
} cfo_dump_zone_t;

/* Reads a line without its indentation; returns NULL, or the error. It changes. */
const char *cfo_dump_zone_line(apr_pool_t *p, cfo_dump_zone_t *at, char *line);

#endif
