/* SPDX-License-Identifier: Apache-2.0 */
/* What is in front of the BEGIN line of a PEM block, where nothing should be. */
#ifndef CFO_CORE_TRUST_PEM_FRONT_H
#define CFO_CORE_TRUST_PEM_FRONT_H

#include "apr_pools.h"

/* What it is, and what to do: a constant, which continues a sentence. NULL: nothing is in
 * front of the first BEGIN, or there is none. */
const char *cfo_pem_front(const char *text, apr_size_t length);

#endif
