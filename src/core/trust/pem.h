/* SPDX-License-Identifier: Apache-2.0 */
/* PEM files of certificates. */
#ifndef CFO_CORE_TRUST_PEM_H
#define CFO_CORE_TRUST_PEM_H

#include "apr_pools.h"
#include "apr_tables.h"

/* Reads all certificates of a PEM text, in its order. A private key, any other block, a
 * damaged or missing block, and a certificate that OpenSSL rejects are errors that say
 * which. Text around the blocks is passed over, whatever it speaks of. Returns NULL and
 * sets *certificates (of const cfo_certificate_t *, at least one), or the reason. */
const char *cfo_pem_read(apr_pool_t *p, const char *pem, apr_size_t length,
                         apr_array_header_t **certificates);

#endif
