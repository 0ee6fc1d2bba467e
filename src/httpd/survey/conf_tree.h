/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it was written: finds lines, with file and line number. */
#ifndef CFO_HTTPD_SURVEY_CONF_TREE_H
#define CFO_HTTPD_SURVEY_CONF_TREE_H

#include "httpd.h"
#include "util_cfgtree.h"

#include "apr_tables.h"

/* An index of httpd's configuration tree. That tree has no <IfModule>, <IfDefine>,
 * Include and Use, only the lines that they lead to, and no directives that httpd
 * executes while it reads (LoadModule, Define). Its strings may live only as long as the
 * pool that httpd calls ptemp: copy what is kept longer. */
typedef struct cfo_conf_tree_t cfo_conf_tree_t;

/* `root` is ap_conftree. Time and memory grow with the number of lines. For one thread.
 */
cfo_conf_tree_t *cfo_conf_tree_make(apr_pool_t *p, const ap_directive_t *root);

/* Whether a directive is anywhere in the configuration; `root` is ap_conftree. */
int cfo_conf_tree_mentions(const ap_directive_t *root, const char *name);

/* The lines of a directive in the scope of a server, outside of sections: in its
 * <VirtualHost>, or for the main server outside of all <VirtualHost>s. In the order in
 * which httpd executes them; of const ap_directive_t *; never NULL. `name` is spelled as
 * in its module's command table. */
const apr_array_header_t *cfo_conf_tree_lines(const cfo_conf_tree_t *conf_tree,
                                              const server_rec *s, const char *name);

/* The same for the lines inside of sections of the server: <Directory>, <Location>,
 * <Files>, <If>, <Proxy> and others. */
const apr_array_header_t *cfo_conf_tree_nested(const cfo_conf_tree_t *conf_tree,
                                               const server_rec *s, const char *name);

/* All lines and sections outside of sections, in the order in which they were written. */
const apr_array_header_t *cfo_conf_tree_all(const cfo_conf_tree_t *conf_tree,
                                            const server_rec *s);

/* Whether a server has a line of mod_rewrite, in its own scope or in a section. Without
 * one, mod_rewrite makes no configuration for a virtual host, and ignores what the main
 * server lets it inherit. */
int cfo_conf_tree_rewrites(const cfo_conf_tree_t *conf_tree, const server_rec *s);

/* The last of cfo_conf_tree_lines(); NULL: none. */
const ap_directive_t *cfo_conf_tree_own(const cfo_conf_tree_t *conf_tree,
                                        const server_rec *s, const char *name);

/* The line in effect for a server, if later lines replace earlier ones and virtual hosts
 * inherit from the main server; NULL: none. */
const ap_directive_t *cfo_conf_tree_last(const cfo_conf_tree_t *conf_tree,
                                         const server_rec *s, const char *name);

/* Argument number `n` (from 0) of a line as httpd reads it: without quotes, with
 * variables replaced. "" if `line` is NULL or has no such argument. */
const char *cfo_conf_tree_word(apr_pool_t *p, const ap_directive_t *line, int n);

/* Whether argument number `n` is `word`; ignores case. */
int cfo_conf_tree_word_is(apr_pool_t *p, const ap_directive_t *line, int n,
                          const char *word);

#endif
