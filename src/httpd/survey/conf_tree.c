/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it was written. */
#include "httpd/survey/conf_tree.h"

#include <string.h>
#include <strings.h>

#include "http_config.h"

#include "apr_hash.h"
#include "apr_strings.h"

enum { KEY_SIZE = APR_PATH_MAX + 16 };

#define ALL "" /* the lines of all directives */

/* The lines of one directive in one scope. */
typedef struct {
    apr_array_header_t *own;
    apr_array_header_t *nested;
} lines_t;

/* The server that was asked for last: most questions about one come in a row. */
typedef struct {
    const server_rec *s;
    apr_hash_t *scope;
} last_t;

struct cfo_conf_tree_t {
    apr_pool_t *pool;
    apr_hash_t *main;   /* directive -> lines_t */
    apr_hash_t *vhosts; /* file and line of a <VirtualHost> -> such a hash */
    lines_t none;
    last_t *last;
};

static lines_t *make_lines(apr_pool_t *p)
{
    lines_t *lines = apr_palloc(p, sizeof *lines);

    lines->own = apr_array_make(p, 1, sizeof(const ap_directive_t *));
    lines->nested = apr_array_make(p, 1, sizeof(const ap_directive_t *));
    return lines;
}

static lines_t *find_or_make(cfo_conf_tree_t *conf_tree, apr_hash_t *scope,
                             const char *name)
{
    lines_t *lines = apr_hash_get(scope, name, APR_HASH_KEY_STRING);

    if (!lines) {
        lines = make_lines(conf_tree->pool);
        apr_hash_set(scope, name, APR_HASH_KEY_STRING, lines);
    }
    return lines;
}

static void add_line(cfo_conf_tree_t *conf_tree, apr_hash_t *scope,
                     const ap_directive_t *line, int is_nested)
{
    lines_t *lines = find_or_make(conf_tree, scope, line->directive);

    APR_ARRAY_PUSH(is_nested ? lines->nested : lines->own, const ap_directive_t *) = line;
    if (!is_nested)
        APR_ARRAY_PUSH(find_or_make(conf_tree, scope, ALL)->own, const ap_directive_t *) =
            line;
}

/* A server_rec has the same two values. */
static void print_key(char *key, size_t size, unsigned line, const char *file)
{
    apr_snprintf(key, size, "%u %s", line, file);
}

static apr_hash_t *make_vhost(cfo_conf_tree_t *conf_tree, const ap_directive_t *section)
{
    char key[KEY_SIZE];
    apr_hash_t *scope;

    print_key(key, sizeof key, section->line_num, section->filename);
    scope = apr_hash_get(conf_tree->vhosts, key, APR_HASH_KEY_STRING);
    if (!scope) {
        scope = apr_hash_make(conf_tree->pool);
        apr_hash_set(conf_tree->vhosts, apr_pstrdup(conf_tree->pool, key),
                     APR_HASH_KEY_STRING, scope);
    }
    return scope;
}

static apr_hash_t *find_vhost(const cfo_conf_tree_t *conf_tree, const server_rec *s)
{
    last_t *last = conf_tree->last;
    char key[KEY_SIZE];

    if (last->s != s) {
        print_key(key, sizeof key, s->defn_line_number, s->defn_name);
        last->s = s;
        last->scope = apr_hash_get(conf_tree->vhosts, key, APR_HASH_KEY_STRING);
    }
    return last->scope;
}

static void add_lines(cfo_conf_tree_t *conf_tree, apr_hash_t *scope,
                      const ap_directive_t *line, int is_nested)
{
    for (; line; line = line->next) {
        if (!strcasecmp(line->directive, "<VirtualHost"))
            add_lines(conf_tree, make_vhost(conf_tree, line), line->first_child, 0);
        else {
            add_line(conf_tree, scope, line, is_nested);
            add_lines(conf_tree, scope, line->first_child, 1);
        }
    }
}

int cfo_conf_tree_mentions(const ap_directive_t *root, const char *name)
{
    for (; root; root = root->next) {
        if (!ap_cstr_casecmp(root->directive, name) ||
            cfo_conf_tree_mentions(root->first_child, name))
            return 1;
    }
    return 0;
}

cfo_conf_tree_t *cfo_conf_tree_make(apr_pool_t *p, const ap_directive_t *root)
{
    cfo_conf_tree_t *conf_tree = apr_pcalloc(p, sizeof *conf_tree);

    conf_tree->pool = p;
    conf_tree->main = apr_hash_make(p);
    conf_tree->vhosts = apr_hash_make(p);
    conf_tree->none = *make_lines(p);
    conf_tree->last = apr_pcalloc(p, sizeof *conf_tree->last);
    add_lines(conf_tree, conf_tree->main, root, 0);
    return conf_tree;
}

static const lines_t *find(const cfo_conf_tree_t *conf_tree, const server_rec *s,
                           const char *name)
{
    apr_hash_t *scope = s->is_virtual ? find_vhost(conf_tree, s) : conf_tree->main;
    const lines_t *lines = scope ? apr_hash_get(scope, name, APR_HASH_KEY_STRING) : NULL;

    return lines ? lines : &conf_tree->none;
}

const apr_array_header_t *cfo_conf_tree_lines(const cfo_conf_tree_t *conf_tree,
                                              const server_rec *s, const char *name)
{
    return find(conf_tree, s, name)->own;
}

const apr_array_header_t *cfo_conf_tree_nested(const cfo_conf_tree_t *conf_tree,
                                               const server_rec *s, const char *name)
{
    return find(conf_tree, s, name)->nested;
}

static const ap_directive_t *last_of(const apr_array_header_t *lines)
{
    return lines->nelts ? APR_ARRAY_IDX(lines, lines->nelts - 1, const ap_directive_t *)
                        : NULL;
}

const apr_array_header_t *cfo_conf_tree_all(const cfo_conf_tree_t *conf_tree,
                                            const server_rec *s)
{
    return find(conf_tree, s, ALL)->own;
}

const ap_directive_t *cfo_conf_tree_own(const cfo_conf_tree_t *conf_tree,
                                        const server_rec *s, const char *name)
{
    return last_of(find(conf_tree, s, name)->own);
}

const ap_directive_t *cfo_conf_tree_last(const cfo_conf_tree_t *conf_tree,
                                         const server_rec *s, const char *name)
{
    const ap_directive_t *line = cfo_conf_tree_own(conf_tree, s, name);
    const lines_t *inherited;

    if (line)
        return line;
    inherited = apr_hash_get(conf_tree->main, name, APR_HASH_KEY_STRING);
    return inherited ? last_of(inherited->own) : NULL;
}

int cfo_conf_tree_rewrites(const cfo_conf_tree_t *conf_tree, const server_rec *s)
{
    static const char *const names[] = {
        "RewriteEngine", "RewriteOptions", "RewriteRule",
        "RewriteCond",   "RewriteBase",    "RewriteMap"
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (cfo_conf_tree_lines(conf_tree, s, names[i])->nelts ||
            cfo_conf_tree_nested(conf_tree, s, names[i])->nelts)
            return 1;
    }
    return 0;
}

const char *cfo_conf_tree_word(apr_pool_t *p, const ap_directive_t *line, int n)
{
    const char *args = line ? line->args : "", *word = "";
    int i;

    for (i = 0; i <= n; i++)
        word = ap_getword_conf(p, &args);
    return word;
}

int cfo_conf_tree_word_is(apr_pool_t *p, const ap_directive_t *line, int n,
                          const char *word)
{
    return !strcasecmp(cfo_conf_tree_word(p, line, n), word);
}
