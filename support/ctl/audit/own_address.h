/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of this host and of its network. */
#ifndef CFO_CTL_AUDIT_OWN_ADDRESS_H
#define CFO_CTL_AUDIT_OWN_ADDRESS_H

#include "core/net/ranges.h"

/* Reads the address in a log line. An IPv4-mapped one becomes IPv4. */
int cfo_ctl_address_read(const char *text, cfo_address_t *address);

/* Adds the addresses of this host's interfaces to `ranges` (of cfo_range_t), except for
 * loopback ones. */
void cfo_ctl_address_add_interfaces(apr_array_header_t *ranges);

/* Whether a program of this host has it unless it chooses another one: 127.0.0.0/16, ::1.
 */
int cfo_ctl_address_is_loopback(const cfo_address_t *address);

/* Whether it is for use in a network of one's own: private (RFC 1918), shared (RFC 6598),
 * unique local (RFC 4193) or link-local (RFC 3927, RFC 4291). */
int cfo_ctl_address_is_private(const cfo_address_t *address);

#endif
