/* SPDX-License-Identifier: Apache-2.0 */
/* mod_cf_origin: an origin that answers only requests that come through Cloudflare, for
 * the zone that owns the host. This file registers the hooks; src/httpd implements them,
 * and src/core decides. */
#include "httpd.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_protocol.h"
#include "http_request.h"
#include "http_ssl.h"
#include "mpm_common.h"

#include "httpd/config/conf.h"
#include "httpd/config/directives.h"
#include "httpd/tls/handshake_watch.h"
#include "httpd/tls/ssl_context.h"
#include "httpd/request/connection.h"
#include "httpd/request/gate.h"
#include "httpd/request/request.h"
#include "httpd/request/request_log.h"
#include "httpd/request/scheme.h"
#include "httpd/request/trailers.h"
#include "httpd/check/dump.h"
#include "httpd/status/status.h"
#include "httpd/run/child_start.h"
#include "httpd/run/startup.h"
#include "httpd/run/ticker.h"

/* Before the REALLY_FIRST hooks of all other modules. */
enum { BEFORE_ALL = APR_HOOK_REALLY_FIRST - 10 };

static const char *const mod_dir[] = { "mod_dir.c", NULL };
static const char *const mod_ssl[] = { "mod_ssl.c", NULL };
static const char *const mod_http2[] = { "mod_http2.c", NULL };
static const char *const mod_remoteip[] = { "mod_remoteip.c", NULL };
static const char *const mod_watchdog[] = { "mod_watchdog.c", NULL };
static const char *const readers[] = { "mod_security2.c", "mod_setenvif.c",
                                       "mod_headers.c", NULL };

/* In each row: function, modules to run after, modules to run before, order. */

static void register_startup(void)
{
    ap_hook_pre_config(cfo_ticker_register, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cfo_startup_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(cfo_dump, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cfo_startup_prepare, mod_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_drop_privileges(cfo_child_start_hold, NULL, NULL, BEFORE_ALL);
    ap_hook_drop_privileges(cfo_child_start_release, NULL, NULL, APR_HOOK_REALLY_LAST);
    /* mod_watchdog's threads need a child that is ready. */
    ap_hook_child_init(cfo_ticker_begin, NULL, mod_watchdog, APR_HOOK_FIRST);
}

static void register_connection(void)
{
    cfo_ssl_context_register();
    cfo_handshake_watch_register();
    /* EarlyDrop: before mod_ssl and mod_remoteip have set anything on the connection. */
    ap_hook_pre_connection(cfo_connection_accept, NULL, NULL, BEFORE_ALL);
    /* After mod_ssl's handshake, and before mod_http2 starts streams in threads. */
    ap_hook_process_connection(cfo_connection_read, mod_ssl, mod_http2, APR_HOOK_MIDDLE);
}

static void register_request(void)
{
    /* Before another module can read or remove Cloudflare's headers. */
    ap_hook_post_read_request(cfo_request_begin, NULL, NULL, BEFORE_ALL);
    /* mod_remoteip reads the address in a PROXY header, and would replace the client
     * address that this module sets. mod_security2 reads the client address in
     * REALLY_FIRST, so this has to run between the two (internals 3.1). */
    ap_hook_post_read_request(cfo_request_judge, mod_remoteip, readers,
                              APR_HOOK_REALLY_FIRST);
    cfo_trailers_register();
    ap_hook_log_transaction(cfo_request_log_finished, NULL, NULL, BEFORE_ALL);
}

/* An access checker alone is not enough: mod_cache's quick handler, Satisfy Any,
 * redirects of the server, TRACE, OPTIONS * and ErrorDocument skip it (internals 3.2). */
static void register_gates(void)
{
    ap_hook_quick_handler(cfo_gate_server, NULL, NULL, BEFORE_ALL);
    ap_hook_post_perdir_config(cfo_gate_directory, NULL, NULL, BEFORE_ALL);
    ap_hook_check_access(cfo_gate_assert, NULL, NULL, BEFORE_ALL,
                         AP_AUTH_INTERNAL_PER_CONF);
    /* Around mod_dir, which may turn the request into another one. */
    ap_hook_fixups(cfo_gate_before_index, NULL, mod_dir, APR_HOOK_LAST);
    ap_hook_fixups(cfo_gate_after_index, mod_dir, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(cfo_gate_serve, NULL, NULL, BEFORE_ALL);
}

static void register_scheme(void)
{
    /* Before those of mod_ssl, which answer for every request of a server with TLS. */
    ap_hook_http_scheme(cfo_scheme_name, NULL, NULL, BEFORE_ALL);
    ap_hook_default_port(cfo_scheme_default_port, NULL, NULL, BEFORE_ALL);
    /* After mod_ssl's, which is asked more often. */
    ap_hook_ssl_conn_is_ssl(cfo_scheme_conn_is_https, mod_ssl, NULL, APR_HOOK_LAST);
}

static void register_status(void)
{
    ap_hook_handler(cfo_status_handle, NULL, NULL, APR_HOOK_MIDDLE);
    cfo_status_short_register();
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    register_startup();
    register_connection();
    register_request();
    register_gates();
    register_scheme();
    register_status();
}

/* clang-format off */
module AP_MODULE_DECLARE_DATA cf_origin_module = {
    STANDARD20_MODULE_STUFF,
    cfo_dir_conf_create,
    cfo_dir_conf_merge,
    cfo_server_conf_create,
    cfo_server_conf_merge,
    cfo_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
