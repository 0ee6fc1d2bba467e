/* SPDX-License-Identifier: Apache-2.0 */
/* The protected sites, by name and by content. */
#include "httpd/check/kinship.h"

#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "httpd/language/section.h"
#include "httpd/stranger/content.h"

int cfo_guarded_has(const cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_nested(checking->vhosts->conf_tree, vhost->s, "CFOriginPull");
    int i;

    for (i = 0; !vhost->is_judged && i < lines->nelts; i++) {
        if (cfo_section_is_everywhere(
                checking->pool, APR_ARRAY_IDX(lines, i, const ap_directive_t *)->parent))
            return 1;
    }
    return vhost->is_judged;
}

static void put(apr_hash_t *index, const char *key, const cfo_vhost_t *vhost,
                const char *folder)
{
    apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);

    if (!list) {
        list = apr_array_make(apr_hash_pool_get(index), 1, sizeof(cfo_guarded_site_t));
        apr_hash_set(index, key, APR_HASH_KEY_STRING, list);
    }
    APR_ARRAY_PUSH(list, cfo_guarded_site_t) = (cfo_guarded_site_t){ vhost, folder };
}

static void add_guarded(cfo_checking_t *checking, cfo_guarded_t *guarded,
                        const cfo_vhost_t *vhost)
{
    cfo_content_t content = cfo_content_of(checking->pool, checking->vhosts, vhost);
    const char *folder;

    cfo_name_index_add(guarded->names, checking->vhosts, vhost, 0);
    if (content.source)
        put(guarded->sources, content.source, vhost, NULL);
    if (!content.folder)
        return;
    put(guarded->folders, content.folder, vhost, content.folder);
    for (folder = cfo_content_parent(checking->pool, content.folder); folder;
         folder = cfo_content_parent(checking->pool, folder))
        put(guarded->above, folder, vhost, content.folder);
}

const cfo_guarded_t *cfo_guarded_of(cfo_checking_t *checking)
{
    const apr_array_header_t *all = checking->vhosts->all;
    cfo_guarded_t *guarded = checking->guarded;
    int i;

    if (guarded)
        return guarded;
    checking->guarded = guarded = apr_palloc(checking->pool, sizeof *guarded);
    guarded->all_names = cfo_name_index_make(checking->pool);
    guarded->names = cfo_name_index_make(checking->pool);
    guarded->folders = apr_hash_make(checking->pool);
    guarded->above = apr_hash_make(checking->pool);
    guarded->sources = apr_hash_make(checking->pool);
    for (i = 0; i < all->nelts; i++) {
        const cfo_vhost_t *vhost = &APR_ARRAY_IDX(all, i, cfo_vhost_t);

        cfo_name_index_add(guarded->all_names, checking->vhosts, vhost, 1);
        if (cfo_guarded_has(checking, vhost))
            add_guarded(checking, guarded, vhost);
    }
    return guarded;
}
