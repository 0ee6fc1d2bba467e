/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: a directive of httpd's configuration: its words, its place, its files. */
#include <string.h>
#include <strings.h>

#include "apr_file_info.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "ctl/migrate/httpd_conf.h"

enum { NOTES_MOST = 100 };

void cfo_conf_note(cfo_httpd_conf_t *conf, const char *file, int line, const char *text)
{
    if (conf->notes->nelts >= NOTES_MOST ||
        apr_hash_get(conf->noted, text, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(conf->noted, text, APR_HASH_KEY_STRING, "");
    APR_ARRAY_PUSH(conf->notes, cfo_conf_note_t) = (cfo_conf_note_t){ file, line, text };
}

int cfo_conf_is(const cfo_conf_line_t *line, const char *name)
{
    return !strcasecmp(line->name, name);
}

const cfo_conf_line_t *cfo_conf_within(const cfo_conf_line_t *line, const char *name)
{
    for (line = line->section; line; line = line->section) {
        if (cfo_conf_is(line, name))
            return line;
    }
    return NULL;
}

/* The next argument as ap_getword_conf() takes it: in quotes of either kind, or up to a
 * space. NULL: there is none. */
static const char *next_word(apr_pool_t *p, const char **text)
{
    const char *c = *text + strspn(*text, " \t"), *end;
    char quote, *word, *to;

    if (!*c)
        return NULL;
    quote = *c == '"' || *c == '\'' ? *c++ : '\0';
    for (end = c; *end && (quote ? *end != quote : !apr_isspace(*end)); end++)
        end += quote && *end == '\\' && end[1];
    to = word = apr_palloc(p, end - c + 1);
    for (; c < end; c++) {
        if (quote && *c == '\\' && (c[1] == quote || c[1] == '\\'))
            c++;
        *to++ = *c;
    }
    *to = '\0';
    *text = *end ? end + 1 : end;
    return word;
}

apr_array_header_t *cfo_conf_words(apr_pool_t *p, const cfo_conf_line_t *line)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    const char *text = line->args, *word;

    while ((word = next_word(p, &text)))
        APR_ARRAY_PUSH(words, const char *) = word;
    return words;
}

const char *cfo_conf_word(apr_pool_t *p, const cfo_conf_line_t *line, int index)
{
    const char *text = line->args, *word;

    while ((word = next_word(p, &text)) && index--)
        ;
    return word ? word : "";
}

static const char *folder_of(apr_pool_t *p, const char *file)
{
    const char *slash = strrchr(file, '/');

    return slash ? apr_pstrndup(p, file, slash == file ? 1 : slash - file) : ".";
}

const char *cfo_conf_path(const cfo_httpd_conf_t *conf, const char *file,
                          const char *name)
{
    apr_pool_t *p = conf->pool;
    const char *folder = conf->root ? conf->root : folder_of(p, file), *path = NULL;
    apr_finfo_t info;
    int i;

    if (*name == '/')
        return name;
    path = apr_pstrcat(p, folder, "/", name, NULL);
    for (i = 0; i < 3 && !conf->root; i++) {
        const char *above = apr_pstrcat(p, folder, "/", name, NULL);

        if (apr_stat(&info, above, APR_FINFO_TYPE, p) == APR_SUCCESS)
            return above;
        folder = folder_of(p, folder);
    }
    return path;
}
