/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches the status JSON of a running origin. */
#include "ctl/origin/status_fetch.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "apr_strings.h"

#include "core/base/text.h"

enum { CONNECT_SECONDS = 5, SECONDS = 15 };
enum { ANSWER_MOST = 64 * 1024 * 1024 }; /* some 100,000 zones */

typedef struct {
    apr_array_header_t *bytes; /* of char */
    int is_too_large;
} answer_t;

static size_t receive(char *data, size_t one, size_t count, void *baton)
{
    answer_t *answer = baton;
    const apr_array_header_t more = { answer->bytes->pool, 1, (int)count, (int)count,
                                      data };

    (void)one;
    answer->is_too_large = (int)count > ANSWER_MOST - answer->bytes->nelts;
    if (answer->is_too_large)
        return 0;
    apr_array_cat(answer->bytes, &more);
    return count;
}

/* As for the API: libcurl itself does not look at this variable. */
static void set_roots(CURL *curl)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes it once threads run */
    const char *file = getenv("SSL_CERT_FILE");

    if (file && *file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, file);
}

/* What a cache in between remembers may be from before a change. */
static char no_cache[] = "Cache-Control: no-cache";
static struct curl_slist fresh = { no_cache, NULL };

/* What libcurl cannot set is an error of the build, which the first request shows. */
static void prepare(CURL *curl, const char *url, answer_t *answer, char *error)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SECONDS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "cf-originctl");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, &fresh);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    set_roots(curl);
}

static const char *explain_status(apr_pool_t *p, long status)
{
    if (status == 403 || status == 401)
        return apr_psprintf(p,
                            "it answers %ld: allow the address of this host there "
                            "(Require ip) or in the Location of the status page",
                            status);
    if (status == 404)
        return "it answers 404: the handler cf-origin-status is not set at this URL";
    if (status >= 300 && status < 400)
        return apr_psprintf(
            p, "it answers %ld, a redirect: give the URL that it leads to", status);
    return status == 200 ? NULL : apr_psprintf(p, "it answers %ld", status);
}

static const char *explain_failure(apr_pool_t *p, CURLcode code, const answer_t *answer,
                                   const char *error)
{
    if (answer->is_too_large)
        return "its answer is larger than 64 MiB";
    return cfo_text_quote(p, *error ? error : curl_easy_strerror(code), 300);
}

const char *cfo_status_fetch(apr_pool_t *p, const char *url, const char **text,
                             apr_size_t *length)
{
    answer_t answer = { apr_array_make(p, 65536, 1), 0 };
    char error[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    const char *reason;
    CURLcode code;
    long status = 0;

    if (!curl)
        return "libcurl cannot be initialised";
    prepare(curl, url, &answer, error);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    reason = code == CURLE_OK ? explain_status(p, status)
                              : explain_failure(p, code, &answer, error);
    curl_easy_cleanup(curl);
    *length = (apr_size_t)answer.bytes->nelts;
    APR_ARRAY_PUSH(answer.bytes, char) = '\0';
    *text = answer.bytes->elts;
    return reason;
}
