/* SPDX-License-Identifier: Apache-2.0 */
/* An index of host names. Names like "*.example.com" are found by their ends: thousands
 * of virtual hosts may have one. */
#include "httpd/stranger/name_index.h"

#include <string.h>

#include "apr_strings.h"

struct cfo_name_index_t {
    apr_pool_t *pool;
    apr_array_header_t *all; /* of const cfo_named_t * */
    apr_hash_t *exact;       /* name as written -> array */
    apr_hash_t *wild;        /* ".example.com" -> array of *.example.com */
    apr_hash_t *below;       /* ".example.com" -> array of names that end so */
    apr_array_header_t *odd; /* with other wildcards */
};

static apr_array_header_t *make_list(apr_pool_t *p)
{
    return apr_array_make(p, 1, sizeof(const cfo_named_t *));
}

cfo_name_index_t *cfo_name_index_make(apr_pool_t *p)
{
    cfo_name_index_t *names = apr_palloc(p, sizeof *names);

    names->pool = p;
    names->all = make_list(p);
    names->odd = make_list(p);
    names->exact = apr_hash_make(p);
    names->wild = apr_hash_make(p);
    names->below = apr_hash_make(p);
    return names;
}

static void put(apr_hash_t *index, const char *key, const cfo_named_t *named)
{
    apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);

    if (!list) {
        list = make_list(apr_hash_pool_get(index));
        apr_hash_set(index, key, APR_HASH_KEY_STRING, list);
    }
    APR_ARRAY_PUSH(list, const cfo_named_t *) = named;
}

static int has_wildcard(const char *name)
{
    return strpbrk(name, "*?") != NULL;
}

/* *.example.com */
static int is_suffix(const char *name)
{
    return name[0] == '*' && name[1] == '.' && !has_wildcard(name + 1);
}

static void add_name(cfo_name_index_t *names, const char *name, const cfo_vhost_t *vhost)
{
    cfo_named_t *named = apr_palloc(names->pool, sizeof *named);
    const char *dot;

    *named = (cfo_named_t){ name, vhost };
    APR_ARRAY_PUSH(names->all, const cfo_named_t *) = named;
    put(names->exact, name, named);
    if (is_suffix(name))
        put(names->wild, name + 1, named);
    else if (has_wildcard(name))
        APR_ARRAY_PUSH(names->odd, const cfo_named_t *) = named;
    if (has_wildcard(name) && !is_suffix(name))
        return;
    for (dot = ap_strchr_c(name, '.'); dot; dot = ap_strchr_c(dot + 1, '.'))
        put(names->below, dot, named);
}

void cfo_name_index_add(cfo_name_index_t *names, const cfo_vhosts_t *vhosts,
                        const cfo_vhost_t *vhost, int with_inherited)
{
    const apr_array_header_t *own = cfo_vhost_names(vhosts, vhost);
    int i;

    for (i = 0; i < own->nelts; i++)
        add_name(names, APR_ARRAY_IDX(own, i, const char *), vhost);
    if (with_inherited && vhost->s->server_hostname &&
        !cfo_vhost_own_line(vhosts, vhost, "ServerName")) {
        char *name = apr_pstrdup(names->pool, vhost->s->server_hostname);

        ap_str_tolower(name);
        add_name(names, name, vhost);
    }
}

static void add_found(apr_array_header_t *found, apr_hash_t *index, const char *key)
{
    const apr_array_header_t *list = apr_hash_get(index, key, APR_HASH_KEY_STRING);

    if (list)
        apr_array_cat(found, list);
}

static void add_matching(apr_array_header_t *found, const apr_array_header_t *list,
                         const char *name, int list_has_patterns)
{
    int i;

    for (i = 0; i < list->nelts; i++) {
        const cfo_named_t *named = APR_ARRAY_IDX(list, i, const cfo_named_t *);

        if (!(list_has_patterns ? ap_strcasecmp_match(name, named->name)
                                : ap_strcasecmp_match(named->name, name)))
            APR_ARRAY_PUSH(found, const cfo_named_t *) = named;
    }
}

apr_array_header_t *cfo_name_index_find(const cfo_name_index_t *names, apr_pool_t *p,
                                        const char *name)
{
    apr_array_header_t *found = make_list(p);
    const char *sample = cfo_host_name_sample(p, name), *dot;

    add_found(found, names->exact, name);
    for (dot = ap_strchr_c(sample, '.'); dot; dot = ap_strchr_c(dot + 1, '.'))
        add_found(found, names->wild, dot);
    add_matching(found, names->odd, sample, 1);
    if (is_suffix(name))
        add_found(found, names->below, name + 1);
    else if (has_wildcard(name))
        add_matching(found, names->all, name, 0);
    return found;
}

static int has_address(const cfo_vhost_t *vhost, const server_addr_rec *wanted)
{
    const server_addr_rec *addr;

    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        if (addr->host_port == wanted->host_port &&
            apr_sockaddr_equal(addr->host_addr, wanted->host_addr))
            return 1;
    }
    return 0;
}

/* Virtual hosts are in one array, in the order of the configuration. */
const cfo_vhost_t *cfo_name_index_serving(const cfo_name_index_t *names, apr_pool_t *p,
                                          const cfo_vhosts_t *vhosts,
                                          const server_addr_rec *addr, const char *host)
{
    const apr_array_header_t *found = cfo_name_index_find(names, p, host);
    const apr_array_header_t *there = cfo_vhosts_at(vhosts, addr);
    const cfo_vhost_t *first = NULL;
    int i;

    for (i = 0; i < found->nelts; i++) {
        const cfo_vhost_t *vhost = APR_ARRAY_IDX(found, i, const cfo_named_t *)->vhost;

        if ((!first || vhost < first) && has_address(vhost, addr))
            first = vhost;
    }
    if (!first && there->nelts)
        first = APR_ARRAY_IDX(there, 0, const cfo_vhost_t *);
    return first;
}

const char *cfo_host_name_sample(apr_pool_t *p, const char *name)
{
    char *sample = apr_pstrdup(p, name), *c;

    for (c = strpbrk(sample, "*?"); c; c = strpbrk(c, "*?"))
        *c = 'x';
    return sample;
}
