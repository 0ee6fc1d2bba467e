/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the visitor's address that of a request. */
#include "httpd/request/visitor_address.h"

#include <string.h>

/* An address for the request only; the connection keeps its own. Made from the bytes that
 * were checked: apr_sockaddr_info_get() would ask the DNS and accept shorthand. */
static apr_sockaddr_t *make_address(apr_pool_t *p, const cfo_visitor_t *visitor)
{
    apr_sockaddr_t *addr = apr_pcalloc(p, sizeof *addr);

    addr->pool = p;
    if (visitor->length == 4) {
        addr->family = addr->sa.sin.sin_family = APR_INET;
        addr->salen = sizeof addr->sa.sin;
        addr->addr_str_len = 16;
        addr->ipaddr_ptr = &addr->sa.sin.sin_addr;
    }
    else {
        addr->family = addr->sa.sin6.sin6_family = APR_INET6;
        addr->salen = sizeof addr->sa.sin6;
        addr->addr_str_len = 46;
        addr->ipaddr_ptr = &addr->sa.sin6.sin6_addr;
    }
    addr->ipaddr_len = visitor->length;
    memcpy(addr->ipaddr_ptr, visitor->bytes, visitor->length);
    return addr;
}

static void read_visitor(request_rec *r, cfo_request_t *request)
{
    apr_pool_t *p = cfo_request_first(r)->pool;
    cfo_visitor_t visitor;

    request->is_visitor_read = 1;
    cfo_visitor_read(p, request->headers.connecting_ip, request->headers.connecting_ipv6,
                     &visitor);
    request->client_ip = visitor.status;
    if (!visitor.text)
        return;
    request->visitor = make_address(p, &visitor);
    request->visitor_ip = visitor.text;
}

void cfo_visitor_believe(request_rec *r, cfo_request_t *request)
{
    if (!request->is_visitor_read)
        read_visitor(r, request);
    if (request->visitor) {
        r->useragent_addr = request->visitor;
        r->useragent_ip = (char *)request->visitor_ip;
    }
    else if (request->client_ip == CFO_VISITOR_INVALID)
        apr_table_unset(r->headers_in, "CF-Connecting-IP");
}
