/* SPDX-License-Identifier: Apache-2.0 */
/* The CA certificates that mod_ssl verifies with, and what they can verify. For reports
 * only: nothing is admitted by them. */
#ifndef CFO_CORE_TRUST_CA_STORE_H
#define CFO_CORE_TRUST_CA_STORE_H

#include "apr_pools.h"

#include "core/trust/certificate.h"

/* Freed with its pool. For one thread. */
typedef struct cfo_ca_store_t cfo_ca_store_t;

/* What mod_ssl would make of a certificate, or of what that certificate issued. */
typedef enum {
    CFO_CA_UNKNOWN, /* nothing in the store has to do with it */
    CFO_CA_BARE,    /* its issuer is there, and leads to no self-signed certificate */
    CFO_CA_ROOTED   /* verified */
} cfo_ca_result_t;

/* Reads what SSLCACertificateFile and SSLCACertificatePath (either may be NULL) name.
 * NULL if they cannot be read, which mod_ssl will complain of itself. */
cfo_ca_store_t *cfo_ca_store_open(apr_pool_t *p, const char *file, const char *path);

/* An empty store, and one more certificate for it, in DER. What OpenSSL rejects is passed
 * over. */
cfo_ca_store_t *cfo_ca_store_create(apr_pool_t *p);
void cfo_ca_store_add(cfo_ca_store_t *store, const unsigned char *der, long length);

/* Whether a self-signed certificate is in it, without which mod_ssl verifies nothing
 * (internals 2.1). Certificates of a path are not known before they are asked for. */
int cfo_ca_store_has_root(const cfo_ca_store_t *store);

/* Verifies as mod_ssl does: no partial chains, no chain from the peer; dates are left
 * out. Sets *above (may be NULL) to how many certificates stand above it. */
cfo_ca_result_t cfo_ca_store_check(const cfo_ca_store_t *store,
                                   const cfo_certificate_t *certificate, int *above);

#endif
