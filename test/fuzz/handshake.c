/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses the version of TLS, the rest is the message. */
#include "../../src/core/handshake.h"

#include <openssl/ssl.h>

#include "fuzz.h"

static void read_directly(const unsigned char *message, size_t size, int is_tls13)
{
    const unsigned char *leaf = NULL;
    apr_size_t length = 0;

    if (cfo_handshake_read(message, size, is_tls13, &leaf, &length) != CFO_PRESENTED_LEAF)
        return;
    PROMISE(length > 0 && leaf > message && leaf + length <= message + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char alert[2] = { SSL3_AL_FATAL, SSL_AD_UNKNOWN_CA };
    cfo_handshake_state_t state = { 0 };
    cfo_certificate_t *leaf;
    unsigned char *message;
    int version;

    if (!size)
        return 0;
    state.pool = fuzz_pool();
    version = *data & 1 ? TLS1_3_VERSION : TLS1_2_VERSION;
    message = (unsigned char *)fuzz_text(data + 1, size - 1);
    read_directly(message, size - 1, *data & 1);
    cfo_handshake_see(&state, 0, version, SSL3_RT_HANDSHAKE, message, size - 1);
    cfo_handshake_see(&state, 1, version, SSL3_RT_ALERT, alert, sizeof alert);
    free(message);
    PROMISE(!state.leaf ||
            (state.presented == CFO_PRESENTED_LEAF && state.leaf_size > 0 &&
             state.leaf_size <= CFO_HANDSHAKE_LEAF_MOST));
    if (state.leaf)
        cfo_certificate_decode(state.pool, state.leaf, state.leaf_size, &leaf);
    return 0;
}
