/* SPDX-License-Identifier: Apache-2.0 */
/* Reads events from an error log. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include "core/log/event_line.h"

#include <string.h>

#include "apr_lib.h"

/* In the order of cfo_line_kind_t; `last` is the last key that a complete line has. */
static const struct {
    const char *code;
    const char *last;
} kinds[] = {
    { CFO_EVENT_LINE_MARK "1 refused", "uri" },
    { CFO_EVENT_LINE_MARK "2 would-refuse", "uri" },
    { CFO_EVENT_LINE_MARK "3 admitted", "uri" },
    { CFO_EVENT_LINE_MARK "4 held-back", "seconds" },
    { CFO_EVENT_LINE_MARK "5 handshake-failed", "sni" },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

#define KEY(name, field)                                                                 \
    {                                                                                    \
        name, sizeof name - 1, offsetof(cfo_event_line_t, field)                         \
    }

/* In the order of the lines, so that the next key is usually the next row. */
static const struct {
    const char *name;
    size_t length; /* of the name */
    size_t offset;
} keys[] = {
    KEY("reason", event.reason),
    KEY("vhost", event.vhost),
    KEY("host", event.host),
    KEY("zone", event.zone),
    KEY("edge", event.edge),
    KEY("edge_known", edge_known),
    KEY("cert", event.cert),
    KEY("cert_subject", event.cert_subject),
    KEY("cert_zone", event.cert_zone),
    KEY("sni", event.sni),
    KEY("ray", event.ray),
    KEY("claimed_ray", event.claimed_ray),
    KEY("method", event.method),
    KEY("uri", event.uri),
    KEY("client_ip", event.client_ip),
    KEY("cert_issuer", event.cert_issuer),
    KEY("hint", event.hint),
    KEY("lines", lines),
    KEY("seconds", seconds),
};

enum { KEYS = sizeof keys / sizeof *keys };

/* Of all lines of this module. */
#define CFO_LINE_MARK "CFO0"

enum { LEVEL_MOST = sizeof "trace1" - 1 };

static int starts_with(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);

    return length >= size && !memcmp(text, word, size);
}

/* The kind of line that begins here; KINDS: none. */
static int find_kind(const char *text, size_t length)
{
    int kind = 0;

    while (kind < KINDS && !starts_with(text, length, kinds[kind].code))
        kind++;
    return kind;
}

static int is_level(const char *text, size_t length)
{
    static const char *const levels[] = { "emerg", "alert",  "crit", "error",
                                          "warn",  "notice", "info", "debug" };
    size_t i;

    for (i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (length == strlen(levels[i]) && !memcmp(text, levels[i], length))
            return 1;
    }
    return length == LEVEL_MOST && !memcmp(text, "trace", 5);
}

/* The length of "module" in "module:level]"; -1 if the text begins otherwise. */
static int module_length(const char *text, size_t length)
{
    size_t name = 0, close;

    while (name < length && (apr_isalnum(text[name]) || text[name] == '_'))
        name++;
    if (name == length || text[name] != ':')
        return -1;
    close = name + 1;
    while (close < length && close <= name + 1 + LEVEL_MOST && text[close] != ']')
        close++;
    if (close == length || text[close] != ']' ||
        !is_level(text + name + 1, close - name - 1))
        return -1;
    return (int)name;
}

/* The first [module:level] decides; later text may come from a client. */
int cfo_event_line_is_of(const char *line, size_t length, const char *name)
{
    const char *end = line + length, *at = line;
    size_t size = strlen(name);

    while ((at = memchr(at, '[', end - at))) {
        int module;

        at++;
        module = module_length(at, end - at);
        if (module >= 0)
            return (size_t)module == size && !memcmp(at, name, size);
    }
    return 1;
}

/* The beginning of any line of this module: "CFO0110 visitor-invalid". */
static int is_code(const char *text, size_t length)
{
    static const char form[] = CFO_LINE_MARK "000 a";
    size_t i = sizeof CFO_LINE_MARK - 1;

    if (length < sizeof form - 1 || !starts_with(text, length, CFO_LINE_MARK))
        return 0;
    while (form[i] == '0' && apr_isdigit(text[i]))
        i++;
    return form[i] == ' ' && text[i] == ' ' && apr_islower(text[i + 1]);
}

/* The first code decides: the values of another line are text of clients, too. */
const char *cfo_event_line_find(const char *line, size_t length)
{
    const char *end = line + length, *at = line;

    while ((at = memmem(at, end - at, CFO_LINE_MARK, sizeof CFO_LINE_MARK - 1))) {
        if ((at == line || !apr_isalnum(at[-1])) && is_code(at, end - at))
            return find_kind(at, end - at) < KINDS &&
                           cfo_event_line_is_of(line, at - line, "cf_origin")
                       ? at
                       : NULL;
        at++;
    }
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of `count` hexadecimal digits; -1: they are not. */
static int hex_number(const char *text, int count)
{
    int number = 0;

    for (; count > 0; count--, text++) {
        if (hex_digit(*text) < 0)
            return -1;
        number = number * 16 + hex_digit(*text);
    }
    return number;
}

/* Events are ASCII; anything else from a collector becomes "?". */
static char *decode_unicode(char **in, char *out)
{
    int number = hex_number(*in, 4);

    if (number >= 0)
        *in += 4;
    *out++ = number > 0 && number < 0x80 ? (char)number : '?';
    return out;
}

/* In place, up to the quotation mark at the end of the string (RFC 8259, section 7). */
static void decode_json(char *text)
{
    static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    char *out = text, *in = text;

    while (*in && *in != '"') {
        const char *name;

        if (*in != '\\' || !in[1]) {
            *out++ = *in++;
            continue;
        }
        name = strchr(names, in[1]);
        in += 2;
        if (in[-1] == 'u')
            out = decode_unicode(&in, out);
        else
            *out++ = name ? bytes[name - names] : in[-1];
    }
    *out = '\0';
}

/* The first quotation mark of an event follows a =; if it is escaped, the line is JSON.
 */
static int is_json(const char *text)
{
    const char *quote = strchr(text, '"'), *unicode = strstr(text, "=\\u0022");

    return (quote && quote > text && quote[-1] == '\\') ||
           (unicode && (!quote || unicode < quote));
}

/* First undoes httpd's doubled backslashes, then the module's \xHH, except \x00. In
 * place.
 */
static void decode_value(char *value)
{
    char *out;

    value += strcspn(value, "\\");
    out = value;
    while (*value) {
        if (*value == '\\' && value[1] == '\\')
            value++;
        if (value[0] == '\\' && value[1] == 'x' && hex_number(value + 2, 2) > 0) {
            *out++ = (char)hex_number(value + 2, 2);
            value += 4;
        }
        else
            *out++ = *value++;
    }
    *out = '\0';
}

/* Letters, digits, and . : - _ [ ] *; called for most bytes of a line. */
static int is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '-' && c <= ':' && c != '/') ||
           (c >= 'A' && c <= '[') || c == '_' || c == ']' || c == '*';
}

/* Ends the value with a NUL. Returns the position after it, whose byte is in *next
 * because the NUL may have replaced it; NULL if the value has no end. */
static char *end_value(char **value, char *next)
{
    char *end = *value;

    if (*end == '"') {
        end = strchr(++*value, '"');
        if (!end)
            return NULL;
        *end++ = '\0';
        *next = *end;
        decode_value(*value);
        return end;
    }
    while (is_word(*end))
        end++;
    *next = *end;
    *end = '\0';
    return end > *value ? end : NULL;
}

static int find_key(const char *name, size_t length, int expected)
{
    int i;

    for (i = 0; i < KEYS; i++) {
        int key = (expected + i) % KEYS;

        if (keys[key].length == length && !memcmp(keys[key].name, name, length))
            return key;
    }
    return KEYS;
}

static void take(cfo_event_line_t *line, const char *key, size_t length,
                 const char *value, int *expected)
{
    int found = find_key(key, length, *expected);
    const char **field;

    if (found == KEYS)
        return;
    *expected = found + 1;
    field = (const char **)(void *)((char *)line + keys[found].offset);
    if (!*field)
        *field = value;
    if (!strcmp(keys[found].name, kinds[line->kind].last))
        line->is_whole = 1;
}

/* Reads " key=value" pairs up to the first other text. */
static void read_pairs(cfo_event_line_t *line, char *at)
{
    char next = *at;
    int expected = 0;

    while (next == ' ') {
        char *key = at + 1, *value = key;

        while (*value == '_' || (*value >= 'a' && *value <= 'z'))
            value++;
        if (value == key || *value != '=')
            return;
        value++;
        at = end_value(&value, &next);
        if (!at)
            return;
        take(line, key, value - key - (value[-1] == '"' ? 2 : 1), value, &expected);
    }
}

/* A hyphen means "not known". */
static void drop_hyphens(cfo_event_line_t *line)
{
    int i;

    for (i = 0; i < KEYS; i++) {
        const char **field = (const char **)(void *)((char *)line + keys[i].offset);

        if (*field && (*field)[0] == '-' && !(*field)[1])
            *field = NULL;
    }
}

int cfo_event_line_read(const char *text, size_t length, cfo_event_line_t *line)
{
    int kind = find_kind(text, length);
    const char *nul;

    if (kind == KINDS)
        return 0;
    memset(line, 0, offsetof(cfo_event_line_t, text));
    line->kind = (cfo_line_kind_t)kind;
    line->event.code = kinds[kind].code;
    length = length < CFO_EVENT_LINE_MOST ? length : CFO_EVENT_LINE_MOST;
    nul = memchr(text, '\0', length);
    length = nul ? (size_t)(nul - text) : length;
    memcpy(line->text, text, length);
    line->text[length] = '\0';
    while (is_json(line->text))
        decode_json(line->text);
    if (find_kind(line->text, strlen(line->text)) == kind)
        read_pairs(line, line->text + strlen(kinds[kind].code));
    drop_hyphens(line);
    line->event.edge_known = line->edge_known && !strcmp(line->edge_known, "yes");
    return 1;
}
