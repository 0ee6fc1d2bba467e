/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that states the version; configure.ac reads it. */
#ifndef CFO_VERSION_H
#define CFO_VERSION_H

#define CFO_VERSION "0.1.0"

#endif
