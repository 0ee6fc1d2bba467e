/* SPDX-License-Identifier: Apache-2.0 */
/* The names that zones may have. */
#ifndef CFO_CORE_TRUST_ZONE_NAME_H
#define CFO_CORE_TRUST_ZONE_NAME_H

#include "apr_pools.h"

/* Takes a DNS name (any case, with or without a final dot) or "*". Sets *name to it in
 * lower case without the dot and returns NULL, or returns what is wrong with it. Labels
 * have letters, digits, - and _, at most 63; the whole at most 253 characters; the last
 * label is not a number, which would make it an address. */
const char *cfo_zone_name_read(apr_pool_t *p, const char *text, const char **name);

/* "example.com.pem" -> "example.com"; NULL if the file name does not end in .pem. */
const char *cfo_zone_name_of_file(apr_pool_t *p, const char *file_name);

#endif
