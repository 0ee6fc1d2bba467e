/* SPDX-License-Identifier: Apache-2.0 */
/* The outcomes of a request: verdicts, and the reasons for them. */
#include "core/verdict/reason.h"

#include <stddef.h>
#include <string.h>

#define REASON(id, name, verdict, group, doubtful, meaning, remedy, advice)              \
    { name, CFO_VERDICT_##verdict, CFO_GROUP_##group, doubtful, meaning, remedy, advice },
const cfo_reason_info_t cfo_reasons[CFO_REASON_COUNT] = {
#include "core/verdict/reason_table.h"
};
#undef REASON

const cfo_reason_info_t *cfo_reason_find(const char *name)
{
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        if (!strcmp(name, cfo_reasons[i].name))
            return &cfo_reasons[i];
    }
    return NULL;
}

const char *cfo_verdict_name(cfo_verdict_t verdict)
{
    static const char *const names[] = { "unproven", "verified", "tunnel", "exempt" };

    return names[verdict];
}
