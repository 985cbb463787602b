/*
 * links.h - what became of each link group: who is in it, when all of it was down and how
 * long against what was planned, whether its replication was verified since, and whether it
 * was put back together.
 */
#ifndef REPORT_LINKS_H
#define REPORT_LINKS_H

#include "model/plan.h"
#include "model/plan_notes.h"
#include "report/sections.h"
#include "store/query.h"

struct link_member {
    char *name, *version; /* version: read last, or planned from */
    bool companion;
    bool has_it;       /* a companion: it was at the wanted version already, so nothing is
                          to be changed; else nobody selected it */
    int64_t looked_ms; /* its replication, since the last outage began; 0: not yet */
    bool in_step;      /* then */
};

/* All members are down: from the first shut-down until each answers and is as before. */
struct link_outage {
    bool snapshots, rollback; /* what for; one may turn into the other */
    int64_t down_ms, back_ms; /* back: 0 = not yet */
};

enum link_replication {
    LINK_NOT_DOWN,  /* nobody was down: nothing to verify          */
    LINK_NOT_ASKED, /* the playbook has no check that would tell   */
    LINK_LOOKED_AT, /* not at all of them yet                      */
    LINK_IN_STEP,   /* at all of them                              */
    LINK_BROKEN,    /* at one at least it is not                   */
    LINK_REPLICATIONS
};
const char *link_replication_name(enum link_replication replication);

struct link_report {
    char *name, *wave, *reason; /* reason: NULL if none */
    enum group_state_id state;
    struct link_member *members; /* in the plan's order */
    size_t member_count, member_room;
    struct link_outage *outages; /* in time */
    size_t outage_count, outage_room;
    bool reverted;                        /* all of them, since it last began */
    int64_t planned_ms, planned_worst_ms; /* down for snapshots; 0: not known */
    enum link_replication replication;
};

struct link_reports {
    struct link_report *items; /* in the plan's order */
    size_t count;
};

/* `facts` of the plan may lack units. Codes of store.h. `out` must be zeroed; links_clear()
   in any case. */
int links_load(struct store *store, int64_t campaign, const struct plan *plan,
               const struct plan_facts *facts, struct link_reports *out,
               struct slipway_error *err);
void links_clear(struct link_reports *links);

/* ---- words (links_words.c), for all formats; appended, and not escaped ---- */

/* "vc-0001 and vc-0002; only along: vc-0003 (not selected, stays at 8.0.2.00200)" */
void link_members_words(const struct link_report *link, struct buf *out);
/* "snapshots", "rollback", "snapshots, then rollback" */
const char *link_outage_words(const struct link_outage *outage);
/* "9m": whole minutes, since nobody knows it better. Returns `out`. */
const char *link_planned_took(int64_t ms, char *out, size_t size);
/* "about 9m, at most 38m"; "not planned" of a rollback; "" if it is not known. */
void link_planned_words(const struct link_report *link, const struct link_outage *outage,
                        struct buf *out);
/* "in step at all 3", "not in step at vc-0003" */
void link_replication_words(const struct link_report *link, struct buf *out);
/* Where `back` would stand while it is not: "not yet", "in an operator's hands". */
const char *link_away_words(const struct link_report *link);
/* "no", "all 3 together", "under way", ... */
void link_back_words(const struct link_report *link, struct buf *out);

void links_section(const struct link_reports *links, struct document *out);
json_t *links_json(const struct link_reports *links);

#endif
