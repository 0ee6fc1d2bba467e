/* SPDX-License-Identifier: Apache-2.0 */
/* The outcomes of a request: verdicts, and the reasons for them. */
#ifndef CFO_CORE_VERDICT_REASON_H
#define CFO_CORE_VERDICT_REASON_H

typedef enum {
    CFO_VERDICT_UNPROVEN,
    CFO_VERDICT_VERIFIED,
    CFO_VERDICT_TUNNEL,
    CFO_VERDICT_EXEMPT
} cfo_verdict_t;

/* CFO_REASON_UNJUDGED to CFO_REASON_WORKER_FOREIGN, and their number. */
typedef enum {
#define REASON(id, ...) CFO_REASON_##id,
#include "core/verdict/reason_table.h"
#undef REASON
    CFO_REASON_COUNT
} cfo_reason_t;

/* Reasons that a chart shows in one colour. The first three are admitted. */
typedef enum {
    CFO_GROUP_VERIFIED,
    CFO_GROUP_TUNNEL,
    CFO_GROUP_EXEMPT,
    CFO_GROUP_CERTIFICATE,
    CFO_GROUP_ADDRESS,
    CFO_GROUP_HOST,
    CFO_GROUP_OTHER,
    CFO_GROUP_COUNT
} cfo_group_t;

typedef struct {
    const char *name; /* the word of CF_ORIGIN_REASON and of the log */
    cfo_verdict_t verdict;
    cfo_group_t group;
    int is_doubtful;     /* the request may be Cloudflare's: the zone's CA issued it */
    const char *meaning; /* a few words: "the peer presented no certificate" */
    const char *remedy;  /* of the status page, a sentence: what to do if such requests
                          * should be admitted; NULL if they are */
    const char *advice;  /* of the manual: the cause, and what to do */
} cfo_reason_info_t;

extern const cfo_reason_info_t cfo_reasons[CFO_REASON_COUNT];

/* The functions below take any number; one that is no reason counts as unjudged. Inline:
 * a request asks them a dozen times. */

/* The reason itself, or unjudged: a number that is safe as an index. */
static inline cfo_reason_t cfo_reason_checked(cfo_reason_t reason)
{
    return (unsigned)reason < CFO_REASON_COUNT ? reason : CFO_REASON_UNJUDGED;
}

static inline const cfo_reason_info_t *cfo_reason_info(cfo_reason_t reason)
{
    return &cfo_reasons[cfo_reason_checked(reason)];
}

static inline cfo_verdict_t cfo_reason_verdict(cfo_reason_t reason)
{
    return cfo_reason_info(reason)->verdict;
}

static inline const char *cfo_reason_name(cfo_reason_t reason)
{
    return cfo_reason_info(reason)->name;
}

/* The row of a name; NULL if no reason has it. */
const cfo_reason_info_t *cfo_reason_find(const char *name);

/* The word of CF_ORIGIN. */
const char *cfo_verdict_name(cfo_verdict_t verdict);

#endif
