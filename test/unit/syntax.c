/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax.h"

#include <ctype.h>

#include "core/base/utf8.h"
#include "fixture.h"

#include "apr_hash.h"

static const char *end; /* where the last part ended */

static int string(const char *s)
{
    if (*s++ != '"')
        return 0;
    while (*s != '"') {
        int length = cfo_utf8_length(s);

        if (!length || (unsigned char)*s < ' ')
            return 0;
        if (*s == '\\' && !strchr("\"\\nu", s[1]))
            return 0;
        s += *s == '\\' ? 2 : length;
    }
    end = s + 1;
    return 1;
}

static int value(const char *s);

static int list(const char *s, char closing)
{
    if (*s == closing) {
        end = s + 1;
        return 1;
    }
    for (;; s = end + 1) {
        if (closing == '}') {
            if (!string(s) || *end != ':')
                return 0;
            s = end + 1;
        }
        if (!value(s))
            return 0;
        if (*end == closing) {
            end++;
            return 1;
        }
        if (*end != ',')
            return 0;
    }
}

static int value(const char *s)
{
    static const char *const words[] = { "null", "true", "false" };
    int i;

    end = s;
    if (*s == '{' || *s == '[')
        return list(s + 1, *s == '{' ? '}' : ']');
    if (*s == '"')
        return string(s);
    for (i = 0; i < 3; i++) {
        if (!strncmp(s, words[i], strlen(words[i]))) {
            end = s + strlen(words[i]);
            return 1;
        }
    }
    end += strspn(s, "0123456789");
    return end > s && (*s != '0' || end == s + 1);
}

const char *syntax_json(const char *text)
{
    return value(text) && !strcmp(end, "\n") ? NULL : apr_pstrndup(pool, end, 60);
}

static size_t name_length(const char *s)
{
    return isdigit((unsigned char)*s)
               ? 0
               : strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789");
}

static int labels(const char *s)
{
    do {
        s++;
        s += name_length(s);
        if (*s != '=' || !string(s + 1))
            return 0;
        s = end;
    } while (*s == ',');
    end = s + 1;
    return *s == '}';
}

static int sample(const char *line, const char *family)
{
    const char *s = line + name_length(line);

    if (strncmp(line, family, strlen(family)))
        return 0;
    if (*s == '{') {
        if (!labels(s))
            return 0;
        s = end;
    }
    return *s == ' ' && s[1] && strspn(s + 1, "0123456789") == strlen(s + 1);
}

const char *syntax_metrics(const char *text)
{
    apr_hash_t *known = apr_hash_make(pool);
    const char *family = "?";
    char *rest, *line;

    if (strlen(text) < 6 || strcmp(text + strlen(text) - 6, "# EOF\n"))
        return "no EOF";
    for (line = apr_strtok(apr_pstrdup(pool, text), "\n", &rest); line;
         line = apr_strtok(NULL, "\n", &rest)) {
        const char *key = line;

        if (!strncmp(line, "# TYPE ", 7))
            family = apr_pstrmemdup(pool, line + 7, name_length(line + 7));
        else if (*line != '#') {
            if (!sample(line, family))
                return line;
            key = apr_pstrmemdup(pool, line, strrchr(line, ' ') - line);
        }
        if (apr_hash_get(known, key, APR_HASH_KEY_STRING))
            return line;
        apr_hash_set(known, key, APR_HASH_KEY_STRING, key);
    }
    return NULL;
}

static int attributes(const char *s)
{
    while (*s == ' ') {
        s++;
        if (!strncmp(s, "style", 5) || !strncmp(s, "on", 2))
            return 0;
        s += strcspn(s, "=> ");
        if (*s == '=' && s[1] == '"')
            s = strchr(s + 2, '"') + 1;
        else if (*s == '=')
            return 0;
    }
    end = *s == '/' ? s + 1 : s;
    return *end == '>';
}

static int is_void(const char *tag)
{
    return strstr(" meta link input rect ", apr_pstrcat(pool, " ", tag, " ", NULL)) !=
           NULL;
}

const char *syntax_html(const char *text)
{
    const char *open[64], *s = strchr(text, '\n');
    int depth = 0;

    if (strncmp(text, "<!DOCTYPE html>\n", 16))
        s = text;
    while ((s = strchr(s, '<')) != NULL) {
        int is_closing = s[1] == '/';
        const char *name = s + 1 + is_closing, *tag;

        tag = apr_pstrmemdup(pool, name, strcspn(name, " >/"));
        if (is_closing && (!depth || strcmp(open[--depth], tag)))
            return apr_pstrndup(pool, s, 60);
        if (is_closing)
            end = name + strlen(tag);
        else if (!strcmp(tag, "script") || !attributes(name + strlen(tag)))
            return apr_pstrndup(pool, s, 60);
        else if (!is_void(tag))
            open[depth++] = tag;
        s = end;
    }
    return depth ? open[depth - 1] : NULL;
}
