/* SPDX-License-Identifier: Apache-2.0 */
/* Internationalized host names. */
#ifndef CFO_CORE_BASE_IDN_H
#define CFO_CORE_BASE_IDN_H

#include "apr_pools.h"

/* The form in which clients send a name in UTF-8: "xn--bcher-kva.example" (RFC 3492 and
 * 5890). For messages only: letters of Latin, Greek and Cyrillic are made lower case, and
 * nothing else is mapped. NULL: the name is in ASCII, is not UTF-8, or has characters
 * that would have to be composed first. */
const char *cfo_idn_to_ascii(apr_pool_t *p, const char *name);

#endif
