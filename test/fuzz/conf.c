/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration of httpd, as "cf-originctl migrate" reads it: what it finds and changes
 * is in the file, what it would write is one line, and no value of a header is shown.
 * Files that it includes are the same text again. */
#include "ctl/migrate/migrate.h"

#include "ctl/migrate/conf_text.h"

#include "fuzz.h"

enum { READS_MOST = 8 };

/* The linker replaces the function of this name: no file of this host is read. */
const char *__wrap_cfo_conf_slurp(apr_pool_t *p, const char *path, char **text);

static const char *input;
static int reads;

const char *__wrap_cfo_conf_slurp(apr_pool_t *p, const char *path, char **text)
{
    (void)path;
    if (reads++ == READS_MOST)
        return "enough";
    *text = apr_pstrdup(p, input);
    return NULL;
}

static int count_lines(const char *text)
{
    int lines = 1;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void check_changes(const cfo_site_t *site, int is_plain)
{
    int i, lines = count_lines(input);

    for (i = 0; i < site->changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(site->changes, i, cfo_change_t);

        PROMISE(change->phase >= 1 && change->phase <= 3 && *change->op && *change->why);
        PROMISE(change->file && change->line <= change->last_line);
        if (is_plain)
            PROMISE(change->line >= 0 && change->last_line <= lines);
        PROMISE(strcmp(change->op, "add") || change->new_text);
    }
    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        PROMISE(found->line && *cfo_kind_name(found->kind) &&
                *cfo_kind_text(found->kind));
    }
}

static void check_lines(apr_pool_t *p, const cfo_httpd_conf_t *conf, int is_plain)
{
    int i, lines = count_lines(input);

    for (i = 0; i < conf->lines->nelts; i++) {
        const cfo_conf_line_t *line =
            APR_ARRAY_IDX(conf->lines, i, const cfo_conf_line_t *);
        apr_array_header_t *words = cfo_conf_words(p, line);

        PROMISE(line->name && line->args && line->file);
        if (is_plain)
            PROMISE(line->line >= 1 && line->line <= line->last_line &&
                    line->last_line <= lines);
        PROMISE(!*cfo_conf_word(p, line, words->nelts));
        PROMISE(!line->section || line->section->is_section);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size);
    int is_plain = !strstr(text, "# In file: "), i;
    cfo_httpd_conf_t *conf = cfo_httpd_conf_create(p, "/nowhere");
    cfo_migration_t *migration;

    input = text;
    reads = 0;
    PROMISE(!cfo_httpd_conf_read(conf, "file"));
    check_lines(p, conf, is_plain);
    migration = cfo_migration_scan(conf);
    cfo_migration_plan(migration, (int)(size & 1));
    check_changes(migration->server, is_plain);
    for (i = 0; i < migration->sites->nelts; i++)
        check_changes(APR_ARRAY_IDX(migration->sites, i, const cfo_site_t *), is_plain);
    free(text);
    return 0;
}
