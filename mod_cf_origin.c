/* SPDX-License-Identifier: Apache-2.0 */
/* mod_cf_origin: an origin that answers only what comes through Cloudflare for the zone
 * that owns the host. This file says when httpd calls what; src/httpd does it, and
 * src/core decides. */
#include "httpd.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_protocol.h"
#include "http_request.h"

#include "httpd/request/request_log.h"
#include "httpd/config/conf.h"
#include "httpd/request/connection.h"
#include "httpd/config/directives.h"
#include "httpd/check/dump.h"
#include "httpd/request/gate.h"
#include "httpd/tls/handshake_watch.h"
#include "httpd/request/request.h"
#include "httpd/tls/ssl_context.h"
#include "httpd/run/startup.h"
#include "httpd/status/status.h"
#include "httpd/status/status_short.h"
#include "httpd/run/ticker.h"

/* Before every other module's REALLY_FIRST. */
enum { BEFORE_ALL = APR_HOOK_REALLY_FIRST - 10 };

static void register_hooks(apr_pool_t *p)
{
    static const char *const mod_dir[] = { "mod_dir.c", NULL };
    static const char *const mod_ssl[] = { "mod_ssl.c", NULL };
    static const char *const mod_http2[] = { "mod_http2.c", NULL };
    static const char *const mod_remoteip[] = { "mod_remoteip.c", NULL };
    static const char *const mod_watchdog[] = { "mod_watchdog.c", NULL };
    static const char *const readers[] = { "mod_security2.c", "mod_setenvif.c",
                                           "mod_headers.c", NULL };

    (void)p;
    ap_hook_pre_config(cfo_ticker_register, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cfo_startup_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(cfo_dump, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cfo_startup_prepare, mod_ssl, NULL, APR_HOOK_MIDDLE);
    cfo_ssl_context_register();
    cfo_handshake_watch_register();

    /* mod_watchdog's threads must find the child ready. */
    ap_hook_child_init(cfo_ticker_begin, NULL, mod_watchdog, APR_HOOK_FIRST);

    /* EarlyDrop: before mod_ssl and mod_remoteip have put anything on the connection. */
    ap_hook_pre_connection(cfo_connection_accept, NULL, mod_ssl, BEFORE_ALL);
    /* After mod_ssl's handshake, and before mod_http2 begins with streams in threads. */
    ap_hook_process_connection(cfo_connection_read, mod_ssl, mod_http2, APR_HOOK_MIDDLE);

    /* Before anybody can read or eat Cloudflare's headers. */
    ap_hook_post_read_request(cfo_request_begin, NULL, NULL, BEFORE_ALL);
    /* mod_remoteip knows whom a PROXY header names, and would put its own idea of the
     * visitor over ours. mod_security2 reads the address in REALLY_FIRST, so we have to
     * come between the two (internals 3.1). */
    ap_hook_post_read_request(cfo_request_judge, mod_remoteip, readers,
                              APR_HOOK_REALLY_FIRST);

    /* Not an access checker: mod_cache's quick handler, Satisfy Any, server-level
     * redirects, TRACE, OPTIONS * and ErrorDocument pass those by (internals 3.2). */
    ap_hook_quick_handler(cfo_gate_server, NULL, NULL, BEFORE_ALL);
    ap_hook_post_perdir_config(cfo_gate_directory, NULL, NULL, BEFORE_ALL);
    ap_hook_check_access(cfo_gate_assert, NULL, NULL, BEFORE_ALL,
                         AP_AUTH_INTERNAL_PER_CONF);
    /* After mod_dir, which may have made another request of this one. */
    ap_hook_fixups(cfo_gate_before_index, NULL, mod_dir, APR_HOOK_LAST);
    ap_hook_fixups(cfo_gate_after_index, mod_dir, NULL, APR_HOOK_REALLY_LAST);

    ap_hook_handler(cfo_gate_serve, NULL, NULL, BEFORE_ALL);
    ap_hook_handler(cfo_status_handle, NULL, NULL, APR_HOOK_MIDDLE);
    cfo_status_short_register();

    ap_hook_log_transaction(cfo_request_log_finished, NULL, NULL, APR_HOOK_MIDDLE);
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
