/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, with memory that is erased when it is freed. */
#include "ctl/cloudflare/curl_memory.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "apr_env.h"

/* Before each block: its size. */
typedef union {
    size_t size;
    long double align;
    void *pointer;
} head_t;

static void *take(size_t size)
{
    head_t *head = size <= SIZE_MAX - sizeof *head ? malloc(sizeof *head + size) : NULL;

    if (!head)
        return NULL;
    head->size = size;
    return head + 1;
}

static void give_back(void *block)
{
    head_t *head = block;

    if (!head)
        return;
    head--;
    OPENSSL_cleanse(head, sizeof *head + head->size);
    free(head);
}

/* realloc() would leave a copy behind. */
static void *resize(void *block, size_t size)
{
    void *other = take(size);
    size_t old = block ? ((head_t *)block - 1)->size : 0;

    if (!other)
        return NULL;
    if (block)
        memcpy(other, block, old < size ? old : size);
    give_back(block);
    return other;
}

static void *take_zeros(size_t number, size_t size)
{
    void *block = !size || number <= SIZE_MAX / size ? take(number * size) : NULL;

    return block ? memset(block, 0, number * size) : NULL;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *block = take(size);

    return block ? memcpy(block, text, size) : NULL;
}

const char *cfo_curl_start(apr_pool_t *p)
{
    static int has_started;
    CURLcode code;

    if (has_started)
        return NULL;
    /* It would write the keys of the connections to a file. */
    apr_env_delete("SSLKEYLOGFILE", p);
    /* Older libcurls write to a closed connection without asking for no signal; and
     * whoever closes our stdout must not end a change in the middle. */
    signal(SIGPIPE, SIG_IGN);
    code = curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, give_back, resize, copy,
                                take_zeros);
    has_started = code == CURLE_OK;
    return has_started ? NULL : curl_easy_strerror(code);
}
