/* SPDX-License-Identifier: Apache-2.0 */
/* States, as the API writes them. */
#ifndef CFO_CTL_CLOUDFLARE_STATE_H
#define CFO_CTL_CLOUDFLARE_STATE_H

#include "ctl/cloudflare/api.h"

/* NULL and other words: CFO_API_STATE_UNKNOWN. */
cfo_api_state_t cfo_state_read(const char *text);

#endif
