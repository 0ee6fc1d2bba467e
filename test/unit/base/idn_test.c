/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/idn.h"

#include "fixture.h"

/* The first ones are samples of RFC 3492 (section 7.1), in lower case. */
static void a_name_becomes_the_form_that_clients_send(void **state)
{
    static const struct {
        const char *name, *ascii;
    } row[] = {
        { "\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad"
          "\xe6\x96\x87",
          "xn--ihqwcrb4cv8a8dqg056pqjye" },
        { "pro\xc4\x8dprost\xc4\x9bnemluv\xc3\xad\xc4\x8d"
          "esky",
          "xn--proprostnemluvesky-uyb24dma41a" },
        { "3\xe5\xb9\xb4"
          "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7\x94\x9f",
          "xn--3b-ww4c5e180e575a65lsy2b" },
        { "b\xc3\xbc"
          "cher.example",
          "xn--bcher-kva.example" },
        { "B\xc3\x9c"
          "CHER.Example",
          "xn--bcher-kva.example" },
        { "www.b\xc3\xbc"
          "cher.example.",
          "www.xn--bcher-kva.example." },
        { "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd0\xa0\xd0\xa4",
          "xn--e1afmkfd.xn--p1ai" },
        { "*.m\xc3\xbcnchen.test", "*.xn--mnchen-3ya.test" },
        { "\xc5\x81\xc3\xb3"
          "d\xc5\xba.test",
          "xn--d-uga0v4h.test" },
        /* Small letters without a capital one, where others have one. */
        { "\xc4\xb8.test", "xn--jfa.test" },
        { "\xe1\xba\x96x", "xn--x-eum" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *ascii = cfo_idn_to_ascii(pool, row[i].name);

        if (!ascii || strcmp(ascii, row[i].ascii))
            fail_msg("%s: %s", row[i].ascii, ascii ? ascii : "nothing");
    }
}

static void other_texts_have_no_such_form(void **state)
{
    static const char *const texts[] = {
        "",
        "example.com",
        "b\xfc"
        "cher.example",
        "u\xcc\x88.example",
        "a.test\xe2\x80\x8b",
        "\xc2\xa0"
        "a.test",
        "\xef\xbd\x81.test", "a.test\xe3\x80\x82",
        "\xc3",
    };
    const char *longer = "";
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++)
        assert_null(cfo_idn_to_ascii(pool, texts[i]));
    for (i = 0; i < 63; i++)
        longer = apr_pstrcat(pool, longer, i % 2 ? "\xf4\x8f\xbf\xbf" : "\xc2\x80", NULL);
    assert_non_null(cfo_idn_to_ascii(pool, longer));
    assert_null(cfo_idn_to_ascii(pool, apr_pstrcat(pool, longer, "a", NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_becomes_the_form_that_clients_send),
        TEST(other_texts_have_no_such_form),
    };

    return RUN(tests);
}
