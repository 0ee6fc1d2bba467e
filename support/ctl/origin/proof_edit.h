/* SPDX-License-Identifier: Apache-2.0 */
/* Changes a file of proofs as a whole, or not at all. */
#ifndef CFO_CTL_ORIGIN_PROOF_EDIT_H
#define CFO_CTL_ORIGIN_PROOF_EDIT_H

#include "core/trust/certificate.h"
#include "ctl/command/ctl.h"

/* The certificates of the text that are to stay are kept byte by byte, with the comments
 * around them. The new text is checked as the module reads it, then written next to the
 * file (through a link, to what it points to), with the owner, group and mode of the old
 * one, synced, and renamed. If somebody else changed the file meanwhile, nothing is
 * written. Each returns NULL, or the reason, and the file is as before. */

/* Adds a certificate (PEM): a CA certificate to CA certificates or a leaf to leaves; NULL
 * if it is there. Creates a file that is missing, with mode 0644. Refuses what would make
 * other certificates of the file ineffective. */
const char *cfo_proof_edit_add(cfo_ctl_t *ctl, const char *path, const char *pem);

/* Removes a certificate by its SHA-256 (hex); NULL if it is not there. Refuses to remove
 * the last one. */
const char *cfo_proof_edit_remove(cfo_ctl_t *ctl, const char *path, const char *sha256);

/* Removes the file, if this certificate (SHA-256 in hex) is all that it has, comments
 * not counted; NULL if there is no file. */
const char *cfo_proof_edit_delete(cfo_ctl_t *ctl, const char *path, const char *sha256);

#endif
