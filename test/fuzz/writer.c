/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign text in HTML, JSON and OpenMetrics: what is read back is the text, with U+FFFD
 * for what has no place there, and nothing ends early. */
#include "core/base/json.h"
#include "core/base/utf8.h"
#include "core/base/writer.h"

#include <stdio.h>

#include "fuzz.h"
#include "json_check.h"

/* The text as all three should give it back: `allowed` are control characters that stay.
 */
static const char *expected(apr_pool_t *p, const char *text, const char *allowed)
{
    char *result = apr_palloc(p, 3 * strlen(text) + 1), *to = result;

    while (*text) {
        int length = cfo_utf8_length(text);
        int is_control = (unsigned char)*text < ' ' || *text == 0x7f;

        if (length && (!is_control || strchr(allowed, *text))) {
            memcpy(to, text, (size_t)length);
            to += length;
        }
        else {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
        }
        text += length ? length : 1;
    }
    *to = '\0';
    return result;
}

static void try_html(apr_pool_t *p, const char *text)
{
    static const struct {
        const char *name;
        char value;
    } entities[] = { { "&amp;", '&' },
                     { "&lt;", '<' },
                     { "&gt;", '>' },
                     { "&quot;", '"' },
                     { "&#39;", '\'' } };
    fuzz_output_t output = fuzz_output(p, 8 * strlen(text) + 256);
    cfo_writer_t out = { fuzz_collect, &output };
    char *from, *to;
    int i;

    cfo_write_html(&out, text);
    PROMISE(!output.text[strcspn(output.text, "<>\"'")]);
    for (from = to = output.text; *from; to++) {
        *to = *from;
        for (i = 0; *from == '&' && i < 5; i++) {
            size_t length = strlen(entities[i].name);

            if (strncmp(from, entities[i].name, length))
                continue;
            *to = entities[i].value;
            from += length - 1;
            break;
        }
        PROMISE(i < 5);
        from++;
    }
    *to = '\0';
    PROMISE(!strcmp(output.text, expected(p, text, "")));
}

static void try_label(apr_pool_t *p, const char *text)
{
    fuzz_output_t output = fuzz_output(p, 8 * strlen(text) + 256);
    cfo_writer_t out = { fuzz_collect, &output };
    char *from, *to;

    cfo_write_label(&out, text);
    for (from = to = output.text; *from; from++) {
        PROMISE(*from != '"' && *from != '\n');
        if (*from == '\\') {
            from++;
            PROMISE(*from == '\\' || *from == '"' || *from == 'n');
            *to++ = (char)(*from == 'n' ? '\n' : *from);
        }
        else
            *to++ = *from;
    }
    *to = '\0';
    PROMISE(!strcmp(output.text, expected(p, text, "\n")));
}

static void try_json(apr_pool_t *p, const char *text)
{
    static const char controls[] =
        "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f"
        "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c"
        "\x1d\x1e\x1f\x7f";
    fuzz_output_t output = fuzz_output(p, 16 * strlen(text) + 256);
    cfo_writer_t out = { fuzz_collect, &output };
    cfo_json_t json = { &out, 0, 0 };
    char *again = apr_palloc(p, 8 * strlen(text) + 8);

    cfo_json_string(&json, "name", text);
    cfo_json_open(&json, "list", '[');
    cfo_json_string(&json, NULL, text);
    cfo_json_string(&json, NULL, NULL);
    cfo_json_number(&json, NULL, -5);
    cfo_json_close(&json, ']');
    cfo_json_truth(&json, "is", 1);
    cfo_json_time(&json, "at", 0);
    cfo_json_end(&json);
    PROMISE(json_check(output.text));
    PROMISE(json_unquote(strchr(output.text, ':') + 1, again));
    PROMISE(!strcmp(again, expected(p, text, controls)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size);

    try_html(p, text);
    try_label(p, text);
    try_json(p, text);
    free(text);
    return 0;
}
