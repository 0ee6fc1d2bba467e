/* SPDX-License-Identifier: Apache-2.0 */
/* Names of zones. */
#ifndef CFO_CORE_TRUST_ZONE_NAME_H
#define CFO_CORE_TRUST_ZONE_NAME_H

#include "apr_pools.h"

/* Takes a DNS name (any case, with or without a final dot) or "*". Returns NULL and sets
 * *name to it in lower case without the dot, or returns what is wrong with it. A label
 * has letters, digits, - and _, at most 63; a name at most 253 characters; the last label
 * is not a number, because that would be an address. */
const char *cfo_zone_name_read(apr_pool_t *p, const char *text, const char **name);

/* "example.com.pem" -> "example.com"; NULL if the file name does not end in .pem. */
const char *cfo_zone_name_of_file(apr_pool_t *p, const char *file_name);

#endif
