/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: a line of a log in a row of a table. */
#include "ctl/audit/summary_row.h"

#include <string.h>

#include "apr_strings.h"

#include "core/net/address.h"

void cfo_ctl_row_copy(char *to, size_t size, const char *from)
{
    size_t length;

    if (!from)
        from = "";
    length = strnlen(from, size);
    memcpy(to, from, length < size ? length + 1 : size);
    if (length == size)
        memcpy(to + size - 4, "...", 4);
}

static void add_example(cfo_ctl_row_t *row, const cfo_event_line_t *line, apr_time_t time)
{
    const cfo_event_t *event = &line->event;
    int is_unproven = line->kind != CFO_LINE_ADMITTED;
    cfo_ctl_example_t *example;

    if (line->kind == CFO_LINE_HELD_BACK || (row->has_unproven && !is_unproven))
        return;
    if (row->has_unproven != is_unproven)
        row->examples = 0;
    row->has_unproven = is_unproven;
    example = &row->example[row->examples++ % CFO_BREAKDOWN_EXAMPLES];
    example->time = time;
    example->is_claimed = !event->ray;
    cfo_ctl_row_copy(example->ray, sizeof example->ray,
                     event->ray ? event->ray : event->claimed_ray);
    cfo_ctl_row_copy(example->edge, sizeof example->edge, event->edge);
    cfo_ctl_row_copy(example->what, sizeof example->what,
                     event->uri ? event->uri : event->sni);
}

void cfo_ctl_row_add(cfo_ctl_row_t *row, const cfo_ctl_counts_t counts,
                     const cfo_event_line_t *line, apr_time_t time)
{
    int i;

    for (i = 0; i < CFO_COUNTS; i++)
        row->counts[i] += counts[i];
    if (time && (!row->first || time < row->first))
        row->first = time;
    if (time > row->last)
        row->last = time;
    add_example(row, line, time);
}

char *cfo_ctl_row_append(char *to, const char *end, const char *text)
{
    size_t length = strnlen(text, (size_t)(end - to) - 1);

    memcpy(to, text, length);
    to[length] = '\0';
    return to + length;
}

const char *cfo_ctl_row_network(const char *edge, char text[48])
{
    const char *dot = edge ? strrchr(edge, '.') : NULL;
    cfo_address_t address;

    if (!edge || !cfo_address_parse(edge, &address))
        apr_cpystrn(text, "-", 48);
    else if (address.bits == 32 && dot) {
        memcpy(text, edge, dot - edge);
        strcpy(text + (dot - edge), ".0/24");
    }
    else
        apr_snprintf(text, 48, "%x:%x:%x::/48", (unsigned)(address.high >> 48),
                     (unsigned)(address.high >> 32 & 0xffff),
                     (unsigned)(address.high >> 16 & 0xffff));
    return text;
}
