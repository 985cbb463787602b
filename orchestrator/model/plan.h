/*
 * model/plan.h - the pinned plan: campaign x fleet x now, worked out. What `run`
 * executes, and the only input of the engine besides what happens.
 *
 * A plan holds everything: no file that people wrote is read again after it.
 * Its digest covers every byte of its canonical JSON form but the digest.
 */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/campaign.h"
#include "model/playbook.h"
#include "model/timetable.h"
#include "slipway/error.h"

/* 1: before there were time rules, 2: before link groups were units, 3: before `worst` and
   `after`; all are still read */
#define PLAN_FORMAT        4
#define PLAN_TARGETS_MAX   100000
#define PLAN_PLUGINS_MAX   64
#define TARGET_DOMAINS_MAX (STRATEGY_DOMAINS_MAX + 1) /* and its link group */

/* A capped domain value ("site=rbx" <= 15) or resource ("manager=mgmt" <= 8). */
struct plan_cap {
    char *key;
    int max;
};

struct plan_wave {
    char *name;
    int first, count; /* its targets: targets[first .. first + count) */
    int64_t soak_ms;
    int budget; /* failures tolerated; the next one acts */
    bool gate;
    enum on_exceed on_exceed;
    bool canary; /* chosen to cover labels */
};

struct plan_target {
    char *name;
    char *site, *version, *link_group, *manager; /* "" if none */
    char *doc;                                   /* canonical JSON for plugins */
    int wave;
    int domains[TARGET_DOMAINS_MAX]; /* indexes into plan.domains */
    int domain_count;
    int manager_limit;   /* index into plan.limits, -1: none */
    int datastore_limit; /* idem */
    bool companion;      /* of its unit: it runs no step, and goes through all the rest */
};

/* A link group that is one thing: all of its members are shut down, snapshotted, started
   and reverted together, and changed one after another. Its members stand together, in
   one wave. Plans of formats 1 and 2 have none. */
struct plan_unit {
    char *name;       /* of the link group */
    int first, count; /* targets[first .. first + count) */
};

/* A plugin that the playbook uses, as it was when the plan was made. */
struct plan_plugin {
    char *name, *version;
    char *digest; /* SHA-256 of its file; "" if it is built in */
};

/* Who was selected and left out when the plan was made. */
struct plan_absent {
    char *name, *reason;
};
void plan_absent_free(struct plan_absent *absent, size_t count);

struct plan {
    char *campaign;
    char *after; /* the campaign that must be over when this one begins; NULL: none */
    char *digest;
    int64_t created_ms;
    char *created_by;
    char *slipway_version;
    char *campaign_digest, *fleet_digest;
    char *campaign_file, *fleet_file; /* absolute; NULL: not known, or the inventory */
    char *vars;                       /* JSON object */
    struct playbook playbook;
    struct plan_plugin *plugins; /* by name */
    size_t plugin_count;
    struct plan_absent *absent; /* by name */
    size_t absent_count;
    int in_flight;
    int budget; /* of the campaign: failures tolerated */
    enum budget_mode mode;
    enum on_exceed on_exceed;
    bool approval_required;
    struct plan_cap *domains;
    size_t domain_count, domain_room;
    struct plan_cap *limits;
    size_t limit_count, limit_room;
    struct plan_wave *waves;
    size_t wave_count;
    struct plan_unit *units; /* in the order of their targets */
    size_t unit_count;
    struct plan_target *targets; /* in order: wave by wave */
    size_t target_count;
    struct plan_time time;
};

void plan_free(struct plan *plan);
void plan_target_clear(struct plan_target *target);

/* Canonical JSON text including the digest, which is worked out (and set in
   the plan) if it is NULL. The caller's. */
char *plan_to_json(struct plan *plan);

/* Work the digest out anew: after slots were set. */
void plan_pin(struct plan *plan);

/* Decode; the digest is checked. -1 with a sentence. */
int plan_from_json(const char *text, size_t length, struct plan **out,
                   struct slipway_error *err);

/* Index of the limit with this key ("repo", "manager=m1"), or -1. */
int plan_limit(const struct plan *plan, const char *key);
/* Index of the target with this name, or -1. */
int plan_target_index(const struct plan *plan, const char *name);
/* Who was left out, by name; NULL: nobody of this name. Borrowed. */
const struct plan_absent *plan_absent_of(const struct plan *plan, const char *name);
/* Index of the unit that the target is a member of, or -1. */
int plan_unit_of(const struct plan *plan, int target);
/* What must be left of an opening when the unit starts: all of it down and up again, its
   members one after another, and then a rollback of all of them. */
int64_t plan_unit_needed_ms(const struct plan *plan, const struct plan_time *time,
                            const struct plan_unit *unit);
/* The change of one member, without the way back, which is everybody's. */
int64_t plan_member_needed_ms(const struct plan *plan, const struct plan_time *time,
                              int target);
/* Index of the first and one past the last step of a phase. */
void plan_phase(const struct plan *plan, enum phase phase, int *first, int *end);

static inline void auto_plan_fn(struct plan **plan)
{
    plan_free(*plan);
}
#define auto_plan __attribute__((cleanup(auto_plan_fn)))

#endif
