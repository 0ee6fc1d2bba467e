/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's API: the DNS records of a zone. */
#include "ctl/cloudflare/api.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/cloudflare/failure.h"
#include "ctl/cloudflare/list.h"
#include "ctl/cloudflare/value.h"

static const cfo_api_error_t *add_record(const cfo_call_t *call, const json_t *item,
                                         const char *id, void *to)
{
    apr_array_header_t *records = to;
    apr_pool_t *p = records->pool;
    const char *name = cfo_value_string(p, item, "name");
    const char *type = cfo_value_string(p, item, "type");
    const char *content = cfo_value_string(p, item, "content");
    static const char *const types[] = { "A", "AAAA", "CNAME", NULL };

    (void)id;
    if (!name || !type)
        return cfo_failure_broken(call, "a record has no \"name\" or \"type\"");
    if (cfo_text_is_one_of(type, types))
        APR_ARRAY_PUSH(records, cfo_api_record_t) =
            (cfo_api_record_t){ cfo_text_word(p, name), type,
                                content ? cfo_text_word(p, content) : "",
                                json_is_true(json_object_get(item, "proxied")) };
    return NULL;
}

const cfo_api_error_t *cfo_api_records(cfo_api_t *api, apr_pool_t *p, const char *zone_id,
                                       apr_array_header_t **records)
{
    *records = apr_array_make(p, 16, sizeof(cfo_api_record_t));
    if (!cfo_value_is_id(zone_id))
        return cfo_failure_unsent(p, "the zone has no identifier");
    return cfo_list_read(api, p, apr_pstrcat(p, "/zones/", zone_id, "/dns_records", NULL),
                         "?per_page=500", CFO_MAY_READ_RECORDS, add_record, *records);
}
