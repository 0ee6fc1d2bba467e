/* SPDX-License-Identifier: Apache-2.0 */
/* The checks, by file. Each array is defined in the file of its name, and ends with a row
 * without a code. */
#ifndef CFO_HTTPD_CHECK_CHECKS_H
#define CFO_HTTPD_CHECK_CHECKS_H

#include "httpd/check/check.h"

/* Access rules that know Cloudflare by address, header or certificate. */
extern const cfo_check_t cfo_access_rules_checks[];
/* The certificates of the zones, and the CA files of mod_ssl. */
extern const cfo_check_t cfo_ca_files_checks[];
/* The certificates of this server, taken for those of Cloudflare. */
extern const cfo_check_t cfo_own_certificates_checks[];
/* Who connects: load balancers, CFOriginPullEarlyDrop. */
extern const cfo_check_t cfo_peer_addresses_checks[];
/* Sections that are protected while their virtual host is not. */
extern const cfo_check_t cfo_directories_checks[];
/* What the policy of a virtual host leaves open. */
extern const cfo_check_t cfo_policies_checks[];
/* Certificates that prove more than the zone. */
extern const cfo_check_t cfo_proofs_checks[];
/* Ranges that are not Cloudflare's any more. */
extern const cfo_check_t cfo_ranges_checks[];
/* The names of virtual hosts, and the zones that cover them. */
extern const cfo_check_t cfo_server_names_checks[];
/* mod_remoteip, and proxies in front that end TLS. */
extern const cfo_check_t cfo_remoteip_checks[];
/* TLS settings that differ between virtual hosts of one address. */
extern const cfo_check_t cfo_sni_settings_checks[];
/* Who can read the status page. */
extern const cfo_check_t cfo_status_access_checks[];
/* Other virtual hosts that serve a protected site. */
extern const cfo_check_t cfo_twins_checks[];
/* What mod_ssl did with client certificates before, and does no more. */
extern const cfo_check_t cfo_tls_leftovers_checks[];
/* Whether mod_ssl asks for certificates, and what of mod_ssl prevents that they count. */
extern const cfo_check_t cfo_tls_settings_checks[];
/* Files that children cannot read again. */
extern const cfo_check_t cfo_unreadable_checks[];
/* Files of zone folders that are for no host. */
extern const cfo_check_t cfo_zone_files_checks[];

#endif
