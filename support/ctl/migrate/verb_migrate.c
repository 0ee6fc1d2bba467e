/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: proposes how an existing configuration moves to this module. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/command/ctl.h"
#include "ctl/migrate/migrate.h"

enum { ROOT = 1, ALL, PHASES = 3, SHOWN_MOST = 4096 };

/* What is foreign is shown without control characters. */
static const char *shown(cfo_ctl_t *ctl, const char *text)
{
    const char *c = text;

    while (*c >= ' ' && *c <= '~')
        c++;
    return *c ? cfo_text_quote(ctl->pool, text, SHOWN_MOST) : text;
}

static const char *place(cfo_ctl_t *ctl, const char *file, int line)
{
    return line ? apr_psprintf(ctl->pool, "%s:%d", shown(ctl, file), line)
                : shown(ctl, file);
}

static const char *name_of(const cfo_site_t *site)
{
    if (!site->section)
        return "main server";
    return site->names->nelts ? APR_ARRAY_IDX(site->names, 0, const char *)
                              : "(no ServerName)";
}

/* Text of several lines, each behind `indent`. */
static void print_lines(cfo_ctl_t *ctl, const char *indent, const char *text)
{
    char *copy = apr_pstrdup(ctl->pool, text), *state, *line;

    for (line = apr_strtok(copy, "\n", &state); line;
         line = apr_strtok(NULL, "\n", &state))
        printf("%s%s\n", indent, shown(ctl, line));
}

static void print_change(cfo_ctl_t *ctl, const cfo_change_t *change)
{
    printf("    %s %s", change->op, !strcmp(change->op, "add") ? "below " : "");
    printf("%s", place(ctl, change->file, change->line));
    if (change->last_line > change->line)
        printf("-%d", change->last_line);
    printf("\n");
    if (change->old_text)
        print_lines(ctl, "      - ", change->old_text);
    if (change->new_text)
        print_lines(ctl, "      + ", change->new_text);
    printf("      %s.\n", shown(ctl, change->why));
}

static int has_phase(const cfo_site_t *site, int phase)
{
    int i, any = 0;

    for (i = 0; i < site->changes->nelts; i++)
        any |= APR_ARRAY_IDX(site->changes, i, cfo_change_t).phase == phase;
    return any;
}

static const char *const phases[] = {
    NULL, "step 1: make these changes in one reload",
    "step 2: when the log has verified requests (CFO0003) and cf-originctl audit --ready "
    "answers yes, in one reload",
    "step 3: when step 2 works and nothing but strangers is refused (CFO0001), in one "
    "reload"
};

static void print_site(cfo_ctl_t *ctl, const cfo_site_t *site)
{
    int i, phase;

    printf("%s", shown(ctl, name_of(site)));
    if (site->section)
        printf(" (%s, %s)", place(ctl, site->section->file, site->section->line),
               shown(ctl, site->section->args));
    printf("\n");
    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        printf("  %s %s%s%s: %s.\n", place(ctl, found->line->file, found->line->line),
               cfo_kind_name(found->kind), found->detail ? " " : "",
               found->detail ? shown(ctl, found->detail) : "",
               cfo_kind_text(found->kind));
    }
    for (i = 0; i < site->notes->nelts; i++)
        printf("  note: %s.\n", shown(ctl, APR_ARRAY_IDX(site->notes, i, const char *)));
    for (phase = 1; phase <= PHASES; phase++) {
        if (has_phase(site, phase))
            printf("  %s\n", phases[phase]);
        for (i = 0; i < site->changes->nelts; i++) {
            const cfo_change_t *change = &APR_ARRAY_IDX(site->changes, i, cfo_change_t);

            if (change->phase == phase)
                print_change(ctl, change);
        }
    }
    printf("\n");
}

static const cfo_json_field_t change_fields[] = {
    { "step", CFO_JSON_NUMBER, offsetof(cfo_change_t, phase) },
    { "op", CFO_JSON_STRING, offsetof(cfo_change_t, op) },
    { "file", CFO_JSON_STRING, offsetof(cfo_change_t, file) },
    { "line", CFO_JSON_NUMBER, offsetof(cfo_change_t, line) },
    { "last_line", CFO_JSON_NUMBER, offsetof(cfo_change_t, last_line) },
    { "old", CFO_JSON_STRING, offsetof(cfo_change_t, old_text) },
    { "new", CFO_JSON_STRING, offsetof(cfo_change_t, new_text) },
    { "why", CFO_JSON_STRING, offsetof(cfo_change_t, why) },
    { NULL, 0, 0 },
};

static void write_found(cfo_json_t *json, const cfo_site_t *site)
{
    int i;

    cfo_json_open(json, "found", '[');
    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "kind", cfo_kind_name(found->kind));
        cfo_json_string(json, "file", found->line->file);
        cfo_json_number(json, "line", found->line->line);
        cfo_json_string(json, "directive", found->line->name);
        cfo_json_string(json, "detail", found->detail);
        cfo_json_string(json, "text", cfo_kind_text(found->kind));
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_site(cfo_json_t *json, const cfo_site_t *site)
{
    int i;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "name",
                    site->section && !site->names->nelts ? NULL : name_of(site));
    cfo_json_string(json, "file", site->section ? site->section->file : NULL);
    cfo_json_number(json, "line", site->section ? site->section->line : 0);
    cfo_json_string(json, "address", site->section ? site->section->args : NULL);
    cfo_json_truth(json, "tls", site->has_tls);
    write_found(json, site);
    cfo_json_rows(json, "changes", change_fields, site->changes);
    cfo_json_open(json, "notes", '[');
    for (i = 0; i < site->notes->nelts; i++)
        cfo_json_string(json, NULL, APR_ARRAY_IDX(site->notes, i, const char *));
    cfo_json_close(json, ']');
    cfo_json_close(json, '}');
}

static int is_shown(const cfo_site_t *site)
{
    return site->found->nelts || site->changes->nelts || site->notes->nelts;
}

static const cfo_json_field_t note_fields[] = {
    { "file", CFO_JSON_STRING, offsetof(cfo_conf_note_t, file) },
    { "line", CFO_JSON_NUMBER, offsetof(cfo_conf_note_t, line) },
    { "text", CFO_JSON_STRING, offsetof(cfo_conf_note_t, text) },
    { NULL, 0, 0 },
};

static void write_json(cfo_ctl_t *ctl, const cfo_migration_t *migration)
{
    int i;

    cfo_json_open(ctl->json, "vhosts", '[');
    if (is_shown(migration->server))
        write_site(ctl->json, migration->server);
    for (i = 0; i < migration->sites->nelts; i++) {
        const cfo_site_t *site = APR_ARRAY_IDX(migration->sites, i, const cfo_site_t *);

        if (is_shown(site))
            write_site(ctl->json, site);
    }
    cfo_json_close(ctl->json, ']');
    cfo_json_rows(ctl->json, "notes", note_fields, migration->conf->notes);
    cfo_json_number(ctl->json, "files", migration->conf->files);
}

#define HTACCESS                                                                         \
    "note: lines in .htaccess files are not seen. Look for them below each "             \
    "DocumentRoot:\n  grep -rEnis --include=.htaccess 'require |allow from|"             \
    "CF-|remote_addr|ssl_client|sslrequire' /var/www\n"

static void print(cfo_ctl_t *ctl, const cfo_migration_t *migration)
{
    int i, any = is_shown(migration->server);
    int changes = migration->server->changes->nelts;

    if (any)
        print_site(ctl, migration->server);
    for (i = 0; i < migration->sites->nelts; i++) {
        const cfo_site_t *site = APR_ARRAY_IDX(migration->sites, i, const cfo_site_t *);

        if (is_shown(site))
            print_site(ctl, site);
        any |= is_shown(site);
        changes += site->changes->nelts;
    }
    if (any && !changes)
        printf("nothing to change\n");
    if (!any)
        printf(
            "nothing to change: there is no virtual host with TLS that is not shut, and "
            "no line that concerns Cloudflare\n");
    for (i = 0; i < migration->conf->notes->nelts; i++) {
        const cfo_conf_note_t *note =
            &APR_ARRAY_IDX(migration->conf->notes, i, cfo_conf_note_t);

        printf("note: %s: %s\n", place(ctl, note->file, note->line),
               shown(ctl, note->text));
    }
    printf(HTACCESS);
}

/* Without mod_info, httpd accepts -D DUMP_CONFIG and prints nothing. */
#define NOTHING_READ                                                                     \
    "no line of a configuration. Only mod_info prints it, and it need not be loaded "    \
    "otherwise: apachectl -t -D DUMP_CONFIG -c 'LoadModule info_module "                 \
    "/usr/lib/apache2/modules/mod_info.so'"

static int is_empty_input(const cfo_httpd_conf_t *conf, const char *path)
{
    return !strcmp(path, CFO_CTL_STDIN) && !conf->lines->nelts && !conf->notes->nelts;
}

static int run(cfo_ctl_t *ctl)
{
    cfo_httpd_conf_t *conf = cfo_httpd_conf_create(ctl->pool, cfo_ctl_value(ctl, ROOT));
    cfo_migration_t *migration;
    int i;

    if (!ctl->operands->nelts)
        return cfo_ctl_usage("migrate needs a configuration file of httpd, or - for the "
                             "output of apachectl -t -D DUMP_CONFIG");
    for (i = 0; i < ctl->operands->nelts; i++) {
        const char *path = APR_ARRAY_IDX(ctl->operands, i, const char *);
        const char *reason = cfo_httpd_conf_read(conf, path);

        if (reason || is_empty_input(conf, path))
            cfo_ctl_problem(ctl, path, reason ? reason : NOTHING_READ);
    }
    migration = cfo_migration_scan(conf);
    cfo_migration_plan(migration, cfo_ctl_value(ctl, ALL) != NULL);
    if (ctl->json)
        write_json(ctl, migration);
    else if (conf->lines->nelts || !ctl->problems->nelts)
        print(ctl, migration);
    return ctl->problems->nelts ? CFO_CTL_INVALID : CFO_CTL_OK;
}

static const apr_getopt_option_t options[] = {
    { "root", ROOT, 1, "the ServerRoot, if no line sets it" },
    { "all", ALL, 0, "all virtual hosts with TLS, not only those with such lines" },
    { NULL, 0, 0, NULL },
};

const cfo_ctl_verb_t cfo_ctl_migrate = {
    "migrate",
    "[--root DIR] [--all] [--json] CONF...",
    "propose how an existing configuration of httpd moves to this module",
    options,
    run,
};
