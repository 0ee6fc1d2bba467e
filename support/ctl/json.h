/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: one JSON object on a stream (RFC 8259), value by value. */
#ifndef CFO_CTL_JSON_H
#define CFO_CTL_JSON_H

#include <stdio.h>

#include "apr.h"

typedef struct {
    FILE *out;
    int depth;     /* 0: nothing was written yet */
    int has_value; /* the innermost object or array has one, so that a comma is due */
} cfo_ctl_json_t;

/* The outermost object opens by itself with the first value. `name` is the member's, and
 * NULL within an array. */

void cfo_ctl_json_open(cfo_ctl_json_t *json, const char *name, char bracket); /* { or [ */
void cfo_ctl_json_close(cfo_ctl_json_t *json, char bracket);                  /* } or ] */

/* NULL becomes null. The result is UTF-8 whatever the text is: what is no UTF-8 in it
 * becomes U+FFFD. No control character is written as such. */
void cfo_ctl_json_string(cfo_ctl_json_t *json, const char *name, const char *text);

void cfo_ctl_json_number(cfo_ctl_json_t *json, const char *name, apr_int64_t number);
void cfo_ctl_json_truth(cfo_ctl_json_t *json, const char *name, int truth);

/* Ends the outermost object, on a line of its own; with the next value another begins. */
void cfo_ctl_json_end(cfo_ctl_json_t *json);

#endif
