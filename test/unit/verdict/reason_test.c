/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/reason.h"

#include "fixture.h"

static void each_reason_has_words_and_a_remedy_where_it_needs_one(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        cfo_reason_t reason = (cfo_reason_t)i;
        int is_unproven = cfo_reason_verdict(reason) == CFO_VERDICT_UNPROVEN;

        assert_non_null(cfo_reason_meaning(reason));
        assert_int_equal(cfo_reason_remedy(reason) != NULL, is_unproven);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_reason_has_words_and_a_remedy_where_it_needs_one),
    };

    return RUN(tests);
}
