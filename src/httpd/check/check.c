/* SPDX-License-Identifier: Apache-2.0 */
/* One check of the configuration. */
#include "httpd/check/check.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/trust/zone_name.h"

enum { NAME_MOST = 100 };

int cfo_check_is_first(cfo_checking_t *checking, const char *key)
{
    if (apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING))
        return 0;
    apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, key);
    return 1;
}

/* The strings of the configuration tree may not outlive this run. */
static void add(cfo_checking_t *checking, const cfo_vhost_t *vhost, const char *file,
                int line, const char *text)
{
    const char *key = apr_psprintf(checking->pool, "%s %d %s", checking->now->code, line,
                                   file ? file : "");

    if (cfo_check_is_first(checking, key))
        APR_ARRAY_PUSH(checking->findings, cfo_finding_t) =
            (cfo_finding_t){ .level = checking->now->level,
                             .code = checking->now->code,
                             .vhost = vhost->name,
                             .file = file ? apr_pstrdup(checking->pool, file) : NULL,
                             .line = line,
                             .text = text };
}

void cfo_check_add(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const ap_directive_t *line, const char *text)
{
    if (line)
        add(checking, vhost, line->filename, line->line_num, text);
    else
        add(checking, vhost, vhost->s->defn_name, (int)vhost->s->defn_line_number, text);
}

void cfo_check_add_file(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                        const char *file, const char *text)
{
    add(checking, vhost, file, 0, text);
}

/* The CFOriginPullZone line of a zone; NULL: the zone comes from a folder. */
static const ap_directive_t *find_zone_line(cfo_checking_t *checking, const server_rec *s,
                                            const char *zone)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_lines(checking->vhosts->conf_tree, s, "CFOriginPullZone");
    int i;

    for (i = lines->nelts - 1; i >= 0; i--) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);
        const char *name;

        if (!cfo_zone_name_read(checking->pool,
                                cfo_conf_tree_word(checking->pool, line, 0), &name) &&
            !strcmp(name, zone))
            return line;
    }
    return NULL;
}

void cfo_check_add_proof(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                         const cfo_zone_t *zone, const cfo_proof_t *proof,
                         const char *text)
{
    const ap_directive_t *line = find_zone_line(checking, vhost->s, zone->name);

    if (!line)
        line = find_zone_line(checking, checking->vhosts->main, zone->name);
    if (line)
        cfo_check_add(checking, vhost, line, text);
    else
        cfo_check_add_file(checking, vhost, proof->source, text);
}

/* Thousands of virtual hosts may share a table with thousands of zones. */
void cfo_check_zones(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_view_t *view = cfo_vhost_zones(checking->vhosts, vhost);
    int i, j;

    for (i = 0; vhost->needs_certificate && i < view->count; i++) {
        cfo_zone_table_t *table = view->tables[i];
        apr_array_header_t *zones;

        if (!cfo_check_is_first(checking,
                                apr_psprintf(checking->pool, "table %pp of %s",
                                             (void *)table, checking->now->code)))
            continue;
        zones = cfo_zone_table_list(checking->pool, table);
        for (j = 0; j < zones->nelts; j++)
            checking->now->look_at_zone(checking, vhost,
                                        APR_ARRAY_IDX(zones, j, const cfo_zone_t *));
    }
}

const cfo_vhost_t *cfo_check_main(const cfo_checking_t *checking)
{
    return &APR_ARRAY_IDX(checking->vhosts->all, 0, cfo_vhost_t);
}

const char *cfo_check_quote(const cfo_checking_t *checking, const char *name)
{
    return cfo_text_quote(checking->pool, name, NAME_MOST);
}
