/* SPDX-License-Identifier: Apache-2.0 */
/* Zones for tests. All of it lives in the pool of the test. */
#ifndef CFO_TEST_ZONE_SAMPLE_H
#define CFO_TEST_ZONE_SAMPLE_H

#include "core/trust/zones.h"
#include "pki.h"

/* The proofs of a PEM text; an empty array; one pin. */
apr_array_header_t *proofs_of(const char *pem);
apr_array_header_t *no_proofs(void);
apr_array_header_t *pin_of(const char *prefix, const unsigned char *digest);

/* A file of proofs, with one use. */
cfo_parsed_file_t *content_of(const char *pem);

/* Adds a new zone with these proofs to a table. */
cfo_zone_t *add_zone(cfo_zone_table_t *table, const char *name,
                     const apr_array_header_t *proofs);

/* A leaf that names its issuer, but not which of several with that name. */
const pki_t *vague_leaf(const pki_t *ca);

/* Zones z0.example, z1.example ..., each with its own CA, all CAs with the same name; the
 * last zone has the one that a search among all of them looks at last. */
cfo_zone_table_t *namesakes(int count, const pki_t **last);

#endif
