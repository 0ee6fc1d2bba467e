/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are something else than PEM: HTML, JSON, DER, archives ... */
#ifndef CFO_CORE_TRUST_FOREIGN_TEXT_H
#define CFO_CORE_TRUST_FOREIGN_TEXT_H

#include "apr_pools.h"

/* What it is, and what to do: a constant, which continues a sentence. NULL: nothing that
 * is known. For error messages only. */
const char *cfo_foreign_text(const char *text, apr_size_t length);

#endif
