/* SPDX-License-Identifier: Apache-2.0 */
/* Counts requests, and limits the lines about refusals. */
#include "httpd/log/metering.h"

#include <unistd.h>

#include "http_config.h"
#include "http_log.h"
#include "http_main.h"

#include "apr_shm.h"
#include "apr_strings.h"

#include "core/stats/history.h"
#include "core/stats/log_limit.h"

APLOG_USE_MODULE(cf_origin);

enum { CAPACITY_LEAST = 64 };

/* Of the shared memory, in the pool of the process, which outlives a restart. */
static const char key[] = "cf_origin:shared-counters";

static int fail(const server_rec *main, apr_status_t status, apr_size_t size)
{
    ap_log_error(
        APLOG_MARK, APLOG_ERR, status, main,
        "CFO0150 counters-unavailable cannot create %" APR_SIZE_T_FMT
        " bytes of shared memory for the counters, so that httpd does not start: "
        "check the limits for memory",
        size);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* How large the memory is, this process knows itself. */
static int capacity_of(const apr_shm_t *shm)
{
    return cfo_counters_capacity(apr_shm_size_get(shm));
}

static int create(server_rec *main, apr_shm_t **shm, cfo_counters_t **counters)
{
    apr_pool_t *p = main->process->pool;
    const server_rec *s;
    int capacity = 0;
    apr_size_t size;
    apr_status_t status;

    for (s = main; s; s = s->next)
        capacity += 2;
    capacity = capacity < CAPACITY_LEAST ? CAPACITY_LEAST : capacity;
    size = cfo_counters_size(capacity);
    status = apr_shm_create(shm, size, NULL, p);
    if (status != APR_SUCCESS)
        return fail(main, status, size);
    *counters = cfo_counters_create(apr_shm_baseaddr_get(*shm), capacity, apr_time_now());
    /* This copies the key: the module's own text is gone after a restart. */
    apr_pool_userdata_set(*shm, key, NULL, p);
    return OK;
}

static int find_or_create(server_rec *main, apr_shm_t **shm, cfo_counters_t **counters)
{
    void *old = NULL;

    apr_pool_userdata_get(&old, key, main->process->pool);
    *shm = old;
    *counters =
        old ? cfo_counters_attach(apr_shm_baseaddr_get(old), capacity_of(old)) : NULL;
    if (*counters)
        return OK;
    if (old)
        ap_log_error(
            APLOG_MARK, APLOG_NOTICE, 0, main,
            "CFO0151 counters-anew the counters of the previous version of mod_cf_origin "
            "cannot be used: all counters begin at 0");
    return create(main, shm, counters);
}

/* A virtual host without directives of this module shares the main server's
 * configuration; it needs its own for its number. */
static cfo_server_conf_t *own_conf(apr_pool_t *p, const server_rec *main,
                                   const server_rec *s)
{
    cfo_server_conf_t *conf = cfo_server_conf(s);

    if (s == main || conf != cfo_server_conf(main))
        return conf;
    conf = apr_pmemdup(p, conf, sizeof *conf);
    ap_set_module_config(s->module_config, &cf_origin_module, conf);
    return conf;
}

static void number_servers(apr_pool_t *p, server_rec *main, cfo_counters_t *counters,
                           int capacity)
{
    const server_rec *s;
    int left_out = 0;

    for (s = main; s; s = s->next) {
        cfo_server_conf_t *conf = own_conf(p, main, s);

        conf->name = cfo_vhost_name(p, s);
        conf->number = cfo_counters_vhost(counters, capacity, conf->name);
        left_out += conf->number < 0;
    }
    if (left_out)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, main,
            "CFO0152 counters-full vhosts=%d hint=\"there are not enough counters for "
            "all virtual hosts: these are counted together as other; stop and start "
            "httpd to get more\"",
            left_out);
}

static void log_held_back(const server_rec *main, cfo_reason_t reason,
                          const cfo_held_back_t *held)
{
    if (held->lines)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main,
                     "CFO0004 held-back reason=%s lines=%" APR_UINT64_T_FMT " seconds=%d",
                     cfo_reason_name(reason), held->lines, held->seconds);
}

static void log_all_held_back(const server_rec *main, cfo_counters_t *counters,
                              int is_end)
{
    apr_time_t now = apr_time_now();
    int i;

    for (i = 0; i < CFO_REASON_COUNT; i++) {
        cfo_held_back_t held =
            cfo_log_limit_report(counters, (cfo_reason_t)i, now, is_end);

        log_held_back(main, (cfo_reason_t)i, &held);
    }
}

/* What the end of a configuration needs. */
typedef struct {
    apr_pool_t *p;
    const server_rec *main;
    cfo_counters_t *counters;
    pid_t parent;
} ending_t;

static apr_status_t end(void *data)
{
    ending_t *ending = data;

    apr_pool_cleanup_kill(ending->p, ending, end);
    apr_pool_cleanup_kill(ending->main->process->pool, ending, end);
    if (getpid() == ending->parent)
        log_all_held_back(ending->main, ending->counters, 1);
    return APR_SUCCESS;
}

/* httpd's parent process calls no hook when it stops or restarts. A restart clears `p`,
 * which unloads this module: no clean-up may be registered any more by then. A stop
 * destroys the pool of the process with all pools below it, the log's before `p`: so the
 * lines have to be written before anything is destroyed. */
static void register_end(apr_pool_t *p, const server_rec *main, cfo_counters_t *counters)
{
    ending_t *ending = apr_palloc(p, sizeof *ending);

    *ending = (ending_t){ p, main, counters, getpid() };
    apr_pool_pre_cleanup_register(p, ending, end);
    apr_pool_pre_cleanup_register(main->process->pool, ending, end);
}

int cfo_metering_prepare(apr_pool_t *p, server_rec *main, cfo_shared_t *shared)
{
    apr_shm_t *shm;

    if (find_or_create(main, &shm, &shared->counters))
        return HTTP_INTERNAL_SERVER_ERROR;
    number_servers(p, main, shared->counters, capacity_of(shm));
    register_end(p, main, shared->counters);
    return OK;
}

void cfo_metering_request(const request_rec *r, cfo_reason_t reason)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);

    cfo_counters_request(conf->shared->counters, conf->number, reason);
}

/* APLOG_R_IS_LEVEL() is always true for notice and above. */
static int logs_warnings(const request_rec *r)
{
    return ap_get_request_module_loglevel(r, APLOG_MODULE_INDEX) >= APLOG_WARNING;
}

int cfo_metering_admits_line(const server_rec *s, cfo_reason_t reason)
{
    const cfo_server_conf_t *conf = cfo_server_conf(s);
    cfo_held_back_t held;

    if (!cfo_log_limit_admits(conf->shared->counters, conf->log_limit, reason,
                              apr_time_now(), &held))
        return 0;
    log_held_back(ap_server_conf, reason, &held);
    return 1;
}

int cfo_metering_may_log(const request_rec *r, cfo_reason_t reason)
{
    return logs_warnings(r) && cfo_metering_admits_line(r->server, reason);
}

int cfo_metering_is_due(const cfo_counters_t *counters)
{
    return cfo_history_is_due(counters, apr_time_now());
}

void cfo_metering_turn(const server_rec *main, cfo_counters_t *counters)
{
    cfo_history_turn(counters, apr_time_now());
    log_all_held_back(main, counters, 0);
}
