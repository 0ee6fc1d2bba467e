/* SPDX-License-Identifier: Apache-2.0 */
/* Reads events from an error log: the inverse of cfo_event_render(), and of the escaping
 * by httpd and by log collectors. */
#ifndef CFO_CORE_LOG_EVENT_LINE_H
#define CFO_CORE_LOG_EVENT_LINE_H

#include <stddef.h>

#include "core/log/event.h"

/* Every event contains these bytes. */
#define CFO_EVENT_LINE_MARK "CFO000"

typedef enum {
    CFO_LINE_REFUSED,         /* CFO0001 */
    CFO_LINE_WOULD_REFUSE,    /* CFO0002 */
    CFO_LINE_ADMITTED,        /* CFO0003 */
    CFO_LINE_HELD_BACK,       /* CFO0004 reason= lines= seconds= */
    CFO_LINE_HANDSHAKE_FAILED /* CFO0005 reason= cert_subject= edge= sni= */
} cfo_line_kind_t;

/* httpd's lines have at most 8 KiB, and JSON may double that. */
enum { CFO_EVENT_LINE_MOST = 16384 };

/* Values are as before rendering; a value that was cut ends in "...". NULL: "-", or
 * missing, or cut off at the end of the line. */
typedef struct {
    cfo_line_kind_t kind;
    int is_whole; /* the last required key is complete: nothing was cut off */
    cfo_event_t event;
    const char *edge_known;             /* as written */
    const char *lines;                  /* CFO_LINE_HELD_BACK only */
    const char *seconds;                /* the same */
    char text[CFO_EVENT_LINE_MOST + 1]; /* the values point into it */
} cfo_event_line_t;

/* Whether the first `length` bytes of a line name this module as the one that wrote it,
 * as in "[authz_core:error]", or name none. */
int cfo_event_line_is_of(const char *line, size_t length, const char *name);

/* Where an event begins in a line without its line feed; NULL: nowhere. The text before
 * it does not matter, with one exception: if the line names the module that wrote it, as
 * in
 * "[cf_origin:warn]", it must be this module, so that text of a request that other
 * modules log cannot look like an event. For the same reason there is none in a line of
 * this module that has another code. Accepts any bytes, also NUL. */
const char *cfo_event_line_find(const char *line, size_t length);

/* Reads the event that begins at `text`, with `length` bytes to the end of the line. Part
 * of a JSON string is decoded first, up to its quotation mark. The first of repeated keys
 * counts. Reading stops at the first text that is not a key, because httpd appends the
 * Referer. Returns 0 if it is not an event. Pure. */
int cfo_event_line_read(const char *text, size_t length, cfo_event_line_t *line);

#endif
