/* SPDX-License-Identifier: Apache-2.0 */
/* What the origins accept: their zones and proofs, and what was presented to them. */
#ifndef CFO_CTL_ORIGIN_ORIGIN_H
#define CFO_CTL_ORIGIN_ORIGIN_H

#include "core/verdict/reason.h"
#include "ctl/command/ctl.h"
#include "ctl/command/explain.h"
#include "ctl/origin/origin_types.h"

/* Reads all of it anew. Returns NULL and sets *origin, or returns the reason, if there is
 * neither a dump nor a folder. Files that cannot be read are `shut`, not an error. Any
 * thread, with its own `ctl`. */
const char *cfo_origin_read(cfo_ctl_t *ctl, const cfo_origin_sources_t *sources,
                            const cfo_origin_t **origin);

/* The zones' names, each once, sorted (of const char *). */
apr_array_header_t *cfo_origin_zone_names(apr_pool_t *p, const cfo_origin_t *origin);

/* The zones that cover `host` in the virtual hosts that serve it, as httpd and the module
 * find them (lookup.h), each with the policy of that virtual host (of const
 * cfo_origin_zone_t *, maybe copies). */
apr_array_header_t *cfo_origin_zones_for(apr_pool_t *p, const cfo_origin_t *origin,
                                         const char *host);

/* Whether the origin accepts a certificate for a host. */
typedef struct {
    cfo_reason_t reason;           /* CFO_REASON_VERIFIED: it does, everywhere */
    const cfo_origin_zone_t *zone; /* the first that does not, or one that does; NULL: no
                                      zone covers the host */
    cfo_ctl_words_t words;         /* why, and what to do */
} cfo_origin_answer_t;

/* As the module judges at the time `at`, against the proofs in the files. */
cfo_origin_answer_t cfo_origin_accepts(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                       const char *host, const cfo_certificate_t *leaf,
                                       const char *pem, apr_time_t at);

/* Whether it accepts Cloudflare's shared certificate for a host: all zones that cover it
 * have the shared CA as a proof. */
cfo_origin_answer_t cfo_origin_accepts_shared(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                                              const char *host);

/* Whether every running origin has this certificate among the proofs in force of the
 * zone; without a status URL, whether the dump has it and its file has been unchanged for
 * longer than two of CFOriginPullReload and some seconds. Returns NULL (it has), or why
 * not. */
const char *cfo_origin_in_force(apr_pool_t *p, const cfo_origin_t *origin,
                                const char *zone, const char *sha256);

/* The same for the zones that other origins have for a host, and this configuration does
 * not: there each must have it, too. */
const char *cfo_origin_in_force_elsewhere(apr_pool_t *p, const cfo_origin_t *origin,
                                          const char *host, const char *sha256);

/* A virtual host of a running origin, by its status, where requests for one of these host
 * names (of const char *) are refused: one of these names, or, if none has such a name
 * (it may be an alias), any where CFOriginPull is On. NULL: there is none. */
const char *cfo_origin_refusing(const cfo_origin_running_t *running,
                                const apr_array_header_t *hosts);

/* When a presented certificate was last used at any origin; 0: never. *everywhere (may be
 * NULL): whether every origin that can be read has seen it. */
apr_time_t cfo_origin_last_used(const cfo_origin_t *origin, const char *sha256,
                                int *everywhere);

/* The file of proofs that certificates are added to for a zone: its only file. NULL:
 * there is none or several, and *why says so. */
const char *cfo_origin_proof_file(apr_pool_t *p, const cfo_origin_t *origin,
                                  const char *zone, const char **why);

#endif
