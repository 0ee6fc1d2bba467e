/* SPDX-License-Identifier: Apache-2.0 */
/* What lines of httpd's configuration say, as the check reads them. It needs httpd's own
 * functions, so that the fuzzer runs in httpd: as a module that never returns from the
 * check of the configuration. The first line of an input is a directive, the second its
 * arguments, and so on; an expression is read from the same text. */
#include "httpd.h"
#include "http_config.h"
#include "util_cfgtree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apr_strings.h"

#include "httpd/language/expression.h"
#include "httpd/language/pattern.h"
#include "httpd/language/redirect_line.h"
#include "httpd/language/rewrite_line.h"
#include "httpd/language/section.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*target)(const uint8_t *data, size_t size));

enum { LINES_MOST = 16, SAMPLES_MOST = 200, TREE_MOST = 20000 };

#define PROMISE(condition)                                                               \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

static apr_pool_t *pool;

/* Every part is there that its kind has. */
static void check_tree(const cfo_expression_t *tree, int *left)
{
    PROMISE(tree && --*left > 0);
    switch (tree->kind) {
    case CFO_EXPRESSION_NOT:
        check_tree(tree->first, left);
        break;
    case CFO_EXPRESSION_AND:
    case CFO_EXPRESSION_OR:
        check_tree(tree->first, left);
        check_tree(tree->second, left);
        break;
    case CFO_EXPRESSION_REGEX:
        PROMISE(tree->regex && tree->left.text && tree->right.text);
        break;
    case CFO_EXPRESSION_EQUAL:
    case CFO_EXPRESSION_NUMBER:
    case CFO_EXPRESSION_NETWORK:
    case CFO_EXPRESSION_GLOB:
    case CFO_EXPRESSION_GLOB_NOCASE:
        PROMISE(tree->left.text && tree->right.text);
        break;
    default:
        PROMISE(tree->kind <= CFO_EXPRESSION_GLOB_NOCASE);
    }
}

static void try_expression(apr_hash_t *patterns, const char *text)
{
    int left = TREE_MOST;
    const cfo_expression_t *tree = cfo_expression_read(pool, patterns, text);

    if (tree)
        check_tree(tree, &left);
    PROMISE(cfo_expression_of_require(pool, text));
}

static void try_pattern(apr_hash_t *patterns, const char *text)
{
    apr_array_header_t *samples = apr_array_make(pool, 4, sizeof(const char *));
    const ap_regex_t *regex = cfo_pattern_compile(patterns, text, 0);

    PROMISE(regex == cfo_pattern_compile(patterns, text, 0));
    cfo_pattern_samples(pool, text, samples);
    PROMISE(samples->nelts <= SAMPLES_MOST);
}

static void check_rules(const apr_array_header_t *rules)
{
    int i, j;

    for (i = 0; i < rules->nelts; i++) {
        const cfo_rewrite_rule_t *rule = &APR_ARRAY_IDX(rules, i, cfo_rewrite_rule_t);

        PROMISE(rule->pattern && rule->target && rule->conditions);
        for (j = 0; j < rule->conditions->nelts; j++) {
            const cfo_condition_t *condition =
                &APR_ARRAY_IDX(rule->conditions, j, cfo_condition_t);

            PROMISE(condition->subject && condition->pattern);
            PROMISE(condition->kind != CFO_CONDITION_REGEX || condition->regex);
        }
    }
}

static void try_line(const ap_directive_t *line)
{
    cfo_redirect_t redirect;

    if (cfo_redirect_is(line)) {
        redirect = cfo_redirect_read(pool, line);
        PROMISE(!redirect.place || *redirect.place);
    }
    if (*line->directive == '<') {
        PROMISE(cfo_section_argument(pool, line));
        PROMISE(cfo_section_is_same(pool, line, line));
        (void)cfo_section_is_regex(line);
        (void)cfo_section_is_everywhere(pool, line);
        (void)cfo_section_branch_before(line);
    }
    else
        (void)cfo_rewrite_rule_sets(pool, line, "name");
    (void)cfo_section_of(line);
}

static int try_input(const uint8_t *data, size_t size)
{
    ap_directive_t lines[LINES_MOST] = { { 0 } }, parent = { 0 };
    char *text, *state, *word;
    apr_hash_t *patterns;
    apr_array_header_t *rules;
    int count = 0, i;

    apr_pool_clear(pool);
    patterns = apr_hash_make(pool);
    rules = apr_array_make(pool, 4, sizeof(cfo_rewrite_rule_t));
    text = malloc(size + 1); /* the sanitizer sees its end */
    PROMISE(text);
    memcpy(text, data, size);
    text[size] = '\0';
    try_expression(patterns, text);
    try_pattern(patterns, text);
    free(text);
    text = apr_pstrmemdup(pool, (const char *)data, size);
    parent.directive = "<VirtualHost";
    parent.args = "*>";
    parent.first_child = lines;
    for (word = apr_strtok(text, "\n", &state); word && count < LINES_MOST; count++) {
        lines[count].directive = word;
        word = apr_strtok(NULL, "\n", &state);
        lines[count].args = word ? word : "";
        lines[count].parent = &parent;
        if (count)
            lines[count - 1].next = &lines[count];
        if (word)
            word = apr_strtok(NULL, "\n", &state);
    }
    for (i = 0; i < count; i++)
        try_line(&lines[i]);
    if (count)
        cfo_rewrite_rules_read(pool, patterns, lines, rules);
    check_rules(rules);
    return 0;
}

/* The arguments are in the environment, since httpd has its own; the first is the name
 * of the program. */
static void run(apr_pool_t *p, server_rec *main)
{
    char *rest, *word, *text = apr_pstrdup(p, getenv("CFO_FUZZ_ARGUMENTS"));
    char **argv = apr_pcalloc(p, 4096 * sizeof *argv);
    int argc = 0;

    (void)main;
    apr_pool_create(&pool, p);
    for (word = apr_strtok(text, "\n", &rest); word && argc < 4095;
         word = apr_strtok(NULL, "\n", &rest))
        argv[argc++] = word;
    exit(LLVMFuzzerRunDriver(&argc, &argv, try_input));
}

static int check(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temporary, server_rec *main)
{
    (void)log;
    (void)temporary;
    run(p, main);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_check_config(check, NULL, NULL, APR_HOOK_FIRST);
}

module AP_MODULE_DECLARE_DATA fuzz_language_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
