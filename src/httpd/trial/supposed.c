/* SPDX-License-Identifier: Apache-2.0 */
/* A request that is only supposed. */
#include "httpd/trial/supposed.h"

#include <string.h>
#include <strings.h>

#include "apr_fnmatch.h"
#include "apr_strings.h"

#include "core/verdict/header_name.h"
#include "httpd/language/pattern.h"

/* What is seen in such a header or variable, to try rules on. */
typedef struct {
    const char *name;
    const char *values[4];
} example_t;

static const example_t examples[] = {
    { "CF-IPCountry", { "DE", "US", "T1", NULL } },
    { "CF-Connecting-IP", { "84.17.201.9", "2a02:810d::77", NULL } },
    { "True-Client-IP", { "84.17.201.9", "2a02:810d::77", NULL } },
    { "CF-Ray", { "230b030023ae2822-SJC", NULL } },
    { "REQUEST_URI", { "/", "/a/b.html", NULL } },
    { "CF-Visitor", { "{\"scheme\":\"https\"}", NULL } },
    { NULL, { "a1", "Z-9", NULL } },
};

static cfo_value_t make(int kind, const char *text)
{
    cfo_value_t value = { kind, text };

    return value;
}

static int holds(const cfo_question_t *question, const char *text)
{
    switch (question->kind) {
    case CFO_ASK_REGEX:
        return !ap_regexec(question->regex, text, 0, NULL, 0);
    case CFO_ASK_NETWORK:
        return cfo_network_contains(&question->network, text);
    case CFO_ASK_GLOB:
        return apr_fnmatch(question->text, text, 0) == APR_SUCCESS;
    default:
        return !strcasecmp(question->text, text);
    }
}

/* The address that a pattern for addresses begins with ("^173\.245\.50\."), completed. */
static const char *begun_address(apr_pool_t *p, const char *pattern)
{
    char *text = apr_palloc(p, strlen(pattern) + 1), *end = text;
    cfo_range_t network;

    for (pattern += *pattern == '^'; *pattern; pattern++) {
        if (ap_strchr_c("0123456789.", *pattern))
            *end++ = *pattern;
        else if (*pattern != '\\')
            break;
    }
    *end = '\0';
    if (!ap_strchr_c(text, '.'))
        return NULL;
    if (end[-1] == '.' && (ap_strchr_c("0123456789.", *pattern) || !*pattern ||
                           *pattern == '[' || *pattern == '(' || *pattern == '*'))
        end[-1] = '\0';
    if (!cfo_network_parse(p, text, &network))
        return NULL;
    return apr_psprintf(
        p, "%u.%u.%u.%u", (unsigned)network.first.low >> 24,
        (unsigned)network.first.low >> 16 & 255, (unsigned)network.first.low >> 8 & 255,
        ((unsigned)network.first.low & 255) + (network.first.low != network.last.low));
}

static int is_edges(const cfo_supposed_t *supposed, const char *address)
{
    cfo_range_t one;

    return address && cfo_network_parse(supposed->pool, address, &one) &&
           cfo_known_edge_overlaps(supposed->edge, &one);
}

/* Whether it holds for some address of Cloudflare's. */
static int holds_for_edge(const cfo_supposed_t *supposed, const cfo_question_t *question)
{
    const apr_array_header_t *samples = supposed->edge->samples;
    const char *begun;
    int i;

    if (question->kind == CFO_ASK_NETWORK)
        return cfo_known_edge_overlaps(supposed->edge, &question->network);
    if (question->kind == CFO_ASK_EQUAL)
        return is_edges(supposed, question->text);
    for (i = 0; i < samples->nelts; i++) {
        if (holds(question, APR_ARRAY_IDX(samples, i, const char *)))
            return 1;
    }
    if (question->kind != CFO_ASK_REGEX)
        return 0;
    begun = begun_address(supposed->pool, question->text);
    return begun && is_edges(supposed, begun) && holds(question, begun);
}

static const example_t *find_example(const char *name)
{
    const example_t *example = examples;

    while (example->name && strcasecmp(example->name, name))
        example++;
    return example;
}

static int holds_for_examples(const cfo_supposed_t *supposed,
                              const cfo_question_t *question, const char *name)
{
    const char *const *values = find_example(name)->values;
    int i, count = 0;

    for (i = 0; values[i]; i++)
        count += holds(question, values[i]);
    if (count == i)
        return 1;
    if (!count && holds(question, ""))
        return 0;
    return supposed->guess;
}

/* Notes the line that is tried, if it asks for what this is about. */
static void note(cfo_supposed_t *supposed, cfo_subject_t subject)
{
    if (supposed->subject == subject && !supposed->line)
        supposed->line = supposed->now;
}

int cfo_supposed_ask(cfo_supposed_t *supposed, cfo_value_t value,
                     const cfo_question_t *question)
{
    int answer;

    switch (value.kind) {
    case CFO_IS_TEXT:
        return holds(question, value.text);
    case CFO_IS_LIKE:
        return holds_for_examples(supposed, question, value.text);
    case CFO_IS_EDGE:
        answer = holds_for_edge(supposed, question);
        if (answer)
            note(supposed, CFO_SUBJECT_ADDRESS);
        return answer;
    default:
        return supposed->guess;
    }
}

int cfo_supposed_matches(cfo_supposed_t *supposed, cfo_value_t value, const char *pattern,
                         int is_nocase)
{
    cfo_question_t question = { .kind = CFO_ASK_REGEX, .text = pattern };

    question.regex = cfo_pattern_compile(supposed->vhosts->patterns, pattern, is_nocase);
    return question.regex ? cfo_supposed_ask(supposed, value, &question)
                          : supposed->guess;
}

int cfo_supposed_in_network(cfo_supposed_t *supposed, cfo_value_t value,
                            const char *network)
{
    cfo_question_t question = { .kind = CFO_ASK_NETWORK, .text = network };

    if (!cfo_network_parse(supposed->pool, network, &question.network))
        return supposed->guess;
    return cfo_supposed_ask(supposed, value, &question);
}

cfo_value_t cfo_supposed_address(const cfo_supposed_t *supposed)
{
    return supposed->address ? make(CFO_IS_TEXT, supposed->address)
                             : make(CFO_IS_EDGE, NULL);
}

cfo_value_t cfo_supposed_header(cfo_supposed_t *supposed, const char *name)
{
    if (strncasecmp(name, "CF-", 3) && strcasecmp(name, "True-Client-IP"))
        return make(CFO_IS_UNKNOWN, NULL);
    if (!supposed->has_headers)
        return make(CFO_IS_TEXT, "");
    note(supposed, CFO_SUBJECT_HEADER);
    return make(CFO_IS_LIKE, name);
}

static cfo_value_t of_certificate(cfo_supposed_t *supposed, const char *name)
{
    int is_verdict = !strcasecmp(name, "SSL_CLIENT_VERIFY");

    if (!supposed->has_certificate)
        return make(CFO_IS_TEXT, is_verdict ? "NONE" : "");
    note(supposed, CFO_SUBJECT_CERTIFICATE);
    return is_verdict ? make(CFO_IS_TEXT, "SUCCESS") : make(CFO_IS_UNKNOWN, NULL);
}

/* What follows a prefix of a name; NULL: it has another one. */
static const char *after(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);

    return !strncasecmp(name, prefix, length) ? name + length : NULL;
}

cfo_value_t cfo_supposed_variable(cfo_supposed_t *supposed, const char *name)
{
    const char *rest;

    if ((rest = after(name, "LA-U:")) || (rest = after(name, "LA-F:")) ||
        (rest = after(name, "SSL:")))
        name = rest;
    if (!strcasecmp(name, "REMOTE_ADDR"))
        return cfo_supposed_address(supposed);
    if ((rest = after(name, "HTTP:")) || (rest = after(name, "req:")) ||
        (rest = after(name, "req_novary:")))
        return cfo_supposed_header(supposed, rest);
    if ((rest = after(name, "ENV:")) || (rest = after(name, "reqenv:")))
        return cfo_supposed_env(supposed, rest);
    if (!strcasecmp(name, "REQUEST_URI"))
        return make(CFO_IS_LIKE, name);
    if (after(name, "SSL_CLIENT_"))
        return of_certificate(supposed, name);
    return make(CFO_IS_UNKNOWN, NULL);
}

/* A text to put together with others. */
static cfo_value_t as_text(cfo_value_t value)
{
    return value.kind == CFO_IS_LIKE
               ? make(CFO_IS_TEXT, find_example(value.text)->values[0])
               : value;
}

cfo_value_t cfo_supposed_string(cfo_supposed_t *supposed, const char *string)
{
    const char *start = ap_strstr_c(string, "%{"), *end;
    cfo_value_t value, rest;

    if (!start || !(end = ap_strchr_c(start, '}')))
        return make(strpbrk(string, "$%") ? CFO_IS_UNKNOWN : CFO_IS_TEXT, string);
    value =
        cfo_supposed_variable(supposed, apr_pstrmemdup(supposed->pool, start + 2,
                                                       (apr_size_t)(end - start - 2)));
    if (start == string && !end[1])
        return value;
    value = as_text(value);
    rest = as_text(cfo_supposed_string(supposed, end + 1));
    if (value.kind != CFO_IS_TEXT || rest.kind != CFO_IS_TEXT)
        return make(CFO_IS_UNKNOWN, NULL);
    return make(CFO_IS_TEXT, apr_pstrcat(supposed->pool,
                                         apr_pstrmemdup(supposed->pool, string,
                                                        (apr_size_t)(start - string)),
                                         value.text, rest.text, NULL));
}
