/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: files of zone folders that are for no host. */
#include "httpd/check/zone_files.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "httpd/check/checks.h"

enum { NAMES_SHOWN = 5, NAME_MOST = 100 };

static void add_names(cfo_host_names_t *names, const apr_array_header_t *more)
{
    int i;

    for (i = 0; more && i < more->nelts; i++)
        cfo_host_names_add(names, APR_ARRAY_IDX(more, i, const char *));
}

cfo_host_names_t *cfo_zone_files_names(apr_pool_t *p, const server_rec *main)
{
    cfo_host_names_t *names = cfo_host_names_create(p);
    const server_rec *s;

    for (s = main; s; s = s->next) {
        if (s->server_hostname)
            cfo_host_names_add(names, s->server_hostname);
        add_names(names, s->names);
        add_names(names, s->wild_names);
    }
    return names;
}

static int has_folder(const server_rec *s, const char *folder)
{
    const apr_array_header_t *folders = cfo_server_conf(s)->folders;
    int i;

    for (i = 0; folders && i < folders->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(folders, i, cfo_table_builder_t *)->folder->path,
                    folder))
            return 1;
    }
    return 0;
}

int cfo_zone_files_are_open(const server_rec *main, const char *folder)
{
    const server_rec *s;

    for (s = main->next; s; s = s->next) {
        if (cfo_server_conf(s) != cfo_server_conf(main) && has_folder(s, folder) &&
            cfo_mode_anywhere(s) != CFO_MODE_OFF)
            return 1;
    }
    return has_folder(main, folder) && cfo_mode_anywhere(main) != CFO_MODE_OFF &&
           cfo_vhosts_reach_main(main);
}

cfo_zone_file_use_t cfo_zone_file_use(apr_pool_t *p, const cfo_host_names_t *names,
                                      int is_open, const char *zone, const char **text)
{
    const char *quoted = cfo_text_quote(p, zone, NAME_MOST), *meant, *odd;

    *text = quoted;
    if (cfo_host_names_in_zone(names, zone))
        return CFO_ZONE_FILE_USED;
    meant = cfo_host_names_meant(p, names, zone);
    odd = cfo_zone_name_odd(p, zone);
    if (meant)
        *text = apr_psprintf(p, "%s (the file for the zone %s is called %s.pem)", quoted,
                             meant, meant);
    else if (odd)
        *text = apr_psprintf(p, "%s (%s)", quoted, odd);
    if (meant || odd)
        return CFO_ZONE_FILE_ODD;
    return is_open ? CFO_ZONE_FILE_USED : CFO_ZONE_FILE_UNUSED;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static apr_array_header_t *list_zones(apr_pool_t *p, const cfo_folder_t *folder)
{
    apr_array_header_t *zones = apr_array_make(p, 16, sizeof(const char *));
    apr_hash_index_t *i;

    for (i = apr_hash_first(p, folder->zones); i; i = apr_hash_next(i))
        APR_ARRAY_PUSH(zones, const char *) = apr_hash_this_key(i);
    qsort(zones->elts, zones->nelts, zones->elt_size, by_name);
    return zones;
}

/* A list of files, shortened, and how many they are. */
typedef struct {
    apr_pool_t *pool;
    const char *text; /* NULL: none */
    int count;
} list_t;

static void add_to(list_t *list, const char *text)
{
    if (++list->count <= NAMES_SHOWN)
        list->text =
            list->text ? apr_pstrcat(list->pool, list->text, ", ", text, NULL) : text;
    else if (list->count == NAMES_SHOWN + 1)
        list->text = apr_pstrcat(list->pool, list->text, " and others", NULL);
}

/* Another extension, with which the file is no zone: "example.com.crt",
 * "example.com.PEM". Keys and requests have their place next to a certificate. */
static int has_other_extension(const char *name)
{
    static const char *const extensions[] = { ".crt", ".cer", ".cert", ".ca",
                                              ".txt", ".der", ".pem" };
    const char *dot = ap_strrchr_c(name, '.');
    size_t i;

    for (i = 0; dot && i < sizeof extensions / sizeof *extensions; i++) {
        if (!strcasecmp(dot, extensions[i]) && strcmp(dot, ".pem"))
            return 1;
    }
    return 0;
}

/* Whether a virtual host of this name needs a zone and has none. */
static int lacks_zone(const cfo_vhosts_t *vhosts, const char *name)
{
    const apr_array_header_t *named = cfo_vhosts_named(vhosts, name);
    int i;

    for (i = 0; i < named->nelts; i++) {
        const cfo_vhost_t *vhost = APR_ARRAY_IDX(named, i, const cfo_vhost_t *);

        if (vhost->needs_certificate && !cfo_vhost_zone(vhosts, vhost, name))
            return 1;
    }
    return 0;
}

static void add_misnamed(list_t *list, const cfo_vhosts_t *vhosts, const char *name)
{
    char *zone =
        apr_pstrmemdup(list->pool, name, strlen(name) - strlen(ap_strrchr_c(name, '.')));

    ap_str_tolower(zone);
    if (lacks_zone(vhosts, zone))
        add_to(list, apr_psprintf(list->pool, "%s (the file is called %s.pem)",
                                  cfo_text_quote(list->pool, name, NAME_MOST), zone));
}

/* In the order of the folder, which is no order. */
static void add_misnamed_files(list_t *list, const cfo_folder_t *folder,
                               const cfo_vhosts_t *vhosts)
{
    apr_finfo_t info;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, folder->path, list->pool) != APR_SUCCESS)
        return;
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (info.name[0] != '.' && has_other_extension(info.name))
            add_misnamed(list, vhosts, info.name);
    }
    apr_dir_close(dir);
}

static cfo_host_names_t *names_of_all(cfo_checking_t *checking)
{
    static const char key[] = "the names of all servers";
    cfo_host_names_t *names = apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING);

    if (!names) {
        names = cfo_zone_files_names(checking->pool, checking->vhosts->main);
        apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, names);
    }
    return names;
}

/* All files of a folder that are used like this. */
static list_t list_files(cfo_checking_t *checking, const cfo_folder_t *folder,
                         cfo_zone_file_use_t wanted)
{
    int i, is_open = cfo_zone_files_are_open(checking->vhosts->main, folder->path);
    const cfo_host_names_t *names = names_of_all(checking);
    apr_array_header_t *zones = list_zones(checking->pool, folder);
    list_t list = { checking->pool, NULL, 0 };
    const char *text;

    for (i = 0; i < zones->nelts; i++) {
        const char *zone = APR_ARRAY_IDX(zones, i, const char *);

        if (cfo_zone_file_use(checking->pool, names, is_open, zone, &text) == wanted)
            add_to(&list, text);
    }
    if (wanted == CFO_ZONE_FILE_ODD)
        add_misnamed_files(&list, folder, checking->vhosts);
    return list;
}

/* The server whose line names the folder of a table: the tables of a virtual host come
 * before those that it inherits. */
static const cfo_vhost_t *owner(const cfo_checking_t *checking, const cfo_vhost_t *vhost,
                                int table)
{
    return table < cfo_conf_own_tables(vhost->conf) ? vhost : cfo_check_main(checking);
}

/* Each folder once, when a virtual host uses it. */
static void check_folders(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                          cfo_zone_file_use_t wanted, const char *what,
                          const char *advice)
{
    const apr_array_header_t *tables;
    int i;

    if (!vhost->needs_certificate)
        return;
    tables = cfo_conf_tables(checking->pool, vhost->conf);
    for (i = 0; i < tables->nelts; i++) {
        const cfo_folder_t *folder =
            APR_ARRAY_IDX(tables, i, cfo_table_builder_t *)->folder;
        const char *key;
        list_t list;

        if (!folder)
            continue;
        key = apr_psprintf(checking->pool, "%s %s", checking->now->code, folder->path);
        if (apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, key);
        list = list_files(checking, folder, wanted);
        if (list.text)
            cfo_check_add_file(checking, owner(checking, vhost, i), folder->path,
                               apr_psprintf(checking->pool,
                                            "this folder has %d file%s %s: %s. %s",
                                            list.count, list.count == 1 ? "" : "s", what,
                                            list.text, advice));
    }
}

static void check_odd_files(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    check_folders(
        checking, vhost, CFO_ZONE_FILE_ODD, "whose name is no zone of any virtual host",
        "The name of a file is that of its zone with .pem behind it, and such a "
        "file proves nothing for the zone that it seems to be meant for: rename "
        "it");
}

static void check_unused_files(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    check_folders(
        checking, vhost, CFO_ZONE_FILE_UNUSED,
        "for a zone in which no virtual host has a name",
        "Until there is such a host, a file does nothing: remove it if the site "
        "is gone, rename it if another zone is meant, or add the name to its "
        "virtual host (ServerName, ServerAlias)");
}

const cfo_check_t cfo_zone_files_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0260 odd-zone-file", check_odd_files },
    { CFO_LEVEL_NOTICE, "CFO0261 unused-zone-file", check_unused_files },
    { 0 }
};
