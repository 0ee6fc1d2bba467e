/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what to do next, from nothing but what was seen. */
#ifndef CFO_CTL_CHANGE_PLAN_H
#define CFO_CTL_CHANGE_PLAN_H

typedef enum {
    CFO_STEP_NOTHING, /* nothing is due, or nothing is left */
    CFO_STEP_STOP,    /* somebody has to settle something first */
    CFO_STEP_BEGIN,   /* write down what is there */
    CFO_STEP_MAKE,    /* a key and a leaf, in memory */
    CFO_STEP_TRUST,   /* add what proves the leaf to the file of proofs */
    CFO_STEP_AWAIT_TRUST,
    CFO_STEP_UPLOAD,
    CFO_STEP_AWAIT_LISTED, /* nobody knows whether the upload was made */
    CFO_STEP_AWAIT_ACTIVE,
    CFO_STEP_DISCARD, /* delete a leaf whose deployment timed out */
    CFO_STEP_SWITCH,  /* let it be presented: the zone's switch, associations of hosts */
    CFO_STEP_AWAIT_SWITCH,
    CFO_STEP_AWAIT_USE, /* until every origin has seen it */
    CFO_STEP_DELETE,    /* those that it replaces, at Cloudflare */
    CFO_STEP_AWAIT_DELETION,
    CFO_STEP_CLOSE, /* the change is made; proofs are removed later */
    /* Only to take back: */
    CFO_STEP_SWITCH_BACK,
    CFO_STEP_DELETE_OURS,
    CFO_STEP_CLOSE_BACK,
    CFO_STEP_COUNT
} cfo_step_t;

typedef enum {
    CFO_TRUST_NONE,     /* an origin does not accept it */
    CFO_TRUST_IN_FILE,  /* the files do, but not every running origin has loaded them */
    CFO_TRUST_IN_FORCE, /* every origin accepts it */
} cfo_trust_t;

typedef enum {
    CFO_LEAF_ABSENT,
    CFO_LEAF_UNSURE, /* not listed, but an upload a moment ago had no answer */
    CFO_LEAF_DEPLOYING,
    CFO_LEAF_ACTIVE,
    CFO_LEAF_FAILED /* deployment_timed_out */
} cfo_leaf_t;

typedef enum { CFO_USE_OFF, CFO_USE_PENDING, CFO_USE_ON } cfo_use_t;

/* What was seen in one look. Texts are reasons; NULL: there is none. */
typedef struct {
    int is_open;             /* the state file has this change */
    int is_due;              /* or: there is a reason to begin it */
    const char *stop;        /* why nothing at all may be done */
    int has_key;             /* the leaf can be uploaded (again) */
    cfo_trust_t trust;       /* in the leaf */
    cfo_leaf_t leaf;         /* at Cloudflare */
    int has_failed;          /* one failed in this call, and was deleted */
    const char *overtaken;   /* Cloudflare presents one that somebody uploaded since */
    cfo_use_t use;           /* of the leaf: the zone's switch, or all associations */
    const char *must_not_on; /* why it must not be switched on */
    int is_used;             /* every origin has seen it since it was uploaded */
    int olds;                /* still at Cloudflare, of those that may be deleted; ... */
    int leaving;             /* ... on their way out */
    /* To take back: */
    int is_switched;             /* the switch or associations are not as they were */
    const char *must_not_switch; /* why they must not be put back */
    int ours;                    /* certificates of this change at Cloudflare; ... */
    int ours_deploying;          /* ... which cannot be deleted yet; ... */
    int ours_leaving;            /* ... on their way out */
    const char *must_not_delete; /* why ours must not be deleted */
} cfo_seen_t;

/* The next step towards the end of the change. For STOP, *why is the reason. */
cfo_step_t cfo_plan_forward(const cfo_seen_t *seen, const char **why);

/* The next step back to where the change began. */
cfo_step_t cfo_plan_back(const cfo_seen_t *seen, const char **why);

/* What would be seen after a step that has succeeded; for --dry-run. */
void cfo_plan_suppose(cfo_seen_t *seen, cfo_step_t step);

/* Whether a step only waits. */
int cfo_step_waits(cfo_step_t step);

/* What was seen of a proof that is to be removed from its file. */
typedef struct {
    const char *unknown;   /* why it cannot be told whether it is needed */
    const char *needed_by; /* a certificate at Cloudflare, or about to be */
    int is_quiet;          /* no origin has seen what hung on it for long enough */
    int is_there;          /* in the file */
} cfo_seen_proof_t;

typedef enum {
    CFO_PROOF_GONE,  /* nothing is to be done any more */
    CFO_PROOF_STAYS, /* it is needed: not removed at all */
    CFO_PROOF_LATER, /* not yet */
    CFO_PROOF_REMOVE
} cfo_proof_fate_t;

cfo_proof_fate_t cfo_plan_proof(const cfo_seen_proof_t *seen);

#endif
