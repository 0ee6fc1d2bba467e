/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/core/counters.h"

#include "fixture.h"

static void what_is_counted_has_a_word(void **state)
{
    (void)state;
    assert_string_equal(cfo_handshake_name(CFO_HANDSHAKE_CERT_MISSING), "cert-missing");
    assert_string_equal(cfo_handshake_name(CFO_HANDSHAKE_OTHER), "other");
    assert_string_equal(cfo_reload_what_name(CFO_RELOAD_FOLDER), "folder");
    assert_string_equal(cfo_reload_result_name(CFO_RELOAD_REMOVED), "removed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_counted_has_a_word),
    };

    return RUN(tests);
}
