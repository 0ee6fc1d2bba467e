/* SPDX-License-Identifier: Apache-2.0 */
/* Values of an event, a line each, as a client may send them: the line that is logged is
 * printable, and the reader of logs, also of logs in JSON, gives the values back. */
#include "core/log/event.h"

#include "core/base/writer.h"
#include "core/log/event_line.h"

#include "fuzz.h"

/* As httpd writes it into its log. */
static const char *as_httpd(apr_pool_t *p, const char *text)
{
    char *doubled = apr_palloc(p, 2 * strlen(text) + 1), *to = doubled;

    for (; *text; text++) {
        if (*text == '\\')
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
    return doubled;
}

static int is_same(const char *written, const char *read)
{
    size_t kept;

    if (!written || !*written || !strcmp(written, "-"))
        return 1; /* no value */
    if (!read)
        return 0;
    if (!strcmp(written, read))
        return 1;
    kept = strlen(read);
    return kept >= 3 && !strcmp(read + kept - 3, "...") &&
           !strncmp(written, read, kept - 3);
}

static void check(const cfo_event_t *written, const char *line, size_t length)
{
    static cfo_event_line_t again;
    const char *found = cfo_event_line_find(line, length);

    PROMISE(found && cfo_event_line_read(found, length - (size_t)(found - line), &again));
    PROMISE(again.is_whole && !strcmp(again.event.reason, written->reason));
    PROMISE(again.event.edge_known == written->edge_known);
    PROMISE(is_same(written->vhost, again.event.vhost));
    PROMISE(is_same(written->host, again.event.host));
    PROMISE(is_same(written->cert_subject, again.event.cert_subject));
    PROMISE(is_same(written->sni, again.event.sni));
    PROMISE(is_same(written->method, again.event.method));
    PROMISE(is_same(written->uri, again.event.uri));
    PROMISE(is_same(written->hint, again.event.hint));
    PROMISE(is_same(written->cert_issuer, again.event.cert_issuer));
}

static void check_json(apr_pool_t *p, const cfo_event_t *written, const char *line)
{
    fuzz_output_t output = fuzz_output(p, 7 * strlen(line) + 64);
    cfo_writer_t out = { fuzz_collect, &output };

    cfo_write(&out, "{\"message\":\"");
    cfo_write_json(&out, line);
    cfo_write(&out, "\",\"other\":\"reason=verified\"}");
    if (output.length <= CFO_EVENT_LINE_MOST)
        check(written, output.text, output.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text;
    cfo_event_t event = { .code = "CFO0001 refused", .reason = "cert-missing" };
    const char *line, *logged;

    event.vhost = fuzz_line(&rest);
    event.host = fuzz_line(&rest);
    event.zone = fuzz_line(&rest) ? "example.com" : NULL;
    event.cert_subject = fuzz_line(&rest);
    event.sni = fuzz_line(&rest);
    event.method = fuzz_line(&rest);
    event.hint = fuzz_line(&rest);
    event.cert_issuer = fuzz_line(&rest);
    event.uri = rest;
    event.edge_known = size & 1;
    line = cfo_event_render(p, &event);
    PROMISE(fuzz_is_printable(line) && strlen(line) < 8192);
    logged = apr_pstrcat(p, "[Wed Nov 25 15:51:53.842457 2026] [cf_origin:warn] [pid 1] ",
                         as_httpd(p, line), NULL);
    check(&event, logged, strlen(logged));
    check_json(p, &event, logged);
    free(text);
    return 0;
}
