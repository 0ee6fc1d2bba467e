/* SPDX-License-Identifier: Apache-2.0 */
/* The CA certificates that mod_ssl verifies with, and what they can verify. For reports
 * only: they admit nobody. */
#ifndef CFO_CORE_TRUST_CA_STORE_H
#define CFO_CORE_TRUST_CA_STORE_H

#include "apr_pools.h"

#include "core/trust/certificate.h"

/* Freed with its pool. For one thread. */
typedef struct cfo_ca_store_t cfo_ca_store_t;

/* How mod_ssl would verify a certificate, or one that it issued. */
typedef enum {
    CFO_CA_UNKNOWN, /* nothing in the store is related to it */
    CFO_CA_BARE,    /* its issuer is in the store, but no chain ends in a self-signed
                       certificate */
    CFO_CA_ROOTED   /* verified */
} cfo_ca_result_t;

/* Reads what SSLCACertificateFile and SSLCACertificatePath (either may be NULL) name.
 * NULL if they cannot be read; mod_ssl reports that itself. */
cfo_ca_store_t *cfo_ca_store_open(apr_pool_t *p, const char *file, const char *path);

/* Makes an empty store; adds a certificate in DER to a store. A certificate that OpenSSL
 * rejects is ignored. */
cfo_ca_store_t *cfo_ca_store_create(apr_pool_t *p);
void cfo_ca_store_add(cfo_ca_store_t *store, const unsigned char *der, long length);

/* Whether the store has a self-signed certificate; without one mod_ssl verifies nothing
 * (internals 2.1). Certificates of a path are loaded only when they are looked up, and do
 * not count. */
int cfo_ca_store_has_root(const cfo_ca_store_t *store);

/* Verifies as mod_ssl does: no partial chains, no chain from the peer; dates are ignored.
 * Sets *above (may be NULL) to the number of certificates above this one in the chain. */
cfo_ca_result_t cfo_ca_store_check(const cfo_ca_store_t *store,
                                   const cfo_certificate_t *certificate, int *above);

/* The self-signed certificate of the store that ends the chain of this one, or that it
 * is; the caller has a reference to it. NULL: there is none. */
X509 *cfo_ca_store_root(const cfo_ca_store_t *store,
                        const cfo_certificate_t *certificate);

#endif
