/* SPDX-License-Identifier: Apache-2.0 */
/* The libssl and libcrypto that mod_ssl uses. */
#include "httpd/tls/libssl.h"

#include <dlfcn.h>

#include "httpd.h"
#include "http_config.h"

#include "apr_dso.h"

/* dlsym() with a module's handle also searches the libraries that the module is linked
 * to. If mod_ssl is linked into httpd, they are httpd's own. */
void *cfo_libssl_find(const char *name)
{
    const module *mod_ssl = ap_find_linked_module("mod_ssl.c");
    apr_dso_handle_sym_t symbol = NULL;

    if (!mod_ssl)
        return NULL;
    if (!mod_ssl->dynamic_load_handle)
        return dlsym(RTLD_DEFAULT, name);
    if (apr_dso_sym(&symbol, mod_ssl->dynamic_load_handle, name) != APR_SUCCESS)
        return NULL;
    return symbol;
}
