/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, with memory that is erased when it is freed: a token and private keys pass
 * through its buffers. */
#ifndef CFO_CTL_CLOUDFLARE_CURL_MEMORY_H
#define CFO_CTL_CLOUDFLARE_CURL_MEMORY_H

#include "apr_pools.h"

/* Initialises libcurl, before anything else of it is called, and before there are
 * threads; again does no harm. SIGPIPE is ignored from then on. Returns NULL, or the
 * reason.
 */
const char *cfo_curl_start(apr_pool_t *p);

#endif
