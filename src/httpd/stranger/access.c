/* SPDX-License-Identifier: Apache-2.0 */
/* Access rules, as mod_authz_core and mod_access_compat apply them. */
#include "httpd/stranger/access.h"

#include <string.h>
#include <strings.h>

#include "httpd.h"

#include "apr_strings.h"

#include "core/net/ranges.h"
#include "httpd/language/expression.h"

static int is(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

static int word_is(const cfo_probe_t *probe, const ap_directive_t *line, int n,
                   const char *word)
{
    return cfo_conf_tree_word_is(probe->site->pool, line, n, word);
}

/* Whether an address, or the first one of a range, is one of Cloudflare's. */
static int is_of_the_edge(const cfo_probe_t *probe, const char *word)
{
    apr_pool_t *p = probe->site->pool;
    cfo_address_t address;

    return cfo_address_parse(apr_pstrmemdup(p, word, strcspn(word, "/")), &address) &&
           cfo_edge_contains(probe->site->vhosts->snapshot->edge, &address);
}

/* Whether one of the arguments from number `n` on lets a customer of Cloudflare in. */
static int names_the_edge(cfo_probe_t *probe, const ap_directive_t *line, int n)
{
    const char *word;

    for (; *(word = cfo_conf_tree_word(probe->site->pool, line, n)); n++) {
        if (is_of_the_edge(probe, word)) {
            probe->because = line;
            return 1;
        }
    }
    return 0;
}

/* Require expr, Require env. */
static int chosen_by_client(const cfo_probe_t *probe, const ap_directive_t *line)
{
    const char *args = line->args, *word = ap_getword_conf(probe->site->pool, &args);

    if (!strcasecmp(word, "expr"))
        return cfo_expression_holds(
                   probe, cfo_expression_of_require(probe->site->pool, args)) != CFO_NO;
    word = cfo_variable(probe, apr_pstrcat(probe->site->pool, "reqenv:",
                                           cfo_conf_tree_word(probe->site->pool, line, 1),
                                           NULL));
    return !word || *word;
}

/* Whether a Require line is for hosts or users of which a stranger is none. */
static int is_for_others(const char *provider)
{
    static const char *const names[] = { "local",     "host",      "forward-dns",
                                         "user",      "group",     "valid-user",
                                         "dbm-group", "dbd-group", "file-owner",
                                         "file-group" };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcasecmp(provider, names[i]))
            return 1;
    }
    return !strncasecmp(provider, "ldap-", 5);
}

/* Whether a stranger fulfils a Require line. */
static int admits(cfo_probe_t *probe, const ap_directive_t *line)
{
    if (word_is(probe, line, 0, "not"))
        return !word_is(probe, line, 1, "all") || word_is(probe, line, 2, "denied");
    if (word_is(probe, line, 0, "all"))
        return !word_is(probe, line, 1, "denied");
    if (is_for_others(cfo_conf_tree_word(probe->site->pool, line, 0)))
        return 0;
    if (word_is(probe, line, 0, "ip"))
        return names_the_edge(probe, line, 1);
    if (word_is(probe, line, 0, "ssl"))
        return probe->site->vhost->tls != CFO_TLS_OFF;
    /* Under optional_no_ca mod_ssl takes any certificate. */
    if (word_is(probe, line, 0, "ssl-verify-client"))
        return probe->site->vhost->verify == CFO_VERIFY_OPTIONAL_NO_CA;
    if (word_is(probe, line, 0, "env") || word_is(probe, line, 0, "expr"))
        return chosen_by_client(probe, line);
    return 1;
}

/* What the Require lines of a section come to: -1: there are none. */
static int admit(cfo_probe_t *probe, const ap_directive_t *line, int needs_all)
{
    int result = -1;

    for (; line; line = line->next) {
        int one = -1;

        if (is(line, "Require") && (needs_all || !word_is(probe, line, 0, "not")))
            one = admits(probe, line);
        else if (is(line, "<RequireAll"))
            one = admit(probe, line->first_child, 1);
        else if (is(line, "<RequireAny"))
            one = admit(probe, line->first_child, 0);
        if (one >= 0)
            result = result < 0 ? one : needs_all ? result && one : result || one;
    }
    return result;
}

/* Order, Allow and Deny of a section. */
typedef struct {
    int is_set;
    int allow_first; /* Order allow,deny */
    int allows;      /* strangers */
    int denies;
} order_t;

static int is_everyone(const cfo_probe_t *probe, const ap_directive_t *line)
{
    return word_is(probe, line, 1, "all");
}

/* Allow from env=x */
static int allows(cfo_probe_t *probe, const ap_directive_t *line)
{
    const char *args = line->args;

    return is_everyone(probe, line) || ap_strcasestr(args, "env=") ||
           names_the_edge(probe, line, 1);
}

static order_t read_order(cfo_probe_t *probe, const ap_directive_t *line)
{
    order_t order = { 0, 0, 0, 0 };

    for (; line; line = line->next) {
        order.is_set |= is(line, "Order") || is(line, "Allow") || is(line, "Deny");
        if (is(line, "Order"))
            order.allow_first = !strncasecmp(line->args, "allow", 5) ||
                                !strncasecmp(line->args, "mutual", 6);
        else if (is(line, "Allow"))
            order.allows |= allows(probe, line);
        else if (is(line, "Deny"))
            order.denies |= is_everyone(probe, line);
    }
    return order;
}

static int order_refuses(const order_t *order)
{
    if (!order->is_set)
        return 0;
    return order->allow_first ? order->denies || !order->allows
                              : order->denies && !order->allows;
}

static int is_satisfied_by_any(const cfo_probe_t *probe, const ap_directive_t *line,
                               int before)
{
    for (; line; line = line->next) {
        if (is(line, "Satisfy"))
            before = word_is(probe, line, 0, "any");
    }
    return before;
}

/* Later sections replace earlier ones. A section that a client can choose to be in counts
 * only if it lets that client in. */
int cfo_access_refuses(cfo_probe_t *probe, int is_file)
{
    const apr_array_header_t *sections = probe->site->sections;
    order_t order = { 0, 0, 0, 0 };
    int admitted = -1, any = 0, i, one;

    for (i = 0; i < sections->nelts; i++) {
        const cfo_section_t *section = APR_ARRAY_IDX(sections, i, const cfo_section_t *);
        const ap_directive_t *lines = section->line->first_child;
        cfo_truth_t truth = cfo_section_applies(probe, section, is_file);
        order_t own;

        if (truth == CFO_NO)
            continue;
        one = admit(probe, lines, 0);
        if (one >= 0 && (one || truth == CFO_YES))
            admitted = one;
        own = read_order(probe, lines);
        if (own.is_set && (!order_refuses(&own) || truth == CFO_YES))
            order = own;
        any = is_satisfied_by_any(probe, lines, any);
        if (truth == CFO_MAYBE)
            probe->because = section->line;
    }
    if (any)
        return admitted == 0 && order_refuses(&order);
    return admitted == 0 || order_refuses(&order);
}
