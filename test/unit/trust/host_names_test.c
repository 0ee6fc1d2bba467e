/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/host_names.h"

#include "fixture.h"

/* Names that are separated by spaces. */
static cfo_host_names_t *names_of(const char *text)
{
    cfo_host_names_t *names = cfo_host_names_create(pool);
    char *rest, *name = apr_strtok(apr_pstrdup(pool, text), " ", &rest);

    for (; name; name = apr_strtok(NULL, " ", &rest))
        cfo_host_names_add(names, name);
    return names;
}

static void a_zone_has_hosts_that_it_covers(void **state)
{
    cfo_host_names_t *names = names_of("Shop.Example.com. www.example.org *.app.test "
                                       "w?.mail.example");
    static const char *const has[] = {
        "example.com",     "shop.example.com", "com",        "*",
        "www.example.org", "app.test",         "x.app.test", "a.b.app.test",
        "mail.example",    "w1.mail.example"
    };
    static const char *const has_not[] = { "www.example.com",  "x.shop.example.com",
                                           "example.net",      "ample.com",
                                           "app.test.example", "example.com-ca" };
    int i;

    (void)state;
    for (i = 0; i < COUNT(has); i++) {
        if (!cfo_host_names_in_zone(names, has[i]))
            fail_msg("%s", has[i]);
    }
    for (i = 0; i < COUNT(has_not); i++) {
        if (cfo_host_names_in_zone(names, has_not[i]))
            fail_msg("%s", has_not[i]);
    }
}

static void a_wildcard_for_everything_is_in_every_zone(void **state)
{
    static const char *const all[] = { "*", "www.*", "a.test *" };
    int i;

    (void)state;
    for (i = 0; i < COUNT(all); i++)
        assert_true(cfo_host_names_in_zone(names_of(all[i]), "example.com-ca"));
    assert_false(cfo_host_names_in_zone(names_of(""), "example.com"));
}

static void the_name_that_is_meant_is_found(void **state)
{
    cfo_host_names_t *names = names_of("www.example.com shop.test");
    static const struct {
        const char *zone, *meant;
    } row[] = {
        { "example.com-ca", "example.com" },
        { "www.example.com_ca", "www.example.com" },
        { "example.com-origin-pull-ca", "example.com" },
        { "example.com.bak", "example.com" },
        { "example.com.crt", "example.com" },
        { "example.com.2025", "example.com" },
        { "ca-example.com", "example.com" },
        { "origin-pull-ca_example.com", "example.com" },
        { "example_com", "example.com" },
        { "www_example_com", "www.example.com" },
        { "example-com", "example.com" },
        { "example.org-ca", NULL },
        { "my-example.com", NULL }, /* another domain */
        { "example.com.evil", NULL },
        { "shop", NULL },
        { "com-ca", NULL },
        { "fullchain", NULL },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *meant = cfo_host_names_meant(pool, names, row[i].zone);

        if (row[i].meant ? !meant || strcmp(meant, row[i].meant) : meant != NULL)
            fail_msg("%s: %s", row[i].zone, meant);
    }
}

static void an_odd_name_is_found(void **state)
{
    static const char *const good[] = {
        "ex-ample.com",     "example.xn--p1ai", "localhost",    "my-host",    "*",
        "cert.example.com", "bak.example.com",  "example.test", "example.new"
    };
    static const char *const bad[] = { "example.com.bak", "example.com.old",
                                       "example.com.crt", "example.com.pem",
                                       "example.com.disabled" };
    int i;

    (void)state;
    assert_string_equal(cfo_zone_name_odd(pool, "example.com-ca"),
                        "no top-level domain is called com-ca");
    assert_string_equal(cfo_zone_name_odd(pool, "example.com_ca"),
                        "no top-level domain is called com_ca");
    assert_contains(cfo_zone_name_odd(pool, "fullchain"), "how files of certificates");
    assert_contains(cfo_zone_name_odd(pool, "origin-pull-ca"), "how files");
    for (i = 0; i < COUNT(good); i++)
        assert_null(cfo_zone_name_odd(pool, good[i]));
    for (i = 0; i < COUNT(bad); i++)
        assert_contains(cfo_zone_name_odd(pool, bad[i]),
                        "no top-level domain is called ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_zone_has_hosts_that_it_covers),
        TEST(a_wildcard_for_everything_is_in_every_zone),
        TEST(the_name_that_is_meant_is_found),
        TEST(an_odd_name_is_found),
    };

    return RUN(tests);
}
