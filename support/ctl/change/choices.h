/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge: the options of the verbs that change something. */
#ifndef CFO_CTL_CHANGE_CHOICES_H
#define CFO_CTL_CHANGE_CHOICES_H

#include "ctl/edge/options.h"

enum {
    CFO_CHANGE_DRY_RUN = CFO_EDGE_OWN,
    CFO_CHANGE_TAKE_BACK,
    CFO_CHANGE_STATE,
    CFO_CHANGE_CERT,
    CFO_CHANGE_KEY,
    CFO_CHANGE_CA,
    CFO_CHANGE_CA_KEY,
    CFO_CHANGE_KEY_TYPE,
    CFO_CHANGE_PROOF,
    CFO_CHANGE_VISIT,
    CFO_CHANGE_RENEW_BEFORE,
    CFO_CHANGE_NEW_CA,
    CFO_CHANGE_FORCE,
    CFO_CHANGE_QUIET,
    CFO_CHANGE_ALL,
    CFO_CHANGE_DELETE,
    CFO_CHANGE_NO_CERTIFICATE
};

/* clang-format off */
#define CFO_CHANGE_OPTIONS \
    { "dry-run", CFO_CHANGE_DRY_RUN, 0, "show the steps, change nothing" }, \
    { "state", CFO_CHANGE_STATE, 1, "the folder of state files (/var/lib/cf-origin/edge)" }
#define CFO_CHANGE_OPTIONS_ISSUE \
    { "take-back", CFO_CHANGE_TAKE_BACK, 0, "undo what an unfinished call did" }, \
    { "cert", CFO_CHANGE_CERT, 1, "the certificate to upload, with --key; otherwise one is made" }, \
    { "key", CFO_CHANGE_KEY, 1, "the key of --cert" }, \
    { "ca", CFO_CHANGE_CA, 1, "the CA certificate that signs; written if neither it nor its key exists" }, \
    { "ca-key", CFO_CHANGE_CA_KEY, 1, "the key of --ca" }, \
    { "key-type", CFO_CHANGE_KEY_TYPE, 1, "of what is made: rsa4096 (default), rsa2048, p256" }, \
    { "visit", CFO_CHANGE_VISIT, 1, "a URL of the site, asked for through Cloudflare while the first use is awaited" }
/* clang-format on */

typedef struct {
    int is_dry_run;
    int is_take_back;
    const char *state; /* the folder */
    const char *cert;  /* files; NULL: not given */
    const char *key;
    const char *ca;
    const char *ca_key;
    const char *key_type;
    const char *proof;
    const char *visit;
    apr_interval_time_t renew_before;
    apr_interval_time_t quiet;
    int is_new_ca;
    int is_forced;
    int is_all;
    int is_deleting;
    int is_without_certificate;
} cfo_choices_t;

/* Reads the options of the call. Returns CFO_CTL_OK or CFO_CTL_USAGE (and has said why).
 */
int cfo_choices_read(cfo_ctl_t *ctl, cfo_choices_t *choices);

#endif
