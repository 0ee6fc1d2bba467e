/* SPDX-License-Identifier: Apache-2.0 */
/* An API: its settings, and its limit. */
#include "ctl/cloudflare/client.h"

#include <string.h>

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "apr_atomic.h"
#include "apr_strings.h"

#include "ctl/cloudflare/curl_memory.h"
#include "ctl/command/ctl.h"

/* Cloudflare's 1,200, which a user's other programs share. */
enum { PER_FIVE_MINUTES = 1100, FIVE_MINUTES = 300 };

static int has_part(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    int is_there = curl_url_get(url, part, &value, 0) == CURLUE_OK;

    curl_free(value);
    return is_there;
}

static const char *check_parts(apr_pool_t *p, const char *base)
{
    CURLU *url = curl_url();
    const char *reason = NULL;

    if (!url || curl_url_set(url, CURLUPART_URL, base, 0) != CURLUE_OK)
        reason = "is not a URL";
    else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        reason = "has a user name or a password; the token alone is used";
    else if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
        reason = "has a query or a fragment; a base URL ends with a path";
    curl_url_cleanup(url);
    return reason ? apr_pstrcat(p, "the API's address ", cfo_ctl_shown(p, base), " ",
                                reason, NULL)
                  : NULL;
}

static const char *check_base(apr_pool_t *p, const char *base)
{
    if (strncmp(base, "https://", 8))
        return apr_pstrcat(p, "the API's address ", cfo_ctl_shown(p, base),
                           " does not begin with https://; the token is sent over "
                           "nothing else",
                           NULL);
    /* libcurl takes some of them. */
    if (*cfo_ctl_shown(p, base) == '"' || strchr(base, '\\'))
        return apr_pstrcat(p, "the API's address ", cfo_ctl_shown(p, base),
                           " has characters that a URL cannot have", NULL);
    return check_parts(p, base);
}

static const char *check_ca_file(apr_pool_t *p, const char *file)
{
    X509_STORE *store;
    int is_loaded;

    ERR_set_mark();
    store = X509_STORE_new();
    is_loaded = store && X509_STORE_load_locations(store, file, NULL);
    X509_STORE_free(store);
    ERR_pop_to_mark();
    return is_loaded ? NULL
                     : apr_pstrcat(p, cfo_ctl_shown(p, file),
                                   ", which is to verify the API, cannot be read, or has "
                                   "no CA certificate in PEM form",
                                   NULL);
}

const char *cfo_api_create(apr_pool_t *p, const cfo_api_settings_t *settings,
                           cfo_api_t **api)
{
    cfo_api_t *made = apr_pcalloc(p, sizeof *made);
    int number =
        settings->per_five_minutes ? settings->per_five_minutes : PER_FIVE_MINUTES;
    const char *reason = cfo_curl_start(p);

    if (!reason)
        reason = check_base(p, settings->base);
    if (!reason && settings->ca_file)
        reason = check_ca_file(p, settings->ca_file);
    if (!reason)
        reason = cfo_transport_make(p, settings->base, settings->token, settings->ca_file,
                                    &made->transport);
    if (reason)
        return reason;
    /* Before there are threads. */
    json_object_seed(0);
    made->patience = settings->patience;
    made->limit = cfo_limit_make(p, number, apr_time_from_sec(FIVE_MINUTES));
    *api = made;
    return made->limit ? NULL : "there is no memory";
}

int cfo_api_requests(cfo_api_t *api)
{
    return (int)apr_atomic_read32(&api->requests);
}
