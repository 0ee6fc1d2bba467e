/* SPDX-License-Identifier: Apache-2.0 */
/* States, as the API writes them. */
#include "ctl/cloudflare/state.h"

#include <string.h>

static const char *const names[] = {
    [CFO_API_INITIALIZING] = "initializing",
    [CFO_API_PENDING_DEPLOYMENT] = "pending_deployment",
    [CFO_API_ACTIVE] = "active",
    [CFO_API_PENDING_DELETION] = "pending_deletion",
    [CFO_API_DELETED] = "deleted",
    [CFO_API_DEPLOYMENT_TIMED_OUT] = "deployment_timed_out",
    [CFO_API_DELETION_TIMED_OUT] = "deletion_timed_out",
    [CFO_API_STATE_UNKNOWN] = "unknown",
};

const char *cfo_api_state_name(cfo_api_state_t state)
{
    return names[state];
}

cfo_api_state_t cfo_state_read(const char *text)
{
    cfo_api_state_t state = CFO_API_INITIALIZING;

    while (state < CFO_API_STATE_UNKNOWN && (!text || strcmp(text, names[state])))
        state++;
    return state;
}
