/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong with a call, in words. */
#include "ctl/cloudflare/failure.h"

#include <stdarg.h>
#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/cloudflare/value.h"
#include "ctl/command/ctl.h"

#define OUTAGE                                                                           \
    "call again later; https://www.cloudflarestatus.com/ says whether the API has an "   \
    "outage"

#define LATER                                                                            \
    "call again later, or with a longer --wait; the user's other programs share the "    \
    "limit"

enum { MESSAGE_MOST = 300, OPENING_MOST = 60 };

static const cfo_api_error_t *make(apr_pool_t *p, cfo_api_failure_t failure, int http,
                                   int code, const char *reason, const char *remedy)
{
    cfo_api_error_t *error = apr_palloc(p, sizeof *error);

    *error = (cfo_api_error_t){ failure, http, code, reason, remedy };
    return error;
}

/* "GET /zones?name=example.com: " and what came. */
static const char *about(const cfo_call_t *call, const char *what)
{
    return apr_pstrcat(call->pool, call->request.method, " ", call->request.path, ": ",
                       what, NULL);
}

static const char *remedy_of_transport(cfo_transport_failure_t failure)
{
    switch (failure) {
    case CFO_TRANSPORT_NAME:
        return "check the resolver of this host, and the address after --api; if it "
               "reaches the Internet by a proxy, set https_proxy";
    case CFO_TRANSPORT_CONNECT:
    case CFO_TRANSPORT_TIME:
        return "check that this host may connect to the API (port 443); if it reaches "
               "the Internet by a proxy, set https_proxy";
    case CFO_TRANSPORT_PROXY:
        return "check https_proxy, and whether the proxy lets this host connect to the "
               "API";
    case CFO_TRANSPORT_TRUST:
        return "check the clock of this host and its CA certificates; if a proxy of your "
               "own looks into TLS, give its CA after --api-ca";
    case CFO_TRANSPORT_TLS:
        return "check that the address is that of a TLS server with TLS 1.2 or later, and "
               "whether a firewall or proxy changes the connection";
    default:
        return "call again later; if it stays, look for a proxy in between";
    }
}

const cfo_api_error_t *cfo_failure_unreachable(const cfo_call_t *call,
                                               const cfo_answer_t *answer)
{
    const char *what = answer->why;
    int is_proxy = answer->failure == CFO_TRANSPORT_PROXY;

    if (is_proxy)
        what = apr_psprintf(call->pool, "the proxy answers CONNECT with %d",
                            answer->proxy_status);
    else if (answer->failure == CFO_TRANSPORT_SIZE)
        what = "the answer is larger than any of the API's";
    if (answer->failure == CFO_TRANSPORT_SIZE)
        return make(call->pool, CFO_API_BROKEN, answer->http, 0, about(call, what),
                    remedy_of_transport(answer->failure));
    return make(call->pool, CFO_API_UNREACHABLE, 0, 0,
                about(call, apr_pstrcat(call->pool, "no answer: ", what, NULL)),
                remedy_of_transport(answer->failure));
}

static int is_html(const cfo_answer_t *answer)
{
    return !strncasecmp(answer->type, "text/html", 9) ||
           answer->text[strspn(answer->text, " \t\r\n")] == '<';
}

const cfo_api_error_t *cfo_failure_foreign(const cfo_call_t *call,
                                           const cfo_answer_t *answer, const char *why)
{
    apr_pool_t *p = call->pool;
    const char *remedy = "look for a proxy or a firewall in between, and check the "
                         "address after --api";

    if (answer->location)
        why = apr_pstrcat(p, "a redirection to ",
                          cfo_text_quote(p, answer->location, MESSAGE_MOST),
                          ", which is not followed", NULL);
    else if (!why && is_html(answer))
        why = "a page of HTML, which is not the API's";
    else if (!why && !answer->length)
        why = "an empty answer";
    else if (!why)
        why = apr_pstrcat(p, "an answer that is not JSON, and begins with ",
                          cfo_text_quote(p, answer->text, OPENING_MOST), NULL);
    if (answer->http >= 500)
        remedy = OUTAGE;
    return make(p, CFO_API_BROKEN, answer->http, 0,
                about(call, apr_psprintf(p, "HTTP %d with %s", answer->http, why)),
                remedy);
}

/* The API's own words: its first error. */
typedef struct {
    int code;
    const char *message; /* "" if there is none */
} words_t;

static words_t words_of(json_t *envelope)
{
    json_t *errors = json_object_get(envelope, "errors");
    json_t *first = json_array_get(errors, 0);
    json_t *code = json_object_get(first, "code");
    json_t *message = json_object_get(first, "message");
    words_t words = { 0, "" };

    if (json_is_integer(code) && json_integer_value(code) > 0 &&
        json_integer_value(code) < 1000000000)
        words.code = (int)json_integer_value(code);
    if (json_is_string(message))
        words.message = json_string_value(message);
    return words;
}

static int is_one_of(int code, const int *codes)
{
    while (*codes && *codes != code)
        codes++;
    return *codes != 0;
}

/* The API says "forbidden" of a token that does not exist, too (internals 12.5). */
static int is_about_token(int http, words_t words)
{
    static const int codes[] = { 1000, 6003, 6111, 9106, 9107, 0 };

    return http == 401 || (http == 400 && is_one_of(words.code, codes)) ||
           (http == 403 && strstr(words.message, "Invalid access token"));
}

static cfo_api_failure_t failure_of(int http, words_t words)
{
    if (http == 429)
        return CFO_API_LIMITED;
    if (http >= 500)
        return CFO_API_BROKEN;
    if (is_about_token(http, words))
        return CFO_API_TOKEN;
    if (http == 403)
        return CFO_API_DENIED;
    return http == 404 ? CFO_API_ABSENT : CFO_API_REFUSED;
}

static const char *remedy_for(const cfo_call_t *call, cfo_api_failure_t failure,
                              words_t words)
{
    apr_pool_t *p = call->pool;

    switch (failure) {
    case CFO_API_BROKEN:
        return OUTAGE;
    case CFO_API_LIMITED:
        return LATER;
    case CFO_API_TOKEN:
        return "check that the file or variable has the whole of an API token (not the "
               "Global API Key), and that the token is active";
    case CFO_API_DENIED:
        if (strstr(words.message, "location"))
            return "the token may not be used from this host's address: change its "
                   "client IP address filter";
        return apr_pstrcat(
            p, "give the token the permission ",
            call->needs ? call->needs : "that this call needs",
            " for this zone (My Profile > API Tokens); it may also have been "
            "deleted",
            NULL);
    default:
        break;
    }
    if (words.code == 1406)
        return "the same certificate is there already, or is being deleted: look at the "
               "list, and wait";
    if (words.code == 1434)
        return "wait until it is deployed, then call again";
    if (words.code == 1433)
        return "host names use it: disable it for them first";
    return NULL;
}

const cfo_api_error_t *cfo_failure_refused(const cfo_call_t *call,
                                           const cfo_answer_t *answer, json_t *envelope)
{
    words_t words = words_of(envelope);
    cfo_api_failure_t failure = failure_of(answer->http, words);
    apr_pool_t *p = call->pool;
    const char *what = apr_psprintf(p, "HTTP %d", answer->http);

    if (words.code)
        what = apr_psprintf(p, "%s, code %d", what, words.code);
    if (*words.message)
        what = apr_pstrcat(p, what, " ", cfo_text_quote(p, words.message, MESSAGE_MOST),
                           NULL);
    if (failure == CFO_API_LIMITED)
        what = apr_psprintf(p, "%s: too many requests; the API asks to wait %d seconds",
                            what, (int)apr_time_sec(answer->retry_after));
    return make(p, failure, answer->http, words.code, about(call, what),
                remedy_for(call, failure, words));
}

const cfo_api_error_t *cfo_failure_broken(const cfo_call_t *call, const char *format, ...)
{
    const char *what;
    va_list args;

    va_start(args, format);
    what = apr_pvsprintf(call->pool, format, args);
    va_end(args);
    return make(call->pool, CFO_API_BROKEN, 200, 0, about(call, what),
                "the API does not answer as documented: call again later, and look for a "
                "newer version of this command");
}

const cfo_api_error_t *cfo_failure_absent(apr_pool_t *p, const char *reason,
                                          const char *remedy)
{
    return make(p, CFO_API_ABSENT, 0, 0, reason, remedy);
}

const cfo_api_error_t *cfo_failure_unsent(apr_pool_t *p, const char *reason)
{
    return make(p, CFO_API_REFUSED, 0, 0, reason, NULL);
}

const cfo_api_error_t *cfo_failure_limited(const cfo_call_t *call,
                                           apr_interval_time_t wait)
{
    const char *what =
        apr_psprintf(call->pool, "not sent: the API has asked to wait %d more seconds",
                     (int)apr_time_sec(wait));

    return make(call->pool, CFO_API_LIMITED, 429, 0, about(call, what), LATER);
}

const cfo_api_error_t *cfo_failure_stopped(const cfo_call_t *call)
{
    return make(call->pool, CFO_API_STOPPED, 0, 0,
                about(call, "not sent, because a signal came"), NULL);
}
