/* SPDX-License-Identifier: Apache-2.0 */
/* apachectl -t -D DUMP_CF_ORIGIN: prints the settings in effect, and where each is set.
 * One line for each item: first its type, then key=value; indented below what it belongs
 * to. */
#include "httpd/check/dump.h"

#include <stdlib.h>
#include <string.h>

#include "http_config.h"
#include "http_core.h"

#include "apr_escape.h"
#include "apr_file_io.h"
#include "apr_hash.h"
#include "apr_strings.h"

#include "core/live/expiry.h"
#include "core/base/text.h"
#include "version.h"
#include "httpd/check/config_check.h"
#include "httpd/config/conf.h"
#include "httpd/survey/vhost.h"
#include "httpd/tls/ssl_context.h"

enum { QUOTE_MOST = 1000 };

typedef struct {
    apr_pool_t *p;
    apr_file_t *out;
    apr_time_t now;
    const cfo_snapshot_t *snapshot;
    const cfo_vhosts_t *vhosts;
    cfo_usages_t *usages;  /* of the running httpd; NULL: not known */
    apr_hash_t *presented; /* by zone: arrays of const cfo_usage_t * */
} dump_t;

/* Where a setting is printed. */
typedef enum { OF_SERVER, OF_RANGES, OF_VHOST } place_t;

static const char *at(const dump_t *dump, const ap_directive_t *line)
{
    if (!line)
        return "at=default";
    return apr_psprintf(dump->p, "at=%s:%d", line->filename, line->line_num);
}

/* `line` NULL: it is not set. */
static void print_line(const dump_t *dump, const cfo_setting_t *setting, cfo_mode_t mode,
                       const ap_directive_t *line)
{
    int is_special = 0;
    const char *preset = line ? NULL : cfo_setting_preset(setting, mode, &is_special);

    apr_file_printf(dump->out, "  %s %s %s%s\n", setting->directive,
                    line ? line->args : preset, at(dump, line),
                    is_special ? "-of-Audit" : "");
}

/* Prints lines that add up, from the last "none" on. */
static void print_list(const dump_t *dump, const cfo_setting_t *setting,
                       const apr_array_header_t *lines)
{
    int i, first = 0;

    for (i = 0; i < lines->nelts; i++) {
        if (cfo_conf_tree_word_is(
                dump->p, APR_ARRAY_IDX(lines, i, const ap_directive_t *), 0, "none"))
            first = i + 1 < lines->nelts ? i + 1 : i;
    }
    if (!lines->nelts)
        print_line(dump, setting, CFO_MODE_OFF, NULL);
    for (i = first; i < lines->nelts; i++)
        print_line(dump, setting, CFO_MODE_OFF,
                   APR_ARRAY_IDX(lines, i, const ap_directive_t *));
}

/* As it is in effect for a server. */
static void print_setting(const dump_t *dump, const cfo_setting_t *setting,
                          cfo_mode_t mode, const server_rec *s)
{
    const cfo_conf_tree_t *conf_tree = dump->vhosts->conf_tree;
    const char *name = setting->directive;
    const apr_array_header_t *lines = cfo_conf_tree_lines(conf_tree, s, name);

    if (!lines->nelts)
        lines = cfo_conf_tree_lines(conf_tree, dump->vhosts->main, name);
    if (setting->is_list)
        print_list(dump, setting, lines);
    else
        print_line(dump, setting, mode, cfo_conf_tree_last(conf_tree, s, name));
}

static place_t place_of(const cfo_setting_t *setting)
{
    if (!setting->is_global)
        return OF_VHOST;
    return setting->is_list ? OF_RANGES : OF_SERVER;
}

static void print_settings(const dump_t *dump, place_t place, const server_rec *s)
{
    int set = cfo_server_conf(s)->mode;
    cfo_mode_t mode = set == CFO_UNSET ? CFO_MODE_OFF : (cfo_mode_t)set;
    const cfo_setting_t *setting;

    for (setting = cfo_settings; setting->directive; setting++) {
        if (place_of(setting) == place)
            print_setting(dump, setting, mode, s);
    }
}

/* Sections in which CFOriginPull is set. */
static void print_directories(const dump_t *dump, const server_rec *s)
{
    const apr_array_header_t *lines =
        cfo_conf_tree_nested(dump->vhosts->conf_tree, s, "CFOriginPull");
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(lines, i, const ap_directive_t *);

        apr_file_printf(dump->out, "  section %s %s CFOriginPull %s %s\n",
                        line->parent->directive, line->parent->args, line->args,
                        at(dump, line));
    }
}

static const char *last_used(const dump_t *dump, const cfo_zone_t *zone,
                             const cfo_proof_t *proof)
{
    apr_time_t last;

    if (!dump->usages)
        return "unknown";
    last = cfo_usage_last(cfo_usages_find(dump->usages, zone->name, proof));
    return last ? cfo_text_time(dump->p, last) : "never";
}

static void print_proof(const dump_t *dump, const cfo_zone_t *zone,
                        const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;

    if (!certificate) {
        apr_file_printf(dump->out, "    pin %s last_used=%s\n", proof->source,
                        last_used(dump, zone, proof));
        return;
    }
    apr_file_printf(
        dump->out,
        "    %s subject=%s sha256=%s spki-sha256=%s not_after=%s days=%d%s file=%s "
        "cas_ignored=%d last_used=%s\n",
        proof->kind == CFO_PROOF_ANCHOR ? "anchor" : "leaf",
        cfo_text_quote(dump->p, certificate->subject, QUOTE_MOST),
        certificate->sha256_hex,
        apr_pescape_hex(dump->p, certificate->spki_sha256, CFO_DIGEST_SIZE, 0),
        cfo_text_time(dump->p, certificate->not_after),
        cfo_expiry_days(certificate->not_after, dump->now),
        cfo_certificate_is_shared_ca(certificate) ? " shared_ca=yes" : "",
        cfo_text_quote(dump->p, proof->source, QUOTE_MOST), proof->ignored_cas,
        last_used(dump, zone, proof));
}

static int by_digest(const void *a, const void *b)
{
    return memcmp((*(const cfo_usage_t *const *)a)->digest,
                  (*(const cfo_usage_t *const *)b)->digest, CFO_DIGEST_SIZE);
}

/* The certificates that proved each zone. */
static apr_hash_t *list_presented(apr_pool_t *p, cfo_usages_t *usages)
{
    apr_array_header_t *leaves = cfo_usages_leaves(p, usages);
    apr_hash_t *zones = apr_hash_make(p);
    int i;

    qsort(leaves->elts, leaves->nelts, leaves->elt_size, by_digest);
    for (i = 0; i < leaves->nelts; i++) {
        const cfo_usage_t *leaf = APR_ARRAY_IDX(leaves, i, const cfo_usage_t *);
        apr_array_header_t *list = apr_hash_get(zones, leaf->zone, APR_HASH_KEY_STRING);

        if (!list) {
            list = apr_array_make(p, 2, sizeof(const cfo_usage_t *));
            apr_hash_set(zones, leaf->zone, APR_HASH_KEY_STRING, list);
        }
        APR_ARRAY_PUSH(list, const cfo_usage_t *) = leaf;
    }
    return zones;
}

static void print_presented(const dump_t *dump, const cfo_zone_t *zone)
{
    const apr_array_header_t *leaves =
        dump->presented ? apr_hash_get(dump->presented, zone->name, APR_HASH_KEY_STRING)
                        : NULL;
    int i;

    for (i = 0; leaves && i < leaves->nelts; i++) {
        const cfo_usage_t *leaf = APR_ARRAY_IDX(leaves, i, const cfo_usage_t *);

        if (leaf->last)
            apr_file_printf(
                dump->out, "    presented sha256=%s first_used=%s last_used=%s\n",
                apr_pescape_hex(dump->p, leaf->digest, CFO_DIGEST_SIZE, 0),
                cfo_text_time(dump->p, leaf->first ? leaf->first : leaf->last),
                cfo_text_time(dump->p, leaf->last));
    }
}

/* `folder` NULL: zones of CFOriginPullZone, whose files load, or httpd does not start. */
static void print_zone(const dump_t *dump, const cfo_zone_t *zone,
                       const cfo_folder_t *folder)
{
    const cfo_watched_file_t *file =
        folder ? apr_hash_get(folder->zones, zone->name, APR_HASH_KEY_STRING) : NULL;
    int i;

    apr_file_printf(dump->out, "  zone %s%s%s\n", zone->name,
                    zone->error ? " shut: " : "", zone->error ? zone->error : "");
    if (zone->error && file)
        apr_file_printf(dump->out, "    file %s\n",
                        cfo_text_quote(dump->p, file->path, QUOTE_MOST));
    for (i = 0; i < zone->proofs->nelts; i++)
        print_proof(dump, zone, APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *));
    print_presented(dump, zone);
}

static void print_zones(const dump_t *dump, const cfo_zone_table_t *table,
                        const cfo_folder_t *folder)
{
    apr_array_header_t *zones = cfo_zone_table_list(dump->p, table);
    int i;

    if (folder)
        apr_file_printf(dump->out, "  folder %s\n",
                        cfo_text_quote(dump->p, folder->path, QUOTE_MOST));
    for (i = 0; i < zones->nelts; i++)
        print_zone(dump, APR_ARRAY_IDX(zones, i, cfo_zone_t *), folder);
}

/* Of table number `i` of a server; NULL: it is that of its CFOriginPullZone lines. */
static const cfo_folder_t *folder_of(const cfo_server_conf_t *conf, int i)
{
    i -= conf->zones != NULL;
    return i < 0 ? NULL : APR_ARRAY_IDX(conf->folders, i, cfo_table_builder_t *)->folder;
}

/* What is inherited, and the rare case that only one kind of zones is. */
static void print_inherited(const dump_t *dump, const cfo_server_conf_t *conf)
{
    const cfo_server_conf_t *base = conf->base;

    apr_file_printf(dump->out, "  zones of the main server: inherited\n");
    if (base && base->zones && conf->zones_none)
        apr_file_printf(dump->out, "  not inherited: CFOriginPullZone\n");
    if (base && base->folders && conf->folders_none)
        apr_file_printf(dump->out, "  not inherited: CFOriginPullZoneDir\n");
}

/* The server's own tables; those that it inherits are printed with the main server. */
static void print_own_zones(const dump_t *dump, const cfo_server_conf_t *conf)
{
    const cfo_view_t *view = &dump->snapshot->views[conf->view];
    int i, own = cfo_conf_own_tables(conf);

    for (i = 0; i < view->count && i < own; i++)
        print_zones(dump, view->tables[i], folder_of(conf, i));
    if (view->count > own)
        print_inherited(dump, conf);
}

/* ServerName and ServerAlias. */
static void print_names(const dump_t *dump, const cfo_vhost_t *vhost)
{
    const apr_array_header_t *names = cfo_vhost_names(dump->vhosts, vhost);
    int i;

    apr_file_printf(dump->out, "  names");
    for (i = 0; i < names->nelts; i++)
        apr_file_printf(dump->out, " %s",
                        cfo_text_word(dump->p, APR_ARRAY_IDX(names, i, const char *)));
    apr_file_printf(dump->out, "\n");
}

/* Where httpd chooses between names, and takes the first virtual host for any other. */
static void print_addresses(const dump_t *dump, const cfo_vhost_t *vhost)
{
    static const char *const tls[] = {
        [CFO_TLS_OFF] = "off", [CFO_TLS_OPTIONAL] = "optional", [CFO_TLS_ON] = "on"
    };
    const server_addr_rec *addr;

    apr_file_printf(dump->out, "  addresses");
    for (addr = vhost->s->addrs; vhost->s->is_virtual && addr; addr = addr->next) {
        char *ip;

        if (apr_sockaddr_ip_get(&ip, addr->host_addr) == APR_SUCCESS)
            apr_file_printf(dump->out, strchr(ip, ':') ? " [%s]:%u" : " %s:%u", ip,
                            addr->host_port);
    }
    apr_file_printf(dump->out, "\n  tls %s\n", tls[vhost->tls]);
}

static void print_vhost(const dump_t *dump, const cfo_vhost_t *vhost)
{
    const server_rec *s = vhost->s;

    apr_file_printf(dump->out, "vhost %s at=%s:%u\n", vhost->name,
                    s->defn_name ? s->defn_name : "main", s->defn_line_number);
    print_names(dump, vhost);
    print_addresses(dump, vhost);
    print_settings(dump, OF_VHOST, s);
    if (s->is_virtual)
        print_directories(dump, s);
    if (s->is_virtual &&
        cfo_conf_tree_nested(dump->vhosts->conf_tree, dump->vhosts->main, "CFOriginPull")
            ->nelts)
        apr_file_printf(dump->out, "  sections of the main server: inherited\n");
    if (s->is_virtual && !vhost->conf->base)
        apr_file_printf(dump->out, "  zones of the main server: inherited\n");
    else if (s->is_virtual)
        print_own_zones(dump, vhost->conf);
}

/* `what` is the beginning of the line. */
static void print_counts(const dump_t *dump, const char *what, const cfo_ranges_t *ranges)
{
    apr_file_printf(dump->out, "  %s ipv4=%d ipv6=%d\n", what,
                    cfo_ranges_count(ranges, 32), cfo_ranges_count(ranges, 128));
}

static void print_ranges(const dump_t *dump, const cfo_snapshot_builder_t *builder)
{
    apr_array_header_t *builtin = apr_array_make(dump->p, 32, sizeof(cfo_range_t));
    int i;

    apr_file_printf(dump->out, "ranges\n");
    print_settings(dump, OF_RANGES, dump->vhosts->main);
    cfo_ranges_add_builtin(builtin);
    print_counts(dump, "builtin date=" CFO_RANGES_BUILTIN_DATE,
                 cfo_ranges_build(dump->p, builtin));
    for (i = 0; builder->edge && i < builder->edge->nelts; i++) {
        const cfo_watched_file_t *source =
            APR_ARRAY_IDX(builder->edge, i, cfo_edge_part_t).file;

        if (source)
            print_counts(dump,
                         apr_pstrcat(dump->p, "file=",
                                     cfo_text_quote(dump->p, source->path, QUOTE_MOST),
                                     NULL),
                         source->content->ranges);
    }
}

static void print_findings(const dump_t *dump, server_rec *main)
{
    apr_array_header_t *findings = cfo_config_check_run(dump->p, main, dump->snapshot);
    int i;

    apr_file_printf(dump->out, "findings %d\n", findings->nelts);
    for (i = 0; i < findings->nelts; i++)
        apr_file_printf(
            dump->out, "  %s\n",
            cfo_finding_render(dump->p, &APR_ARRAY_IDX(findings, i, cfo_finding_t)));
}

static void print_server(const dump_t *dump)
{
    apr_file_printf(dump->out, "mod_cf_origin %s mod_ssl_openssl.h=%s\n", CFO_VERSION,
                    cfo_ssl_context_is_built() ? "yes" : "no");
    print_settings(dump, OF_SERVER, dump->vhosts->main);
}

void cfo_dump(apr_pool_t *p, server_rec *main)
{
    dump_t dump = { .p = p, .now = apr_time_now() };
    cfo_snapshot_t snapshot;
    int i;

    if (!ap_exists_config_define("DUMP_CF_ORIGIN"))
        return;
    apr_file_open_stdout(&dump.out, p);
    cfo_snapshot_build(cfo_conf_builder(p), p, cfo_conf_builder(p)->watched->start,
                       &snapshot);
    dump.snapshot = &snapshot;
    dump.vhosts = cfo_vhosts_make(p, main, &snapshot);
    if (cfo_usages_read(p, ap_runtime_dir_relative(p, CFO_USAGE_FILE), &dump.usages) !=
        APR_SUCCESS)
        dump.usages = NULL;
    if (dump.usages)
        dump.presented = list_presented(p, dump.usages);
    print_server(&dump);
    print_ranges(&dump, cfo_conf_builder(p));
    apr_file_printf(dump.out, "main server\n");
    print_directories(&dump, main);
    print_own_zones(&dump, cfo_server_conf(main));
    for (i = 0; i < dump.vhosts->all->nelts; i++)
        print_vhost(&dump, &APR_ARRAY_IDX(dump.vhosts->all, i, cfo_vhost_t));
    print_findings(&dump, main);
}
