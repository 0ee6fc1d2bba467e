/* SPDX-License-Identifier: Apache-2.0 */
/* The words of an expression. */
#include "httpd/language/operand.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

void cfo_reader_skip_space(cfo_reader_t *reader)
{
    while (apr_isspace(*reader->at))
        reader->at++;
}

static int is_of_word(char c)
{
    return apr_isalnum(c) || c == '_';
}

int cfo_reader_take(cfo_reader_t *reader, const char *token)
{
    size_t length = strlen(token);

    cfo_reader_skip_space(reader);
    if (strncasecmp(reader->at, token, length) ||
        (is_of_word(token[length - 1]) && is_of_word(reader->at[length])))
        return 0;
    reader->at += length;
    return 1;
}

const char *cfo_reader_until(cfo_reader_t *reader, char mark)
{
    char *text = apr_palloc(reader->pool, strlen(reader->at) + 1), *end = text;

    for (; *reader->at && *reader->at != mark; reader->at++) {
        if (*reader->at == '\\' && reader->at[1]) {
            if (reader->at[1] != mark)
                *end++ = '\\';
            reader->at++;
        }
        *end++ = *reader->at;
    }
    *end = '\0';
    reader->is_bad |= !*reader->at;
    reader->at += *reader->at != '\0';
    return text;
}

const char *cfo_reader_word(cfo_reader_t *reader)
{
    const char *begin = reader->at;

    while (is_of_word(*reader->at))
        reader->at++;
    return apr_pstrmemdup(reader->pool, begin, (apr_size_t)(reader->at - begin));
}

static cfo_operand_t operand(const char *text)
{
    return (cfo_operand_t){ .text = text };
}

static cfo_operand_t bad(cfo_reader_t *reader)
{
    reader->is_bad = 1;
    return operand("");
}

int cfo_operand_has_variable(const char *text)
{
    return ap_strstr_c(text, "%{") != NULL;
}

/* $1: what an earlier regular expression matched. */
static int has_group(const char *text)
{
    while ((text = ap_strchr_c(text, '$')) && !apr_isdigit(text[1]))
        text++;
    return text != NULL;
}

static cfo_operand_t change_letters(cfo_reader_t *reader, cfo_operand_t inner,
                                    char letters)
{
    char *text = apr_pstrdup(reader->pool, inner.text);

    if (cfo_operand_has_variable(inner.text)) {
        inner.letters = letters;
        return inner;
    }
    if (letters == 'a')
        ap_str_tolower(text);
    else
        ap_str_toupper(text);
    inner.text = text;
    return inner;
}

/* A function of a header or a variable is the same as a variable with its name. */
static int is_variable(const char *name)
{
    static const char *const names[] = { "req", "http", "req_novary", "env", "reqenv" };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcasecmp(name, names[i]))
            return 1;
    }
    return 0;
}

/* After "name(". */
static cfo_operand_t read_call(cfo_reader_t *reader, const char *name)
{
    cfo_operand_t inner = cfo_reader_operand(reader);

    while (cfo_reader_take(reader, ",")) {
        cfo_reader_operand(reader);
        inner.is_unknown = 1;
    }
    if (!cfo_reader_take(reader, ")"))
        return bad(reader);
    if (!strcasecmp(name, "tolower") || !strcasecmp(name, "toupper"))
        return change_letters(reader, inner, apr_tolower(name[2]) == 'l' ? 'a' : 'A');
    if (is_variable(name) && !cfo_operand_has_variable(inner.text))
        inner.text = apr_pstrcat(reader->pool, "%{", name, ":", inner.text, "}", NULL);
    else
        inner.is_unknown = 1;
    return inner;
}

static cfo_operand_t read_text(cfo_reader_t *reader, char mark)
{
    cfo_operand_t text = operand(cfo_reader_until(reader, mark));

    text.is_unknown = has_group(text.text);
    return text;
}

static cfo_operand_t read_single(cfo_reader_t *reader)
{
    cfo_operand_t called;
    const char *word;
    char first;

    cfo_reader_skip_space(reader);
    first = *reader->at;
    if (first == '\'' || first == '"') {
        reader->at++;
        return read_text(reader, first);
    }
    if (first == '%' && reader->at[1] == '{') {
        reader->at += 2;
        return operand(
            apr_pstrcat(reader->pool, "%{", cfo_reader_until(reader, '}'), "}", NULL));
    }
    if (first == '$' && apr_isdigit(reader->at[1])) {
        reader->at += 2;
        return (cfo_operand_t){ .text = "", .is_unknown = 1 };
    }
    reader->at += first == '-' && apr_isdigit(reader->at[1]);
    word = cfo_reader_word(reader);
    if (!*word || reader->depth > CFO_READER_MOST_DEPTH)
        return bad(reader);
    if (first == '-')
        word = apr_pstrcat(reader->pool, "-", word, NULL);
    if (!cfo_reader_take(reader, "("))
        return operand(word);
    reader->depth++;
    called = read_call(reader, word);
    reader->depth--;
    return called;
}

/* Texts with points between them are put together. */
cfo_operand_t cfo_reader_operand(cfo_reader_t *reader)
{
    cfo_operand_t all = read_single(reader);

    while (cfo_reader_take(reader, ".")) {
        cfo_operand_t more = read_single(reader);

        all.text = apr_pstrcat(reader->pool, all.text, more.text, NULL);
        all.is_unknown |= more.is_unknown || more.letters || all.letters;
    }
    return all;
}
