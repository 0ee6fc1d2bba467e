/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a request, and of the parts that it has within httpd. */
#include "httpd/request/parts.h"

#include "http_config.h"

request_rec *cfo_request_first(request_rec *r)
{
    while (cfo_request_parent(r))
        r = cfo_request_parent(r);
    return r;
}

cfo_part_t *cfo_request_part(request_rec *r)
{
    cfo_part_t *part = cfo_request_own(r);

    if (!part) {
        part = apr_pcalloc(r->pool, sizeof *part);
        ap_set_module_config(r->request_config, &cf_origin_module, part);
    }
    return part;
}

cfo_request_t *cfo_request_whole(request_rec *r)
{
    const cfo_part_t *part = cfo_request_own(cfo_request_first(r));

    return part ? part->request : NULL;
}

const cfo_effects_t *cfo_request_effects(const request_rec *r)
{
    for (; r; r = cfo_request_parent(r)) {
        const cfo_part_t *part = cfo_request_own(r);

        if (part && part->effects)
            return part->effects;
    }
    return NULL;
}
