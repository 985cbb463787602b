/*
 * model/plan_notes.h - why a plan is as it is, and what it amounts to, for people:
 * the planner writes it, reports render it, nothing is executed by it.
 *
 * It is not part of the plan and not under its digest: the same plan can be explained
 * anew, for a fleet that has grown since.
 */
#ifndef MODEL_PLAN_NOTES_H
#define MODEL_PLAN_NOTES_H

#include <stddef.h>
#include <stdint.h>

#define NOTE_TEXT_MAX 480 /* bytes of one note */

enum note_kind {
    NOTE_WAVE,     /* how a wave was chosen                        */
    NOTE_TARGET,   /* about single targets                         */
    NOTE_BUDGET,   /* the arithmetic of failures                   */
    NOTE_DOMAIN,   /* blast radius                                 */
    NOTE_UNIT,     /* link groups that go as one                   */
    NOTE_LIMIT,    /* shared resources                             */
    NOTE_SNAPSHOT, /* snapshots it will take, and their room       */
    NOTE_TIME,     /* windows, freezes, deadline and notice        */
    NOTE_STOP,     /* something that will keep it from going on    */
    NOTE_WARNING,  /* it can go on, but somebody should know first */
    NOTE_KIND_COUNT
};
const char *note_kind_name(enum note_kind kind);

struct plan_note {
    enum note_kind kind;
    int wave;       /* index into plan.waves; -1: about none or about all   */
    char *text;     /* one harmless line                                    */
    char **targets; /* whom it is about, if the line names only some; NULL: none */
    size_t target_count;
};

/* What a target's line starts with. */
enum target_mark {
    MARK_UPGRADE,
    MARK_SAME,      /* already at vars.target_version                     */
    MARK_HELD,      /* an operator's veto                                 */
    MARK_BLOCKED,   /* it cannot start as things stand                    */
    MARK_COMPANION, /* of a link group: it goes along, and is not changed */
};

struct wave_facts {
    int lots;    /* what can fail for itself: targets that stand alone, and link groups */
    int at_once; /* most targets that are being changed at one time               */
    int down;    /* most that are down: those, and failed ones not yet back      */
    int share;   /* that, in tenths of a percent of the fleet, rounded up        */
    int worst_failures; /* most that can fail, before what a soak finds          */
    int rounds;         /* fewest turns in which the wave can be worked off      */
    int64_t worst_ms;   /* rounds at full time-outs, without soak and windows    */
};

/* The most of one capped domain value that can be down at one time. */
struct domain_peak {
    int targets; /* of the plan that have it                */
    int peak;    /* down at once, at most                   */
    int wave;    /* the first wave in which that happens    */
};

/* A link group that goes as one. */
struct unit_facts {
    int changed;           /* its members without companions                      */
    int64_t down_ms;       /* all are down: until each answers and is well, usually */
    int64_t down_worst_ms; /* the same at full time-outs                          */
    int64_t change_ms;     /* then its members one after another, usually         */
    int64_t needed_ms;     /* must be left of a window when it starts             */
};

struct plan_facts {
    int fleet_count; /* appliances that `share` refers to */
    struct wave_facts *waves;
    size_t wave_count;
    struct domain_peak *peaks; /* parallel to plan.domains */
    size_t peak_count;
    struct unit_facts *units; /* parallel to plan.units */
    size_t unit_count;
    int64_t prepare_ms, change_ms, rollback_ms; /* of one target, at full time-outs */
    int snapshots_each; /* snapshots of one target that stands alone, if its VM can have
                           any; of a link group's one, that of its group */
    int snapshots_total;
};

struct plan_notes {
    struct plan_note *items;
    size_t count, room;
    struct plan_facts facts;
    enum target_mark *marks; /* parallel to plan.targets */
    size_t mark_count;
};

/* Append a note; its text is neutralised and cut to NOTE_TEXT_MAX. */
__attribute__((format(printf, 4, 5))) void plan_notes_add(struct plan_notes *notes,
                                                          enum note_kind kind, int wave,
                                                          const char *format, ...);

/* The last note is about these targets; names are copied. */
void plan_notes_whom(struct plan_notes *notes, const char *const *names, size_t count);

/* Order the notes by wave, those about none last; else the order stays. */
void plan_notes_sort(struct plan_notes *notes);

void plan_facts_clear(struct plan_facts *facts);
void plan_notes_clear(struct plan_notes *notes);

#define auto_plan_notes __attribute__((cleanup(plan_notes_clear)))

#endif
