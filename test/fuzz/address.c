/* SPDX-License-Identifier: Apache-2.0 */
/* An address, as inet_pton() reads it; as bytes of a socket; and what looks like a range.
 */
#include "core/net/address.h"

#include <arpa/inet.h>

#include "core/net/range_hint.h"
#include "core/net/ranges.h"

#include "fuzz.h"

static void try_text(apr_pool_t *p, const char *text)
{
    unsigned char bytes[16];
    cfo_address_t address, same;
    cfo_range_t range;
    int bits = inet_pton(AF_INET, text, bytes) == 1    ? 32
               : inet_pton(AF_INET6, text, bytes) == 1 ? 128
                                                       : 0;

    PROMISE(cfo_address_parse(text, &address) == (bits != 0));
    if (bits) {
        PROMISE(address.bits == bits);
        cfo_address_from_bytes(bytes, (size_t)bits / 8, &same);
        PROMISE(same.bits != bits || !cfo_address_compare(&address, &same));
    }
    if (!cfo_range_parse(p, text, &range)) {
        cfo_range_t again;

        PROMISE(!cfo_range_parse(p, cfo_range_print(p, &range), &again));
        PROMISE(!cfo_address_compare(&range.first, &again.first));
        PROMISE(!cfo_address_compare(&range.last, &again.last));
    }
    else
        (void)cfo_range_hint(p, text);
}

static void try_bytes(const uint8_t *data, size_t size)
{
    cfo_address_t address;

    cfo_address_from_bytes(data, size, &address);
    PROMISE(size == 4 || size == 16 ? address.bits : !address.bits);
    PROMISE(address.bits != 32 || (!address.high && address.low <= 0xffffffffu));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    try_text(fuzz_pool(), text);
    try_bytes(data, size);
    free(text);
    return 0;
}
