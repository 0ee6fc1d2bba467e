/* SPDX-License-Identifier: Apache-2.0 */
/* Loaded with an APR for debugging (support/build-apr.sh), which ends the process if what
 * is put into a table may be gone before the table is. An httpd that was not built for it
 * does not say which pools end together (apr_pool_join()), and would be ended for what is
 * right. So only what the module puts into tables is judged, and where that was is
 * reported. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

typedef struct apr_pool_t apr_pool_t;

int apr_pool_is_ancestor(apr_pool_t *ancestor, apr_pool_t *pool);

/* Valgrind has no such function, and prints where abort() was called. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));

/* Functions that put back what they found in the same table. mod_http2 has the name of
 * the host there, which lies in the pool of the stream and lives longer than its request.
 */
static const char *const restoring[] = { "cfo_headers_park", "cfo_headers_remove",
                                         "cfo_headers_remove_variables",
                                         "cfo_headers_restore" };

static int is_restoring(const void *caller)
{
    Dl_info found;
    size_t i;

    if (!dladdr(caller, &found) || !found.dli_sname)
        return 0;
    for (i = 0; i < sizeof restoring / sizeof *restoring; i++) {
        if (!strcmp(found.dli_sname, restoring[i]))
            return 1;
    }
    return 0;
}

static int is_of_module(const void *caller)
{
    Dl_info found;

    return dladdr(caller, &found) && found.dli_fname &&
           strstr(found.dli_fname, "/mod_cf_origin.");
}

int apr_pool_is_ancestor(apr_pool_t *ancestor, apr_pool_t *pool)
{
    int (*next)(apr_pool_t *, apr_pool_t *) =
        (int (*)(apr_pool_t *, apr_pool_t *))dlsym(RTLD_NEXT, "apr_pool_is_ancestor");
    const void *caller;

    if (next(ancestor, pool))
        return 1;
    /* The caller is a function of APR, which is built with frame pointers: its caller
     * counts. */
    caller = __builtin_return_address(1);
    if (!is_of_module(caller) || is_restoring(caller))
        return 1;
    /* The module has frame pointers too. Its static functions have no name here. */
    if (is_restoring(__builtin_return_address(2)))
        return 1;
    if (__sanitizer_print_stack_trace)
        __sanitizer_print_stack_trace();
    return 0;
}
