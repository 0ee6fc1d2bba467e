/* SPDX-License-Identifier: Apache-2.0 */
/* Watches handshakes.
 *
 * OpenSSL reports only to its message callback that a handshake ended because of the
 * certificate, and only there can the result and the chain of the verification, the SNI
 * and the SSL_CTX be read: when the hooks of other modules run after a failed handshake,
 * mod_ssl has freed the SSL (internals 7.1). But at that moment OpenSSL's error queue
 * holds what mod_ssl is going to log, and parsing or logging would disturb it. So the end
 * is only noted here, and logged in process_connection, which runs once on the primary
 * connection after mod_ssl's hook. The clean-up of a pool would be too late: the error
 * log hooks of other modules use the connection.
 *
 * The verification itself is not changed. A verify callback of this module would replace
 * another module's, and a mistake in it could admit or refuse clients.
 *
 * A message callback that another module has set is replaced: OpenSSL has no function to
 * get it. mod_ssl sets none, and this module leaves its info callback alone. */
#include "httpd/tls/handshake_watch.h"

#include "httpd/tls/libssl.h"

#ifdef CFO_HAVE_MOD_SSL_OPENSSL_H

#include "mod_ssl_openssl.h"

#include "apr_optional_hooks.h"
#include "apr_strings.h"

#include "httpd/tls/handshake_log.h"
#include "httpd/tls/ssl_context.h"

typedef void (*message_callback_t)(int, int, int, const void *, size_t, SSL *, void *);

/* Result, name here, name in OpenSSL, arguments. */
/* clang-format off */
#define FUNCTIONS(X) \
    X(void, set_msg_callback, "SSL_set_msg_callback", (SSL *, message_callback_t)) \
    X(long, control, "SSL_ctrl", (SSL *, int, long, void *)) \
    X(long, get_verify_result, "SSL_get_verify_result", (const SSL *)) \
    X(int, get_verify_mode, "SSL_get_verify_mode", (const SSL *)) \
    X(const char *, get_servername, "SSL_get_servername", (const SSL *, int)) \
    X(SSL_CTX *, get_ssl_ctx, "SSL_get_SSL_CTX", (const SSL *)) \
    X(STACK_OF(X509) *, get0_verified_chain, "SSL_get0_verified_chain", (const SSL *)) \
    X(int, count, "OPENSSL_sk_num", (const OPENSSL_STACK *)) \
    X(void *, item, "OPENSSL_sk_value", (const OPENSSL_STACK *, int)) \
    X(int, encode, "i2d_X509", (const X509 *, unsigned char **)) \
    X(void, free_x509, "X509_free", (X509 *))
/* clang-format on */

struct cfo_libssl_t {
    const cfo_ssl_contexts_t *contexts;
    X509 *(*get1_peer_certificate)(const SSL *);
    FUNCTIONS(CFO_LIBSSL_DECLARE)
};

/* What is watched on one connection. */
typedef struct {
    cfo_handshake_end_t end;
    conn_rec *c;
    const cfo_libssl_t *lib;
} watch_t;

static void note_refusal(watch_t *watch, SSL *ssl)
{
    const cfo_libssl_t *lib = watch->lib;
    const char *sni = lib->get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const server_rec *s = cfo_ssl_context_owner(lib->contexts, lib->get_ssl_ctx(ssl));

    watch->end.error = (int)lib->get_verify_result(ssl);
    watch->end.sni = sni ? apr_pstrdup(watch->c->pool, sni) : NULL;
    watch->end.s = s ? s : watch->c->base_server;
    watch->end.is_refused = 1;
}

static void keep_leaf(watch_t *watch, const X509 *x509)
{
    cfo_handshake_state_t *state = &watch->end.state;
    int size = watch->lib->encode(x509, NULL);
    unsigned char *out;

    if (size <= 0)
        return;
    state->leaf = out = apr_palloc(watch->c->pool, size);
    state->leaf_size = watch->lib->encode(x509, &out);
}

/* OpenSSL keeps the chain that it verified, leaf first, whatever the result; no chain if
 * there was nothing to verify. The messages contain the leaf too, but in more than one
 * form (RFC 8879). */
static void read_chain(watch_t *watch, const SSL *ssl)
{
    const cfo_libssl_t *lib = watch->lib;
    const OPENSSL_STACK *chain = (const OPENSSL_STACK *)lib->get0_verified_chain(ssl);
    int count = chain ? lib->count(chain) : 0;

    watch->end.state.chain_length = count;
    if (count > 0)
        keep_leaf(watch, lib->item(chain, 0));
}

/* The leaf as mod_ssl's SSL_CLIENT_CERT has it, from the handshake or, if it was resumed,
 * from the session. What comes before the client's Finished is verified; if Finished
 * itself is wrong, the handshake fails, and nobody asks for the leaf. */
static void read_leaf(watch_t *watch, const SSL *ssl)
{
    X509 *x509 = watch->lib->get1_peer_certificate(ssl);

    if (x509) {
        keep_leaf(watch, x509);
        watch->lib->free_x509(x509);
    }
    watch->end.is_finished = !x509 || watch->end.state.leaf;
}

/* OpenSSL resumes a session even if its certificate failed the verification, or if it has
 * none. Where a certificate is required, mod_ssl checks again, and closes the connection
 * without an alert (internals 7.3). It does so under "optional" too, which looks the same
 * here as "optional_no_ca", where it does not. */
static int will_be_refused(const watch_t *watch, const SSL *ssl)
{
    const cfo_libssl_t *lib = watch->lib;

    return (lib->get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) &&
           (!watch->end.state.leaf || lib->get_verify_result(ssl) != X509_V_OK);
}

/* OpenSSL's message callback. Removed when the handshake ends, so that requests,
 * renegotiation and post-handshake authentication do not call it. */
static void see(int is_sent, int version, int type, const void *data, size_t size,
                SSL *ssl, void *arg)
{
    watch_t *watch = arg;
    cfo_step_t step = cfo_handshake_see(&watch->end.state, is_sent, type, data, size);

    (void)version;
    if (step == CFO_STEP_GOES_ON)
        return;
    watch->lib->set_msg_callback(ssl, NULL);
    if (step == CFO_STEP_FINISHED)
        read_leaf(watch, ssl);
    else
        read_chain(watch, ssl);
    if (step == CFO_STEP_ENDED || will_be_refused(watch, ssl))
        note_refusal(watch, ssl);
}

/* mod_ssl's pre_handshake hook. The virtual host is not known yet. */
static int begin(conn_rec *c, SSL *ssl, int is_proxy)
{
    const cfo_shared_t *shared = cfo_server_conf(c->base_server)->shared;
    watch_t *watch;

    if (is_proxy || !shared || !shared->wants_handshakes || !shared->libssl)
        return DECLINED;
    watch = apr_pcalloc(c->pool, sizeof *watch);
    watch->c = c;
    watch->lib = shared->libssl;
    cfo_handshake_note(c, &watch->end);
    watch->lib->set_msg_callback(ssl, see);
    watch->lib->control(ssl, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, watch);
    return DECLINED;
}

void cfo_handshake_watch_register(void)
{
    APR_OPTIONAL_HOOK(ssl, pre_handshake, begin, NULL, NULL, APR_HOOK_MIDDLE);
}

/* OpenSSL 1.1.1 has another name for it. */
static void *find_get1_peer_certificate(void)
{
    void *function = cfo_libssl_find("SSL_get1_peer_certificate");

    return function ? function : cfo_libssl_find("SSL_get_peer_certificate");
}

const cfo_libssl_t *cfo_handshake_watch_prepare(apr_pool_t *pconf)
{
    cfo_libssl_t *lib = apr_pcalloc(pconf, sizeof *lib);
    int is_complete = 1;

    lib->contexts = cfo_ssl_contexts_find(pconf);
    lib->get1_peer_certificate = (X509 * (*)(const SSL *)) find_get1_peer_certificate();
    FUNCTIONS(CFO_LIBSSL_LOAD)
    return is_complete && lib->get1_peer_certificate ? lib : NULL;
}

#else

void cfo_handshake_watch_register(void)
{
}

const cfo_libssl_t *cfo_handshake_watch_prepare(apr_pool_t *pconf)
{
    (void)pconf;
    return NULL;
}

#endif
