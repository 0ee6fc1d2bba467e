/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: TLS settings that differ between virtual hosts of one address, so
 * that mod_ssl answers 421. */
#include "httpd/check/checks.h"

#include <string.h>

#include "apr_strings.h"

/* What mod_ssl compares besides the settings for client certificates. */
static const char *const server_settings[] = { "SSLProtocol", "SSLCipherSuite",
                                               "SSLCertificateFile",
                                               "SSLCertificateKeyFile", NULL };
static const char *const other_settings[] = { "SSLCARevocationFile",
                                              "SSLCARevocationPath",
                                              "SSLCARevocationCheck", "SSLOCSPEnable",
                                              NULL };

/* All lines of a directive that are in effect for a server, as one text. */
static const char *lines_of(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                            const char *name)
{
    const cfo_conf_tree_t *conf_tree = checking->vhosts->conf_tree;
    const apr_array_header_t *lines = cfo_conf_tree_lines(conf_tree, vhost->s, name);
    const char *text = "";
    int i;

    if (!lines->nelts)
        lines = cfo_conf_tree_lines(conf_tree, checking->vhosts->main, name);
    for (i = 0; i < lines->nelts; i++)
        text = apr_pstrcat(checking->pool, text,
                           APR_ARRAY_IDX(lines, i, const ap_directive_t *)->args, "\n",
                           NULL);
    return text;
}

static const char *all_lines_of(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                                const char *const *settings)
{
    const char *text = "";

    for (; *settings; settings++)
        text = apr_pstrcat(checking->pool, text, *settings, "\n",
                           lines_of(checking, vhost, *settings), NULL);
    return text;
}

static int have_equal_files(const char *a, const char *b)
{
    return !a || !b ? a == b : !strcmp(a, b);
}

/* The settings for client certificates that differ, as a list; "" if none. */
static const char *list_differences(const cfo_checking_t *checking,
                                    const cfo_vhost_t *vhost, const cfo_vhost_t *other)
{
    const char *list = apr_pstrcat(
        checking->pool, vhost->verify != other->verify ? ", SSLVerifyClient" : "",
        vhost->depth != other->depth ? ", SSLVerifyDepth" : "",
        have_equal_files(vhost->ca_file, other->ca_file) ? "" : ", SSLCACertificateFile",
        have_equal_files(vhost->ca_path, other->ca_path) ? "" : ", SSLCACertificatePath",
        NULL);

    return *list ? list + strlen(", ") : list;
}

static int policy_is(const cfo_checking_t *checking, const char *word)
{
    return cfo_conf_tree_word_is(checking->pool,
                                 cfo_conf_tree_last(checking->vhosts->conf_tree,
                                                    checking->vhosts->main,
                                                    "SSLVHostSNIPolicy"),
                                 0, word);
}

/* Whether it asks for certificates for this module's sake. */
static int asks_for_us(const cfo_vhost_t *vhost)
{
    return vhost->needs_certificate && vhost->tls == CFO_TLS_ON &&
           vhost->verify == CFO_VERIFY_OPTIONAL_NO_CA;
}

/* One that verifies clients for itself never shared connections with others; one that
 * should ask and does not has a finding of its own. */
static int may_share(const cfo_vhost_t *vhost)
{
    return vhost->tls == CFO_TLS_ON &&
           (vhost->verify == CFO_VERIFY_OPTIONAL_NO_CA ||
            (vhost->verify == CFO_VERIFY_NONE && !vhost->needs_certificate));
}

/* Groups of virtual hosts that shared connections before this module needed settings:
 * of each group, one virtual host (const cfo_vhost_t *) for each kind of settings. */
static apr_array_header_t *group_of(const cfo_checking_t *checking, apr_hash_t *groups,
                                    const cfo_vhost_t *vhost)
{
    const char *key = apr_pstrcat(checking->pool,
                                  policy_is(checking, "authonly")
                                      ? ""
                                      : all_lines_of(checking, vhost, server_settings),
                                  all_lines_of(checking, vhost, other_settings), NULL);
    apr_array_header_t *group = apr_hash_get(groups, key, APR_HASH_KEY_STRING);

    if (!group) {
        group = apr_array_make(checking->pool, 2, sizeof(const cfo_vhost_t *));
        apr_hash_set(groups, key, APR_HASH_KEY_STRING, group);
    }
    return group;
}

static void add_to_group(const cfo_checking_t *checking, apr_array_header_t *group,
                         const cfo_vhost_t *vhost)
{
    int i;

    for (i = 0; i < group->nelts; i++) {
        const cfo_vhost_t **same = &APR_ARRAY_IDX(group, i, const cfo_vhost_t *);

        if (!*list_differences(checking, *same, vhost)) {
            if (asks_for_us(vhost) && !asks_for_us(*same))
                *same = vhost;
            return;
        }
    }
    APR_ARRAY_PUSH(group, const cfo_vhost_t *) = vhost;
}

static void report(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const cfo_vhost_t *other)
{
    cfo_check_add(
        checking, vhost, cfo_vhost_line(checking->vhosts, vhost, "SSLVerifyClient"),
        apr_psprintf(
            checking->pool,
            "%s, at the same address, has other values of %s: mod_ssl answers 421 if the "
            "Host of a request is of one virtual host, and its SNI is of the other or "
            "missing. Give all virtual hosts of the address that do not verify clients "
            "themselves the same values; with CFOriginPull Off they admit the same "
            "requests as before",
            other->name, list_differences(checking, vhost, other)));
}

static void report_group(cfo_checking_t *checking, const apr_array_header_t *group)
{
    int i;

    for (i = 0; i < group->nelts && group->nelts > 1; i++) {
        const cfo_vhost_t *vhost = APR_ARRAY_IDX(group, i, const cfo_vhost_t *);

        if (asks_for_us(vhost))
            report(checking, vhost, APR_ARRAY_IDX(group, !i, const cfo_vhost_t *));
    }
}

static void look_at_address(cfo_checking_t *checking, const apr_array_header_t *vhosts)
{
    apr_hash_t *groups = apr_hash_make(checking->pool);
    apr_hash_index_t *each;
    int i;

    for (i = 0; i < vhosts->nelts; i++) {
        const cfo_vhost_t *vhost = APR_ARRAY_IDX(vhosts, i, const cfo_vhost_t *);

        if (may_share(vhost))
            add_to_group(checking, group_of(checking, groups, vhost), vhost);
    }
    for (each = apr_hash_first(checking->pool, groups); each; each = apr_hash_next(each))
        report_group(checking, apr_hash_this_val(each));
}

static void check_sni_settings(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const server_addr_rec *addr;

    if (!asks_for_us(vhost) || policy_is(checking, "strict") ||
        policy_is(checking, "insecure"))
        return;
    for (addr = vhost->s->addrs; addr; addr = addr->next) {
        const apr_array_header_t *vhosts = cfo_vhosts_at(checking->vhosts, addr);

        if (cfo_check_is_first(checking, apr_psprintf(checking->pool, "sni of %pp",
                                                      (const void *)vhosts)))
            look_at_address(checking, vhosts);
    }
}

const cfo_check_t cfo_sni_settings_checks[] = {
    { CFO_LEVEL_NOTICE, "CFO0245 sni-settings", check_sni_settings }, { 0 }
};
