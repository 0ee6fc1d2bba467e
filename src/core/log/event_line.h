/* SPDX-License-Identifier: Apache-2.0 */
/* Reads back what the error log has of a request: the inverse of cfo_event_render(), and
 * of what httpd and collectors of logs made of the line. */
#ifndef CFO_CORE_LOG_EVENT_LINE_H
#define CFO_CORE_LOG_EVENT_LINE_H

#include <stddef.h>

#include "core/log/event.h"

/* Every line that cfo_event_line_find() finds has these bytes in it. */
#define CFO_EVENT_LINE_MARK "CFO000"

typedef enum {
    CFO_LINE_REFUSED,         /* CFO0001 */
    CFO_LINE_WOULD_REFUSE,    /* CFO0002 */
    CFO_LINE_ADMITTED,        /* CFO0003 */
    CFO_LINE_HELD_BACK,       /* CFO0004 reason= lines= seconds= */
    CFO_LINE_HANDSHAKE_FAILED /* CFO0005 reason= cert_subject= edge= sni= */
} cfo_line_kind_t;

/* An event of httpd's is at most 8 KiB long, and JSON may double what is in it. */
enum { CFO_EVENT_LINE_MOST = 16384 };

/* Values are as they were before they were rendered; what was cut ends in "...". NULL:
 * "-", or not in the line, or not to its end. */
typedef struct {
    cfo_line_kind_t kind;
    int is_whole; /* its last obligatory key is there to the end: nothing was cut off */
    cfo_event_t event;
    const char *edge_known;             /* as written */
    const char *lines;                  /* CFO_LINE_HELD_BACK only */
    const char *seconds;                /* the same */
    char text[CFO_EVENT_LINE_MOST + 1]; /* what all of them point into */
} cfo_event_line_t;

/* Where in a line of a log, without its line feed, an event begins; NULL if it has none.
 * Whatever stands before it counts for nothing, but for one thing: where the line names
 * the module that wrote it, as in "[cf_origin:warn]", it has to be this one, so that what
 * others log of a request cannot pose as a verdict. Any bytes, NUL too. */
const char *cfo_event_line_find(const char *line, size_t length);

/* Reads what begins there, and has `length` bytes to the end of the line. It may be part
 * of a JSON string, which then is decoded first, and ends at its quotation mark. Of a key
 * that is repeated the first counts, and nothing behind the first thing that is no key,
 * for there httpd puts the Referer. Returns 0 if it is no event. Pure. */
int cfo_event_line_read(const char *text, size_t length, cfo_event_line_t *line);

#endif
