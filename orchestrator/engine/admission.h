/*
 * admission.h - may this target start its change now, and if not, why not?
 *
 * A function of facts. The engine fills the facts from its memory in the step
 * that writes the intent; `slipway why` fills them from the rows of the store.
 * Both get the same list, first blocker first.
 */
#ifndef ENGINE_ADMISSION_H
#define ENGINE_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/machines.h"
#include "engine/times.h"
#include "model/campaign.h"

#define ADMISSION_CAPS_MAX     40
#define ADMISSION_BLOCKERS_MAX 48
#define BLOCKER_TEXT_MAX       240

struct cap_fact {
    const char *key;
    int used, max;
    int needed; /* of one target 1, of a link group as many as it has there */
};

struct budget_fact {
    int failed, in_doubt, in_flight; /* in_flight counts in strict mode only, a link
                                        group in each of them once */
    int tolerated;
};

struct admission_facts {
    int64_t now_ms;
    enum campaign_state_id campaign;
    const char *campaign_reason;
    enum wave_state_id wave;
    const char *wave_name;
    enum target_state_id target;
    const char *hold_reason; /* NULL: not held */
    const char *hold_actor;
    int64_t hold_until_ms;
    const char *hold_member; /* of its link group, that is held; NULL: itself */
    const char *group;       /* its link group, that goes as one; NULL: none */
    const char *absent;      /* the first other member that is not ready; NULL: none */
    enum target_state_id absent_state;
    int absent_count;
    struct time_facts time;  /* windows, freezes, notice, the clock, the approval */
    const char *time_member; /* of its group, whose calendar it is; NULL: its own */
    int in_flight, in_flight_max;
    int in_flight_needed; /* places */
    enum budget_mode mode;
    struct budget_fact wave_budget, campaign_budget;
    struct cap_fact domains[ADMISSION_CAPS_MAX];
    size_t domain_count;
    struct cap_fact limits[ADMISSION_CAPS_MAX];
    size_t limit_count;
    bool draining; /* the owner is being stopped */
};

enum blocker_kind {
    BLOCKER_CAMPAIGN,
    BLOCKER_DRAINING,
    BLOCKER_WAVE,
    BLOCKER_NOT_READY, /* it is still being prepared, or not its turn */
    BLOCKER_GROUP,     /* others of its link group are not ready      */
    BLOCKER_HOLD,
    BLOCKER_APPROVAL_EXPIRED,
    BLOCKER_CLOCK,  /* not trusted, and time matters to this campaign     */
    BLOCKER_NOTICE, /* its owner was told of a later opening               */
    BLOCKER_FREEZE,
    BLOCKER_WINDOW, /* facts.time.window.state: closed, too short, cut off, ended */
    BLOCKER_WAVE_BUDGET,
    BLOCKER_CAMPAIGN_BUDGET,
    BLOCKER_DOMAIN,
    BLOCKER_LIMIT,
    BLOCKER_IN_FLIGHT,
    BLOCKER_KIND_COUNT
};

const char *blocker_kind_name(enum blocker_kind kind);

/* Of time no instant is in the text (the engine knows no zones): it says what and how
   much; report adds when, from next_change_ms and facts.time, in local time and UTC. */
struct blocker {
    enum blocker_kind kind;
    char text[BLOCKER_TEXT_MAX]; /* for people: what, how much, what to do */
    int64_t next_change_ms;      /* when this can change by itself; 0: not known */
};

/* Fill `out` with every blocker, first one first; returns how many. 0: may start. */
size_t admission_evaluate(const struct admission_facts *facts,
                          struct blocker out[ADMISSION_BLOCKERS_MAX]);

/* The same question, only yes or no: for the engine's scan. */
bool admission_allows(const struct admission_facts *facts);

/* True if one more start keeps the budget's promise. Normal: failed + in doubt
   <= tolerated. Strict: failed + in doubt + in flight <= tolerated, so that at
   most tolerated + 1 (the one that acts) can ever fail. */
bool budget_allows(const struct budget_fact *fact, enum budget_mode mode);
/* So many places as are needed are free. */
bool cap_has_room(const struct cap_fact *cap);
/* True if the budget is used up: the campaign acts. */
bool budget_exceeded(int failed, int tolerated);

#endif
