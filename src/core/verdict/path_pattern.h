/* SPDX-License-Identifier: Apache-2.0 */
/* What people write where a prefix of a path is expected. */
#ifndef CFO_CORE_VERDICT_PATH_PATTERN_H
#define CFO_CORE_VERDICT_PATH_PATTERN_H

/* What is wrong with a word that is meant as a pattern, a URL, or several paths, and not
 * as the prefix of a path: a constant. NULL: it is none of them. Characters that a path
 * may really have, such as + ~ @ ! or brackets in the middle of a name, are accepted. */
const char *cfo_path_pattern(const char *word);

#endif
