/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request to the API and its answer, over verified TLS. */
#include "ctl/cloudflare/transport.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "apr_strings.h"
#include "apr_thread_mutex.h"

#include "version.h"
#include "ctl/cloudflare/curl_memory.h"

enum {
    CONNECT_SECONDS = 15,
    SECONDS = 60,
    MOST = 4 * 1024 * 1024, /* of an answer: a page of certificates has some 300 KiB */
    FIRST = 16 * 1024,
    IDLE_HANDLES = 32
};

struct cfo_transport_t {
    const char *base;
    const char *ca_file;
    struct curl_slist *headers;
    apr_thread_mutex_t *mutex; /* of what follows */
    CURL *idle[IDLE_HANDLES];  /* with their connections */
    int idle_count;
};

/* An answer as it comes. */
typedef struct {
    apr_pool_t *pool;
    char *text;
    apr_size_t length, room;
    int is_too_large;
} inbox_t;

static apr_status_t end(void *of)
{
    cfo_transport_t *transport = of;

    while (transport->idle_count)
        curl_easy_cleanup(transport->idle[--transport->idle_count]);
    curl_slist_free_all(transport->headers);
    return APR_SUCCESS;
}

static int add_header(cfo_transport_t *transport, const char *header)
{
    struct curl_slist *longer = curl_slist_append(transport->headers, header);

    if (longer)
        transport->headers = longer;
    return longer != NULL;
}

static int add_token(cfo_transport_t *transport, const char *token)
{
    apr_size_t size = strlen(token) + sizeof "Authorization: Bearer ";
    char *header = malloc(size);
    int is_added;

    if (!header)
        return 0;
    apr_snprintf(header, size, "Authorization: Bearer %s", token);
    is_added = add_header(transport, header);
    OPENSSL_cleanse(header, size);
    free(header);
    return is_added;
}

const char *cfo_transport_make(apr_pool_t *p, const char *base, const char *token,
                               const char *ca_file, cfo_transport_t **transport)
{
    cfo_transport_t *made = apr_pcalloc(p, sizeof *made);
    const char *reason = cfo_curl_start(p);

    if (reason)
        return apr_pstrcat(p, "libcurl cannot be initialised: ", reason, NULL);
    made->base = base;
    made->ca_file = ca_file;
    if (apr_thread_mutex_create(&made->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS)
        return "there is no memory";
    apr_pool_cleanup_register(p, made, end, apr_pool_cleanup_null);
    if (!add_token(made, token) || !add_header(made, "Accept: application/json") ||
        !add_header(made, "Content-Type: application/json"))
        return "there is no memory";
    *transport = made;
    return NULL;
}

static CURL *take_handle(cfo_transport_t *transport)
{
    CURL *curl = NULL;

    apr_thread_mutex_lock(transport->mutex);
    if (transport->idle_count)
        curl = transport->idle[--transport->idle_count];
    apr_thread_mutex_unlock(transport->mutex);
    return curl ? curl : curl_easy_init();
}

static void return_handle(cfo_transport_t *transport, CURL *curl)
{
    /* The connection stays. */
    curl_easy_reset(curl);
    apr_thread_mutex_lock(transport->mutex);
    if (transport->idle_count < IDLE_HANDLES) {
        transport->idle[transport->idle_count++] = curl;
        curl = NULL;
    }
    apr_thread_mutex_unlock(transport->mutex);
    curl_easy_cleanup(curl);
}

static void make_room(inbox_t *inbox, apr_size_t room)
{
    char *text;

    if (room <= inbox->room)
        return;
    while (inbox->room < room)
        inbox->room = inbox->room ? inbox->room * 2 : FIRST;
    text = apr_palloc(inbox->pool, inbox->room);
    if (inbox->length)
        memcpy(text, inbox->text, inbox->length);
    inbox->text = text;
}

static size_t receive(char *data, size_t size, size_t number, void *to)
{
    inbox_t *inbox = to;

    size *= number;
    if (size > MOST - inbox->length) {
        inbox->is_too_large = 1;
        return 0;
    }
    make_room(inbox, inbox->length + size + 1);
    memcpy(inbox->text + inbox->length, data, size);
    inbox->length += size;
    return size;
}

static void set_trust(CURL *curl, const cfo_transport_t *transport)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    /* A proxy gets nothing but CONNECT. */
    curl_easy_setopt(curl, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (transport->ca_file) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, transport->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
}

static void set_request(CURL *curl, const cfo_request_t *request, int is_once)
{
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->length);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    }
    /* When a connection that is used again turns out to be closed, libcurl sends the
     * request again by itself, whatever its method. */
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)is_once);
    /* HPACK would keep the token in memory that is not erased. */
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "cf-originctl/" CFO_VERSION);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SECONDS);
}

/* libcurl may quote what the server sent. */
static const char *safe(apr_pool_t *p, const char *text)
{
    char *copy = apr_pstrdup(p, text), *c;

    for (c = copy; *c; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            *c = '?';
    }
    return copy;
}

static cfo_transport_failure_t failure_of(CURLcode code, int proxy_status)
{
    switch (code) {
    case CURLE_OK:
        return CFO_TRANSPORT_OK;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return CFO_TRANSPORT_NAME;
    case CURLE_COULDNT_CONNECT:
        return CFO_TRANSPORT_CONNECT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return CFO_TRANSPORT_TRUST;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
        return CFO_TRANSPORT_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return CFO_TRANSPORT_TIME;
    default:
        return proxy_status >= 300 ? CFO_TRANSPORT_PROXY : CFO_TRANSPORT_OTHER;
    }
}

static void read_answer(CURL *curl, inbox_t *inbox, cfo_answer_t *answer)
{
    const char *type = NULL, *location = NULL;
    curl_off_t retry_after = 0;
    long http = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    make_room(inbox, inbox->length + 1);
    inbox->text[inbox->length] = '\0';
    answer->http = (int)http;
    answer->type = type ? apr_pstrdup(inbox->pool, type) : "";
    answer->location = location ? apr_pstrdup(inbox->pool, location) : NULL;
    answer->text = inbox->text;
    answer->length = inbox->length;
    if (retry_after > 0)
        answer->retry_after = retry_after < 86400 ? apr_time_from_sec(retry_after)
                                                  : apr_time_from_sec(86400);
}

static CURLcode perform(CURL *curl, const cfo_transport_t *transport,
                        const cfo_request_t *request, int is_once, inbox_t *inbox,
                        char *error)
{
    CURLcode code;

    set_trust(curl, transport);
    set_request(curl, request, is_once);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transport->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, inbox);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    code =
        curl_easy_setopt(curl, CURLOPT_URL,
                         apr_pstrcat(inbox->pool, transport->base, request->path, NULL));
    return code == CURLE_OK ? curl_easy_perform(curl) : code;
}

void cfo_transport_send(cfo_transport_t *transport, apr_pool_t *p,
                        const cfo_request_t *request, int is_once, cfo_answer_t *answer)
{
    char error[CURL_ERROR_SIZE] = "";
    inbox_t inbox = { p, NULL, 0, 0, 0 };
    CURL *curl = take_handle(transport);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    long proxy_status = 0;

    memset(answer, 0, sizeof *answer);
    answer->type = answer->text = answer->why = "";
    if (curl) {
        code = perform(curl, transport, request, is_once, &inbox, error);
        curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
        if (code == CURLE_OK)
            read_answer(curl, &inbox, answer);
        return_handle(transport, curl);
    }
    answer->proxy_status = (int)proxy_status;
    answer->failure =
        inbox.is_too_large ? CFO_TRANSPORT_SIZE : failure_of(code, answer->proxy_status);
    if (code != CURLE_OK)
        answer->why = safe(p, *error ? error : curl_easy_strerror(code));
}

const char *cfo_transport_escape(apr_pool_t *p, const char *value)
{
    char *escaped = curl_easy_escape(NULL, value, 0);
    const char *copy = apr_pstrdup(p, escaped ? escaped : "");

    curl_free(escaped);
    return copy;
}
