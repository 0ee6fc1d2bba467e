/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect lines. */
#include "httpd/language/redirect_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_lib.h"

#include "httpd/survey/conf_tree.h"

static int is(const ap_directive_t *line, const char *name)
{
    return !strcasecmp(line->directive, name);
}

int cfo_redirect_is(const ap_directive_t *line)
{
    return is(line, "Redirect") || is(line, "RedirectMatch") ||
           is(line, "RedirectPermanent") || is(line, "RedirectTemp");
}

/* The status that a line begins with: 0: none. */
static int status_of(const char *text)
{
    static const struct {
        const char *name;
        int status;
    } names[] = {
        { "permanent", 301 }, { "temp", 302 }, { "seeother", 303 }, { "gone", 410 }
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcasecmp(text, names[i].name))
            return names[i].status;
    }
    return apr_isdigit(*text) ? atoi(text) : 0;
}

/* Redirect [status] [path] [url]; a refusal has no URL, a redirect always has. */
cfo_redirect_t cfo_redirect_read(apr_pool_t *p, const ap_directive_t *line)
{
    cfo_redirect_t redirect = { .is_match = is(line, "RedirectMatch") };
    int status = redirect.is_match || is(line, "Redirect")
                     ? status_of(cfo_conf_tree_word(p, line, 0))
                     : 0;
    const char *place = cfo_conf_tree_word(p, line, status != 0);
    const char *url = cfo_conf_tree_word(p, line, (status != 0) + 1);

    redirect.is_refusal = status && (status < 300 || status > 399);
    redirect.place = redirect.is_refusal || *url ? place : "";
    if (!*redirect.place)
        redirect.place = NULL;
    return redirect;
}
