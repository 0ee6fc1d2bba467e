/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, with memory that is erased when it is freed: a token and private keys pass
 * through its buffers. */
#ifndef CFO_CTL_CLOUDFLARE_CURL_MEMORY_H
#define CFO_CTL_CLOUDFLARE_CURL_MEMORY_H

/* Initialises libcurl, before anything else of it is called, and before there are
 * threads; again does no harm. Returns NULL, or the reason. */
const char *cfo_curl_start(void);

#endif
