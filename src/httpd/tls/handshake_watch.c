/* SPDX-License-Identifier: Apache-2.0 */
/* Watches handshakes.
 *
 * That one ended because of the certificate OpenSSL tells to its message callback alone,
 * and the verification's result and chain, the SNI and the SSL_CTX can be asked for only
 * from in there: when other modules come to know of a handshake that failed, mod_ssl has
 * freed the SSL (internals 7.1). But in there OpenSSL's error queue has what mod_ssl is going
 * to log, and parsing and logging would disturb it. So it is noted here, and reported in
 * process_connection, which runs once on the primary connection after mod_ssl's. In a
 * pool's clean-up it would be too late to log: other modules' hooks into the log look at
 * the connection.
 *
 * The verification itself is only looked back at, and has nothing of ours in it: a
 * callback of our own there would take the place of another module's, and whatever it
 * does wrong would admit or refuse.
 *
 * There is no way to learn of a message callback that is there already. mod_ssl sets
 * none; it uses the info callback, which is left alone. */
#include "httpd/tls/handshake_watch.h"

#include "httpd/tls/libssl.h"

#ifdef CFO_HAVE_MOD_SSL_OPENSSL_H

#include "mod_ssl_openssl.h"

#include "apr_optional_hooks.h"
#include "apr_strings.h"

#include "httpd/tls/handshake_log.h"
#include "httpd/tls/ssl_context.h"

typedef void (*message_callback_t)(int, int, int, const void *, size_t, SSL *, void *);

struct cfo_libssl_t {
    const cfo_ssl_contexts_t *contexts;
    void (*set_msg_callback)(SSL *, message_callback_t);
    long (*control)(SSL *, int, long, void *);
    long (*get_verify_result)(const SSL *);
    int (*get_verify_mode)(const SSL *);
    const char *(*get_servername)(const SSL *, int);
    SSL_CTX *(*get_ssl_ctx)(const SSL *);
    X509 *(*get1_peer_certificate)(const SSL *);
    STACK_OF(X509) * (*get0_verified_chain)(const SSL *);
    int (*count)(const OPENSSL_STACK *);
    void *(*item)(const OPENSSL_STACK *, int);
    int (*encode)(const X509 *, unsigned char **);
    void (*free_x509)(X509 *);
};

/* Of a connection. */
typedef struct {
    cfo_handshake_end_t end;
    conn_rec *c;
    const cfo_libssl_t *lib;
} watch_t;

static void note(watch_t *ticker, SSL *ssl)
{
    const cfo_libssl_t *lib = ticker->lib;
    const char *sni = lib->get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const server_rec *s = cfo_ssl_context_owner(lib->contexts, lib->get_ssl_ctx(ssl));

    ticker->end.error = (int)lib->get_verify_result(ssl);
    ticker->end.sni = sni ? apr_pstrdup(ticker->c->pool, sni) : NULL;
    ticker->end.s = s ? s : ticker->c->base_server;
    cfo_handshake_note(ticker->c, &ticker->end);
}

static void keep_leaf(watch_t *ticker, const X509 *x509)
{
    cfo_handshake_state_t *state = &ticker->end.state;
    int size = ticker->lib->encode(x509, NULL);
    unsigned char *out;

    if (size <= 0)
        return;
    state->leaf = out = apr_palloc(ticker->c->pool, size);
    state->leaf_size = ticker->lib->encode(x509, &out);
}

/* Whatever the verification made of it, OpenSSL keeps what it looked at, beginning with
 * the leaf; none of it if there was nothing to verify. Messages have the leaf as well,
 * but in more than one form (RFC 8879). */
static void look_at_chain(watch_t *ticker, const SSL *ssl)
{
    const cfo_libssl_t *lib = ticker->lib;
    const OPENSSL_STACK *chain = (const OPENSSL_STACK *)lib->get0_verified_chain(ssl);
    int count = chain ? lib->count(chain) : 0;

    ticker->end.state.chain_length = count;
    if (count > 0)
        keep_leaf(ticker, lib->item(chain, 0));
}

/* OpenSSL resumes a session whatever came of its certificate, and if there was none.
 * Where one is required mod_ssl looks again, and drops the connection without an alert
 * (internals 7.3). It does so under "optional" as well, which cannot be told from
 * "optional_no_ca", where it does not. */
static void look_at_session(watch_t *ticker, SSL *ssl)
{
    const cfo_libssl_t *lib = ticker->lib;
    X509 *x509;

    if (!(lib->get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT))
        return;
    x509 = lib->get1_peer_certificate(ssl);
    if (x509 && lib->get_verify_result(ssl) != X509_V_OK)
        keep_leaf(ticker, x509);
    if (!x509 || ticker->end.state.leaf)
        note(ticker, ssl);
    if (x509)
        lib->free_x509(x509);
}

/* OpenSSL's message callback. Gone with the handshake, so that requests, renegotiation
 * and post-handshake authentication cost nothing and tell nothing. */
static void see(int is_sent, int version, int type, const void *data, size_t size,
                SSL *ssl, void *arg)
{
    watch_t *ticker = arg;
    cfo_step_t step = cfo_handshake_see(&ticker->end.state, is_sent, type, data, size);

    (void)version;
    if (step == CFO_STEP_GOES_ON)
        return;
    ticker->lib->set_msg_callback(ssl, NULL);
    if (step == CFO_STEP_ENDED) {
        look_at_chain(ticker, ssl);
        note(ticker, ssl);
    }
    else
        look_at_session(ticker, ssl);
}

/* pre_handshake hook of mod_ssl. Which virtual host it will be is not known yet. */
static int begin(conn_rec *c, SSL *ssl, int is_proxy)
{
    const cfo_shared_t *shared = cfo_server_conf(c->base_server)->shared;
    watch_t *ticker;

    if (is_proxy || !shared || !shared->wants_handshakes || !shared->libssl)
        return DECLINED;
    ticker = apr_pcalloc(c->pool, sizeof *ticker);
    ticker->c = c;
    ticker->lib = shared->libssl;
    ticker->lib->set_msg_callback(ssl, see);
    ticker->lib->control(ssl, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, ticker);
    return DECLINED;
}

void cfo_handshake_watch_register(void)
{
    APR_OPTIONAL_HOOK(ssl, pre_handshake, begin, NULL, NULL, APR_HOOK_MIDDLE);
}

static void *find_getter(void)
{
    void *getter = cfo_libssl_find("SSL_get1_peer_certificate");

    return getter ? getter : cfo_libssl_find("SSL_get_peer_certificate"); /* 1.1.1 */
}

const cfo_libssl_t *cfo_handshake_watch_prepare(apr_pool_t *pconf)
{
    cfo_libssl_t *lib = apr_pcalloc(pconf, sizeof *lib);

    lib->contexts = cfo_ssl_contexts_find(pconf);
    lib->set_msg_callback =
        (void (*)(SSL *, message_callback_t))cfo_libssl_find("SSL_set_msg_callback");
    lib->control = (long (*)(SSL *, int, long, void *))cfo_libssl_find("SSL_ctrl");
    lib->get_verify_result =
        (long (*)(const SSL *))cfo_libssl_find("SSL_get_verify_result");
    lib->get_verify_mode = (int (*)(const SSL *))cfo_libssl_find("SSL_get_verify_mode");
    lib->get_servername =
        (const char *(*)(const SSL *, int))cfo_libssl_find("SSL_get_servername");
    lib->get_ssl_ctx = (SSL_CTX * (*)(const SSL *)) cfo_libssl_find("SSL_get_SSL_CTX");
    lib->get0_verified_chain =
        (STACK_OF(X509) * (*)(const SSL *)) cfo_libssl_find("SSL_get0_verified_chain");
    lib->count = (int (*)(const OPENSSL_STACK *))cfo_libssl_find("OPENSSL_sk_num");
    lib->item =
        (void *(*)(const OPENSSL_STACK *, int))cfo_libssl_find("OPENSSL_sk_value");
    lib->get1_peer_certificate = (X509 * (*)(const SSL *)) find_getter();
    lib->encode = (int (*)(const X509 *, unsigned char **))cfo_libssl_find("i2d_X509");
    lib->free_x509 = (void (*)(X509 *))cfo_libssl_find("X509_free");
    return lib->set_msg_callback && lib->control && lib->get_verify_result &&
                   lib->get_verify_mode && lib->get_servername && lib->get_ssl_ctx &&
                   lib->get1_peer_certificate && lib->get0_verified_chain && lib->count &&
                   lib->item && lib->encode && lib->free_x509
               ? lib
               : NULL;
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
