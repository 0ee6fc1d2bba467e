/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the core for the tests of this folder: a question a line, an answer a line, fields
 * separated by tabs. Fields that may have any byte are hexadecimal. */
#ifndef CFO_TEST_ORACLE_H
#define CFO_TEST_ORACLE_H

#include "apr_pools.h"
#include "apr_tables.h"

/* Answers one question: an array of char *, at least one. Prints the answer without a
 * line feed. `p` is cleared after it. */
typedef void oracle_answer_t(apr_pool_t *p, const apr_array_header_t *question);

oracle_answer_t oracle_certificate; /* makes a certificate */
oracle_answer_t oracle_trust;       /* judges a leaf for a zone */
oracle_answer_t oracle_ranges;      /* builds sets of ranges, looks up addresses */
oracle_answer_t oracle_log;         /* writes and reads lines of the log */

/* Field `i`; "" if there are fewer. */
const char *oracle_field(const apr_array_header_t *question, int i);

/* Field `i`, decoded; a NUL follows. */
char *oracle_bytes(apr_pool_t *p, const apr_array_header_t *question, int i,
                   apr_size_t *length);

/* The content of a file; ends the program if there is none. */
char *oracle_file(apr_pool_t *p, const char *path, apr_size_t *length);

/* Ends the program with a message. */
void oracle_fail(const char *what, const char *detail) __attribute__((noreturn));

#endif
