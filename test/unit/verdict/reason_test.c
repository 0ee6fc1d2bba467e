/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/reason.h"

#include "fixture.h"

static void each_reason_has_a_meaning_and_advice_and_a_remedy_if_refused(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < CFO_REASON_COUNT; i++) {
        cfo_reason_t reason = (cfo_reason_t)i;
        int is_unproven = cfo_reason_verdict(reason) == CFO_VERDICT_UNPROVEN;

        assert_non_null(cfo_reason_info(reason)->meaning);
        assert_int_equal(cfo_reason_info(reason)->remedy != NULL, is_unproven);
        assert_non_null(cfo_reason_info(reason)->advice);
    }
}

static void a_reason_is_found_by_its_whole_name_only(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < CFO_REASON_COUNT; i++)
        assert_ptr_equal(cfo_reason_find(cfo_reason_name((cfo_reason_t)i)),
                         cfo_reason_info((cfo_reason_t)i));
    assert_null(cfo_reason_find("cert"));
    assert_null(cfo_reason_find(""));
}

static void only_a_bad_certificate_of_the_right_CA_is_doubtful(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < CFO_REASON_COUNT; i++)
        assert_int_equal(cfo_reason_info((cfo_reason_t)i)->is_doubtful,
                         i == CFO_REASON_CERT_EXPIRED ||
                             i == CFO_REASON_CERT_NOT_YET_VALID ||
                             i == CFO_REASON_CERT_UNSUITABLE);
}

static void each_reason_is_in_the_group_of_its_kind(void **state)
{
    (void)state;
    assert_int_equal(cfo_reason_info(CFO_REASON_EXEMPT_PATH)->group, CFO_GROUP_EXEMPT);
    assert_int_equal(cfo_reason_info(CFO_REASON_EDGE_UNKNOWN)->group, CFO_GROUP_ADDRESS);
    assert_int_equal(cfo_reason_info(CFO_REASON_HOST_MISSING)->group, CFO_GROUP_HOST);
    assert_int_equal(cfo_reason_info(CFO_REASON_CERT_OTHER_ZONE)->group,
                     CFO_GROUP_CERTIFICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_reason_has_a_meaning_and_advice_and_a_remedy_if_refused),
        TEST(a_reason_is_found_by_its_whole_name_only),
        TEST(only_a_bad_certificate_of_the_right_CA_is_doubtful),
        TEST(each_reason_is_in_the_group_of_its_kind),
    };

    return RUN(tests);
}
