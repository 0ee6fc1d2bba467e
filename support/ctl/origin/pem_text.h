/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a PEM file of certificates. All that is not changed stays byte by byte. */
#ifndef CFO_CTL_ORIGIN_PEM_TEXT_H
#define CFO_CTL_ORIGIN_PEM_TEXT_H

#include "core/trust/certificate.h"

/* The certificate as PEM, with the line ends of `text`, at its end. */
const char *cfo_pem_text_add(apr_pool_t *p, const char *text,
                             const cfo_certificate_t *certificate);

/* The text without each block that is the certificate of this SHA-256 (hex). */
const char *cfo_pem_text_without(apr_pool_t *p, const char *text, const char *sha256);

#endif
