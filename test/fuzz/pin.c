/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/proof.h"

#include <strings.h>

#include "apr_escape.h"

#include "fuzz.h"

/* What is a pin is written in the usual form, and read again. */
static void read_again(apr_pool_t *p, const cfo_proof_t *pin)
{
    int is_key = pin->kind == CFO_PROOF_SPKI;
    const char *text =
        apr_pstrcat(p, is_key ? "spki-sha256:" : "sha256:",
                    apr_pescape_hex(p, pin->digest, CFO_DIGEST_SIZE, 0), NULL);
    const cfo_proof_t *again = NULL;

    PROMISE(pin->kind == CFO_PROOF_SHA256 || is_key);
    PROMISE(cfo_proof_is_pin(text) && !cfo_proof_read_pin(p, text, &again));
    PROMISE(again->kind == pin->kind);
    PROMISE(!memcmp(again->digest, pin->digest, CFO_DIGEST_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size);
    const cfo_proof_t *pin = NULL;
    const char *reason;

    PROMISE(cfo_proof_is_pin(text) ==
            (!strncasecmp(text, "sha256:", 7) || !strncasecmp(text, "spki-sha256:", 12)));
    if (cfo_proof_is_pin(text)) {
        reason = cfo_proof_read_pin(p, text, &pin);
        PROMISE(reason ? *reason : !strcmp(pin->source, text));
        if (!reason)
            read_again(p, pin);
    }
    free(text);
    return 0;
}
