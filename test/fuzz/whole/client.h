/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of the fuzzer to its httpd: TLS or plain, and what came back. */
#ifndef CFO_TEST_FUZZ_WHOLE_CLIENT_H
#define CFO_TEST_FUZZ_WHOLE_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

typedef struct {
    int fd;
    SSL *ssl; /* NULL: plain */
    char answer[256 * 1024];
    size_t length;
} client_t;

/* A context with this certificate and KEY_LEAF; NULL: without. Of one version of TLS. */
SSL_CTX *client_context(X509 *certificate, int version, int is_h2);

/* Makes a handshake over client->fd. `session` NULL: a full one. Returns 0 if it failed.
 */
int client_handshake(client_t *client, SSL_CTX *context, const char *sni,
                     SSL_SESSION *session);

/* Returns 0 if the server has closed the connection. */
int client_send(client_t *client, const void *data, size_t size);

/* Tells the server that nothing follows. */
void client_send_end(client_t *client);

/* Adds what the server sends to the answer. 0: the end, or nothing came in time. */
int client_receive(client_t *client);

void client_close(client_t *client);

#endif
