/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a handshake, as OpenSSL's callback shows them: two bytes (sent or received
 * and the length; the type), then the record. */
#include "core/stats/handshake_failure.h"

#include <openssl/ssl.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int types[] = { SSL3_RT_HEADER, SSL3_RT_HANDSHAKE, SSL3_RT_ALERT,
                                 SSL3_RT_CHANGE_CIPHER_SPEC, SSL3_RT_INNER_CONTENT_TYPE };
    apr_pool_t *p = fuzz_pool();
    cfo_handshake_state_t state = { 0 };
    cfo_step_t step = CFO_STEP_GOES_ON;
    int error = size ? data[size - 1] : 0, was_certificate = 0;
    cfo_handshake_t reason;

    while (size > 2 && step == CFO_STEP_GOES_ON) {
        int is_sent = data[0] & 1, type = types[data[1] % 5];
        size_t length = data[0] >> 1 < size - 2 ? data[0] >> 1 : size - 2;
        uint8_t *record = (uint8_t *)fuzz_exact(data + 2, length);

        step = cfo_handshake_see(&state, is_sent, type, record, length);
        if (step == CFO_STEP_ENDED)
            PROMISE(is_sent && type == SSL3_RT_ALERT && was_certificate);
        if (!is_sent && type == SSL3_RT_HEADER)
            was_certificate = 0;
        if (!is_sent && type == SSL3_RT_HANDSHAKE && length)
            was_certificate = record[0] == SSL3_MT_CERTIFICATE || record[0] == 25 ||
                              record[0] == SSL3_MT_CERTIFICATE_VERIFY;
        free(record);
        data += 2 + length;
        size -= 2 + length;
    }
    reason = cfo_handshake_reason(&state, error);
    PROMISE(reason >= 0 && reason < CFO_HANDSHAKE_COUNT && cfo_handshake_name(reason));
    PROMISE(*cfo_handshake_hint(p, reason, &state, error, NULL, 0));
    return 0;
}
