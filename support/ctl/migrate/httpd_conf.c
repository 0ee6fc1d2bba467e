/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: a tolerant reader of httpd's configuration. Nothing here recurses with
 * the content, except for included files, whose depth and number are limited. */
#include "ctl/migrate/httpd_conf.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_file_info.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "ctl/migrate/conf_text.h"

enum {
    FILES_MOST = 20000,
    INCLUDES_DEEP = 32,
    SECTIONS_DEEP = 100,
    VALUE_MOST = 65536 /* bytes of a line after ${NAME} */
};

/* An open section. */
typedef struct {
    const char *name;
    const cfo_conf_line_t *line; /* that of the section around IfModule and the like */
    int is_skipped;              /* what is in it counts for nothing */
} open_t;

/* One file that is being read. */
typedef struct {
    cfo_httpd_conf_t *conf;
    const char *file;    /* in a dump: the file that the next line is from */
    int line, last_line; /* of the directive */
    int is_dump, depth;
    apr_array_header_t *open; /* of open_t, shared with the including file */
} reader_t;

static const char *read_file(cfo_httpd_conf_t *conf, const char *path,
                             apr_array_header_t *open, int depth);

cfo_httpd_conf_t *cfo_httpd_conf_create(apr_pool_t *p, const char *root)
{
    cfo_httpd_conf_t *conf = apr_pcalloc(p, sizeof *conf);

    conf->pool = p;
    conf->root = root;
    conf->lines = apr_array_make(p, 256, sizeof(cfo_conf_line_t *));
    conf->notes = apr_array_make(p, 8, sizeof(cfo_conf_note_t));
    conf->defined = apr_hash_make(p);
    conf->noted = apr_hash_make(p);
    return conf;
}

/* Replaces ${NAME}; what no Define sets stays, as httpd leaves it. */
static const char *expand(reader_t *reader, const char *text)
{
    apr_pool_t *p = reader->conf->pool;
    const char *start, *end, *value, *done = "";
    int left = 64;

    while ((start = strstr(text, "${")) && (end = strchr(start, '}')) && left-- &&
           strlen(done) < VALUE_MOST) {
        value = apr_hash_get(reader->conf->defined, start + 2, end - start - 2);
        if (!value) {
            value = apr_pstrndup(p, start, end + 1 - start);
            cfo_conf_note(reader->conf, reader->file, reader->line,
                          "${...} has names that no Define here sets (the environment of "
                          "httpd may): use the output of apachectl -t -D DUMP_CONFIG");
        }
        done = apr_pstrcat(p, done, apr_pstrndup(p, text, start - text), value, NULL);
        text = end + 1;
    }
    return *done ? apr_pstrcat(p, done, text, NULL) : text;
}

static const open_t *innermost(const reader_t *reader)
{
    return &APR_ARRAY_IDX(reader->open, reader->open->nelts - 1, open_t);
}

static int is_skipping(const reader_t *reader)
{
    return reader->open->nelts && innermost(reader)->is_skipped;
}

static const cfo_conf_line_t *section_of(const reader_t *reader)
{
    return reader->open->nelts ? innermost(reader)->line : NULL;
}

static const cfo_conf_line_t *add_line(reader_t *reader, const char *name,
                                       const char *args, int is_section)
{
    cfo_conf_line_t *line = apr_palloc(reader->conf->pool, sizeof *line);

    *line = (cfo_conf_line_t){ name,
                               args,
                               reader->file,
                               reader->line,
                               reader->last_line,
                               is_section,
                               section_of(reader) };
    APR_ARRAY_PUSH(reader->conf->lines, cfo_conf_line_t *) = line;
    return line;
}

/* Whether a section only says when its lines count. Unknown here, so taken as true; but
 * of a module "not loaded", which most often is the branch for an old httpd, as false. */
static int is_condition(reader_t *reader, const char *name, const char *args, int *skip)
{
    static const char *const names[] = { "IfModule", "IfDefine",    "IfVersion",
                                         "IfFile",   "IfDirective", "IfSection" };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names && strcasecmp(name, names[i]); i++)
        ;
    if (i == sizeof names / sizeof *names)
        return 0;
    *skip = *args == '!' && (i != 1 || apr_hash_get(reader->conf->defined, args + 1,
                                                    APR_HASH_KEY_STRING));
    cfo_conf_note(reader->conf, reader->file, reader->line,
                  "<IfModule>, <IfDefine> and the like are taken as true (with ! as "
                  "false), since this command does not run httpd");
    return 1;
}

static void open_section(reader_t *reader, const char *name, const char *args)
{
    open_t open = { name, section_of(reader), is_skipping(reader) };
    int skip = 0;

    if (reader->open->nelts >= SECTIONS_DEEP) {
        cfo_conf_note(reader->conf, reader->file, reader->line,
                      "sections are nested too deep: the inner ones are not told apart");
        reader->conf->too_deep++;
        return;
    }
    if (!strcasecmp(name, "Macro")) {
        skip = 1;
        cfo_conf_note(
            reader->conf, reader->file, reader->line,
            "what a macro contains is not seen here: use the output of httpd -t "
            "-D DUMP_CONFIG");
    }
    else if (!is_condition(reader, name, args, &skip) && !open.is_skipped)
        open.line = add_line(reader, name, args, 1);
    open.is_skipped |= skip;
    APR_ARRAY_PUSH(reader->open, open_t) = open;
}

/* An end without a beginning is ignored; one further out closes those within. */
static void close_section(reader_t *reader, const char *name)
{
    int i = reader->open->nelts;

    if (reader->conf->too_deep) {
        reader->conf->too_deep--;
        return;
    }
    while (i > 0 && strcasecmp(APR_ARRAY_IDX(reader->open, i - 1, open_t).name, name))
        i--;
    if (i > 0)
        reader->open->nelts = i - 1;
}

static void include_one(reader_t *reader, const char *path);

/* Includes what matches a pattern; returns how many files and folders that were. */
static int include_all(reader_t *reader, const char *pattern)
{
    glob_t found = { 0 };
    size_t i;
    int count = 0;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread. */
    if (!glob(pattern, 0, NULL, &found)) {
        count = (int)found.gl_pathc;
        for (i = 0; i < found.gl_pathc; i++)
            include_one(reader, apr_pstrdup(reader->conf->pool, found.gl_pathv[i]));
    }
    globfree(&found);
    return count;
}

/* A file, or all files of a folder. */
static void include_one(reader_t *reader, const char *path)
{
    const char *reason = NULL;
    apr_finfo_t info;
    apr_pool_t *p = reader->conf->pool;

    if (reader->depth >= INCLUDES_DEEP || reader->conf->files >= FILES_MOST)
        reason = "files include each other, or there are too many: the rest is not read";
    else if (apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS &&
             info.filetype == APR_DIR) {
        reader->depth++;
        include_all(reader, apr_pstrcat(p, path, "/*", NULL));
        reader->depth--;
    }
    else
        reason = read_file(reader->conf, path, reader->open, reader->depth + 1);
    if (reason)
        cfo_conf_note(reader->conf, reader->file, reader->line,
                      apr_pstrcat(p, "Include ", path, ": ", reason, NULL));
}

static void include(reader_t *reader, const char *pattern, int is_optional)
{
    const char *path = cfo_conf_path(reader->conf, reader->file, pattern);

    if (!include_all(reader, path) && !is_optional)
        cfo_conf_note(reader->conf, reader->file, reader->line,
                      apr_pstrcat(reader->conf->pool, "Include ", path,
                                  ": no such file, so its lines are missing here", NULL));
}

/* Directives that httpd itself carries out while it reads. */
static void read_directive(reader_t *reader, const char *name, const char *args)
{
    cfo_httpd_conf_t *conf = reader->conf;
    const cfo_conf_line_t line = { .name = name, .args = args };
    const char *word = cfo_conf_word(conf->pool, &line, 0);

    if (cfo_conf_is(&line, "Include") || cfo_conf_is(&line, "IncludeOptional"))
        include(reader, word, cfo_conf_is(&line, "IncludeOptional"));
    else if (cfo_conf_is(&line, "Define"))
        apr_hash_set(conf->defined, word, APR_HASH_KEY_STRING,
                     cfo_conf_word(conf->pool, &line, 1));
    else if (cfo_conf_is(&line, "UnDefine"))
        apr_hash_set(conf->defined, word, APR_HASH_KEY_STRING, NULL);
    else {
        if (cfo_conf_is(&line, "ServerRoot") && !conf->root)
            conf->root = word;
        if (cfo_conf_is(&line, "Use"))
            cfo_conf_note(conf, reader->file, reader->line,
                          "what a macro contains is not seen here: use the output of "
                          "apachectl -t -D DUMP_CONFIG");
        add_line(reader, name, args, 0);
    }
}

/* `text` is a whole line without spaces around it, and not empty. */
static void read_line(reader_t *reader, char *text)
{
    char *name = text + (*text == '<'), *end = name + strlen(name);
    size_t length;

    if (*text == '<' && end > name && end[-1] == '>')
        end[-1] = '\0';
    length = strcspn(name, " \t");
    end = name + length;
    if (*end)
        *end++ = '\0';
    end += strspn(end, " \t");
    if (*text == '<' && *name == '/')
        close_section(reader, name + 1);
    else if (*text == '<')
        open_section(reader, name, expand(reader, end));
    else if (!is_skipping(reader) && *name)
        read_directive(reader, name, expand(reader, end));
}

/* "# In file: /etc/apache2/apache2.conf" and "#  12:", as mod_info writes them. */
static void read_comment(reader_t *reader, const char *text)
{
    static const char in_file[] = "# In file: ";
    const char *c = text + 1;

    if (!strncmp(text, in_file, sizeof in_file - 1)) {
        reader->file = apr_pstrdup(reader->conf->pool, text + sizeof in_file - 1);
        reader->is_dump = 1;
        return;
    }
    c += strspn(c, " ");
    if (reader->is_dump && apr_isdigit(*c) && c[strspn(c, "0123456789")] == ':')
        reader->line = reader->last_line = atoi(c);
}

static const char *read_file(cfo_httpd_conf_t *conf, const char *path,
                             apr_array_header_t *open, int depth)
{
    reader_t reader = { conf, path, 0, 0, 0, depth, open };
    char *rest, *line;
    int number = 0;
    const char *reason = cfo_conf_slurp(conf->pool, path, &rest);

    if (reason)
        return reason;
    conf->files++;
    while (*rest) {
        int first = number + 1;

        line = cfo_conf_next_line(&rest, &number);
        if (!reader.is_dump) {
            reader.line = first;
            reader.last_line = number;
        }
        if (*line == '#')
            read_comment(&reader, line);
        else if (*line)
            read_line(&reader, line);
    }
    return NULL;
}

const char *cfo_httpd_conf_read(cfo_httpd_conf_t *conf, const char *path)
{
    return read_file(conf, path, apr_array_make(conf->pool, 16, sizeof(open_t)), 0);
}
