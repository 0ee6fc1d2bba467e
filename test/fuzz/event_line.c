/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a log. An event that is read, rendered and read again stays the same. */
#include "core/log/event_line.h"

#include "fuzz.h"

static int is_word(const char *text)
{
    return text && *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz-")];
}

/* Reason and client_ip are words of the module; values longer than it writes would be cut
 * when they are rendered again. */
static int is_renderable(const cfo_event_t *e)
{
    const char *const values[] = { e->vhost,  e->host,        e->zone,
                                   e->edge,   e->cert,        e->sni,
                                   e->ray,    e->claimed_ray, e->uri,
                                   e->hint,   e->cert_issuer, e->cert_subject,
                                   e->method, e->cert_zone };
    size_t i;

    if (!is_word(e->reason) || (e->client_ip && !is_word(e->client_ip)))
        return 0;
    for (i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i] && strlen(values[i]) > 60)
            return 0;
    }
    return 1;
}

static void read_again(const cfo_event_t *event)
{
    static cfo_event_line_t again;
    apr_pool_t *p = fuzz_pool();
    const char *text = cfo_event_render(p, event), *c;
    char *doubled = apr_palloc(p, 2 * strlen(text) + 1), *out = doubled;

    for (c = text; *c; c++) {
        if (*c == '\\')
            *out++ = '\\';
        *out++ = *c;
    }
    PROMISE(cfo_event_line_find(doubled, out - doubled) == doubled);
    PROMISE(cfo_event_line_read(doubled, out - doubled, &again) && again.is_whole);
    PROMISE(!strcmp(text, cfo_event_render(p, &again.event)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cfo_event_line_t line;
    const char *text = (const char *)data, *at = cfo_event_line_find(text, size);

    if (!at)
        return 0;
    PROMISE(at >= text && at < text + size);
    PROMISE(cfo_event_line_read(at, size - (at - text), &line));
    if (line.kind <= CFO_LINE_ADMITTED && is_renderable(&line.event))
        read_again(&line.event);
    return 0;
}
