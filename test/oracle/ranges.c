/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of ranges. Questions:
 *
 *   set CIDR ...   the set that the next ones ask; answer: how many ranges it was made of
 *   bytes HEX      whether it contains the address of a socket
 *   text HEX       whether it contains a literal; "-": it is none
 *   covers CIDR    whether it contains a whole range
 *   word HEX       a range, as it is printed; or "!" and the error
 *   list HEX       the ranges of a list, separated by commas; or "!" and the error */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "apr_strings.h"

#include "core/net/ranges.h"

static apr_pool_t *set_pool;
static cfo_ranges_t *set;

static cfo_range_t parse(apr_pool_t *p, const char *text)
{
    cfo_range_t range;
    const char *reason = cfo_range_parse(p, text, &range);

    if (reason)
        oracle_fail(text, reason);
    return range;
}

static void build(const apr_array_header_t *question)
{
    apr_array_header_t *ranges;
    int i;

    if (set_pool)
        apr_pool_clear(set_pool);
    else if (apr_pool_create(&set_pool, NULL))
        oracle_fail("memory", "there is none");
    ranges = apr_array_make(set_pool, 16, sizeof(cfo_range_t));
    for (i = 1; i < question->nelts; i++)
        APR_ARRAY_PUSH(ranges, cfo_range_t) = parse(set_pool, oracle_field(question, i));
    set = cfo_ranges_build(set_pool, ranges);
    printf("%d", cfo_ranges_count(set, 32) + cfo_ranges_count(set, 128));
}

/* What the core reads as a text that ends with a NUL cannot have one in it. */
static const char *word(apr_pool_t *p, const apr_array_header_t *question)
{
    apr_size_t length;

    return oracle_bytes(p, question, 1, &length);
}

static void look_up_bytes(apr_pool_t *p, const apr_array_header_t *question)
{
    cfo_address_t address;
    apr_size_t length;
    const char *bytes = oracle_bytes(p, question, 1, &length);

    cfo_address_from_bytes(bytes, length, &address);
    printf("%d", cfo_ranges_contain(set, &address));
}

static void look_up_text(apr_pool_t *p, const apr_array_header_t *question)
{
    cfo_address_t address;

    if (cfo_address_parse(word(p, question), &address))
        printf("%d", cfo_ranges_contain(set, &address));
    else
        printf("-");
}

static void look_up_range(apr_pool_t *p, const apr_array_header_t *question)
{
    cfo_range_t range = parse(p, oracle_field(question, 1));

    printf("%d", cfo_ranges_cover(set, &range));
}

static void read_word(apr_pool_t *p, const apr_array_header_t *question)
{
    cfo_range_t range;
    const char *reason = cfo_range_parse(p, word(p, question), &range);

    printf("%s%s", reason ? "!" : "", reason ? reason : cfo_range_print(p, &range));
}

static void read_list(apr_pool_t *p, const apr_array_header_t *question)
{
    apr_size_t length;
    const char *text = oracle_bytes(p, question, 1, &length);
    apr_array_header_t *ranges = apr_array_make(p, 16, sizeof(cfo_range_t));
    const char *reason = cfo_ranges_read(p, text, length, ranges);
    int i;

    printf("%s", reason ? "!" : "");
    for (i = 0; !reason && i < ranges->nelts; i++)
        printf("%s%s", i ? "," : "",
               cfo_range_print(p, &APR_ARRAY_IDX(ranges, i, cfo_range_t)));
    printf("%s", reason ? reason : "");
}

void oracle_ranges(apr_pool_t *p, const apr_array_header_t *question)
{
    const char *what = oracle_field(question, 0);

    if (!strcmp(what, "set"))
        build(question);
    else if (!strcmp(what, "bytes"))
        look_up_bytes(p, question);
    else if (!strcmp(what, "text"))
        look_up_text(p, question);
    else if (!strcmp(what, "covers"))
        look_up_range(p, question);
    else if (!strcmp(what, "word"))
        read_word(p, question);
    else if (!strcmp(what, "list"))
        read_list(p, question);
    else
        oracle_fail("no such question", what);
}
