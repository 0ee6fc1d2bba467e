/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: a tolerant reader of httpd's configuration, without httpd. It reads the
 * files as they are written, or what `apachectl -t -D DUMP_CONFIG` prints. */
#ifndef CFO_CTL_MIGRATE_HTTPD_CONF_H
#define CFO_CTL_MIGRATE_HTTPD_CONF_H

#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_tables.h"

/* A directive, or the opening line of a section. Immutable after reading. */
typedef struct cfo_conf_line_t {
    const char *name;    /* as written, without "<" */
    const char *args;    /* as written, without ">"; continuation lines are joined, and
                            ${NAME} is replaced where Define sets it; never NULL */
    const char *file;    /* as given, or as found by Include */
    int line, last_line; /* from 1; more than one with continuation lines */
    int is_section;
    const struct cfo_conf_line_t *section; /* NULL: in no section. IfModule and the like
                                              are no sections here */
} cfo_conf_line_t;

/* Something that the reader could not know. */
typedef struct {
    const char *file;
    int line; /* 0: the whole file */
    const char *text;
} cfo_conf_note_t;

typedef struct {
    apr_pool_t *pool;
    const char *root;          /* ServerRoot; NULL: not known */
    apr_array_header_t *lines; /* of cfo_conf_line_t *, in the order of httpd */
    apr_array_header_t *notes; /* of cfo_conf_note_t */
    apr_hash_t *defined;       /* variables of Define */
    apr_hash_t *noted;         /* texts of notes that are made once */
    int files;                 /* read so far */
    int too_deep;              /* sections that are open and not recorded */
} cfo_httpd_conf_t;

/* `root` may be NULL; then a ServerRoot line sets it. */
cfo_httpd_conf_t *cfo_httpd_conf_create(apr_pool_t *p, const char *root);

/* Adds the lines of a file and of the files that it includes. Returns NULL, or why the
 * file cannot be read. Never fails because of its content, except for a file that is not
 * text: what httpd would reject is skipped. */
const char *cfo_httpd_conf_read(cfo_httpd_conf_t *conf, const char *path);

/* The argument number `index` (from 0) without its quotes; "" if there are fewer. */
const char *cfo_conf_word(apr_pool_t *p, const cfo_conf_line_t *line, int index);

/* All arguments, of const char *. */
apr_array_header_t *cfo_conf_words(apr_pool_t *p, const cfo_conf_line_t *line);

/* Whether it is this directive or section, in any case. */
int cfo_conf_is(const cfo_conf_line_t *line, const char *name);

/* The innermost section of this name around a line; NULL: none. */
const cfo_conf_line_t *cfo_conf_within(const cfo_conf_line_t *line, const char *name);

/* A file name relative to ServerRoot; if that is not known, relative to the nearest
 * folder above `file` where it exists. */
const char *cfo_conf_path(const cfo_httpd_conf_t *conf, const char *file,
                          const char *name);

void cfo_conf_note(cfo_httpd_conf_t *conf, const char *file, int line, const char *text);

#endif
