/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: ranges that Cloudflare does not publish any more. */
#include "httpd/check/checks.h"

#include <string.h>

#include "apr_strings.h"

#include "core/net/ranges_retired.h"

/* The CFOriginPullRanges line with a word that is this range. */
static const ap_directive_t *find_range_line(cfo_checking_t *checking,
                                             const cfo_range_t *range)
{
    const apr_array_header_t *lines = cfo_conf_tree_lines(
        checking->vhosts->conf_tree, checking->vhosts->main, "CFOriginPullRanges");
    const char *text = cfo_range_print(checking->pool, range);
    int i;

    for (i = lines->nelts - 1; i >= 0; i--) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        if (ap_strstr_c(line->args, text))
            return line;
    }
    return NULL;
}

/* Only the main server has CFOriginPullRanges. */
static void check_part(cfo_checking_t *checking, const cfo_edge_part_t *part)
{
    const cfo_vhost_t *main = cfo_check_main(checking);
    const char *retired;

    if (part->is_builtin)
        return;
    retired = part->file
                  ? cfo_range_set_retired(checking->pool, part->file->content->ranges)
                  : cfo_range_retired(checking->pool, &part->range);
    if (!retired)
        return;
    retired = apr_psprintf(checking->pool,
                           "%s. Until then, requests from these addresses count as "
                           "coming from Cloudflare, although others have them now",
                           retired);
    if (part->file)
        cfo_check_add_file(checking, main, part->file->path, retired);
    else
        cfo_check_add(checking, main, find_range_line(checking, &part->range), retired);
}

static void check_retired_ranges(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const apr_array_header_t *parts = cfo_server_conf(checking->vhosts->main)->edge_list;
    int i;

    for (i = 0; vhost->is_judged && parts && i < parts->nelts; i++) {
        const cfo_edge_part_t *part = &APR_ARRAY_IDX(parts, i, cfo_edge_part_t);

        if (!part->file || part->file->content)
            check_part(checking, part);
    }
}

const cfo_check_t cfo_ranges_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0259 retired-ranges", check_retired_ranges }, { 0 }
};
