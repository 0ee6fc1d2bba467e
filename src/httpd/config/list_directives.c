/* SPDX-License-Identifier: Apache-2.0 */
/* The directives that take lists: ranges, paths, zones. */
#include "httpd/config/list_directives.h"

#include <string.h>
#include <strings.h>

#include "apr_file_info.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "core/verdict/exempt_path.h"
#include "core/trust/zone_name.h"
#include "httpd/config/conf.h"
#include "httpd/config/directive_error.h"

/* RAW_ARGS, because TAKE_ARGV ends at 64 words. */
static apr_array_header_t *split_words(cmd_parms *cmd, const char *args)
{
    apr_array_header_t *words = apr_array_make(cmd->pool, 8, sizeof(const char *));

    while (*args)
        APR_ARRAY_PUSH(words, const char *) = ap_getword_conf(cmd->pool, &args);
    return words;
}

static const char *word_at(const apr_array_header_t *words, int i)
{
    return APR_ARRAY_IDX(words, i, const char *);
}

static int is_none(const char *word)
{
    return !strcasecmp(word, "none");
}

/* "none" empties a list, so it only makes sense alone. */
static const char *check_list(cmd_parms *cmd, const apr_array_header_t *words,
                              const char *accepted)
{
    int i;

    if (!words->nelts)
        return apr_psprintf(cmd->pool, "%s needs %s", cmd->cmd->name, accepted);
    for (i = 0; words->nelts > 1 && i < words->nelts; i++) {
        if (is_none(word_at(words, i)))
            return cfo_directive_error(cmd, "none",
                                       "cannot be combined with other values");
    }
    return NULL;
}

/* The list of this server, without what it inherits. */
static apr_array_header_t *own_list(cmd_parms *cmd, apr_array_header_t **field,
                                    size_t size)
{
    if (!*field)
        *field = apr_array_make(cmd->pool, 4, (int)size);
    return *field;
}

/* Adds a word of a directive to its list. Returns NULL, or what is wrong. */
typedef const char *add_word_t(cmd_parms *cmd, const char *word,
                               apr_array_header_t *list);

/* "none" also removes what earlier lines of the same server added. The list is then set,
 * though empty, so that nothing is inherited. */
static const char *read_list(cmd_parms *cmd, const char *args, apr_array_header_t **field,
                             size_t size, add_word_t *add_word, const char *accepted)
{
    apr_array_header_t *words = split_words(cmd, args), *list;
    const char *reason = check_list(cmd, words, accepted);
    int i;

    if (reason)
        return reason;
    list = own_list(cmd, field, size);
    if (is_none(word_at(words, 0))) {
        apr_array_clear(list);
        return NULL;
    }
    for (i = 0; !reason && i < words->nelts; i++)
        reason = add_word(cmd, word_at(words, i), list);
    return reason;
}

static const char *add_cidr(cmd_parms *cmd, const char *word, apr_array_header_t *list)
{
    cfo_range_t range;
    const char *reason = cfo_range_parse(cmd->pool, word, &range);

    if (reason)
        return cfo_directive_error(cmd, word, reason);
    APR_ARRAY_PUSH(list, cfo_range_t) = range;
    return NULL;
}

/* A file that is read now and watched for changes later. It is read once, even if several
 * lines name it. */
static const char *load_file(cmd_parms *cmd, cfo_file_kind_t kind, const char *path,
                             cfo_watched_file_t **file)
{
    cfo_watched_files_t *files = cfo_conf_builder(cmd->pool)->watched;

    *file = cfo_watched_files_add(files, kind, path);
    return cfo_watched_file_load(files, *file);
}

const char *cfo_list_cidrs(cmd_parms *cmd, void *dir, const char *args)
{
    char *conf = (char *)cfo_server_conf(cmd->server);
    size_t offset = *(const size_t *)cmd->info;

    (void)dir;
    return read_list(cmd, args, (apr_array_header_t **)(void *)(conf + offset),
                     sizeof(cfo_range_t), add_cidr,
                     "addresses, ranges (192.0.2.0/24, 2001:db8::/32) or none");
}

/* Whether a word that no file has as its name is meant as a range, or several. */
static const char *read_as_range(cmd_parms *cmd, const char *word)
{
    cfo_range_t range;

    return apr_isdigit(*word) || *word == '[' || ap_strstr_c(word, "://") ||
                   (ap_strchr_c(word, ':') && ap_strchr_c(word, '%'))
               ? cfo_range_parse(cmd->pool, word, &range)
               : NULL;
}

/* What a word that names no file may have been meant as; "" if nothing is known. */
static const char *hint_of(const char *word)
{
    if (strpbrk(word, ",;|"))
        return "; arguments are separated by spaces, without commas or semicolons";
    if (strpbrk(word, "*?"))
        return "; it is a name, not a pattern";
    return ap_strstr_c(word, "://") ? "; it must be a file on this host, not a URL" : "";
}

/* The same of CFOriginPullRanges. */
static const char *range_hint_of(const char *word)
{
    static const char *const all[] = {
        "default", "cloudflare", "auto", "all", "any", "on"
    };
    size_t i;

    for (i = 0; i < sizeof all / sizeof *all; i++) {
        if (!strcasecmp(word, all[i]))
            return "; Cloudflare's published list is called builtin";
    }
    if (strpbrk(word, "^$\\(){}+"))
        return "; it must be a range, not a regular expression";
    if (*word == '!' || *word == '-')
        return "; ranges cannot be excluded: list those that are meant";
    return hint_of(word);
}

static const char *add_range_file(cmd_parms *cmd, const char *word,
                                  apr_array_header_t *list)
{
    const char *path = ap_server_root_relative(cmd->pool, word);
    cfo_edge_part_t part = { NULL };
    const char *reason;

    if (!path)
        return cfo_directive_error(cmd, word, "not a valid path");
    reason = load_file(cmd, CFO_FILE_RANGES, path, &part.file);
    if (reason && part.file->state.status != APR_SUCCESS && read_as_range(cmd, word))
        return cfo_directive_error(cmd, word, read_as_range(cmd, word));
    if (reason && part.file->state.status != APR_SUCCESS)
        reason = apr_pstrcat(cmd->pool,
                             "neither builtin nor a range, and as a file it cannot be "
                             "read: ",
                             reason, range_hint_of(word), NULL);
    if (reason)
        return cfo_directive_error(cmd, path, reason);
    APR_ARRAY_PUSH(list, cfo_edge_part_t) = part;
    return NULL;
}

static void add_edge_range(apr_array_header_t *list, const cfo_range_t *range,
                           int is_builtin)
{
    APR_ARRAY_PUSH(list, cfo_edge_part_t) = (cfo_edge_part_t){ NULL, *range, is_builtin };
}

static const char *add_range(cmd_parms *cmd, const char *word, apr_array_header_t *list)
{
    apr_array_header_t *ranges = apr_array_make(cmd->pool, 32, sizeof(cfo_range_t));
    int is_builtin = !strcasecmp(word, "builtin"), i;
    const char *reason = NULL;

    if (is_builtin)
        cfo_ranges_add_builtin(ranges);
    else if (cfo_range_looks_like(word))
        reason = add_cidr(cmd, word, ranges);
    else
        reason = add_range_file(cmd, word, list);
    for (i = 0; i < ranges->nelts; i++)
        add_edge_range(list, &APR_ARRAY_IDX(ranges, i, cfo_range_t), is_builtin);
    return reason;
}

const char *cfo_list_ranges(cmd_parms *cmd, void *dir, const char *args)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)dir;
    if (reason)
        return reason;
    return read_list(cmd, args, &cfo_server_conf(cmd->server)->edge_list,
                     sizeof(cfo_edge_part_t), add_range,
                     "builtin, files, ranges or none");
}

static const char *add_path(cmd_parms *cmd, const char *word, apr_array_header_t *list)
{
    const char *reason = cfo_exempt_path_check(word);

    if (reason)
        return cfo_directive_error(cmd, word, reason);
    APR_ARRAY_PUSH(list, const char *) = word;
    return NULL;
}

const char *cfo_list_exempt_paths(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    return read_list(cmd, args, &cfo_server_conf(cmd->server)->exempt_paths,
                     sizeof(const char *), add_path,
                     "paths such as /.well-known/acme-challenge/ or none");
}

static const char *read_proof(cmd_parms *cmd, const char *word, cfo_zone_part_t *part)
{
    const char *path, *reason;

    if (cfo_proof_is_pin(word)) {
        reason = cfo_proof_read_pin(cmd->pool, word, &part->pin);
        return reason
                   ? cfo_directive_error(
                         cmd, word, apr_pstrcat(cmd->pool, reason, hint_of(word), NULL))
                   : NULL;
    }
    path = ap_server_root_relative(cmd->pool, word);
    if (!path)
        return cfo_directive_error(cmd, word, "not a valid path");
    reason = load_file(cmd, CFO_FILE_PROOFS, path, &part->file);
    if (!reason)
        return NULL;
    return cfo_directive_error(
        cmd, path,
        apr_pstrcat(cmd->pool, reason,
                    part->file->state.status == APR_SUCCESS ? "" : hint_of(word),
                    "; expected a PEM file of certificates, sha256:HEX or "
                    "spki-sha256:HEX-or-BASE64",
                    NULL));
}

static const char *add_proofs(cmd_parms *cmd, const char *name,
                              const apr_array_header_t *words)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    cfo_snapshot_builder_t *builder = cfo_conf_builder(cmd->pool);
    const char *reason = NULL;
    int i;

    if (!conf->zones)
        conf->zones = cfo_snapshot_builder_add_table(builder, NULL);
    for (i = 1; !reason && i < words->nelts; i++) {
        cfo_zone_part_t part = { NULL, NULL };

        reason = read_proof(cmd, word_at(words, i), &part);
        if (!reason)
            cfo_table_builder_add(builder, conf->zones, name, &part);
    }
    return reason;
}

const char *cfo_list_zone(cmd_parms *cmd, void *dir, const char *args)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    apr_array_header_t *words = split_words(cmd, args);
    const char *name, *reason;

    (void)dir;
    if (words->nelts == 1 && is_none(word_at(words, 0))) {
        conf->zones_none = 1;
        conf->zones = NULL;
        return NULL;
    }
    if (words->nelts < 2)
        return apr_psprintf(
            cmd->pool,
            "%s needs the name of a zone and one or more proofs "
            "(a PEM file, sha256:HEX, spki-sha256:HEX-or-BASE64), or none",
            cmd->cmd->name);
    reason = cfo_zone_name_read(cmd->pool, word_at(words, 0), &name);
    if (reason)
        return cfo_directive_error(cmd, word_at(words, 0),
                                   apr_pstrcat(cmd->pool, reason,
                                               "; expected a "
                                               "DNS name such as example.com, or *",
                                               NULL));
    return add_proofs(cmd, name, words);
}

const char *cfo_list_zone_dir(cmd_parms *cmd, void *dir, const char *word)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    const char *path;
    apr_finfo_t info;

    (void)dir;
    if (is_none(word)) {
        conf->folders_none = 1;
        conf->folders = NULL;
        return NULL;
    }
    path = ap_server_root_relative(cmd->pool, word);
    if (!path)
        return cfo_directive_error(cmd, word, "not a valid path");
    if (apr_stat(&info, path, APR_FINFO_TYPE, cmd->temp_pool) != APR_SUCCESS ||
        info.filetype != APR_DIR)
        return cfo_directive_error(cmd, path,
                                   "cannot be read, or is not a folder; expected a "
                                   "folder with a file NAME.pem for each zone, or "
                                   "none");
    APR_ARRAY_PUSH(own_list(cmd, &conf->folders, sizeof(cfo_table_builder_t *)),
                   cfo_table_builder_t *) =
        cfo_snapshot_builder_add_table(cfo_conf_builder(cmd->pool), path);
    return NULL;
}
