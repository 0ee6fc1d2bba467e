/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict/header_name.h"

#include <ctype.h>
#include <strings.h>

#include "fixture.h"

static void the_headers_that_are_read_are_recognised_in_any_case(void **state)
{
    static const struct {
        const char *name;
        cfo_header_t expected;
    } row[] = {
        { "CF-Connecting-IP", CFO_HEADER_CONNECTING_IP },
        { "cf-connecting-ip", CFO_HEADER_CONNECTING_IP },
        { "CF-CONNECTING-IPV6", CFO_HEADER_CONNECTING_IPV6 },
        { "CF-Connecting-IPv6", CFO_HEADER_CONNECTING_IPV6 },
        { "CF-Ray", CFO_HEADER_RAY },
        { "cF-rAY", CFO_HEADER_RAY },
        { "CF-Visitor", CFO_HEADER_VISITOR },
        { "cf-visitor", CFO_HEADER_VISITOR },
        { "CF-Worker", CFO_HEADER_WORKER },
        { "cf-worker", CFO_HEADER_WORKER },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++)
        assert_int_equal(cfo_header_classify(row[i].name), row[i].expected);
}

static void every_other_header_of_cloudflare_is_recognised(void **state)
{
    static const char *const names[] = {
        "CF-IPCountry",
        "CF-Visitors",
        "CF-Visito",
        "CF-Visitxr",
        "cf-ew-via",
        "CF-Pseudo-IPv4",
        "cf-cert-presented",
        "CF-Connecting-IPv",
        "CF-Connecting-IPv4",
        "CF-Connecting-IQ",
        "CF-Rax",
        "CF-Workex",
        "CF-Connecting-IP6",
        "CF-Connecting-IPv66",
        "CF-Rayx",
        "CF-Ra",
        "CF-Workers",
        "CF-Connecting",
        "CF-",
        "cf--ray",
        "True-Client-IP",
        "true-client-ip",
        "TRUE-CLIENT-IP",
        "CF-0",
        "CF-A-Name-Longer-Than-Any-That-Is-Known",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(names); i++)
        assert_int_equal(cfo_header_classify(names[i]), CFO_HEADER_OTHER);
}

static void a_name_that_a_back_end_may_read_as_cloudflares_is_a_look_alike(void **state)
{
    static const char *const names[] = {
        "CF_Ray",
        "CF.Ray",
        "cf_connecting_ip",
        "CF_Connecting-IP",
        "CF-Connecting_IP",
        "CF-Connecting.IP",
        "True_Client_IP",
        "True-Client_IP",
        "TRUE.CLIENT-ip",
        "cf~ray",
        "CF!Ray",
        "CF_",
        "CF-\xc3\xa9",
        "CF\xadRay",
        "CF-Worker ",
        "CF Ray",
        "True-Client\x01IP",
        "CF-A-Name-Longer-Than-Any-That-Is_Known",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(names); i++) {
        if (cfo_header_classify(names[i]) != CFO_HEADER_LOOKALIKE)
            fail_msg("\"%s\" is a look-alike", names[i]);
    }
}

static void other_headers_are_ignored(void **state)
{
    static const char *const names[] = {
        "",
        "C",
        "c",
        "CF",
        "cf",
        "CFRay",
        "CFO-Ray",
        "X-CF-Ray",
        "Content-Type",
        "Cookie",
        "Cache-Control",
        "T",
        "TE",
        "True",
        "True-Client",
        "True-Client-I",
        "TrueClientIP",
        "True-Client-IPv6",
        "True-Client-IP-",
        "True-Client-IP_X",
        "Host",
        "_CF-Ray",
        "-CF-Ray",
        "CDN-Loop",
        "X-Forwarded-For",
        "X-Real-IP",
        "CF0",
        "CFA_Ray",
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(names); i++) {
        if (cfo_header_classify(names[i]) != CFO_HEADER_FOREIGN)
            fail_msg("\"%s\" is foreign", names[i]);
    }
}

/* As a CGI-like back end reads a name: capitals, and _ for each other character. */
static void fold(const char *name, char *folded)
{
    for (; *name; name++)
        *folded++ = (char)(isalnum((unsigned char)*name) ? toupper(*name) : '_');
    *folded = '\0';
}

/* Each byte between the words of a name: a name that a back end folds into a header of
 * Cloudflare's must never be foreign. */
static void every_name_that_folds_into_one_of_cloudflares_is_recognised(void **state)
{
    int byte;

    (void)state;
    for (byte = 1; byte < 256; byte++) {
        char ray[] = "CF-Ray", client[] = "True-Client-IP", folded[32];
        int is_ours;

        ray[2] = (char)byte;
        fold(ray, folded);
        is_ours = !strcmp(folded, "CF_RAY");
        assert_int_equal(cfo_header_classify(ray) != CFO_HEADER_FOREIGN, is_ours);
        client[11] = (char)byte;
        fold(client, folded);
        is_ours = !strcmp(folded, "TRUE_CLIENT_IP");
        assert_int_equal(cfo_header_classify(client) != CFO_HEADER_FOREIGN, is_ours);
    }
}

/* What header_name.h says, word for word. */
static cfo_header_t expect(const char *name)
{
    static const struct {
        const char *name;
        cfo_header_t header;
    } row[] = {
        { "CF-Connecting-IP", CFO_HEADER_CONNECTING_IP },
        { "CF-Connecting-IPv6", CFO_HEADER_CONNECTING_IPV6 },
        { "CF-Ray", CFO_HEADER_RAY },
        { "CF-Visitor", CFO_HEADER_VISITOR },
        { "CF-Worker", CFO_HEADER_WORKER },
    };
    char folded[64];
    int i;

    fold(name, folded);
    if (strncmp(folded, "CF_", 3) && strcmp(folded, "TRUE_CLIENT_IP"))
        return CFO_HEADER_FOREIGN;
    for (i = 0; i < COUNT(row); i++) {
        if (!strcasecmp(name, row[i].name))
            return row[i].header;
    }
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name) && *name != '-')
            return CFO_HEADER_LOOKALIKE;
    }
    return CFO_HEADER_OTHER;
}

/* Every byte at every place of every name: replaced, put in front, left out, cut there.
 */
static void a_name_with_any_byte_changed_is_what_it_says(void **state)
{
    static const char *const names[] = { "CF-Connecting-IP", "cf-connecting-ipv6",
                                         "CF-RAY",           "Cf-Visitor",
                                         "CF-Worker",        "True-Client-IP",
                                         "CF-IPCountry",     "X-Forwarded-For" };
    int i, byte, at;

    (void)state;
    for (i = 0; i < COUNT(names); i++) {
        int length = (int)strlen(names[i]);

        for (at = 0; at <= length; at++) {
            for (byte = 0; byte < 256; byte++) {
                char replaced[64], inserted[64], removed[64];

                strcpy(replaced, names[i]);
                replaced[at] = (char)byte;
                replaced[length + 1] = '\0';
                snprintf(inserted, sizeof inserted, "%.*s%c%s", at, names[i],
                         byte ? byte : '_', names[i] + at);
                snprintf(removed, sizeof removed, "%.*s%s", at, names[i],
                         names[i] + (at < length ? at + 1 : at));
                if (cfo_header_classify(replaced) != expect(replaced) ||
                    cfo_header_classify(inserted) != expect(inserted) ||
                    cfo_header_classify(removed) != expect(removed))
                    fail_msg("%s, byte %d at %d", names[i], byte, at);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_headers_that_are_read_are_recognised_in_any_case),
        TEST(every_other_header_of_cloudflare_is_recognised),
        TEST(a_name_that_a_back_end_may_read_as_cloudflares_is_a_look_alike),
        TEST(other_headers_are_ignored),
        TEST(every_name_that_folds_into_one_of_cloudflares_is_recognised),
        TEST(a_name_with_any_byte_changed_is_what_it_says),
    };

    return RUN(tests);
}
