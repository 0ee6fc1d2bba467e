/* SPDX-License-Identifier: Apache-2.0 */
/* load: an HTTPS client that does exactly so much, with a client certificate.
 *
 *   load -p PORT [-s SNI] [-b SOURCE] [-c PEM] [-T 1.2|1.3] [-P PATH] [-H 'Name:
 * value']...
 *        [-t THREADS] [-n CONNECTIONS] [-r REQUESTS] [-w WARM-UP] [-R] [-2 STREAMS]
 *
 * Each thread has one connection at a time. With -w or -2 it keeps it, makes so many
 * requests to warm up, and then REQUESTS that count. Otherwise all threads together make
 * CONNECTIONS, with REQUESTS on each; with -R these resume a session that was made
 * before. -2: HTTP/2, with so many streams at the same time.
 *
 * When all is warm it prints "warm", and after what counts "requests=N failed=N resumed=N
 * status=N seconds=N"; each time it waits for a line (or the end) of standard input, so
 * that the caller can look at the server in between. Exits with 1 if anything failed. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { SIZE = 65536, HEADERS_MOST = 32, SECONDS_MOST = 60 };

typedef struct {
    pthread_t thread;
    SSL_CTX *ctx;
    SSL_SESSION *session;
    SSL *ssl;
    long requests, failed, resumed;
    int status;
    unsigned stream; /* the next one of HTTP/2 */
    size_t have;     /* bytes in `in` */
    unsigned char in[SIZE], out[SIZE];
} worker_t;

static struct {
    const char *sni, *source, *cert, *tls, *path, *headers[HEADERS_MOST];
    int port, count, resumes;
    long threads, connections, requests, warm, streams;
} opt = {
    .sni = "bench.test", .path = "/", .threads = 1, .connections = 1, .requests = 1
};

static char request[2][8192]; /* [1]: the last of a connection */
static unsigned char block[2]
                          [4096]; /* HPACK: the first of a connection, and all others */
static size_t block_size[2];
static pthread_barrier_t gate;

static void fail(worker_t *w, const char *what)
{
    if (!w->failed++)
        fprintf(stderr, "load: %s: %s\n", what,
                ERR_reason_error_string(ERR_peek_error()));
    ERR_clear_error();
}

static int keeps(void)
{
    return opt.warm || opt.streams;
}

/* ------------------------------------------------------------- HTTP/1.1 */

/* The status, or -1. */
static int read_response(worker_t *w)
{
    size_t have = 0, want = 0;
    int status = -1, n;

    while (!want || have < want) {
        char *end, *length, *text = (char *)w->in;

        n = SSL_read(w->ssl, want ? w->in : w->in + have,
                     (int)(SIZE - 1 - (want ? 0 : have)));
        if (n <= 0)
            return -1;
        have += (size_t)n;
        if (want)
            continue;
        w->in[have] = '\0';
        if (!(end = strstr(text, "\r\n\r\n")))
            continue;
        if (sscanf(text, "HTTP/%*s %d", &status) != 1)
            return -1;
        length = strcasestr(text, "\r\nContent-Length:");
        want = (size_t)(end + 4 - text) +
               (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
    }
    return status;
}

static void requests_1(worker_t *w, long count)
{
    long i;

    for (i = 0; i < count && !w->failed; i++) {
        const char *text = request[!keeps() && i == count - 1];

        if (SSL_write(w->ssl, text, (int)strlen(text)) <= 0 ||
            (w->status = read_response(w)) < 0)
            fail(w, "request");
        else
            w->requests++;
    }
}

/* --------------------------------------------------------------- HTTP/2 */

static size_t put_frame(unsigned char *at, size_t length, int type, int flags,
                        unsigned stream)
{
    unsigned char head[9] = { (unsigned char)(length >> 16), (unsigned char)(length >> 8),
                              (unsigned char)length, (unsigned char)type,
                              (unsigned char)flags };

    head[5] = (unsigned char)(stream >> 24);
    head[6] = (unsigned char)(stream >> 16);
    head[7] = (unsigned char)(stream >> 8);
    head[8] = (unsigned char)stream;
    memcpy(at, head, sizeof head);
    return sizeof head;
}

static size_t put_text(unsigned char *at, const char *text, size_t length)
{
    size_t head = 1;

    at[0] = (unsigned char)(length < 127 ? length : 127);
    if (length >= 127) {
        at[head++] = (unsigned char)((length - 127) | (length - 127 >= 128 ? 128 : 0));
        if (length - 127 >= 128)
            at[head++] = (unsigned char)((length - 127) >> 7);
    }
    memcpy(at + head, text, length);
    return head + length;
}

/* Adds a header to the server's table with the first request; later ones name its place.
 */
static void add_header(int index, const char *name, const char *value,
                       size_t value_length)
{
    unsigned char *at = block[0] + block_size[0], lower[256];
    size_t i, length = strcspn(name, ":"), used = 1;

    *at = (unsigned char)(0x40 | index);
    if (!index) {
        for (i = 0; i < length && i < sizeof lower; i++)
            lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i];
        used += put_text(at + used, (char *)lower, i);
    }
    block_size[0] += used + put_text(at + used, value, value_length);
}

/* GET, https, then :path, :authority and the headers; the newest entry has index 62. */
static void make_blocks(void)
{
    int i, entries = opt.count + 2;

    memcpy(block[0], "\x82\x87", block_size[0] = 2);
    memcpy(block[1], "\x82\x87", block_size[1] = 2);
    add_header(4, ":path", opt.path, strlen(opt.path));
    add_header(1, ":authority", opt.sni, strlen(opt.sni));
    for (i = 0; i < opt.count; i++) {
        const char *value = strchr(opt.headers[i], ':') + 2;

        add_header(0, opt.headers[i], value, strlen(value));
    }
    for (i = 0; i < entries; i++)
        block[1][block_size[1]++] = (unsigned char)(0x80 | (62 + entries - 1 - i));
}

static size_t put_request(worker_t *w, unsigned char *at)
{
    int other = w->stream > 1;
    size_t head =
        put_frame(at, block_size[other], 1, 0x5, w->stream); /* END_STREAM, END_HEADERS */

    memcpy(at + head, block[other], block_size[other]);
    w->stream += 2;
    return head + block_size[other];
}

static int open_2(worker_t *w)
{
    static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\0\4\0\0\0\0\0"             /* SETTINGS */
                                "\0\0\4\x8\0\0\0\0\0\x7f\0\0\0"; /* a large window */

    w->stream = 1;
    w->have = 0;
    return SSL_write(w->ssl, hello, sizeof hello - 1) > 0;
}

/* Handles one whole frame; returns how many streams ended, or -1. */
static int handle(worker_t *w, const unsigned char *frame, size_t *answer)
{
    switch (frame[3]) {
    case 1: /* HEADERS: 0x88 is ":status: 200" */
        w->status = frame[9] == 0x88 ? 200 : 1;
        return frame[4] & 1;
    case 0: /* DATA */
        return frame[4] & 1;
    case 3: /* RST_STREAM */
    case 7: /* GOAWAY */
        return -1;
    case 4: /* SETTINGS */
        if (!(frame[4] & 1))
            *answer += put_frame(w->out + *answer, 0, 4, 1, 0);
        return 0;
    default:
        return 0;
    }
}

/* Reads some frames; returns how many streams ended, or -1. */
static int read_frames(worker_t *w, size_t *answer)
{
    int ended = 0, n = SSL_read(w->ssl, w->in + w->have, (int)(SIZE - w->have));
    size_t at = 0, length;

    if (n <= 0)
        return -1;
    w->have += (size_t)n;
    for (; w->have - at >= 9; at += length) {
        const unsigned char *frame = w->in + at;
        int is_end;

        length = 9 + ((size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2]);
        if (w->have - at < length)
            break;
        if ((is_end = handle(w, frame, answer)) < 0)
            return -1;
        ended += is_end;
    }
    memmove(w->in, w->in + at, w->have -= at);
    return ended;
}

static void requests_2(worker_t *w, long count)
{
    long sent = 0, ended = 0;

    while (ended < count && !w->failed) {
        size_t length = 0;
        int more = 0;

        if (sent && (more = read_frames(w, &length)) < 0) {
            fail(w, "stream");
            break;
        }
        ended += more;
        for (; sent < count && sent - ended < opt.streams && length < SIZE - 8192; sent++)
            length += put_request(w, w->out + length);
        if (length && SSL_write(w->ssl, w->out, (int)length) <= 0)
            fail(w, "write");
    }
    w->requests += ended;
}

static void requests(worker_t *w, long count)
{
    if (opt.streams)
        requests_2(w, count);
    else
        requests_1(w, count);
}

/* ---------------------------------------------------------- connections */

static int dial(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((unsigned short)opt.port) };
    struct sockaddr_in from = { .sin_family = AF_INET };
    struct timeval limit = { .tv_sec = SECONDS_MOST };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (opt.source) {
        inet_pton(AF_INET, opt.source, &from.sin_addr);
        if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
            return close(fd), -1;
    }
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        return close(fd), -1;
    return fd;
}

static int open_connection(worker_t *w)
{
    int fd = dial();

    if (fd < 0) {
        fail(w, "connect");
        return 0;
    }
    w->ssl = SSL_new(w->ctx);
    SSL_set_tlsext_host_name(w->ssl, opt.sni);
    SSL_set_fd(w->ssl, fd);
    if (opt.resumes && w->session)
        SSL_set_session(w->ssl, w->session);
    if (SSL_connect(w->ssl) == 1 && (!opt.streams || open_2(w)))
        return 1;
    fail(w, "handshake");
    return 0;
}

static void close_connection(worker_t *w)
{
    int fd;

    if (!w->ssl)
        return;
    fd = SSL_get_fd(w->ssl);
    if (!w->failed)
        SSL_shutdown(w->ssl);
    SSL_free(w->ssl);
    close(fd);
    w->ssl = NULL;
}

static void one_connection(worker_t *w)
{
    if (open_connection(w)) {
        w->resumed += SSL_session_reused(w->ssl);
        requests(w, opt.requests);
    }
    close_connection(w);
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    worker_t *w = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    SSL_SESSION_free(w->session);
    w->session = session;
    return 1;
}

/* --------------------------------------------------------------- phases */

static void prepare(worker_t *w)
{
    if (keeps() && open_connection(w))
        requests(w, opt.warm);
    else if (opt.resumes)
        one_connection(w);
    w->requests = w->resumed = 0;
}

static void measure(worker_t *w)
{
    long i, share = opt.connections / opt.threads;

    if (keeps() && w->ssl)
        requests(w, opt.requests);
    for (i = 0; !keeps() && i < share && !w->failed; i++)
        one_connection(w);
}

static void *work(void *data)
{
    worker_t *w = data;

    prepare(w);
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    measure(w);
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    close_connection(w);
    return NULL;
}

static void make_context(worker_t *w)
{
    int version = !opt.tls ? 0 : strcmp(opt.tls, "1.2") ? TLS1_3_VERSION : TLS1_2_VERSION;

    w->ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_app_data(w->ctx, w);
    if (version) {
        SSL_CTX_set_min_proto_version(w->ctx, version);
        SSL_CTX_set_max_proto_version(w->ctx, version);
    }
    SSL_CTX_set_session_cache_mode(w->ctx,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(w->ctx, keep_session);
    if (opt.streams)
        SSL_CTX_set_alpn_protos(w->ctx, (const unsigned char *)"\2h2", 3);
    if (opt.cert &&
        (SSL_CTX_use_certificate_chain_file(w->ctx, opt.cert) != 1 ||
         SSL_CTX_use_PrivateKey_file(w->ctx, opt.cert, SSL_FILETYPE_PEM) != 1)) {
        fprintf(stderr, "load: cannot use %s\n", opt.cert);
        exit(2);
    }
}

static void make_requests(void)
{
    int last, i;

    for (last = 0; last < 2; last++) {
        char *at = request[last], *end = at + sizeof request[0];

        at += snprintf(at, (size_t)(end - at), "GET %s HTTP/1.1\r\nHost: %s\r\n",
                       opt.path, opt.sni);
        for (i = 0; i < opt.count; i++)
            at += snprintf(at, (size_t)(end - at), "%s\r\n", opt.headers[i]);
        snprintf(at, (size_t)(end - at), "%s\r\n", last ? "Connection: close\r\n" : "");
    }
}

static void parse(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "p:s:b:c:T:P:H:t:n:r:w:R2:")) != -1) {
        switch (option) {
        case 'p':
            opt.port = atoi(optarg);
            break;
        case 's':
            opt.sni = optarg;
            break;
        case 'b':
            opt.source = optarg;
            break;
        case 'c':
            opt.cert = optarg;
            break;
        case 'T':
            opt.tls = optarg;
            break;
        case 'P':
            opt.path = optarg;
            break;
        case 't':
            opt.threads = atol(optarg);
            break;
        case 'n':
            opt.connections = atol(optarg);
            break;
        case 'r':
            opt.requests = atol(optarg);
            break;
        case 'w':
            opt.warm = atol(optarg);
            break;
        case 'R':
            opt.resumes = 1;
            break;
        case '2':
            opt.streams = atol(optarg);
            break;
        case 'H':
            if (opt.count < HEADERS_MOST && strstr(optarg, ": ")) {
                opt.headers[opt.count++] = optarg;
                break;
            } /* fall through */
        default:
            exit(2);
        }
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void wait_for_caller(void)
{
    char line[16];

    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return;
}

static void report(const worker_t *workers, double seconds)
{
    worker_t sum = { 0 };
    long i;

    for (i = 0; i < opt.threads; i++) {
        sum.requests += workers[i].requests;
        sum.failed += workers[i].failed;
        sum.resumed += workers[i].resumed;
        if (!sum.status || workers[i].status != 200)
            sum.status = workers[i].status;
    }
    printf("requests=%ld failed=%ld resumed=%ld status=%d seconds=%.6f\n", sum.requests,
           sum.failed, sum.resumed, sum.status, seconds);
}

int main(int argc, char **argv)
{
    worker_t *workers;
    double begun;
    long i, failed = 0;

    signal(SIGPIPE, SIG_IGN);
    parse(argc, argv);
    make_requests();
    make_blocks();
    workers = calloc((size_t)opt.threads, sizeof *workers);
    pthread_barrier_init(&gate, NULL, (unsigned)opt.threads + 1);
    for (i = 0; i < opt.threads; i++) {
        make_context(&workers[i]);
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    pthread_barrier_wait(&gate);
    puts("warm");
    wait_for_caller();
    begun = now();
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    report(workers, now() - begun);
    wait_for_caller();
    pthread_barrier_wait(&gate);
    for (i = 0; i < opt.threads; i++) {
        pthread_join(workers[i].thread, NULL);
        failed += workers[i].failed;
        SSL_SESSION_free(workers[i].session);
        SSL_CTX_free(workers[i].ctx);
    }
    free(workers);
    return failed > 0;
}
