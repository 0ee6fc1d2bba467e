/* SPDX-License-Identifier: Apache-2.0 */
/* The API token: from a file, or from the environment. */
#ifndef CFO_CTL_CLOUDFLARE_TOKEN_H
#define CFO_CTL_CLOUDFLARE_TOKEN_H

#include "apr_pools.h"

#define CFO_TOKEN_VARIABLE "CLOUDFLARE_API_TOKEN"

/* Reads the token from `file`, which nobody but its owner may be able to read or write,
 * and whose owner must be root or the caller; NULL: from CFO_TOKEN_VARIABLE. White space
 * around it is removed. Returns NULL and sets *token, or returns what is wrong, and what
 * to do. The token is in no message. In any case, the variable is erased, and taken out
 * of the environment. */
const char *cfo_token_read(apr_pool_t *p, const char *file, const char **token);

#endif
