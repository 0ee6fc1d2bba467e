/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl pin: the pins of certificates, in the form that CFOriginPullZone takes. */
#include <stdio.h>

#include "ctl/command/proof_file.h"

#define IS_ANCHOR                                                                         \
    "a CA certificate: a file with it is an anchor for the certificates that it issued. " \
    "A pin of it accepts only the CA certificate itself, presented as if it were a leaf"

/* NULL: none. */
static const char *note_on(cfo_ctl_t *ctl, const cfo_ctl_proof_file_t *source,
                           const cfo_certificate_t *certificate)
{
    const cfo_proof_t *proof = cfo_ctl_proof_of(source, certificate);

    if (certificate->can_issue)
        return IS_ANCHOR;
    return proof ? cfo_ctl_proof_note(ctl, proof) : NULL;
}

static void print_json(cfo_ctl_t *ctl, const char *file,
                       const cfo_certificate_t *certificate, const char *note)
{
    cfo_json_open(ctl->json, NULL, '{');
    cfo_json_string(ctl->json, "file", file);
    cfo_ctl_certificate_json(ctl, certificate, apr_time_now());
    cfo_json_open(ctl->json, "pins", '[');
    cfo_json_string(ctl->json, NULL, cfo_ctl_pin_of(ctl->pool, certificate));
    cfo_json_string(ctl->json, NULL, cfo_ctl_spki_pin_of(ctl->pool, certificate));
    cfo_json_close(ctl->json, ']');
    cfo_json_string(ctl->json, "note", note);
    cfo_json_close(ctl->json, '}');
}

static void print(cfo_ctl_t *ctl, const cfo_certificate_t *certificate, const char *note)
{
    printf("# %s\n", cfo_ctl_shown(ctl->pool, certificate->subject));
    if (note)
        printf("# note: %s\n", note);
    printf("%s\n%s\n", cfo_ctl_pin_of(ctl->pool, certificate),
           cfo_ctl_spki_pin_of(ctl->pool, certificate));
}

static int pin_file(cfo_ctl_t *ctl, const char *path)
{
    cfo_ctl_proof_file_t source;
    int i;

    if (cfo_ctl_proof_file_read(ctl, path, "", &source))
        return CFO_CTL_INVALID;
    for (i = 0; i < source.certificates->nelts; i++) {
        const cfo_certificate_t *certificate =
            APR_ARRAY_IDX(source.certificates, i, const cfo_certificate_t *);
        const char *note = note_on(ctl, &source, certificate);

        if (ctl->json)
            print_json(ctl, path, certificate, note);
        else
            print(ctl, certificate, note);
    }
    return CFO_CTL_OK;
}

static int run(cfo_ctl_t *ctl)
{
    int i, result = CFO_CTL_OK;

    if (!ctl->operands->nelts)
        return cfo_ctl_usage("pin needs a PEM file with a certificate");
    if (ctl->json)
        cfo_json_open(ctl->json, "certificates", '[');
    for (i = 0; i < ctl->operands->nelts; i++) {
        int file = pin_file(ctl, APR_ARRAY_IDX(ctl->operands, i, const char *));

        result = result ? result : file;
    }
    if (ctl->json)
        cfo_json_close(ctl->json, ']');
    return result;
}

static const apr_getopt_option_t options[] = { { NULL, 0, 0, NULL } };

const cfo_ctl_verb_t cfo_ctl_pin = {
    "pin",
    "[--json] FILE...",
    "print the pins of certificates, as CFOriginPullZone takes them",
    options,
    run,
};
