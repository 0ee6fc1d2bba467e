/* SPDX-License-Identifier: Apache-2.0 */
/* Internationalized host names. */
#include "core/base/idn.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/utf8.h"

enum { LABEL_MOST = 63 };

/* Parameters of punycode (RFC 3492, section 5). */
enum {
    BASE = 36,
    T_LEAST = 1,
    T_MOST = 26,
    SKEW = 38,
    DAMP = 700,
    BIAS = 72,
    FIRST = 128
};

/* The characters of a label. */
typedef struct {
    apr_uint32_t characters[LABEL_MOST];
    apr_uint32_t count;
} label_t;

/* Whether capital and small letters alternate there, a capital one first. Some small
 * letters among them have no capital one, such as U+0138. */
static int is_pair_capital(apr_uint32_t c)
{
    if (c == 0x138 || (c >= 0x1e96 && c <= 0x1e9f))
        return 0;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
        return c % 2;
    return ((c >= 0x100 && c <= 0x177 && c != 0x130) || (c >= 0x460 && c <= 0x481) ||
            (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) ||
            (c >= 0x1e00 && c <= 0x1eff)) &&
           c % 2 == 0;
}

static apr_uint32_t lower(apr_uint32_t c)
{
    if (c < 0x80)
        return (apr_uint32_t)apr_tolower((int)c);
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
        (c >= 0x410 && c <= 0x42f))
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40f)
        return c + 0x50;
    return is_pair_capital(c) ? c + 1 : c;
}

/* A mark that belongs to the letter before it, or what is no part of a name. */
static int is_unfit(apr_uint32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || c == 0xa0 || (c >= 0x2000 && c <= 0x206f) ||
           c == 0xfeff || (c >= 0x3000 && c <= 0x3003) || (c >= 0xff00 && c <= 0xffef);
}

static apr_uint32_t decode(const char *text, int length)
{
    const unsigned char *c = (const unsigned char *)text;
    apr_uint32_t value = length == 1 ? *c : *c & (0xffu >> (length + 1));
    int i;

    for (i = 1; i < length; i++)
        value = value << 6 | (c[i] & 0x3f);
    return value;
}

/* Reads up to the next dot, and moves *text there; 0: this is not a label. */
static int read_label(const char **text, label_t *label)
{
    label->count = 0;
    while (**text && **text != '.') {
        int length = cfo_utf8_length(*text);
        apr_uint32_t c = length ? lower(decode(*text, length)) : 0;

        if (!length || is_unfit(c) || label->count == LABEL_MOST)
            return 0;
        label->characters[label->count++] = c;
        *text += length;
    }
    return 1;
}

static apr_uint32_t adapt(apr_uint32_t delta, apr_uint32_t points, int is_first)
{
    apr_uint32_t k = 0;

    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - T_LEAST) * T_MOST / 2; k += BASE)
        delta /= BASE - T_LEAST;
    return k + (BASE - T_LEAST + 1) * delta / (delta + SKEW);
}

static char *put_number(char *end, apr_uint32_t value, apr_uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    apr_uint32_t k;

    for (k = BASE;; k += BASE) {
        apr_uint32_t t = k <= bias ? T_LEAST : k >= bias + T_MOST ? T_MOST : k - bias;

        if (value < t)
            break;
        *end++ = digits[t + (value - t) % (BASE - t)];
        value = (value - t) / (BASE - t);
    }
    *end++ = digits[value];
    return end;
}

/* The least character from `from` on. */
static apr_uint32_t next_character(const label_t *label, apr_uint32_t from)
{
    apr_uint32_t i, least = 0xffffffff;

    for (i = 0; i < label->count; i++) {
        if (label->characters[i] >= from && label->characters[i] < least)
            least = label->characters[i];
    }
    return least;
}

static char *put_ascii(char *end, const label_t *label, apr_uint32_t *count)
{
    apr_uint32_t i;

    for (i = *count = 0; i < label->count; i++) {
        if (label->characters[i] < FIRST) {
            *end++ = (char)label->characters[i];
            ++*count;
        }
    }
    return end;
}

/* RFC 3492, section 6.3. A label has at most 63 characters below 0x110000, so that no
 * number overflows. */
static char *put_label(char *end, const label_t *label)
{
    apr_uint32_t next = FIRST, delta = 0, bias = BIAS, basic, handled, i;

    if (next_character(label, FIRST) == 0xffffffff)
        return put_ascii(end, label, &basic);
    end = put_ascii(apr_cpystrn(end, "xn--", sizeof "xn--"), label, &basic);
    if (basic)
        *end++ = '-';
    for (handled = basic; handled < label->count; next++, delta++) {
        apr_uint32_t least = next_character(label, next);

        delta += (least - next) * (handled + 1);
        next = least;
        for (i = 0; i < label->count; i++) {
            delta += label->characters[i] < next;
            if (label->characters[i] != next)
                continue;
            end = put_number(end, delta, bias);
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            handled++;
        }
    }
    return end;
}

const char *cfo_idn_to_ascii(apr_pool_t *p, const char *name)
{
    enum { DIGITS_MOST = 8 }; /* of a character */
    const char *c = name;
    char *ascii, *end;
    label_t label;

    while (*c && !(*c & 0x80))
        c++;
    if (!*c)
        return NULL;
    end = ascii = apr_palloc(p, DIGITS_MOST * strlen(name) + 8);
    while (read_label(&name, &label)) {
        end = put_label(end, &label);
        if (!*name) {
            *end = '\0';
            return ascii;
        }
        *end++ = *name++;
    }
    return NULL;
}
