/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON body of a request. */
#include "ctl/cloudflare/body.h"

#include <string.h>

#include <openssl/crypto.h>

/* `text` NULL: only measures. */
typedef struct {
    char *text;
    apr_size_t length;
} sheet_t;

static void put(void *to, const char *text, apr_size_t length)
{
    sheet_t *sheet = to;

    if (sheet->text)
        memcpy(sheet->text + sheet->length, text, length);
    sheet->length += length;
}

/* A buffer that grew would leave copies behind. */
const char *cfo_body_make(apr_pool_t *p, void (*write)(cfo_json_t *json, const void *of),
                          const void *of, apr_size_t *length)
{
    sheet_t sheet = { NULL, 0 };
    int i;

    for (i = 0; i < 2; i++) {
        cfo_writer_t writer = { put, &sheet };
        cfo_json_t json = { .out = &writer };

        sheet.text = i ? apr_palloc(p, sheet.length) : NULL;
        sheet.length = 0;
        write(&json, of);
        cfo_json_end(&json);
    }
    *length = sheet.length;
    return sheet.text;
}

void cfo_body_erase(const char *body, apr_size_t length)
{
    OPENSSL_cleanse((char *)body, length);
}
