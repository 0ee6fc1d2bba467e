/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

static char *text;
static size_t length, room;

static void keep(void *to, const char *more, apr_size_t size)
{
    (void)to;
    if (length + size >= room) {
        char *wider = apr_palloc(pool, room = 2 * (length + size) + 1);

        memcpy(wider, text, length);
        text = wider;
    }
    memcpy(text + length, more, size);
    length += size;
    text[length] = '\0';
}

const cfo_writer_t *page_begin(void)
{
    cfo_writer_t *out = apr_palloc(pool, sizeof *out);

    text = apr_pstrdup(pool, "");
    length = 0;
    room = 1;
    out->write = keep;
    out->to = NULL;
    return out;
}

const char *page_text(void)
{
    return text;
}
