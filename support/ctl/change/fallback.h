/* SPDX-License-Identifier: Apache-2.0 */
/* What is presented for a host when its own certificate, or a switch, is taken away. */
#ifndef CFO_CTL_CHANGE_FALLBACK_H
#define CFO_CTL_CHANGE_FALLBACK_H

#include "ctl/change/world.h"

/* Why requests would be refused, if what is presented for `hosts` fell back to the zone's
 * certificates (is_zone), or to Cloudflare's shared one if it is on; NULL: they would
 * not. An origin that is Off or in Audit refuses nothing. If Cloudflare cannot be asked,
 * the reason is that. */
const char *cfo_fallback_refused(cfo_target_t *t, cfo_world_t *world,
                                 const apr_array_header_t *hosts, int is_zone);

/* The same, if nothing is presented. */
const char *cfo_fallback_nothing(cfo_world_t *world, const apr_array_header_t *hosts);

/* Why not every active certificate of `certificates` (of cfo_api_certificate_t) is
 * accepted for `hosts`, by the proofs in force, without those for which `skip` returns
 * true; NULL: all are. *active is their number. */
const char *cfo_fallback_unaccepted(
    cfo_target_t *t, cfo_world_t *world, const apr_array_header_t *certificates,
    const apr_array_header_t *hosts,
    int (*skip)(const cfo_target_t *t, const cfo_api_certificate_t *one), int *active);

#endif
