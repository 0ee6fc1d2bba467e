/* SPDX-License-Identifier: Apache-2.0 */
#include "core/net/ranges.h"

#include "fuzz.h"

static int is_sound(const cfo_range_t *range)
{
    int bits = range->first.bits;

    return (bits == 32 || bits == 128) && range->last.bits == bits &&
           cfo_address_compare(&range->first, &range->last) <= 0;
}

/* The other reader. */
static void try_draft(apr_pool_t *p, const char *text, size_t size, const char *reason,
                      int count)
{
    cfo_ranges_draft_t *draft = cfo_ranges_draft(p);
    const char *other = cfo_ranges_draft_read(p, text, size, draft);
    const cfo_ranges_t *set;

    PROMISE(reason ? other && !strcmp(other, reason) : !other);
    if (reason)
        return;
    set = cfo_ranges_finish(p, draft);
    PROMISE(cfo_ranges_count(set, 32) + cfo_ranges_count(set, 128) == count);
    PROMISE(!cfo_ranges_missing(set, set));
}

static void try_list(apr_pool_t *p, const char *text, size_t size)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(cfo_range_t));
    const char *reason = cfo_ranges_read(p, text, size, list);
    cfo_ranges_t *set = cfo_ranges_build(p, list);
    int i;

    PROMISE(reason ? *reason && list->nelts == 0 : list->nelts > 0);
    try_draft(p, text, size, reason, list->nelts);
    for (i = 0; i < list->nelts; i++) {
        const cfo_range_t *range = &APR_ARRAY_IDX(list, i, cfo_range_t);

        PROMISE(is_sound(range));
        PROMISE(cfo_ranges_contain(set, &range->first));
        PROMISE(cfo_ranges_contain(set, &range->last));
        PROMISE(cfo_ranges_cover(set, range) && cfo_ranges_overlap(set, range));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size);
    char *exact = malloc(size ? size : 1); /* the text of a file has no NUL at its end */
    cfo_range_t range;

    PROMISE(exact);
    memcpy(exact, text, size);
    if (!cfo_range_parse(p, text, &range))
        PROMISE(is_sound(&range) && cfo_range_looks_like(text));
    try_list(p, exact, size);
    free(exact);
    free(text);
    return 0;
}
