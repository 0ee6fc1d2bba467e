/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: files of proofs, and how their certificates are shown. */
#ifndef CFO_CTL_COMMAND_PROOF_FILE_H
#define CFO_CTL_COMMAND_PROOF_FILE_H

#include "core/trust/certificate.h"
#include "core/trust/proof.h"
#include "ctl/command/ctl.h"

/* A file with proofs, or a pin. */
typedef struct {
    const char *name;                 /* as given: a path or a pin */
    const char *text;                 /* the PEM text; NULL: a pin */
    apr_array_header_t *certificates; /* of const cfo_certificate_t *; all of the file */
    apr_array_header_t *proofs;       /* of const cfo_proof_t *; as the module reads it */
} cfo_ctl_proof_file_t;

/* Reads a file as the module does. Returns NULL, or the error. */
const char *cfo_ctl_proof_file_load(apr_pool_t *p, const char *path,
                                    cfo_ctl_proof_file_t *source);

/* The same in the pool of `ctl`. Returns CFO_CTL_OK; or
 * CFO_CTL_INVALID, and then the reason, with its `effect`, is a problem of `ctl`. */
int cfo_ctl_proof_file_read(cfo_ctl_t *ctl, const char *path, const char *effect,
                            cfo_ctl_proof_file_t *source);

/* The proof that this certificate of the file is; NULL for a CA certificate that is
 * ignored next to a leaf. */
const cfo_proof_t *cfo_ctl_proof_of(const cfo_ctl_proof_file_t *source,
                                    const cfo_certificate_t *certificate);

/* Whether `ca` is a CA certificate that signed `certificate`. */
int cfo_ctl_has_issued(const cfo_certificate_t *ca, const cfo_certificate_t *certificate);

/* "anchor", "leaf", "sha256", "spki-sha256" */
const char *cfo_ctl_kind(const cfo_proof_t *proof);

/* Writes the members "subject", "issuer", "sha256", "spki_sha256", "not_before",
 * "not_after", "days_left", "shared_ca" and "origin_ca" of an open object. */
void cfo_ctl_certificate_json(cfo_ctl_t *ctl, const cfo_certificate_t *certificate,
                              apr_time_t now);

/* "sha256:HEX" and "spki-sha256:HEX", as CFOriginPullZone takes them. */
const char *cfo_ctl_pin_of(apr_pool_t *p, const cfo_certificate_t *certificate);
const char *cfo_ctl_spki_pin_of(apr_pool_t *p, const cfo_certificate_t *certificate);

/* The note on the shared CA. */
#define CFO_CTL_SHARED_CA                                                                \
    "Cloudflare's shared CA: proves some customer of Cloudflare, not your zone"

/* Whether a proof is an anchor of Cloudflare's Origin CA; the public root that an anchor
 * is or chains to (NULL: none is known). Either admits strangers. */
int cfo_ctl_is_origin_ca(const cfo_proof_t *proof);
const char *cfo_ctl_public_root(cfo_ctl_t *ctl, const cfo_proof_t *proof);

/* A note on a proof that can never hold, that admits strangers, or that may not be what
 * it is meant as. NULL: none. */
const char *cfo_ctl_proof_note(cfo_ctl_t *ctl, const cfo_proof_t *proof);

#endif
