/* SPDX-License-Identifier: Apache-2.0 */
/* RewriteCond and RewriteRule. */
#include "httpd/language/rewrite_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "httpd/language/pattern.h"
#include "httpd/language/section.h"

/* The arguments of a line. */
typedef struct {
    const char *first, *second, *flags;
} words_t;

/* The next argument of a line, as mod_rewrite splits it: a space may be escaped. */
static const char *next_word(apr_pool_t *p, const char **args)
{
    const char *begin, *at = *args;
    char quote;

    while (apr_isspace(*at))
        at++;
    quote = *at == '"' || *at == '\'' ? *at++ : '\0';
    for (begin = at; *at && *at != quote && (quote || !apr_isspace(*at)); at++)
        at += *at == '\\' && apr_isspace(at[1]);
    *args = *at ? at + 1 : at;
    return apr_pstrmemdup(p, begin, (apr_size_t)(at - begin));
}

static words_t split(apr_pool_t *p, const ap_directive_t *line)
{
    const char *args = line->args;
    words_t words;

    words.first = next_word(p, &args);
    words.second = next_word(p, &args);
    words.flags = next_word(p, &args);
    return words;
}

/* The value of a flag, "" if it has none; NULL: the flag is not set. */
static const char *find_flag(apr_pool_t *p, const char *flags, const char *name,
                             const char *long_name)
{
    char *rest, *flag = apr_strtok(apr_pstrdup(p, flags), "[],", &rest);

    for (; flag; flag = apr_strtok(NULL, "[],", &rest)) {
        size_t length;

        flag += strspn(flag, " \t");
        length = strcspn(flag, "= \t");
        if ((length == strlen(name) && !strncasecmp(flag, name, length)) ||
            (length == strlen(long_name) && !strncasecmp(flag, long_name, length)))
            return flag[length] == '=' ? flag + length + 1 : "";
    }
    return NULL;
}

static int has_flag(apr_pool_t *p, const char *flags, const char *name,
                    const char *long_name)
{
    return find_flag(p, flags, name, long_name) != NULL;
}

/* The right side of a condition: =text, -eq number, a test of files, or a pattern. */
static void read_pattern(apr_hash_t *patterns, cfo_condition_t *condition)
{
    const char *pattern = condition->pattern;

    if (*pattern == '=') {
        condition->kind = CFO_CONDITION_EQUAL;
        condition->pattern = strcmp(pattern, "=\"\"") ? pattern + 1 : "";
    }
    else if (!strncmp(pattern, "-eq", 3) || !strncmp(pattern, "-ne", 3)) {
        condition->kind = CFO_CONDITION_NUMBER;
        condition->is_negated ^= pattern[1] == 'n';
        condition->pattern = pattern + 3;
    }
    else if (*pattern != '<' && *pattern != '>' && !(*pattern == '-' && pattern[1]))
        condition->regex = cfo_pattern_compile(patterns, pattern, condition->is_nocase);
    if (condition->kind == CFO_CONDITION_REGEX && !condition->regex)
        condition->kind = CFO_CONDITION_UNKNOWN;
}

static cfo_condition_t read_condition(apr_pool_t *p, apr_hash_t *patterns,
                                      const ap_directive_t *line)
{
    words_t words = split(p, line);
    cfo_condition_t condition = { .line = line, .subject = words.first };

    condition.is_negated = *words.second == '!';
    condition.pattern = words.second + condition.is_negated;
    condition.is_or = has_flag(p, words.flags, "OR", "ornext");
    condition.is_nocase = has_flag(p, words.flags, "NC", "nocase");
    if (!strcasecmp(words.first, "expr"))
        condition.kind = CFO_CONDITION_EXPRESSION;
    else
        read_pattern(patterns, &condition);
    return condition;
}

static void read_flags(apr_pool_t *p, const char *flags, cfo_rewrite_rule_t *rule)
{
    const char *status = find_flag(p, flags, "R", "redirect");
    const char *count = find_flag(p, flags, "S", "skip");

    rule->is_redirect = status != NULL;
    rule->is_refusal = has_flag(p, flags, "F", "forbidden") ||
                       has_flag(p, flags, "G", "gone") ||
                       (status && apr_isdigit(*status) && *status != '3');
    rule->is_end = has_flag(p, flags, "END", "END");
    rule->is_last = rule->is_end || has_flag(p, flags, "L", "last") ||
                    has_flag(p, flags, "N", "next");
    rule->is_passed = has_flag(p, flags, "PT", "passthrough");
    rule->is_proxy = has_flag(p, flags, "P", "proxy");
    rule->is_chained = has_flag(p, flags, "C", "chain");
    rule->skip = count ? atoi(count) : 0;
}

static cfo_rewrite_rule_t read_rule(apr_pool_t *p, apr_hash_t *patterns,
                                    const ap_directive_t *line,
                                    apr_array_header_t *conditions)
{
    words_t words = split(p, line);
    cfo_rewrite_rule_t rule = { .line = line, .conditions = conditions };

    rule.target = words.second;
    rule.is_negated = *words.first == '!';
    rule.pattern = words.first + rule.is_negated;
    rule.regex = cfo_pattern_compile(patterns, rule.pattern,
                                     has_flag(p, words.flags, "NC", "nocase"));
    read_flags(p, words.flags, &rule);
    return rule;
}

static int is(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

/* Adds the conditions among `line` and the lines up to `end`. */
static void add_conditions(apr_pool_t *p, apr_hash_t *patterns,
                           const ap_directive_t *line, const ap_directive_t *end,
                           apr_array_header_t *conditions)
{
    for (; line && line != end; line = line->next) {
        if (is(line, "RewriteCond"))
            APR_ARRAY_PUSH(conditions, cfo_condition_t) =
                read_condition(p, patterns, line);
    }
}

/* The rule whose conditions are among `first` and the lines after it. */
static cfo_rewrite_rule_t read_whole(apr_pool_t *p, apr_hash_t *patterns,
                                     const ap_directive_t *first,
                                     const ap_directive_t *line)
{
    apr_array_header_t *conditions = apr_array_make(p, 2, sizeof(cfo_condition_t));

    add_conditions(p, patterns, first, line, conditions);
    return read_rule(p, patterns, line, conditions);
}

void cfo_rewrite_rules_read(apr_pool_t *p, apr_hash_t *patterns,
                            const ap_directive_t *line, apr_array_header_t *rules)
{
    const ap_directive_t *first = line;

    for (; line; line = line->next) {
        if (is(line, "RewriteRule")) {
            APR_ARRAY_PUSH(rules, cfo_rewrite_rule_t) =
                read_whole(p, patterns, first, line);
            first = line->next;
        }
    }
}

/* Conditions are for the next rule alone. */
cfo_rewrite_rule_t cfo_rewrite_rule_read(apr_pool_t *p, apr_hash_t *patterns,
                                         const ap_directive_t *line)
{
    const ap_directive_t *before = cfo_section_first(line), *first = before;

    for (; before && before != line; before = before->next) {
        if (is(before, "RewriteRule"))
            first = before->next;
    }
    return read_whole(p, patterns, first, line);
}

const char *cfo_rewrite_rule_sets(apr_pool_t *p, const ap_directive_t *line,
                                  const char *name)
{
    char *rest, *flag = apr_strtok(apr_pstrdup(p, split(p, line).flags), "[],", &rest);
    size_t length = strlen(name);

    for (; flag; flag = apr_strtok(NULL, "[],", &rest)) {
        const char *set = flag + strspn(flag, " \t");

        if (strncasecmp(set, "E=", 2) && strncasecmp(set, "env=", 4))
            continue;
        set = ap_strchr_c(set, '=') + 1;
        if (*set == '!' && !strcmp(set + 1, name))
            return "";
        if (!strncmp(set, name, length) && (!set[length] || set[length] == ':'))
            return set[length] ? set + length + 1 : "";
    }
    return NULL;
}
