/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a server and of a directory. */
#include "httpd/config/conf.h"

#include <string.h>

#include "apr_strings.h"

#define FLAGS_VALUE 0, 0
#define FLAGS_LIST 1, 0
#define FLAGS_GLOBAL_VALUE 0, 1
#define FLAGS_GLOBAL_LIST 1, 1

const cfo_setting_t cfo_settings[] = {
#define CFO_SETTING(kind, field, preset, directive, text)                                \
    { directive, text, FLAGS_##kind },
    CFO_SERVER_FIELDS(CFO_SETTING)
#undef CFO_SETTING
        { NULL, NULL, 0, 0 }
};

/* The defaults of what the module changes: under Audit nothing. */
static const cfo_effects_t presets[] = {
    { CFO_MODE_OFF, CFO_CLIENT_IP_OFF, 0 },
    { CFO_MODE_AUDIT, CFO_CLIENT_IP_OFF, 0 },
    { CFO_MODE_ON, CFO_CLIENT_IP_VERIFIED, 1 },
};

const char *cfo_setting_preset(const cfo_setting_t *setting, cfo_mode_t mode,
                               int *is_special)
{
    int is_client_ip = !strcmp(setting->directive, "CFOriginPullClientIP");

    *is_special = mode == CFO_MODE_AUDIT &&
                  (is_client_ip || !strcmp(setting->directive, "CFOriginPullScrub"));
    if (!*is_special)
        return setting->preset;
    return is_client_ip ? "off" : "Off";
}

void *cfo_server_conf_create(apr_pool_t *p, server_rec *s)
{
    cfo_server_conf_t *conf = apr_pcalloc(p, sizeof *conf);

    (void)s;
#define CFO_CREATE(kind, field, preset, directive, text) conf->field = CFO_UNSET_##kind;
    CFO_SERVER_FIELDS(CFO_CREATE)
#undef CFO_CREATE
    conf->directory_mode = CFO_UNSET;
    return conf;
}

void *cfo_server_conf_merge(apr_pool_t *p, void *base_conf, void *add_conf)
{
    const cfo_server_conf_t *base = base_conf, *add = add_conf;
    cfo_server_conf_t *conf = apr_pcalloc(p, sizeof *conf);

#define CFO_MERGE(kind, field, preset, directive, text)                                  \
    conf->field = add->field == CFO_UNSET_##kind ? base->field : add->field;
    CFO_SERVER_FIELDS(CFO_MERGE)
#undef CFO_MERGE
    conf->zones = add->zones;
    conf->folders = add->folders;
    conf->zones_none = add->zones_none;
    conf->folders_none = add->folders_none;
    conf->directory_mode =
        add->directory_mode == CFO_UNSET ? base->directory_mode : add->directory_mode;
    conf->own_directory_mode = add->directory_mode;
    conf->base = base;
    return conf;
}

static int or_else(int value, int preset)
{
    return value == CFO_UNSET ? preset : value;
}

/* While the fields are as they were written; a second call changes nothing. */
static void set_effects(cfo_server_conf_t *conf)
{
    const cfo_effects_t *own = &conf->effects[CFO_MODE_ON];
    int mode;

    if (own->mode == CFO_MODE_ON)
        return;
    conf->effects[CFO_MODE_OFF] = presets[CFO_MODE_OFF];
    for (mode = CFO_MODE_AUDIT; mode <= CFO_MODE_ON; mode++)
        conf->effects[mode] =
            (cfo_effects_t){ (cfo_mode_t)mode,
                             or_else(conf->client_ip, presets[mode].client_ip),
                             or_else(conf->scrub, presets[mode].scrub) };
    if (conf->mode == CFO_MODE_AUDIT)
        own = &conf->effects[CFO_MODE_AUDIT];
    conf->client_ip = own->client_ip;
    conf->scrub = own->scrub;
}

void cfo_server_conf_set_defaults(cfo_server_conf_t *conf)
{
    set_effects(conf);
#define CFO_PRESET(kind, field, preset, directive, text)                                 \
    if (conf->field == CFO_UNSET_##kind)                                                 \
        conf->field = preset;
    CFO_SERVER_FIELDS(CFO_PRESET)
#undef CFO_PRESET
    if (conf->directory_mode == CFO_UNSET)
        conf->directory_mode = CFO_MODE_OFF;
}

int cfo_conf_has_no_ranges(const cfo_server_conf_t *conf)
{
    return conf->edge_list && !conf->edge_list->nelts;
}

const char *cfo_require_name(int require)
{
    static const char *const names[] = { "-", "cert", "ip", "cert ip", "tunnel" };

    return names[require];
}

const char *cfo_client_ip_name(int client_ip)
{
    static const char *const names[] = { "verified", "edge", "off" };

    return names[client_ip];
}

void *cfo_dir_conf_create(apr_pool_t *p, char *path)
{
    cfo_dir_conf_t *conf = apr_pcalloc(p, sizeof *conf);

    (void)path;
    conf->mode = CFO_UNSET;
    return conf;
}

/* A directory can only raise the mode, also above that of its parent directories. */
void *cfo_dir_conf_merge(apr_pool_t *p, void *base_conf, void *add_conf)
{
    const cfo_dir_conf_t *base = base_conf, *add = add_conf;
    cfo_dir_conf_t *conf = apr_pcalloc(p, sizeof *conf);

    conf->mode = base->mode > add->mode ? base->mode : add->mode;
    return conf;
}

const char *cfo_vhost_name(apr_pool_t *p, const server_rec *s)
{
    const char *name = s->server_hostname ? s->server_hostname : "-";
    apr_port_t port = s->addrs && s->addrs->host_port ? s->addrs->host_port : s->port;

    return port ? apr_psprintf(p, "%s:%u", name, port) : name;
}

/* A directory of the main server counts for the main server only: no one can tell which
 * virtual hosts use it. */
cfo_mode_t cfo_mode_anywhere(const server_rec *s)
{
    const cfo_server_conf_t *conf = cfo_server_conf(s);
    int directory = conf->directory_mode, mode;

    if (s->is_virtual)
        directory = conf->base ? conf->own_directory_mode : CFO_UNSET;
    mode = conf->mode > directory ? conf->mode : directory;
    return mode == CFO_UNSET ? CFO_MODE_OFF : (cfo_mode_t)mode;
}

cfo_snapshot_builder_t *cfo_conf_builder(apr_pool_t *pconf)
{
    static const char key[] = "cf_origin:snapshot_builder";
    void *builder = NULL;

    apr_pool_userdata_get(&builder, key, pconf);
    if (!builder) {
        builder = cfo_snapshot_builder_create(pconf);
        apr_pool_userdata_setn(builder, key, NULL, pconf);
    }
    return builder;
}

apr_array_header_t *cfo_conf_tables(apr_pool_t *p, const cfo_server_conf_t *conf)
{
    apr_array_header_t *tables = apr_array_make(p, 4, sizeof(cfo_table_builder_t *));
    const cfo_server_conf_t *base = conf->base;

    if (conf->zones)
        APR_ARRAY_PUSH(tables, cfo_table_builder_t *) = conf->zones;
    if (conf->folders)
        apr_array_cat(tables, conf->folders);
    if (base && base->zones && !conf->zones_none)
        APR_ARRAY_PUSH(tables, cfo_table_builder_t *) = base->zones;
    if (base && base->folders && !conf->folders_none)
        apr_array_cat(tables, base->folders);
    return tables;
}

int cfo_conf_own_tables(const cfo_server_conf_t *conf)
{
    return (conf->zones != NULL) + (conf->folders ? conf->folders->nelts : 0);
}
