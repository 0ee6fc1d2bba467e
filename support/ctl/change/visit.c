/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for a page of the site through Cloudflare, for a first use of a certificate. */
#include "ctl/change/visit.h"

#include <curl/curl.h>

#include "apr_strings.h"

enum { MOST_SECONDS = 20 };

static size_t ignore(char *data, size_t size, size_t count, void *baton)
{
    (void)data;
    (void)baton;
    return size * count;
}

const char *cfo_visit(apr_pool_t *p, const char *url)
{
    CURL *curl = curl_easy_init();
    CURLcode result = CURLE_FAILED_INIT;

    if (curl) {
        curl_easy_setopt(curl, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)MOST_SECONDS);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
        result = curl_easy_perform(curl);
        curl_easy_cleanup(curl);
    }
    return result == CURLE_OK ? NULL : apr_pstrdup(p, curl_easy_strerror(result));
}
