/* SPDX-License-Identifier: Apache-2.0 */
/* The outcomes of a request: verdicts, and the reasons for them. */
#include "core/verdict/reason.h"

#include <stddef.h>
#include <string.h>

#define REASON(id, name, verdict, group, doubtful, meaning, remedy, advice)              \
    { name, CFO_VERDICT_##verdict, CFO_GROUP_##group, doubtful, meaning, remedy, advice },
static const cfo_reason_info_t reasons[] = {
#include "core/verdict/reason_table.h"
};
#undef REASON

_Static_assert(sizeof reasons / sizeof *reasons == CFO_REASON_COUNT,
               "each reason has one row");

cfo_reason_t cfo_reason_checked(cfo_reason_t reason)
{
    return (unsigned)reason < CFO_REASON_COUNT ? reason : CFO_REASON_UNJUDGED;
}

const cfo_reason_info_t *cfo_reason_info(cfo_reason_t reason)
{
    return &reasons[cfo_reason_checked(reason)];
}

cfo_verdict_t cfo_reason_verdict(cfo_reason_t reason)
{
    return cfo_reason_info(reason)->verdict;
}

const char *cfo_reason_name(cfo_reason_t reason)
{
    return cfo_reason_info(reason)->name;
}

const cfo_reason_info_t *cfo_reason_find(const char *name)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (!strcmp(name, reasons[i].name))
            return &reasons[i];
    }
    return NULL;
}

const char *cfo_verdict_name(cfo_verdict_t verdict)
{
    static const char *const names[] = { "unproven", "verified", "tunnel", "exempt" };

    return names[verdict];
}
