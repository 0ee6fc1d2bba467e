/* SPDX-License-Identifier: Apache-2.0 */
/* Lines CFO0001 to CFO0003. Questions:
 *
 *   write CODE yes|no VALUE ...   answer: the line of an event with these values, in the
 *                                 order of fields[] below, each hexadecimal; "": NULL
 *   read HEX                      a whole line of an error log. Answer: "none"; or code,
 * yes or no for edge_known, whether the line is whole (0, 1), and the values in the same
 * order */
#include "oracle.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "apr_escape.h"

#include "core/log/event_line.h"

static const size_t fields[] = {
    offsetof(cfo_event_t, reason),       offsetof(cfo_event_t, vhost),
    offsetof(cfo_event_t, host),         offsetof(cfo_event_t, zone),
    offsetof(cfo_event_t, edge),         offsetof(cfo_event_t, cert),
    offsetof(cfo_event_t, cert_subject), offsetof(cfo_event_t, cert_issuer),
    offsetof(cfo_event_t, cert_zone),    offsetof(cfo_event_t, sni),
    offsetof(cfo_event_t, ray),          offsetof(cfo_event_t, claimed_ray),
    offsetof(cfo_event_t, method),       offsetof(cfo_event_t, uri),
    offsetof(cfo_event_t, client_ip),    offsetof(cfo_event_t, hint),
};

enum { FIELDS = sizeof fields / sizeof *fields };

static const char **field_at(cfo_event_t *event, size_t i)
{
    return (const char **)(void *)((char *)event + fields[i]);
}

static void write_line(apr_pool_t *p, const apr_array_header_t *question)
{
    cfo_event_t event = { .code = oracle_field(question, 1) };
    apr_size_t length;
    int i;

    event.edge_known = !strcmp(oracle_field(question, 2), "yes");
    for (i = 0; i < FIELDS; i++) {
        const char *hex = oracle_field(question, 3 + i);

        *field_at(&event, (size_t)i) =
            *hex ? oracle_bytes(p, question, 3 + i, &length) : NULL;
    }
    printf("%s", cfo_event_render(p, &event));
}

static void read_line(apr_pool_t *p, const apr_array_header_t *question)
{
    static cfo_event_line_t line;
    apr_size_t length;
    const char *text = oracle_bytes(p, question, 1, &length);
    const char *at = cfo_event_line_find(text, length);
    size_t i;

    if (!at || !cfo_event_line_read(at, length - (apr_size_t)(at - text), &line)) {
        printf("none");
        return;
    }
    printf("%s\t%s\t%d", line.event.code, line.event.edge_known ? "yes" : "no",
           line.is_whole);
    for (i = 0; i < FIELDS; i++) {
        const char *value = *field_at(&line.event, i);

        printf("\t%s",
               value ? apr_pescape_hex(p, value, (apr_ssize_t)strlen(value), 0) : "");
    }
}

void oracle_log(apr_pool_t *p, const apr_array_header_t *question)
{
    if (!strcmp(oracle_field(question, 0), "write"))
        write_line(p, question);
    else if (!strcmp(oracle_field(question, 0), "read"))
        read_line(p, question);
    else
        oracle_fail("no such question", oracle_field(question, 0));
}
