/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: requests at regular times. */
#include "ctl/audit/steady.h"

#include <limits.h>

/* Each class is 1.4 times as long as the one before; two neighbours are alike, because a
 * period may lie on the border. */
enum { SHORTEST = 10, LONGEST = 86400, FEWEST = 11 };

/* The class of a time in seconds; -1 for none. */
static int class_of(apr_int64_t seconds)
{
    double longest = SHORTEST * 1.4;
    int class = 0;

    if (seconds < SHORTEST || seconds > LONGEST + LONGEST / 10)
        return -1;
    for (; (double)seconds >= longest && class < CFO_BREAKDOWN_GAPS - 1; class ++)
        longest *= 1.4;
    return class;
}

void cfo_ctl_steady_add(cfo_ctl_row_t *row, apr_time_t time)
{
    int class;

    if (!time || !row->last || time < row->last)
        return;
    row->gap_count++;
    class = class_of(apr_time_sec(time - row->last + APR_USEC_PER_SEC / 2));
    if (class >= 0 && row->gaps[class] < USHRT_MAX)
        row->gaps[class]++;
}

int cfo_ctl_steady_is(const cfo_ctl_row_t *row)
{
    int i;

    for (i = 0; i < CFO_BREAKDOWN_GAPS - 1; i++) {
        unsigned alike = row->gaps[i] + (unsigned)row->gaps[i + 1];

        if (alike >= FEWEST && alike * 5 >= row->gap_count * 4)
            return 1;
    }
    return 0;
}
