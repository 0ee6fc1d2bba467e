/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stats/reload_outcome.h"

#include "fixture.h"

static void names_are_those_of_the_manual(void **state)
{
    (void)state;
    assert_string_equal(cfo_reload_what_name(CFO_RELOAD_RANGES), "ranges");
    assert_string_equal(cfo_reload_what_name(CFO_RELOAD_ZONE), "zone");
    assert_string_equal(cfo_reload_what_name(CFO_RELOAD_FOLDER), "folder");
    assert_string_equal(cfo_reload_result_name(CFO_RELOAD_LOADED), "loaded");
    assert_string_equal(cfo_reload_result_name(CFO_RELOAD_REJECTED), "rejected");
    assert_string_equal(cfo_reload_result_name(CFO_RELOAD_REMOVED), "removed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_those_of_the_manual),
    };

    return RUN(tests);
}
