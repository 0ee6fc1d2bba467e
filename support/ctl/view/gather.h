/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the API and the origin for all that edge status tells. */
#ifndef CFO_CTL_VIEW_GATHER_H
#define CFO_CTL_VIEW_GATHER_H

#include "apr_hash.h"

#include "ctl/edge/options.h"
#include "ctl/view/status.h"

/* Of one call; what its jobs share is not changed while they work. */
typedef struct {
    cfo_ctl_t *ctl;
    cfo_edge_t edge;
    cfo_edge_status_t status; /* its arrays are made, and `at` is set */
    apr_hash_t *found;        /* of const cfo_api_zone_t *, by name */
    const cfo_api_error_t *token_error;
} cfo_gathering_t;

/* Fills the zones of `status`, and what is known of token and origin. `names` (of
 * const char *): the zones; empty: those of the origin, which are added. */
void cfo_gather(cfo_gathering_t *g, apr_array_header_t *names);

/* The same if nothing can be asked: no zone is known. */
void cfo_gather_nothing(cfo_gathering_t *g, const apr_array_header_t *names);

/* Adds a finding that is about no host; `zone` and `remedy` may be NULL. */
void cfo_gather_find(cfo_gathering_t *g, cfo_edge_level_t level, const char *code,
                     const char *zone, const char *text, const char *remedy);

#endif
