/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/exempt_path.h"

#include "fixture.h"

static int covers(const char *prefix, const char *path)
{
    apr_array_header_t *prefixes = apr_array_make(pool, 1, sizeof(const char *));

    APR_ARRAY_PUSH(prefixes, const char *) = prefix;
    return cfo_exempt_path_covers(prefixes, path);
}

static void a_prefix_covers_itself_and_paths_below_it(void **state)
{
    (void)state;
    assert_true(covers("/health", "/health"));
    assert_true(covers("/health", "/health/"));
    assert_true(covers("/health", "/health/x"));
    assert_true(
        covers("/.well-known/acme-challenge/", "/.well-known/acme-challenge/tok_en-1"));
    assert_true(covers("/health/", "/health/"));
    assert_true(covers("/health/", "/health/x/y"));
}

static void a_prefix_ends_on_the_boundary_of_a_segment(void **state)
{
    static const char *const outside[] = {
        "/healthy",  "/health.html", "/health;x", "/health-2/x",
        "/heal",     "/Health",      "/HEALTH",   "/",
        "",          "/x/health",    "health",    "//health",
        "/health\n",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(outside); i++) {
        if (covers("/health", outside[i]))
            fail_msg("\"%s\" is not below /health", outside[i]);
    }
    assert_false(covers("/health/", "/health"));
}

static void a_path_that_could_be_resolved_again_is_never_exempt(void **state)
{
    static const char *const tricky[] = {
        "/health/../admin",     "/health/..",        "/health/.",
        "/health/./x",          "/health/..;/admin", "/health/..;x=1/admin",
        "/health/.;/admin",     "/health/..;",       "/health/.;",
        "/health/%2e%2e/admin", "/health/x%",        "/health/%2f",
        "/health\\..\\admin",   "/health/\\",        "/health/x/../../admin",
        "/../health",           "/./health",         "/health//../admin",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(tricky); i++) {
        if (covers("/health", tricky[i]))
            fail_msg("\"%s\" is exempt", tricky[i]);
    }
}

static void dots_within_a_name_are_allowed(void **state)
{
    static const char *const plain[] = {
        "/health/...", "/health/..x",    "/health/x..",  "/health/.x", "/health/x.",
        "/health/a.b", "/health/...;/x", "/health/x;..", "/health//x", "/health/;/x",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(plain); i++) {
        if (!covers("/health", plain[i]))
            fail_msg("\"%s\" is below /health", plain[i]);
    }
}

static void a_path_that_servers_may_read_differently_is_not_plain(void **state)
{
    static const char *const tricky[] = {
        "/admin/../health",
        "/./health",
        "/health/.",
        "/health/..",
        "/health/x/..;a=1/y",
        "/health/..?/admin",
        "/health/..#/x",
        "/health/.. /admin",
        "/health/%2e%2e/x",
        "/health/..\\x",
        "\\health",
        "//health/admin",
        "///health",
        "/health/\xc0\xae\xc0\xae/admin",
        "/health/\xe0\x80\xae/x",
        "/health/\xff",
        "/health/.\t./x",
        "/health/\n",
        "/health/\x7f",
        "health",
        "",
        "*",
        "http://h/health",
    };
    static const char *const plain[] = {
        "/",
        "/health",
        "/health//x",
        "/health/;/x",
        "/.well-known/acme-challenge/t",
        "/a..b/...",
        "/..x/.y/z..",
        "/health/caf\xc3\xa9",
        "/health/a b",
        "/health/x?y",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(tricky); i++) {
        if (cfo_exempt_path_is_plain(tricky[i]))
            fail_msg("\"%s\" is plain", tricky[i]);
    }
    for (i = 0; i < COUNT(plain); i++) {
        if (!cfo_exempt_path_is_plain(plain[i]))
            fail_msg("\"%s\" is not plain", plain[i]);
    }
}

static void a_variant_has_one_more_extension(void **state)
{
    static const struct {
        const char *path, *other;
        int is_variant;
    } row[] = {
        { "/health", "/health.html", 1 },
        { "/health", "/health.html.en", 1 },
        { "/a.b", "/a.b.c", 1 },
        { "/health/x", "/health.html/x", 1 },
        { "/health", "/health", 0 },
        { "/health", "/healthy.html", 0 },
        { "/health", "/health/.x", 0 },
        { "/health/", "/health/.x", 0 },
        { "/health", "/health.d/admin", 0 },
        { "/health/x", "/health.html/y", 0 },
        { "/health/x", "/health/y.html", 0 },
        { "/health.html", "/health", 0 },
        { "", ".x", 0 },
        { "/health", "/admin.html", 0 },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        if (cfo_exempt_path_is_variant(row[i].path, row[i].other) != row[i].is_variant)
            fail_msg("\"%s\" of \"%s\"", row[i].other, row[i].path);
    }
}

static void any_prefix_of_a_list_covers_and_an_empty_list_covers_nothing(void **state)
{
    apr_array_header_t *prefixes = apr_array_make(pool, 2, sizeof(const char *));

    (void)state;
    assert_false(cfo_exempt_path_covers(prefixes, "/a"));
    APR_ARRAY_PUSH(prefixes, const char *) = "/a";
    APR_ARRAY_PUSH(prefixes, const char *) = "/b/";
    assert_true(cfo_exempt_path_covers(prefixes, "/a/x"));
    assert_true(cfo_exempt_path_covers(prefixes, "/b/x"));
    assert_false(cfo_exempt_path_covers(prefixes, "/c/x"));
}

static void a_prefix_that_matches_nothing_or_everything_is_rejected(void **state)
{
    static const struct {
        const char *prefix, *reason;
    } row[] = {
        { "", "begins with a slash" },
        { "health", "begins with a slash" },
        { "*", "regular expression" },
        { "/", "exempt everything" },
        { "/a?b", "query" },
        { "/a#b", "query" },
        { "/a/*", "regular expression" },
        { "//", "URL" },
        { "/a//b", "normalised" },
        { "/a%20b", "normalised" },
        { "/a\\b", "regular expression" },
        { "/a/../b", "normalised" },
        { "/a/.", "normalised" },
        { "/..", "normalised" },
        { "/a/..;x/b", "normalised" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++)
        assert_contains(cfo_exempt_path_check(row[i].prefix), row[i].reason);
}

static void ordinary_prefixes_are_accepted(void **state)
{
    static const char *const good[] = {
        "/.well-known/acme-challenge/",
        "/health",
        "/a",
        "/a/b/",
        "/a b",
        "/a..b",
        "/.x",
        "/\xc3\xa9",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(good); i++)
        assert_null(cfo_exempt_path_check(good[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_prefix_covers_itself_and_paths_below_it),
        TEST(a_prefix_ends_on_the_boundary_of_a_segment),
        TEST(a_path_that_could_be_resolved_again_is_never_exempt),
        TEST(dots_within_a_name_are_allowed),
        TEST(a_path_that_servers_may_read_differently_is_not_plain),
        TEST(a_variant_has_one_more_extension),
        TEST(any_prefix_of_a_list_covers_and_an_empty_list_covers_nothing),
        TEST(a_prefix_that_matches_nothing_or_everything_is_rejected),
        TEST(ordinary_prefixes_are_accepted),
    };

    return RUN(tests);
}
