/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/path_pattern.h"

#include "fixture.h"

static void patterns_urls_and_separators_are_named(void **state)
{
    static const struct {
        const char *word, *reason;
    } row[] = {
        { "/(healthz|ping)", "regular expression" },
        { "/(healthz)", "regular expression" },
        { "(healthz)", "regular expression" },
        { "/healthz$", "regular expression" },
        { "^/healthz", "regular expression" },
        { "/a/*", "regular expression" },
        { "/a/.*", "regular expression" },
        { "/a/.+", "regular expression" },
        { "/a.+/b", "regular expression" },
        { "/ab+", "regular expression" },
        { "/(?:a)", "regular expression" },
        { "/a(?:b)", "regular expression" },
        { "/a(b", "regular expression" },
        { "/a(b$)", "regular expression" },
        { "/api(/v1)", "regular expression" },
        { "/[a-z]", "regular expression" },
        { "/a\\.b", "regular expression" },
        { "/{id}", "regular expression" },
        { "/<id>", "regular expression" },
        { "~", "regular expression" },
        { "=", "regular expression" },
        { "/a|/b", "regular expression" },
        { "/(api", "regular expression" },
        { "/a,/b", "separator" },
        { "/a,", "separator" },
        { "/a;", "separator" },
        { "/a;/b", "separator" },
        { "/a /b", "separator" },
        { "/a?b=1", "query" },
        { "/a#b", "query" },
        { "https://a.test/x", "URL" },
        { "//a.test/x", "URL" },
        { "a.test/x", "URL" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *reason = cfo_path_pattern(row[i].word);

        if (!reason || !strstr(reason, row[i].reason))
            fail_msg("%s: %s", row[i].word, reason);
    }
}

static void paths_are_accepted(void **state)
{
    static const char *const good[] = {
        "/.well-known/acme-challenge/",
        "/a+b",
        "/a.b-c_d",
        "/~user/",
        "/@vite",
        "/a!b",
        "/wiki/Foo_(bar)",
        "/a$b",
        "/a,b",
        "/a;b",
        "/with space",
        "/a:b",
        "/a=b",
        "/a&b",
        "/ü",
        "/a'b",
        "/",
        "",
        "health",
        "health.txt",
        "health/a.b",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        if (cfo_path_pattern(good[i]))
            fail_msg("%s: %s", good[i], cfo_path_pattern(good[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(patterns_urls_and_separators_are_named),
        TEST(paths_are_accepted),
    };

    return RUN(tests);
}
