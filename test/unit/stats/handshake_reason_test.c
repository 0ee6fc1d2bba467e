/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats/handshake_reason.h"

#include "fixture.h"

static void names_are_those_of_the_manual(void **state)
{
    static const char *const names[] = { "cert-missing",    "cert-unknown",
                                         "cert-expired",    "cert-not-yet-valid",
                                         "cert-unsuitable", "other" };
    int i;

    (void)state;
    assert_int_equal(COUNT(names), CFO_HANDSHAKE_COUNT);
    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        assert_string_equal(cfo_handshake_name((cfo_handshake_t)i), names[i]);
}

static void handshakes_share_the_log_limit_of_requests_with_the_same_name(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < CFO_HANDSHAKE_OTHER; i++)
        assert_string_equal(
            cfo_reason_name(cfo_handshake_limited_with((cfo_handshake_t)i)),
            cfo_handshake_name((cfo_handshake_t)i));
    assert_int_equal(cfo_handshake_limited_with(CFO_HANDSHAKE_OTHER),
                     CFO_REASON_UNJUDGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_those_of_the_manual),
        TEST(handshakes_share_the_log_limit_of_requests_with_the_same_name),
    };

    return RUN(tests);
}
