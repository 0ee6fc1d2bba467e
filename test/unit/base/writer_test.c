/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/writer.h"

#include "fixture.h"
#include "page.h"

#define HOSTILE "a<b>&\"'\\\n\t\x01\x7f\xc3\xa9\xff\xe2\x28z"
#define NONE "\xef\xbf\xbd"

static const char *escaped(void (*write)(const cfo_writer_t *, const char *),
                           const char *text)
{
    write(page_begin(), text);
    return page_text();
}

static void foreign_text_is_escaped_for_its_place(void **state)
{
    (void)state;
    assert_string_equal(escaped(cfo_write_html, HOSTILE),
                        "a&lt;b&gt;&amp;&quot;&#39;\\" NONE NONE NONE NONE
                        "\xc3\xa9" NONE NONE "(z");
    assert_string_equal(escaped(cfo_write_json, HOSTILE),
                        "a<b>&\\\"'\\\\\\u000a\\u0009\\u0001\\u007f\xc3\xa9" NONE NONE
                        "(z");
    assert_string_equal(escaped(cfo_write_label, HOSTILE),
                        "a<b>&\\\"'\\\\\\n" NONE NONE NONE "\xc3\xa9" NONE NONE "(z");
}

static void plain_text_is_not_changed(void **state)
{
    (void)state;
    assert_string_equal(escaped(cfo_write_html, "plain"), "plain");
    assert_string_equal(escaped(cfo_write_html, ""), "");
    assert_string_equal(escaped(cfo_write_html, NULL), "");
    assert_string_equal(escaped(cfo_write_json, "\xc3\xa9"), "\xc3\xa9");
    assert_string_equal(escaped(cfo_write_label, "\xff"), NONE);
}

static const char *count(apr_uint64_t number)
{
    cfo_write_count(page_begin(), number);
    return page_text();
}

static void thousands_are_separated(void **state)
{
    (void)state;
    assert_string_equal(count(0), "0");
    assert_string_equal(count(999), "999");
    assert_string_equal(count(1000), "1,000");
    assert_string_equal(count(1234567), "1,234,567");
    assert_string_equal(count(APR_UINT64_MAX), "18,446,744,073,709,551,615");
}

static void pieces_are_written_in_order(void **state)
{
    const cfo_writer_t *out = page_begin();

    (void)state;
    cfo_write(out, "a");
    cfo_write_format(out, "%d%s", 7, "b");
    cfo_write_format(out, "%02000d", 1);
    assert_int_equal(strlen(page_text()), 1003);
    assert_memory_equal(page_text(), "a7b000", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(foreign_text_is_escaped_for_its_place),
        TEST(plain_text_is_not_changed),
        TEST(thousands_are_separated),
        TEST(pieces_are_written_in_order),
    };

    return RUN(tests);
}
