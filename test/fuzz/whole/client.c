/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "keys.h"
#include "server.h"

SSL_CTX *client_context(X509 *certificate, int version, int is_h2)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context || !SSL_CTX_set_min_proto_version(context, version) ||
        !SSL_CTX_set_max_proto_version(context, version))
        server_fail("no context");
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (is_h2)
        SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x02h2", 3);
    if (certificate && (!SSL_CTX_use_certificate(context, certificate) ||
                        !SSL_CTX_use_PrivateKey(context, keys_key(KEY_LEAF))))
        server_fail("no certificate");
    return context;
}

int client_handshake(client_t *client, SSL_CTX *context, const char *sni,
                     SSL_SESSION *session)
{
    int is_done;

    client->ssl = SSL_new(context);
    SSL_set_fd(client->ssl, client->fd);
    if (sni)
        SSL_set_tlsext_host_name(client->ssl, sni);
    if (session)
        SSL_set_session(client->ssl, session);
    is_done = SSL_connect(client->ssl) == 1;
    ERR_clear_error();
    return is_done;
}

int client_send(client_t *client, const void *data, size_t size)
{
    const char *at = data;

    while (size) {
        int most = size > 16384 ? 16384 : (int)size, sent;

        sent = client->ssl ? SSL_write(client->ssl, at, most)
                           : (int)send(client->fd, at, (size_t)most, MSG_NOSIGNAL);
        ERR_clear_error();
        if (sent <= 0)
            return 0;
        at += sent;
        size -= (size_t)sent;
    }
    return 1;
}

void client_send_end(client_t *client)
{
    if (client->ssl)
        SSL_shutdown(client->ssl);
    ERR_clear_error();
    shutdown(client->fd, SHUT_WR);
}

int client_receive(client_t *client)
{
    char *at = client->answer + client->length;
    int room = (int)(sizeof client->answer - client->length), got;

    if (!room) { /* the beginning is enough */
        client->length = sizeof client->answer / 2;
        return client_receive(client);
    }
    got = client->ssl ? SSL_read(client->ssl, at, room)
                      : (int)recv(client->fd, at, (size_t)room, 0);
    ERR_clear_error();
    if (got <= 0)
        return 0;
    client->length += (size_t)got;
    return got;
}

void client_close(client_t *client)
{
    SSL_free(client->ssl);
    close(client->fd);
    client->ssl = NULL;
    client->length = 0;
}
