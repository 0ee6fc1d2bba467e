/* SPDX-License-Identifier: Apache-2.0 */
/* A writer that keeps its text for the test. */
#ifndef CFO_TEST_PAGE_H
#define CFO_TEST_PAGE_H

#include "core/base/writer.h"
#include "fixture.h"

/* Makes a writer; page_text() returns its text. Both are in the pool of the test. */
const cfo_writer_t *page_begin(void);
const char *page_text(void);

#endif
