/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of the API, page by page. */
#include "ctl/cloudflare/list.h"

#include "apr_hash.h"
#include "apr_strings.h"

#include "ctl/cloudflare/failure.h"
#include "ctl/cloudflare/value.h"

enum { PAGES_MOST = 1000 };

typedef struct {
    apr_pool_t *pool;
    const cfo_api_error_t *(*add)(const cfo_call_t *call, const json_t *item,
                                  const char *id, void *to);
    void *to;
    apr_hash_t *seen;
} list_t;

/* *fresh: how many of the page are new. */
static const cfo_api_error_t *add_page(list_t *list, const cfo_call_t *call,
                                       const json_t *result, int *fresh)
{
    const cfo_api_error_t *error = NULL;
    const json_t *item;
    size_t i;

    *fresh = 0;
    if (!json_is_array(result) && !json_is_null(result))
        return cfo_failure_broken(call, "the answer has no list \"result\"");
    json_array_foreach(result, i, item)
    {
        const char *id = cfo_value_id(list->pool, item, "id");

        if (!id)
            return cfo_failure_broken(call, "an entry of the list has no \"id\"");
        /* What was added meanwhile moves others to the next page. */
        if (apr_hash_get(list->seen, id, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(list->seen, id, APR_HASH_KEY_STRING, id);
        error = list->add(call, item, id, list->to);
        if (error)
            return error;
        ++*fresh;
    }
    return NULL;
}

/* Whether another page follows. A list that ends early must not pass as a whole one. */
static const cfo_api_error_t *look_ahead(const list_t *list, const cfo_call_t *call,
                                         const json_t *envelope, int page, int fresh,
                                         int *is_last)
{
    const json_t *info = json_object_get(envelope, "result_info");
    int pages = cfo_value_number(info, "total_pages");
    int total = cfo_value_number(info, "total_count");
    int read = (int)apr_hash_count(list->seen);

    *is_last = pages >= 0 ? page >= pages : total < 0 || read >= total;
    if (*is_last && total > read)
        return cfo_failure_broken(call, "the list ends after %d of %d entries", read,
                                  total);
    if (!*is_last && !fresh)
        return cfo_failure_broken(call, "page %d of the list has nothing new", page);
    if (!*is_last && page >= PAGES_MOST)
        return cfo_failure_broken(call, "the list has more than %d pages", PAGES_MOST);
    return NULL;
}

static const char *page_path(apr_pool_t *p, const char *path, const char *query, int page)
{
    if (page == 1)
        return apr_pstrcat(p, path, query, NULL);
    return apr_psprintf(p, "%s%s%spage=%d", path, query, *query ? "&" : "?", page);
}

const cfo_api_error_t *cfo_list_read(
    cfo_api_t *api, apr_pool_t *p, const char *path, const char *query, const char *needs,
    const cfo_api_error_t *(*add)(const cfo_call_t *call, const json_t *item,
                                  const char *id, void *to),
    void *to)
{
    list_t list = { p, add, to, apr_hash_make(p) };
    const cfo_api_error_t *error = NULL;
    int page, is_last = 0, fresh;

    for (page = 1; !is_last && !error; page++) {
        cfo_call_t call = cfo_call_get(api, p, page_path(p, path, query, page), needs);
        json_auto_t *envelope = NULL;

        error = cfo_call_send(&call, &envelope);
        if (!error)
            error = add_page(&list, &call, json_object_get(envelope, "result"), &fresh);
        if (!error)
            error = look_ahead(&list, &call, envelope, page, fresh, &is_last);
    }
    return error;
}
