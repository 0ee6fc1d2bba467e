/* SPDX-License-Identifier: Apache-2.0 */
/* The values of variables in a request that a stranger sends. */
#include "httpd/stranger/site.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_config.h"
#include "http_protocol.h"

#include "apr_lib.h"
#include "apr_strings.h"

static const char *scheme_of(const cfo_vhost_t *vhost)
{
    /* ServerName https://... */
    if (vhost->s->server_scheme && *vhost->s->server_scheme)
        return vhost->s->server_scheme;
    if (vhost->tls == CFO_TLS_OPTIONAL)
        return NULL;
    return vhost->tls == CFO_TLS_ON ? "https" : "http";
}

static const ap_directive_t *line_of(const cfo_probe_t *probe, const char *name)
{
    return cfo_vhost_line(probe->site->vhosts, probe->site->vhost, name);
}

static int is_on(const cfo_probe_t *probe, const char *name)
{
    return cfo_conf_tree_word_is(probe->site->pool, line_of(probe, name), 0, "on");
}

/* Unless UseCanonicalName is On, httpd takes name and port from the Host header
 * (internals 9.3). */
static const char *name_of(const cfo_probe_t *probe)
{
    if (is_on(probe, "UseCanonicalName"))
        return probe->site->vhost->s->server_hostname;
    return line_of(probe, "UseCanonicalName") &&
                   cfo_conf_tree_word_is(probe->site->pool,
                                         line_of(probe, "UseCanonicalName"), 0, "dns")
               ? NULL
               : probe->host;
}

/* The port that all connections to a virtual host come to; 0: there may be several. */
static apr_port_t physical_port_of(const cfo_vhost_t *vhost)
{
    const server_addr_rec *addr = vhost->s->addrs;
    apr_port_t port = addr ? addr->host_port : 0;

    for (; addr; addr = addr->next) {
        if (addr->host_port != port)
            return 0;
    }
    return port;
}

static const char *port_of(const cfo_probe_t *probe)
{
    const cfo_vhost_t *vhost = probe->site->vhost;
    apr_port_t port = vhost->s->port;

    if (!is_on(probe, "UseCanonicalName"))
        return NULL;
    if (!port && is_on(probe, "UseCanonicalPhysicalPort")) {
        port = physical_port_of(vhost);
        if (!port)
            return NULL;
    }
    if (port)
        return apr_itoa(probe->site->pool, port);
    return vhost->tls == CFO_TLS_ON ? "443" : "80";
}

static int begins(const char *name, const char *prefix)
{
    return !strncasecmp(name, prefix, strlen(prefix));
}

/* Whether a text has a name as a word of its own. */
static int has_word(const char *text, const char *name)
{
    size_t length = strlen(name);
    const char *at = text;

    while (length && (at = ap_strstr_c(at, name)) != NULL) {
        if ((at == text || !apr_isalnum(at[-1])) && !apr_isalnum(at[length]) &&
            at[length] != '_')
            return 1;
        at++;
    }
    return 0;
}

static int mentions(const apr_array_header_t *lines, const char *name)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        if (has_word(APR_ARRAY_IDX(lines, i, const ap_directive_t *)->args, name))
            return 1;
    }
    return 0;
}

/* A variable that no line sets is empty, unless httpd itself sets it. */
static const char *environment(const cfo_probe_t *probe, const char *name)
{
    static const char *const setters[] = { "SetEnvIf",          "SetEnvIfNoCase",
                                           "SetEnvIfExpr",      "SetEnv",
                                           "BrowserMatch",      "BrowserMatchNoCase",
                                           "RewriteRule",       "PassEnv",
                                           "CFOriginPullScheme" };
    const cfo_conf_tree_t *tree = probe->site->vhosts->conf_tree;
    const server_rec *main = probe->site->vhosts->main, *s = probe->site->vhost->s;
    size_t i;

    for (i = 0; i < sizeof setters / sizeof *setters; i++) {
        if (mentions(cfo_conf_tree_lines(tree, s, setters[i]), name) ||
            mentions(cfo_conf_tree_nested(tree, s, setters[i]), name) ||
            mentions(cfo_conf_tree_lines(tree, main, setters[i]), name) ||
            mentions(cfo_conf_tree_nested(tree, main, setters[i]), name))
            return NULL;
    }
    if (!strcasecmp(name, "HTTPS"))
        return probe->site->vhost->tls == CFO_TLS_OFF ? "" : NULL;
    /* Those of mod_ssl and of this module. */
    return begins(name, "SSL") || begins(name, "CF") ? NULL : "";
}

/* HTTP:Host, ENV:name, SSL:name and their brothers in expressions. */
static const char *prefixed(const cfo_probe_t *probe, const char *name, const char *rest)
{
    if (begins(name, "HTTP:") || begins(name, "req:") || begins(name, "req_novary:"))
        return strcasecmp(rest, "Host") ? NULL : probe->header;
    if (begins(name, "ENV:") || begins(name, "reqenv:"))
        return environment(probe, rest);
    if (begins(name, "SSL:") && probe->site->vhost->tls == CFO_TLS_OFF)
        return strcasecmp(rest, "HTTPS") ? "" : "off";
    return NULL;
}

typedef struct {
    const char *name;
    const char *(*find)(const cfo_probe_t *probe);
} variable_t;

static const char *https_of(const cfo_probe_t *probe)
{
    switch (probe->site->vhost->tls) {
    case CFO_TLS_ON:
        return "on";
    case CFO_TLS_OFF:
        return "off";
    default:
        return NULL;
    }
}

static const char *request_scheme_of(const cfo_probe_t *probe)
{
    return scheme_of(probe->site->vhost);
}

static const char *header_of(const cfo_probe_t *probe)
{
    return probe->header;
}

static const char *path_of(const cfo_probe_t *probe)
{
    return probe->path;
}

static const char *root_of(const cfo_probe_t *probe)
{
    return probe->site->root;
}

static const char *no_subrequest(const cfo_probe_t *probe)
{
    (void)probe;
    return "false";
}

const char *cfo_variable(const cfo_probe_t *probe, const char *name)
{
    static const variable_t variables[] = {
        { "HTTPS", https_of },         { "REQUEST_SCHEME", request_scheme_of },
        { "HTTP_HOST", header_of },    { "SERVER_NAME", name_of },
        { "SERVER_PORT", port_of },    { "REQUEST_URI", path_of },
        { "DOCUMENT_URI", path_of },   { "DOCUMENT_ROOT", root_of },
        { "IS_SUBREQ", no_subrequest }
    };
    const char *colon = ap_strchr_c(name, ':');
    size_t i;

    if (colon)
        return prefixed(probe, name, colon + 1);
    for (i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (!strcasecmp(name, variables[i].name))
            return variables[i].find(probe);
    }
    return NULL;
}

/* The group that $n stands for; "" if it did not take part. */
static const char *group_of(apr_pool_t *p, const cfo_matched_t *match, int n)
{
    const ap_regmatch_t *group = &match->groups[n];

    return group->rm_so < 0 ? ""
                            : apr_pstrmemdup(p, match->subject + group->rm_so,
                                             (apr_size_t)(group->rm_eo - group->rm_so));
}

/* The next piece of a text, from *at on. */
static const char *next_piece(const cfo_probe_t *probe, const char **at,
                              const cfo_matched_t *match, int *is_unknown)
{
    apr_pool_t *p = probe->site->pool;
    const char *begin = *at, *end;

    *is_unknown = 0;
    if (match && *begin == '$' && apr_isdigit(begin[1])) {
        *at += 2;
        return group_of(p, match, begin[1] - '0');
    }
    if (*begin == '%' && apr_isdigit(begin[1])) {
        *at += 2;
        *is_unknown = 1;
        return NULL;
    }
    if (ap_strchr_c("%$", *begin) && begin[1] == '{' &&
        (end = ap_strchr_c(begin, '}')) != NULL) {
        const char *name = apr_pstrmemdup(p, begin + 2, (apr_size_t)(end - begin - 2));
        const char *value = *begin == '%' ? cfo_variable(probe, name) : NULL;

        *at = end + 1;
        *is_unknown = !value;
        return value;
    }
    begin += *begin == '\\' && begin[1];
    *at = begin + 1;
    return apr_pstrmemdup(p, begin, 1);
}

const char *cfo_expand(const cfo_probe_t *probe, const char *text,
                       const cfo_matched_t *match, const char *unknown, int *has_unknown)
{
    const char *result = "";

    *has_unknown = 0;
    if (!strpbrk(text, "%$\\"))
        return text;
    while (*text) {
        size_t plain = strcspn(text, "%$\\");
        int is_unknown = 0;
        const char *piece = plain ? apr_pstrmemdup(probe->site->pool, text, plain)
                                  : next_piece(probe, &text, match, &is_unknown);

        text += plain;
        *has_unknown |= is_unknown;
        result =
            apr_pstrcat(probe->site->pool, result, is_unknown ? unknown : piece, NULL);
    }
    return result;
}

static int compare(const cfo_test_t *test, const char *text)
{
    switch (test->kind) {
    case CFO_TEST_REGEX:
        return !ap_regexec(test->regex, text, 0, NULL, 0);
    case CFO_TEST_NUMBER:
        return atoi(text) == atoi(test->pattern);
    default:
        return test->is_nocase ? !strcasecmp(text, test->pattern)
                               : !strcmp(text, test->pattern);
    }
}

static int holds(const cfo_probe_t *probe, const cfo_test_t *test, const char *value)
{
    char *text;

    if (!test->letters)
        return compare(test, value);
    text = apr_pstrdup(probe->site->pool, value);
    if (test->letters == 'a')
        ap_str_tolower(text);
    else
        ap_str_toupper(text);
    return compare(test, text);
}

cfo_truth_t cfo_test_holds(const cfo_probe_t *probe, const cfo_test_t *test,
                           const cfo_matched_t *match)
{
    const apr_array_header_t *samples;
    int has_unknown, first, i;
    const char *text = cfo_expand(probe, test->text, match, "", &has_unknown);

    if (!has_unknown)
        return holds(probe, test, text) ? CFO_YES : CFO_NO;
    samples = cfo_test_samples(probe->site, test);
    for (i = first = 0; i < samples->nelts; i++) {
        const char *sample = APR_ARRAY_IDX(samples, i, const char *);
        int one;

        text = cfo_expand(probe, test->text, match, sample, &has_unknown);
        one = holds(probe, test, text);
        if (i && one != first)
            return CFO_MAYBE;
        first = one;
    }
    return first ? CFO_YES : CFO_NO;
}
