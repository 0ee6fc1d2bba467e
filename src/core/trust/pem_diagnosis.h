/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is that should be a PEM file of certificates, and is none. */
#ifndef CFO_CORE_TRUST_PEM_DIAGNOSIS_H
#define CFO_CORE_TRUST_PEM_DIAGNOSIS_H

#include "apr_pools.h"

/* What a text that cannot be read as PEM is, or what has happened to it, and what to do:
 * a constant, which continues a sentence. NULL: nothing is known. For error messages
 * only; it may be slow, and it decides nothing. */
const char *cfo_pem_diagnose(const char *text, apr_size_t length);

#endif
