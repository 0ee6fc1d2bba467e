/* SPDX-License-Identifier: Apache-2.0 */
/* What the origins accept: all of it is read. */
#include "ctl/origin/origin.h"

#include <stdlib.h>
#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/live/zone_folder.h"
#include "ctl/command/input.h"
#include "ctl/origin/dump_reader.h"
#include "ctl/origin/httpd_run.h"
#include "ctl/origin/status_fetch.h"

/* A file of proofs, which several zones may have. */
typedef struct {
    const char *error;
    cfo_ctl_proof_file_t source;
} loaded_t;

static const loaded_t *load(apr_pool_t *p, apr_hash_t *files, const char *path)
{
    loaded_t *loaded = apr_hash_get(files, path, APR_HASH_KEY_STRING);

    if (loaded)
        return loaded;
    loaded = apr_pcalloc(p, sizeof *loaded);
    loaded->error = cfo_ctl_proof_file_load(p, path, &loaded->source);
    apr_hash_set(files, path, APR_HASH_KEY_STRING, loaded);
    return loaded;
}

/* The files as they are now, maybe after httpd has read them. */
static void load_files(apr_pool_t *p, apr_hash_t *files, cfo_origin_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->files->nelts; i++) {
        const loaded_t *loaded =
            load(p, files, APR_ARRAY_IDX(zone->files, i, const char *));

        if (!loaded->error)
            APR_ARRAY_PUSH(zone->sources, cfo_ctl_proof_file_t) = loaded->source;
        else if (!zone->shut)
            zone->shut = apr_psprintf(
                p, "%s: %s",
                cfo_ctl_shown(p, APR_ARRAY_IDX(zone->files, i, const char *)),
                loaded->error);
    }
}

static apr_hash_t *index_zones(apr_pool_t *p, const apr_array_header_t *zones)
{
    apr_hash_t *index = apr_hash_make(p);
    int i;

    for (i = 0; i < zones->nelts; i++) {
        cfo_origin_zone_t *zone = &APR_ARRAY_IDX(zones, i, cfo_origin_zone_t);

        apr_hash_set(index, zone->name, APR_HASH_KEY_STRING, zone);
    }
    return index;
}

/* The folder alone is like one server whose virtual hosts are not known. */
static const char *read_folder(apr_pool_t *p, const char *folder, cfo_origin_t *origin)
{
    apr_array_header_t *files = apr_array_make(p, 16, sizeof(cfo_zone_file_t));
    const char *reason = cfo_zone_folder_list(p, folder, files);
    cfo_origin_vhost_t *server;
    int i;

    if (reason)
        return apr_psprintf(p, "%s: %s", cfo_ctl_shown(p, folder), reason);
    for (i = 0; i < files->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);
        cfo_origin_zone_t *zone;

        if (!file->zone)
            continue;
        zone = apr_array_push(origin->zones);
        *zone = (cfo_origin_zone_t){ .name = file->zone };
        zone->policy = CFO_ORIGIN_POLICY_UNKNOWN;
        zone->files = apr_array_make(p, 1, sizeof(const char *));
        zone->sources = apr_array_make(p, 1, sizeof(cfo_ctl_proof_file_t));
        APR_ARRAY_PUSH(zone->files, const char *) = file->path;
    }
    server = apr_array_push(origin->servers);
    *server = (cfo_origin_vhost_t){ .own = 1, .policy = CFO_ORIGIN_POLICY_UNKNOWN };
    server->names = apr_array_make(p, 1, sizeof(const char *));
    server->tables = apr_array_make(p, 1, sizeof(apr_hash_t *));
    APR_ARRAY_PUSH(server->tables, apr_hash_t *) = index_zones(p, origin->zones);
    origin->zone_dir = folder;
    return NULL;
}

static void lift(cfo_origin_policy_t *policy, cfo_origin_policy_t other)
{
    *policy = other > *policy ? other : *policy;
}

static void lift_all(apr_pool_t *p, apr_hash_t *table, cfo_origin_policy_t policy)
{
    apr_hash_index_t *i;
    void *zone;

    for (i = apr_hash_first(p, table); i; i = apr_hash_next(i)) {
        apr_hash_this(i, NULL, NULL, &zone);
        lift(&((cfo_origin_zone_t *)zone)->policy, policy);
    }
}

static void add_table(cfo_origin_vhost_t *vhost, apr_hash_t *table)
{
    APR_ARRAY_PUSH(vhost->tables, apr_hash_t *) = table;
}

/* In the module's order: CFOriginPullZone before CFOriginPullZoneDir, its own before what
 * it inherits. */
static void list_tables(apr_pool_t *p, cfo_dump_server_t *server,
                        const cfo_dump_server_t *main)
{
    cfo_origin_vhost_t *vhost = &server->vhost;
    int inherits = server->inherits;

    vhost->tables = apr_array_make(p, 4, sizeof(apr_hash_t *));
    if (server->is_main)
        inherits = 1;
    add_table(vhost, server->listed);
    add_table(vhost, server->folders);
    if (inherits && !server->but_not_listed)
        add_table(vhost, main->listed);
    if (inherits && !server->but_not_folders)
        add_table(vhost, main->folders);
    vhost->own = server->is_main ? vhost->tables->nelts : 2;
}

/* The highest policy that each table of the main server is inherited by. */
typedef struct {
    cfo_origin_policy_t listed, folders;
} inherited_t;

static void lift_tables(apr_pool_t *p, const cfo_origin_vhost_t *vhost,
                        const cfo_dump_server_t *main, inherited_t *inherited)
{
    int i;

    for (i = 0; i < vhost->tables->nelts; i++) {
        apr_hash_t *table = APR_ARRAY_IDX(vhost->tables, i, apr_hash_t *);

        if (table == main->listed)
            lift(&inherited->listed, vhost->policy);
        else if (table == main->folders)
            lift(&inherited->folders, vhost->policy);
        else
            lift_all(p, table, vhost->policy);
    }
}

static void add_server(apr_pool_t *p, cfo_dump_server_t *server,
                       const cfo_dump_server_t *main, cfo_origin_t *origin)
{
    cfo_origin_vhost_t *vhost = &server->vhost;

    lift(&vhost->policy, server->in_sections);
    if (server->is_main || server->inherits_sections)
        lift(&vhost->policy, main->in_sections);
    if (!server->needs_certificates)
        vhost->policy = CFO_ORIGIN_OFF;
    list_tables(p, server, main);
    APR_ARRAY_PUSH(origin->servers, cfo_origin_vhost_t) = *vhost;
}

static void add_servers(apr_pool_t *p, const cfo_dump_t *dump, cfo_origin_t *origin)
{
    const cfo_dump_server_t *main = &APR_ARRAY_IDX(dump->servers, 0, cfo_dump_server_t);
    inherited_t inherited = { CFO_ORIGIN_OFF, CFO_ORIGIN_OFF };
    int i;

    for (i = 1; i < dump->servers->nelts; i++) {
        cfo_dump_server_t *server = &APR_ARRAY_IDX(dump->servers, i, cfo_dump_server_t);

        add_server(p, server, main, origin);
        lift_tables(p, &server->vhost, main, &inherited);
    }
    lift_all(p, main->listed, inherited.listed);
    lift_all(p, main->folders, inherited.folders);
}

/* Copies the zones into the array, and points the tables there. */
static void settle(apr_pool_t *p, const cfo_dump_t *dump, cfo_origin_t *origin)
{
    apr_hash_t *files = apr_hash_make(p), *places = apr_hash_make(p);
    int i, j;

    for (i = 0; i < dump->zones->nelts; i++) {
        cfo_origin_zone_t *const *zone =
            &APR_ARRAY_IDX(dump->zones, i, cfo_origin_zone_t *);

        load_files(p, files, *zone);
        APR_ARRAY_PUSH(origin->zones, cfo_origin_zone_t) = **zone;
        apr_hash_set(places, zone, sizeof(void *),
                     &APR_ARRAY_IDX(origin->zones, i, cfo_origin_zone_t));
    }
    for (i = 0; i < dump->servers->nelts; i++) {
        cfo_dump_server_t *server = &APR_ARRAY_IDX(dump->servers, i, cfo_dump_server_t);
        apr_hash_t *const tables[] = { server->listed, server->folders };

        for (j = 0; j < 2; j++) {
            apr_hash_index_t *at;

            for (at = apr_hash_first(p, tables[j]); at; at = apr_hash_next(at)) {
                const void *name;
                void *zone;

                apr_hash_this(at, &name, NULL, &zone);
                apr_hash_set(tables[j], name, APR_HASH_KEY_STRING,
                             apr_hash_get(places, &zone, sizeof(void *)));
            }
        }
    }
}

static const char *take_dump(apr_pool_t *p, char *text, apr_size_t length,
                             cfo_origin_t *origin)
{
    cfo_dump_t dump;
    const char *reason = cfo_dump_read(p, text, length, &dump);
    int i;

    if (reason)
        return reason;
    for (i = 0; i < dump.zones->nelts; i++)
        APR_ARRAY_IDX(dump.zones, i, cfo_origin_zone_t *)->policy = CFO_ORIGIN_OFF;
    add_servers(p, &dump, origin);
    origin->zones = apr_array_make(p, dump.zones->nelts + 1, sizeof(cfo_origin_zone_t));
    settle(p, &dump, origin);
    origin->findings = dump.findings;
    origin->zone_dir = dump.folder;
    origin->reload = dump.reload;
    APR_ARRAY_PUSH(origin->running, cfo_origin_running_t) = *dump.running;
    return NULL;
}

static const char *read_dump(apr_pool_t *p, const cfo_origin_sources_t *sources,
                             cfo_origin_t *origin)
{
    const char *reason, *text;
    apr_size_t length;
    char *own;

    if (!sources->dump) {
        reason = cfo_httpd_run(p, sources->httpd, &own, &length);
        if (reason)
            return reason;
        reason = take_dump(p, own, length, origin);
        return reason ? apr_pstrcat(p, "the dump of httpd: ", reason, NULL) : NULL;
    }
    reason = cfo_ctl_input_read(p, sources->dump, CFO_DUMP_MOST, &text, &length);
    if (!reason)
        reason = take_dump(p, apr_pstrmemdup(p, text, length), length, origin);
    return reason ? apr_psprintf(p, "%s: %s", cfo_ctl_shown(p, sources->dump), reason)
                  : NULL;
}

static void read_running(apr_pool_t *p, const char *url, cfo_origin_running_t *running)
{
    const char *text;
    apr_size_t length;

    *running = (cfo_origin_running_t){ .url = url };
    running->error = cfo_status_fetch(p, url, &text, &length);
    if (!running->error)
        running->error = cfo_status_read(p, text, length, running);
    if (!running->error)
        return;
    running->zones = NULL;
    running->servers = NULL;
    running->proofs = apr_array_make(p, 1, sizeof(cfo_origin_use_t));
    running->presented = apr_array_make(p, 1, sizeof(cfo_origin_use_t));
    running->in_trouble = apr_array_make(p, 1, sizeof(const char *));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts, and removes what is there twice. */
static void sort_texts(apr_array_header_t *texts)
{
    const char **list = (const char **)(void *)texts->elts;
    int i, kept = 0;

    qsort(texts->elts, (size_t)texts->nelts, sizeof(const char *), by_text);
    for (i = 0; i < texts->nelts; i++) {
        if (!kept || strcmp(list[kept - 1], list[i]))
            list[kept++] = list[i];
    }
    texts->nelts = kept;
}

/* The names of virtual hosts, without wildcards. */
static void list_hosts(cfo_origin_t *origin)
{
    int i, j;

    for (i = 0; i < origin->servers->nelts; i++) {
        const cfo_origin_vhost_t *vhost =
            &APR_ARRAY_IDX(origin->servers, i, cfo_origin_vhost_t);

        for (j = 0; vhost->policy && j < vhost->names->nelts; j++) {
            const char *name = APR_ARRAY_IDX(vhost->names, j, const char *);

            if (!strpbrk(name, "*?"))
                APR_ARRAY_PUSH(origin->vhosts, const char *) = name;
        }
    }
    sort_texts(origin->vhosts);
}

static apr_array_header_t *group_of(apr_pool_t *p, cfo_origin_t *origin,
                                    apr_hash_t *groups, const char *address)
{
    apr_array_header_t *group = apr_hash_get(groups, address, APR_HASH_KEY_STRING);

    if (group)
        return group;
    group = apr_array_make(p, 4, sizeof(cfo_origin_vhost_t *));
    apr_hash_set(groups, address, APR_HASH_KEY_STRING, group);
    APR_ARRAY_PUSH(origin->groups, apr_array_header_t *) = group;
    return group;
}

/* The virtual hosts of each address, in their order. The main server is alone with the
 * addresses that they leave. */
static void group_servers(apr_pool_t *p, cfo_origin_t *origin)
{
    apr_hash_t *groups = apr_hash_make(p);
    int i, j;

    origin->groups = apr_array_make(p, 4, sizeof(apr_array_header_t *));
    for (i = 0; i < origin->servers->nelts; i++) {
        cfo_origin_vhost_t *vhost =
            &APR_ARRAY_IDX(origin->servers, i, cfo_origin_vhost_t);

        if (!vhost->addresses) {
            origin->groups = NULL;
            return;
        }
        if (!vhost->addresses->nelts)
            APR_ARRAY_PUSH(vhost->addresses, const char *) = "main";
        for (j = 0; j < vhost->addresses->nelts; j++)
            APR_ARRAY_PUSH(group_of(p, origin, groups,
                                    APR_ARRAY_IDX(vhost->addresses, j, const char *)),
                           cfo_origin_vhost_t *) = vhost;
    }
}

const char *cfo_origin_read(cfo_ctl_t *ctl, const cfo_origin_sources_t *sources,
                            const cfo_origin_t **origin)
{
    apr_pool_t *p = ctl->pool;
    cfo_origin_t *made = apr_pcalloc(p, sizeof *made);
    apr_hash_t *files = apr_hash_make(p);
    const char *reason;
    int i;

    made->zones = apr_array_make(p, 16, sizeof(cfo_origin_zone_t));
    made->servers = apr_array_make(p, 16, sizeof(cfo_origin_vhost_t));
    made->vhosts = apr_array_make(p, 16, sizeof(const char *));
    made->running = apr_array_make(p, 2, sizeof(cfo_origin_running_t));
    made->findings = apr_array_make(p, 1, sizeof(const char *));
    made->reload = -1;
    if (sources->folder) {
        reason = read_folder(p, sources->folder, made);
        for (i = 0; !reason && i < made->zones->nelts; i++)
            load_files(p, files, &APR_ARRAY_IDX(made->zones, i, cfo_origin_zone_t));
    }
    else
        reason = read_dump(p, sources, made);
    if (reason)
        return reason;
    if (sources->status && sources->status->nelts)
        apr_array_clear(made->running);
    for (i = 0; sources->status && i < sources->status->nelts; i++)
        read_running(p, APR_ARRAY_IDX(sources->status, i, const char *),
                     apr_array_push(made->running));
    list_hosts(made);
    group_servers(p, made);
    *origin = made;
    return NULL;
}

apr_array_header_t *cfo_origin_zone_names(apr_pool_t *p, const cfo_origin_t *origin)
{
    apr_array_header_t *names =
        apr_array_make(p, origin->zones->nelts + 1, sizeof(const char *));
    int i;

    for (i = 0; i < origin->zones->nelts; i++)
        APR_ARRAY_PUSH(names, const char *) =
            APR_ARRAY_IDX(origin->zones, i, cfo_origin_zone_t).name;
    sort_texts(names);
    return names;
}
