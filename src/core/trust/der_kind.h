/* SPDX-License-Identifier: Apache-2.0 */
/* Other things than certificates in PEM that OpenSSL reads and writes. */
#ifndef CFO_CORE_TRUST_DER_KIND_H
#define CFO_CORE_TRUST_DER_KIND_H

#include "apr_pools.h"

/* What a binary file is (a certificate, PKCS#12, PKCS#7, a request, a key ...), and how
 * to convert it: a constant, which continues a sentence. NULL: it is no DER. For error
 * messages. */
const char *cfo_der_kind(const char *der, apr_size_t length);

int cfo_der_is_certificate(const char *der, apr_size_t length);

/* What to do with a PEM block of a type other than CERTIFICATE; NULL: nothing is known.
 */
const char *cfo_pem_advice(const char *type);

#endif
