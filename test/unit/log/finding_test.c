/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log/finding.h"

#include "fixture.h"

static const char *render(const char *vhost, const char *file, int line)
{
    cfo_finding_t finding = { CFO_LEVEL_WARNING,   "CFO0299 odd", vhost, file, line,
                              "it is odd; fix it" };

    return cfo_finding_render(pool, &finding);
}

static void a_finding_is_one_line_with_its_place(void **state)
{
    (void)state;
    assert_string_equal(
        render("a.test:443", "/etc/a.conf", 12),
        "CFO0299 odd vhost=a.test:443 at=/etc/a.conf:12 it is odd; fix it");
}

static void a_file_as_a_whole_has_no_line_and_no_file_is_a_dash(void **state)
{
    (void)state;
    assert_string_equal(render("a.test:443", "/etc/a.pem", 0),
                        "CFO0299 odd vhost=a.test:443 at=/etc/a.pem it is odd; fix it");
    assert_string_equal(render("a.test:443", NULL, 0),
                        "CFO0299 odd vhost=a.test:443 at=- it is odd; fix it");
}

static void a_place_with_special_characters_is_quoted(void **state)
{
    (void)state;
    assert_string_equal(
        render("a.test:443", "macro 'x' of \"a\"", 1),
        "CFO0299 odd vhost=a.test:443 at=\"macro 'x' of \\x22a\\x22:1\" it is odd; fix "
        "it");
    assert_string_equal(
        render("a\nb", "/a\nb", 1),
        "CFO0299 odd vhost=\"a\\x0ab\" at=\"/a\\x0ab:1\" it is odd; fix it");
}

static void a_copy_does_not_share_text(void **state)
{
    apr_array_header_t *findings = apr_array_make(pool, 1, sizeof(cfo_finding_t)), *copy;
    char vhost[] = "a:443", file[] = "/a.conf", text[] = "so";
    const cfo_finding_t *finding;

    (void)state;
    APR_ARRAY_PUSH(findings, cfo_finding_t) =
        (cfo_finding_t){ CFO_LEVEL_NOTICE, "CFO0219 x", vhost, file, 3, text };
    APR_ARRAY_PUSH(findings, cfo_finding_t) =
        (cfo_finding_t){ CFO_LEVEL_WARNING, "CFO0201 y", vhost, NULL, 0, text };
    copy = cfo_findings_copy(pool, findings);
    *vhost = *file = *text = '?';
    assert_int_equal(copy->nelts, 2);
    finding = &APR_ARRAY_IDX(copy, 0, cfo_finding_t);
    assert_string_equal(cfo_finding_render(pool, finding),
                        "CFO0219 x vhost=a:443 at=/a.conf:3 so");
    assert_null(finding[1].file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_finding_is_one_line_with_its_place),
        TEST(a_file_as_a_whole_has_no_line_and_no_file_is_a_dash),
        TEST(a_place_with_special_characters_is_quoted),
        TEST(a_copy_does_not_share_text),
    };

    return RUN(tests);
}
