/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it was written: which line says what, and where it stands. */
#ifndef CFO_HTTPD_CHECK_CONF_TREE_H
#define CFO_HTTPD_CHECK_CONF_TREE_H

#include "httpd.h"
#include "util_cfgtree.h"

#include "apr_tables.h"

/* An index of httpd's configuration tree. <IfModule>, <IfDefine>, Include, Use and the
 * like are not seen in that tree, only what they came to; directives that httpd executes
 * while it reads (LoadModule, Define) are not in it at all. The tree's strings may live
 * no longer than the pool that httpd calls ptemp: copy what is to last. */
typedef struct cfo_conf_tree_t cfo_conf_tree_t;

/* `root` is ap_conftree. Takes time and memory for each line once. */
cfo_conf_tree_t *cfo_conf_tree_make(apr_pool_t *p, const ap_directive_t *root);

/* The lines of a directive that apply to a server as a whole and stand in its own scope:
 * in its <VirtualHost>, or for the main server outside of any. In the order in which
 * httpd executes them; of const ap_directive_t *; never NULL. `name` is spelled as its
 * module spells it. */
const apr_array_header_t *cfo_conf_tree_lines(const cfo_conf_tree_t *conf_tree,
                                              const server_rec *s, const char *name);

/* Likewise the lines within <Directory>, <Location>, <Files>, <If>, <Proxy> and whatever
 * other section stands in its scope. */
const apr_array_header_t *cfo_conf_tree_nested(const cfo_conf_tree_t *conf_tree,
                                               const server_rec *s, const char *name);

/* The last of cfo_conf_tree_lines(), NULL if there is none. */
const ap_directive_t *cfo_conf_tree_own(const cfo_conf_tree_t *conf_tree,
                                        const server_rec *s, const char *name);

/* The line that holds for a server where a later one replaces an earlier one and a
 * virtual host inherits from the main server; NULL if there is none. */
const ap_directive_t *cfo_conf_tree_last(const cfo_conf_tree_t *conf_tree,
                                         const server_rec *s, const char *name);

/* Argument number `n` (from 0) of a line as httpd reads it: without quotes, with
 * variables put in. "" if `line` is NULL or has no such argument. */
const char *cfo_conf_tree_word(apr_pool_t *p, const ap_directive_t *line, int n);

/* Whether argument number `n` is `word`, in any case. */
int cfo_conf_tree_says(apr_pool_t *p, const ap_directive_t *line, int n,
                       const char *word);

#endif
