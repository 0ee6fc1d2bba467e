/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts of range files, with a line "--" between them: the second replaces the first.
 */
#include "core/trust/parsed_file.h"

#include "core/net/ranges.h"
#include "core/net/ranges_retired.h"

#include "fuzz.h"

static int has(const cfo_parsed_file_t *file, const cfo_range_t *range)
{
    int i;

    for (i = 0; i < cfo_ranges_count(file->ranges, range->first.bits); i++) {
        const cfo_range_t one = cfo_ranges_get(file->ranges, range->first.bits, i);

        if (!cfo_address_compare(&one.first, &range->first) &&
            !cfo_address_compare(&one.last, &range->last))
            return 1;
    }
    return 0;
}

static int count_kept(const cfo_parsed_file_t *last, const cfo_parsed_file_t *next)
{
    int bits, i, kept = 0;

    for (bits = 32; bits <= 128; bits += 96) {
        for (i = 0; i < cfo_ranges_count(last->ranges, bits); i++) {
            const cfo_range_t range = cfo_ranges_get(last->ranges, bits, i);

            kept += has(next, &range);
        }
    }
    return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    cfo_shared_pool_t *shared = cfo_shared_pool_permanent(p);
    char *text = fuzz_text(data, size), *second = strstr(text, "\n--\n");
    cfo_parsed_file_t *last = NULL, *next = NULL;
    size_t length = second ? (size_t)(second + 1 - text) : size;

    if (!cfo_parsed_file_read(shared, CFO_FILE_RANGES, "last", text, length, &last)) {
        PROMISE(cfo_parsed_file_count(last) > 0 &&
                !cfo_parsed_file_has_shrunk(last, last));
        (void)cfo_range_set_retired(p, last->ranges);
        if (second && !cfo_parsed_file_read(shared, CFO_FILE_RANGES, "next", second + 4,
                                            size - length - 3, &next)) {
            /* What keeps them all has not shrunk; what keeps none has. */
            int kept = count_kept(last, next);

            if (kept == cfo_parsed_file_count(last))
                PROMISE(!cfo_parsed_file_has_shrunk(last, next));
            PROMISE(!cfo_parsed_file_worse(p, last, next, 0));
            cfo_parsed_file_release(next);
        }
        cfo_parsed_file_release(last);
    }
    free(text);
    return 0;
}
