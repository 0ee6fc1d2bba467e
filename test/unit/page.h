/* SPDX-License-Identifier: Apache-2.0 */
/* What a writer writes, kept to be looked at. */
#ifndef CFO_TEST_PAGE_H
#define CFO_TEST_PAGE_H

#include "core/base/writer.h"
#include "fixture.h"

/* A writer whose text is read with page_text(); both in the pool of the test. */
const cfo_writer_t *page_begin(void);
const char *page_text(void);

#endif
