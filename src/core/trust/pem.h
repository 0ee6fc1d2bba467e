/* SPDX-License-Identifier: Apache-2.0 */
/* Reads PEM files of certificates. */
#ifndef CFO_CORE_TRUST_PEM_H
#define CFO_CORE_TRUST_PEM_H

#include "apr_pools.h"
#include "apr_tables.h"

/* Reads all certificates of a PEM text, in its order. A private key, any other block, a
 * damaged or missing block, and a certificate that OpenSSL rejects are errors; the error
 * names the line and the block. Text around the blocks is ignored, even if it mentions
 * blocks. Returns NULL and sets *certificates (of const cfo_certificate_t *, at least
 * one), or returns the error. */
const char *cfo_pem_read(apr_pool_t *p, const char *pem, apr_size_t length,
                         apr_array_header_t **certificates);

#endif
