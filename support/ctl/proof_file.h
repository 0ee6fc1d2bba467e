/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: certificate files, and how a certificate is shown. */
#ifndef CFO_CTL_PROOF_FILE_H
#define CFO_CTL_PROOF_FILE_H

#include "core/trust/certificate.h"
#include "core/trust/proof.h"
#include "ctl.h"

/* A file that could be a proof. */
typedef struct {
    const char *name; /* as given; of a pin, the pin */
    const char *text; /* PEM, as read; NULL: a pin */
    apr_array_header_t
        *certificates;          /* of const cfo_certificate_t *; all that are in it */
    apr_array_header_t *proofs; /* of const cfo_proof_t *; what the module makes of it */
} cfo_ctl_proof_file_t;

/* Reads a file as the module would; lives in the pool of `ctl`. NULL, or the reason. */
const char *cfo_ctl_proof_file_read(cfo_ctl_t *ctl, const char *path,
                                    cfo_ctl_proof_file_t *source);

/* The proof that this certificate of the source is; NULL for a CA certificate that is
 * ignored beside a leaf. */
const cfo_proof_t *cfo_ctl_proof_of(const cfo_ctl_proof_file_t *source,
                                    const cfo_certificate_t *certificate);

/* "anchor", "leaf", "sha256", "spki-sha256" */
const char *cfo_ctl_kind(const cfo_proof_t *proof);

/* The members "subject", "issuer", "sha256", "spki_sha256", "not_before", "not_after",
 * "days_left" and "shared_ca" of an open object. */
void cfo_ctl_certificate_json(cfo_ctl_t *ctl, const cfo_certificate_t *certificate,
                              apr_time_t now);

/* "sha256:HEX" and "spki-sha256:HEX", as CFOriginPullZone takes them. */
const char *cfo_ctl_pin_of(apr_pool_t *p, const cfo_certificate_t *certificate);
const char *cfo_ctl_spki_pin_of(apr_pool_t *p, const cfo_certificate_t *certificate);

/* What to think of the shared CA. */
#define CFO_CTL_SHARED_CA                                                                \
    "Cloudflare's shared CA: proves some customer of Cloudflare, not your zone"

/* What is to be said of a certificate that is a proof: that it can never hold, or that it
 * was not taken for what it may be. NULL: nothing. */
const char *cfo_ctl_proof_note(apr_pool_t *p, const cfo_proof_t *proof);

#endif
