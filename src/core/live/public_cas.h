/* SPDX-License-Identifier: Apache-2.0 */
/* The public CAs that this host trusts, which issue certificates to anybody. For reports
 * only: they admit nobody. */
#ifndef CFO_CORE_LIVE_PUBLIC_CAS_H
#define CFO_CORE_LIVE_PUBLIC_CAS_H

#include "apr_pools.h"

#include "core/trust/certificate.h"

/* Freed with its pool. For one thread. */
typedef struct cfo_public_cas_t cfo_public_cas_t;

/* The folders in which administrators add CA certificates of their own to those of the
 * system, with the folders in them; ends with NULL. A folder "mozilla" has public ones.
 */
extern const char *const cfo_public_cas_own_folders[];

/* The most certificates in a file that are not a bundle of public CAs. */
enum { CFO_PUBLIC_CAS_BUNDLE = 20 };

/* Reads the CA certificates that programs with OpenSSL trust by default: $SSL_CERT_FILE,
 * or the bundle of the system, or OpenSSL's folder. Takes some milliseconds. NULL: there
 * are none. `own_folders` as above. */
cfo_public_cas_t *cfo_public_cas_open(apr_pool_t *p, const char *const *own_folders);

/* The subject of the public root that is this CA certificate or that it chains to; dates
 * are ignored. NULL: none is known. A root that is in one of the administrator's folders
 * is not public. */
const char *cfo_public_cas_root(cfo_public_cas_t *cas, const cfo_certificate_t *ca);

/* Whether a leaf comes from a public CA: such a CA puts the receipts of Certificate
 * Transparency logs into certificates for servers. */
int cfo_public_cas_issued(const cfo_certificate_t *leaf);

#endif
