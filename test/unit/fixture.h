/* SPDX-License-Identifier: Apache-2.0 */
/* Included by every unit test: cmocka, a pool for each test, and temporary files. */
#ifndef CFO_TEST_FIXTURE_H
#define CFO_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apr_pools.h"
#include "apr_strings.h"
#include "apr_tables.h"

/* A row of the list that cmocka runs. Each test gets a new pool, and must leave OpenSSL's
 * error queue as it was. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

/* CASE in the environment, a pattern such as *expired*, selects tests. */
#define RUN(tests)                                                                       \
    (cmocka_set_test_filter(getenv("CASE")), cmocka_run_group_tests(tests, NULL, NULL))

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

extern apr_pool_t *pool; /* of the running test */

int fixture_open(void **state);
int fixture_close(void **state);

/* Leaves one error in OpenSSL's queue, as if mod_ssl had not read it yet. Each test
 * begins with it, and must end with it. */
void fixture_raise_error(void);

/* A new temporary folder, removed with everything in it when the test ends. */
const char *fixture_folder(void);

/* Makes or replaces a file in the folder; returns its path. */
const char *fixture_write(const char *name, const char *text, size_t length);

void assert_contains(const char *text, const char *part);

/* Gives the same numbers on every machine and in every run. */
unsigned fixture_random(unsigned bound);

/* How often to repeat something: few times while developing, many times where THOROUGH is
 * set in the environment, as support/run-tests.sh does. */
int fixture_rounds(int few, int many);

#endif
