/* SPDX-License-Identifier: Apache-2.0 */
/* A host name in UTF-8. What was encoded is decoded again, by RFC 3492, section 6.2, and
 * encoded once more. */
#include "core/base/idn.h"
#include "core/base/utf8.h"

#include "fuzz.h"

enum { LABEL_MOST = 64 };

static uint32_t adapt(uint32_t delta, uint32_t points, int is_first)
{
    uint32_t k = 0;

    delta = is_first ? delta / 700 : delta / 2;
    for (delta += delta / points; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80)
        *to++ = (char)c;
    else {
        int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3, i;

        *to++ = (char)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | c >> 6 * more);
        for (i = more - 1; i >= 0; i--)
            *to++ = (char)(0x80 | (c >> 6 * i & 0x3f));
    }
    return to;
}

/* What follows "xn--", up to `end`. Returns the end of what it writes. */
static char *decode_label(char *to, const char *from, const char *end)
{
    uint32_t characters[LABEL_MOST * 2], count = 0, n = 128, i = 0, bias = 72, j;
    const char *hyphen = end;

    while (hyphen > from && hyphen[-1] != '-')
        hyphen--;
    for (; hyphen > from && from < hyphen - 1; from++)
        characters[count++] = (unsigned char)*from;
    if (hyphen > from)
        from = hyphen;
    for (; from < end; i++) {
        uint32_t old = i, weight = 1, k = 36;

        for (;; k += 36) {
            uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias, digit;

            PROMISE(from < end);
            digit = (uint32_t)(*from >= 'a' ? *from - 'a' : *from - '0' + 26);
            from++;
            PROMISE(digit < 36);
            i += digit * weight;
            if (digit < t)
                break;
            weight *= 36 - t;
        }
        PROMISE(count < LABEL_MOST);
        bias = adapt(i - old, ++count, old == 0);
        n += i / count;
        i %= count;
        memmove(characters + i + 1, characters + i, (count - 1 - i) * sizeof *characters);
        characters[i] = n;
    }
    for (j = 0; j < count; j++)
        to = put_utf8(to, characters[j]);
    return to;
}

static const char *decode(apr_pool_t *p, const char *name)
{
    char *text = apr_palloc(p, 4 * strlen(name) + 1), *to = text;

    while (*name) {
        size_t length = strcspn(name, ".");

        if (!strncmp(name, "xn--", 4))
            to = decode_label(to, name + 4, name + length);
        else {
            memcpy(to, name, length);
            to += length;
        }
        name += length;
        if (*name)
            *to++ = *name++;
    }
    *to = '\0';
    return text;
}

static int has_foreign_prefix(const char *name)
{
    return strstr(name, "xn--") || strstr(name, "XN--") || strstr(name, "xN--") ||
           strstr(name, "Xn--");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size), *c = text;
    const char *ascii = cfo_idn_to_ascii(p, text), *again;

    while (*c && !(*c & 0x80))
        c++;
    if (ascii) {
        PROMISE(*c); /* what is ASCII needs no other form */
        for (; *c; c += cfo_utf8_length(c))
            PROMISE(cfo_utf8_length(c));
        PROMISE(strstr(ascii, "xn--"));
        for (again = ascii; *again; again++)
            PROMISE(!(*again & 0x80));
        if (!has_foreign_prefix(text)) {
            again = cfo_idn_to_ascii(p, decode(p, ascii));
            PROMISE(again && !strcmp(ascii, again));
        }
    }
    free(text);
    return 0;
}
