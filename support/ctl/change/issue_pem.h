/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate as PEM. */
#ifndef CFO_CTL_CHANGE_ISSUE_PEM_H
#define CFO_CTL_CHANGE_ISSUE_PEM_H

#include <openssl/x509.h>

#include "apr_pools.h"

/* Returns NULL and sets *pem, or returns the reason. */
const char *cfo_issue_pem(apr_pool_t *p, X509 *x509, const char **pem);

#endif
