/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces a file as a whole: others see the old text or the new one. */
#ifndef CFO_CTL_ORIGIN_REPLACEMENT_H
#define CFO_CTL_ORIGIN_REPLACEMENT_H

#include <sys/stat.h>

#include "apr_pools.h"

/* A file that is being replaced, locked against other calls of this command. */
typedef struct {
    apr_pool_t *p;
    const char *path;  /* links are resolved */
    const char *name;  /* in the folder */
    const char *draft; /* the name of the new file until it has its place: begins with a
                          dot, and does not end in .pem */
    int folder, file;  /* descriptors; `file` is of the draft */
    int exists;        /* the old file */
    struct stat was;   /* when it was read */
    const char *text;  /* the old text; "" if there is no file */
    apr_size_t length;
} cfo_replacement_t;

/* Locks and reads a file of at most `most` bytes, or one that is missing. Removes what a
 * call that was killed has left. Returns NULL, or the reason. */
const char *cfo_replacement_begin(apr_pool_t *p, const char *path, apr_size_t most,
                                  cfo_replacement_t *replacement);

/* Writes the new text, with owner, group, mode and labels of the old one, and puts it in
 * place. Returns NULL; or the reason, and the file is as before. */
const char *cfo_replacement_commit(cfo_replacement_t *replacement, const char *text,
                                   apr_size_t length);

/* Removes the old file instead. Returns the same. */
const char *cfo_replacement_remove(cfo_replacement_t *replacement);

/* To be called in any case, after a successful cfo_replacement_begin(). */
void cfo_replacement_end(cfo_replacement_t *replacement);

#endif
