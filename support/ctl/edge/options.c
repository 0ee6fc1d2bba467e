/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge: the options that all its verbs have. */
#include "ctl/edge/options.h"

#include <string.h>

#include "apr_env.h"
#include "apr_strings.h"

#include "ctl/cloudflare/token.h"

enum { WAIT = 900, WAIT_MOST = 86400, JOBS = 4, JOBS_MOST = 32 };

#define API "https://api.cloudflare.com/client/v4"

/* A variable that is empty is not set. */
static const char *variable(const cfo_ctl_t *ctl, const char *name)
{
    char *value;

    return apr_env_get(&value, name, ctl->pool) == APR_SUCCESS && *value ? value : NULL;
}

static apr_array_header_t *values_of(const cfo_ctl_t *ctl, int option)
{
    apr_array_header_t *values = apr_array_make(ctl->pool, 2, sizeof(const char *));
    int i;

    for (i = 0; i < ctl->choices->nelts; i++) {
        const cfo_ctl_choice_t *choice =
            &APR_ARRAY_IDX(ctl->choices, i, cfo_ctl_choice_t);

        if (choice->option == option)
            APR_ARRAY_PUSH(values, const char *) = choice->value;
    }
    return values;
}

/* A number from 1 to `most`; `number` stays if the option is not given. */
static int read_number(const cfo_ctl_t *ctl, int option, const char *name, int most,
                       int *number)
{
    const char *text = cfo_ctl_value(ctl, option);

    if (!text)
        return CFO_CTL_OK;
    *number = cfo_ctl_number(text, most);
    return *number > 0
               ? CFO_CTL_OK
               : cfo_ctl_usage(apr_psprintf(ctl->pool,
                                            "--%s takes a number from 1 to %d, "
                                            "not %s",
                                            name, most, cfo_ctl_shown(ctl->pool, text)));
}

static int check_statuses(const cfo_ctl_t *ctl, const apr_array_header_t *urls)
{
    int i;

    for (i = 0; i < urls->nelts; i++) {
        const char *url = APR_ARRAY_IDX(urls, i, const char *);

        if (strncmp(url, "https://", 8) && strncmp(url, "http://", 7))
            return cfo_ctl_usage(apr_psprintf(ctl->pool,
                                              "--origin-status takes the URL of a "
                                              "status page, not %s",
                                              cfo_ctl_shown(ctl->pool, url)));
    }
    return CFO_CTL_OK;
}

static int read_sources(const cfo_ctl_t *ctl, cfo_origin_sources_t *sources)
{
    sources->httpd = cfo_ctl_value(ctl, CFO_EDGE_HTTPD);
    sources->dump = cfo_ctl_value(ctl, CFO_EDGE_DUMP);
    sources->folder = cfo_ctl_value(ctl, CFO_EDGE_FOLDER);
    sources->status = values_of(ctl, CFO_EDGE_ORIGIN_STATUS);
    if (!!sources->httpd + !!sources->dump + !!sources->folder > 1)
        return cfo_ctl_usage("--httpd, --dump and --folder: give one of them");
    return check_statuses(ctl, sources->status);
}

/* Without the slashes at its end. */
static const char *base_of(const cfo_ctl_t *ctl)
{
    const char *base = cfo_ctl_value(ctl, CFO_EDGE_API);
    apr_size_t length;

    if (!base)
        base = variable(ctl, "CLOUDFLARE_BASE_URL");
    if (!base)
        base = API;
    length = strlen(base);
    while (length && base[length - 1] == '/')
        length--;
    return apr_pstrmemdup(ctl->pool, base, length);
}

static int open_api(cfo_ctl_t *ctl, cfo_edge_t *edge)
{
    const char *ca_file = cfo_ctl_value(ctl, CFO_EDGE_API_CA);
    cfo_api_settings_t settings = { .base = base_of(ctl), .patience = edge->wait };
    const char *reason = cfo_token_read(
        ctl->pool, cfo_ctl_value(ctl, CFO_EDGE_TOKEN_FILE), &settings.token);

    settings.ca_file = ca_file ? ca_file : variable(ctl, "SSL_CERT_FILE");
    if (!reason)
        reason = cfo_api_create(ctl->pool, &settings, &edge->api);
    if (reason)
        cfo_ctl_problem(ctl, NULL, reason);
    return reason ? CFO_CTL_INVALID : CFO_CTL_OK;
}

int cfo_edge_open(cfo_ctl_t *ctl, cfo_edge_t *edge)
{
    int seconds = WAIT, result;

    memset(edge, 0, sizeof *edge);
    edge->jobs = JOBS;
    result = read_number(ctl, CFO_EDGE_WAIT, "wait", WAIT_MOST, &seconds);
    if (result == CFO_CTL_OK)
        result = read_number(ctl, CFO_EDGE_JOBS, "jobs", JOBS_MOST, &edge->jobs);
    if (result == CFO_CTL_OK)
        result = read_sources(ctl, &edge->sources);
    edge->wait = apr_time_from_sec(seconds);
    return result == CFO_CTL_OK ? open_api(ctl, edge) : result;
}
