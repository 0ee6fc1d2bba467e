/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's Origin CA, which issues certificates for the origins of all customers. It
 * is often taken for the CA of Authenticated Origin Pulls. As an anchor it admits every
 * customer who has a certificate of it: its leaves are fit for clients as well. */
#ifndef CFO_CORE_TRUST_ORIGIN_CA_H
#define CFO_CORE_TRUST_ORIGIN_CA_H

#include "core/trust/certificate.h"

typedef enum {
    CFO_ORIGIN_CA_NO,
    CFO_ORIGIN_CA_NAME, /* it has the name, but another key than is known */
    CFO_ORIGIN_CA_KEY   /* its key is known (internals 2.8) */
} cfo_origin_ca_t;

/* Whether a certificate is a root of the Origin CA. */
cfo_origin_ca_t cfo_origin_ca_is(const cfo_certificate_t *certificate);

/* Whether a certificate has the name of the Origin CA as its issuer. */
int cfo_origin_ca_issued(const cfo_certificate_t *certificate);

#endif
