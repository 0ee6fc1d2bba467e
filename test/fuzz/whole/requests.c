/* SPDX-License-Identifier: Apache-2.0 */
/* One connection with requests, as bytes of HTTP/1.1, the same as streams of HTTP/2, or
 * any frames of HTTP/2. The first two bytes choose who connects, how and where; see
 * choice_t. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <sys/socket.h>

#include "client.h"
#include "keys.h"
#include "server.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EDGE = 0x000001, STRANGER = 0xc80001, TUNNEL = 0x640001 };
enum { STREAMS_MOST = 20, CANARY_EVERY = 500 };

typedef enum { WHO_NOBODY, WHO_FOREIGN, WHO_ZONE_A, WHO_ZONE_B, WHO_COUNT } who_t;

typedef struct {
    who_t who;
    uint32_t source;
    int is_h2, is_raw, version, is_resumed, port, is_plain;
    const char *sni;
} choice_t;

typedef struct {
    char data[128 * 1024];
    size_t length;
} buffer_t;

static const char *const sites[] = { "a", "b", "audit", "folder", "plain", "open", NULL };

static choice_t read_choice(const uint8_t *data)
{
    static const char *const names[] = { "a.test",      "b.test",     "audit.test",
                                         "folder.test", "www.a.test", "unknown.test",
                                         "A.TEST.",     NULL };
    static unsigned number;
    choice_t choice = { .who = data[0] & 3 };
    int where = data[1] >> 3 & 7;

    choice.version = data[0] & 4 ? TLS1_3_VERSION : TLS1_2_VERSION;
    choice.is_h2 = data[0] >> 3 & 1;
    choice.is_raw = data[0] >> 4 & 1;
    choice.is_resumed = data[0] >> 5 & 1;
    choice.source = data[0] & 0x40 ? data[0] & 0x80 ? TUNNEL : STRANGER : EDGE;
    choice.source += (number++ & 15) << 8; /* local ports are not endless */
    choice.sni = names[data[1] & 7];
    choice.port = where == 7 ? 2 : where == 6 ? 1 : 0;
    choice.is_plain = choice.port == 2 || where == 5;
    return choice;
}

static SSL_CTX *context_of(const choice_t *choice)
{
    static SSL_CTX *contexts[WHO_COUNT][2][2];
    static const party_t issuers[] = { 0, KEY_CA_FOREIGN, KEY_CA_A, KEY_CA_B };
    SSL_CTX **context =
        &contexts[choice->who][choice->version == TLS1_3_VERSION][choice->is_h2];

    if (!*context)
        *context = client_context(
            choice->who == WHO_NOBODY ? NULL : keys_leaf(issuers[choice->who]),
            choice->version, choice->is_h2);
    return *context;
}

/* The last session of this client; a ticket of TLS 1.3 may be used again. */
static SSL_SESSION **session_of(const choice_t *choice)
{
    static SSL_SESSION *sessions[WHO_COUNT][2][8];
    int name = choice->sni ? choice->sni[0] & 7 : 0;

    return &sessions[choice->who][choice->version == TLS1_3_VERSION][name];
}

static void keep_session(const choice_t *choice, client_t *client)
{
    SSL_SESSION **kept = session_of(choice), *session = SSL_get1_session(client->ssl);

    if (session && SSL_SESSION_is_resumable(session)) {
        SSL_SESSION_free(*kept);
        *kept = session;
    }
    else
        SSL_SESSION_free(session);
}

static void add(buffer_t *buffer, const void *data, size_t length)
{
    if (length > sizeof buffer->data - buffer->length)
        length = sizeof buffer->data - buffer->length;
    if (length)
        memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

static void add_frame(buffer_t *out, int type, int flags, unsigned stream,
                      const buffer_t *payload)
{
    size_t length = payload ? payload->length : 0;
    unsigned char head[9] = { (unsigned char)(length >> 16),
                              (unsigned char)(length >> 8),
                              (unsigned char)length,
                              (unsigned char)type,
                              (unsigned char)flags,
                              0,
                              0,
                              (unsigned char)(stream >> 8),
                              (unsigned char)stream };

    add(out, head, sizeof head);
    if (length)
        add(out, payload->data, length);
}

/* A string of HPACK, without Huffman's code (RFC 7541, 5.2). */
static void add_string(buffer_t *out, const char *text, size_t length)
{
    size_t rest = length - 127;
    unsigned char byte = (unsigned char)(length < 127 ? length : 127);

    add(out, &byte, 1);
    if (length >= 127) {
        for (; rest >= 128; rest >>= 7) {
            byte = (unsigned char)(rest % 128 + 128);
            add(out, &byte, 1);
        }
        byte = (unsigned char)rest;
        add(out, &byte, 1);
    }
    add(out, text, length);
}

static void add_header(buffer_t *out, const char *name, size_t name_length,
                       const char *value, size_t length)
{
    char lower[256];
    size_t i;

    if (name_length > sizeof lower)
        name_length = sizeof lower;
    for (i = 0; i < name_length; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 32 : name[i]);
    add(out, "", 1); /* literal, without indexing */
    add_string(out, lower, name_length);
    add_string(out, value, length);
}

static size_t line_length(const char *text, size_t length)
{
    const char *end = memchr(text, '\n', length);

    return end ? (size_t)(end - text) : length;
}

static void add_request_line(buffer_t *headers, const char *line, size_t length)
{
    const char *path = memchr(line, ' ', length), *end;
    size_t left = path ? length - (size_t)(path + 1 - line) : 0;

    if (!path)
        path = line + length;
    add_header(headers, ":method", 7, line, (size_t)(path - line));
    if (left) {
        end = memchr(path + 1, ' ', left);
        add_header(headers, ":path", 5, path + 1, end ? (size_t)(end - path - 1) : left);
    }
    add_header(headers, ":scheme", 7, "https", 5);
}

static void add_header_line(buffer_t *headers, const char *line, size_t length)
{
    const char *colon = memchr(line + 1, ':', length - 1);
    const char *value = colon ? colon + 1 : line + length;
    size_t name = colon ? (size_t)(colon - line) : length;

    while (value < line + length && *value == ' ')
        value++;
    if (name == 4 && !strncasecmp(line, "host", 4))
        add_header(headers, ":authority", 10, value, (size_t)(line + length - value));
    else
        add_header(headers, line, name, value, (size_t)(line + length - value));
}

/* Requests of HTTP/1.1, as streams of HTTP/2. Returns their number. */
static int add_streams(buffer_t *out, const char *text, size_t length)
{
    static buffer_t headers;
    int streams = 0;

    while (length && streams < STREAMS_MOST) {
        int is_first = 1;

        for (headers.length = 0; length; is_first = 0) {
            size_t line = line_length(text, length), bare = line;
            const char *start = text;

            text += line < length ? line + 1 : line;
            length -= line < length ? line + 1 : line;
            if (bare && start[bare - 1] == '\r')
                bare--;
            if (!bare)
                break;
            if (is_first)
                add_request_line(&headers, start, bare);
            else
                add_header_line(&headers, start, bare);
        }
        if (headers.length && headers.length < 16384)
            add_frame(out, 1, 5, (unsigned)(2 * streams++ + 1), &headers);
    }
    return streams;
}

static void be_patient(client_t *client, int milliseconds)
{
    struct timeval patience = { milliseconds / 1000, milliseconds % 1000 * 1000 };

    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

/* How many streams have ended; a large number if the connection is to end. */
static int ended_streams(const client_t *client)
{
    size_t at = 0, length;
    int ended = 0;

    for (; at + 9 <= client->length; at += 9 + length) {
        const unsigned char *head = (const unsigned char *)client->answer + at;

        length = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        if (head[3] == 7 || (head[3] == 6 && head[4] & 1))
            return STREAMS_MOST + 1; /* GOAWAY, or the answer to the last frame sent */
        ended += head[3] == 3 || (head[3] <= 1 && head[4] & 1);
    }
    return ended;
}

static void speak_h2(client_t *client, const choice_t *choice, const char *text,
                     size_t length)
{
    static buffer_t out;
    static const buffer_t ping = { "endofall", 8 };
    int streams = 0;

    out.length = 0;
    add(&out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    add_frame(&out, 4, 0, 0, NULL);
    if (choice->is_raw) {
        add(&out, text, length);
        add_frame(&out, 6, 0, 0, &ping);
    }
    else
        streams = add_streams(&out, text, length);
    if (!client_send(client, out.data, out.length))
        return;
    be_patient(client, choice->is_raw ? 100 : 1000);
    while (ended_streams(client) < (choice->is_raw ? STREAMS_MOST : streams) &&
           client_receive(client))
        ;
}

static void speak_h1(client_t *client, const char *text, size_t length)
{
    if (!client_send(client, text, length))
        return;
    client_send_end(client);
    while (client_receive(client))
        ;
}

/* Whether what follows a key in the line of a page is this value. */
static int has_value(const char *line, const char *key, const char *value)
{
    const char *at = strstr(line, key);

    return at && !strncmp(at + strlen(key), value, strlen(value)) &&
           at[strlen(key) + strlen(value)] == ' ';
}

/* Who is not believed has sent nothing that counts, in the eyes of the application. */
static void check_page(const choice_t *choice, const char *site, const char *found,
                       int may_be_believed)
{
    char line[1024], source[32];
    const char *end = strchr(found, ';');

    if (!end || end - found >= (long)sizeof line || !strstr(found, "reason="))
        return; /* a part of the page */
    memcpy(line, found, (size_t)(end - found));
    line[end - found] = '\0';
    if (may_be_believed || choice->port == 1)
        return;
    snprintf(source, sizeof source, "127.%u.%u.%u", choice->source >> 16 & 255,
             choice->source >> 8 & 255, choice->source & 255);
    if (has_value(line, "origin=", "verified") || has_value(line, "origin=", "tunnel"))
        server_fail("site %s takes a stranger for one that is proved: %s", site, line);
    if (!has_value(line, "addr=", source) || !has_value(line, "ip=", "(none)") ||
        !has_value(line, "ray=", "(none)"))
        server_fail("site %s believes a stranger: %s", site, line);
}

static int is_edge(const choice_t *choice)
{
    return choice->source >> 16 != STRANGER >> 16; /* 127.0.0.0/9, tunnels too */
}

/* Who may see the page of a site, and whose word counts there. */
static void check_answer(const choice_t *choice, client_t *client)
{
    int i;

    client->answer[client->length < sizeof client->answer ? client->length
                                                          : client->length - 1] = '\0';
    for (i = 0; sites[i]; i++) {
        const char *found = server_finds(sites[i], client->answer, client->length);
        int is_a = choice->who == WHO_ZONE_A && !choice->is_plain;
        int is_proved = is_edge(choice) && is_a;

        if (!found)
            continue;
        if (!strcmp(sites[i], "b"))
            is_proved = is_edge(choice) && choice->who == WHO_ZONE_B && !choice->is_plain;
        if (!strcmp(sites[i], "plain"))
            is_proved = is_edge(choice);
        if (!is_proved && strcmp(sites[i], "audit") && strcmp(sites[i], "open"))
            server_fail("site %s is open to %d from %x", sites[i], choice->who,
                        choice->source);
        check_page(choice, sites[i], found, is_proved);
    }
}

static int try_choice(const choice_t *choice, const char *text, size_t length,
                      client_t *client)
{
    const char *newline;
    int is_tls = !choice->is_plain;

    client->fd = server_connect(server_port(choice->port), choice->source);
    if (client->fd == -1)
        return 0;
    if (choice->port == 1) { /* the first line is the PROXY header */
        newline = memchr(text, '\n', length);
        if (!newline || !client_send(client, text, (size_t)(newline + 1 - text)))
            return 0;
        length -= (size_t)(newline + 1 - text);
        text = newline + 1;
    }
    if (is_tls && !client_handshake(client, context_of(choice), choice->sni,
                                    choice->is_resumed ? *session_of(choice) : NULL))
        return 0;
    if (choice->is_h2)
        speak_h2(client, choice, text, length);
    else
        speak_h1(client, text, length);
    if (is_tls)
        keep_session(choice, client);
    check_answer(choice, client);
    return 1;
}

/* Whatever came before, who is proved gets the page, as the visitor that Cloudflare
 * names. */
static void check_canary(client_t *client)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: b.test\r\n"
                                  "CF-Connecting-IP: 203.0.113.7\r\n"
                                  "CF-Ray: 230b030023ae2822-SJC\r\n\r\n";
    choice_t choice = { .who = WHO_ZONE_B, .source = EDGE, .version = TLS1_3_VERSION };
    const char *found = NULL;

    choice.sni = "b.test";
    if (try_choice(&choice, request, sizeof request - 1, client))
        found = server_finds("b", client->answer, client->length);
    if (!found || !has_value(found, "addr=", "203.0.113.7") ||
        !has_value(found, "ray=", "230b030023ae2822-SJC"))
        server_fail("a proved request is not served: %s", client->answer);
    client_close(client);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    server_start("requests.conf", sites);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static client_t client;
    static unsigned number;
    choice_t choice;

    if (size < 3 || size > 32768)
        return 0;
    server_begin(data, size);
    choice = read_choice(data);
    client.length = 0;
    try_choice(&choice, (const char *)data + 2, size - 2, &client);
    if (client.fd != -1)
        client_close(&client);
    server_end();
    if (++number % CANARY_EVERY == 0)
        check_canary(&client);
    return 0;
}
