/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a virtual host, as all log lines and reports print it. */
#include "httpd/config/vhost_name.h"

#include "apr_strings.h"

const char *cfo_vhost_name(apr_pool_t *p, const server_rec *s)
{
    const char *name = s->server_hostname ? s->server_hostname : "-";
    apr_port_t port = s->addrs && s->addrs->host_port ? s->addrs->host_port : s->port;

    return port ? apr_psprintf(p, "%s:%u", name, port) : name;
}
