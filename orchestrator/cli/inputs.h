/*
 * inputs.h - everything that plan and lint read: campaign, fleet, playbook, the
 * appliances that the selector chooses and the calendars that bind them, with all their
 * problems at once.
 */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/cli.h"
#include "plan/planner.h"
#include "playbook/load.h"

/* Calendars, each opened once (inputs_time.c); indexes as in struct plan_calendars. */
struct inputs_time {
    struct plan_calendar *items;
    size_t count, room;
    int *appliances, *fleet_windows, *fleet_freezes, *campaign_windows, *campaign_freezes;
    int64_t horizon_ms;
};

/* `after:` of the campaign (inputs_after.c). */
enum after_fate {
    AFTER_APART, /* the other campaign has nothing to do with it */
    AFTER_READY, /* it succeeded there                           */
    AFTER_WAITS, /* the other one is not over                    */
    AFTER_LOST,  /* it did not succeed there                     */
    AFTER_FATES
};
struct inputs_after {
    bool found, over; /* the other campaign is in the state; and over */
    enum campaign_state_id state;
    struct after_fate_of {
        enum after_fate fate;
        enum target_state_id state; /* it came to there */
    } * fates;                      /* parallel to fleet.appliances */
};

/* Selected, and not in the plan all the same. */
enum out_why {
    OUT_NOT,
    OUT_AFTER,  /* it did not succeed in the campaign before         */
    OUT_HOPS,   /* its version needs another hop first               */
    OUT_LINKED, /* a member of its link group would stay too far off */
};
struct left_out {
    int appliance; /* index into fleet.appliances */
    enum out_why why;
};

struct inputs {
    int64_t now_ms;                   /* when they were read                       */
    char *campaign_file, *fleet_file; /* absolute; fleet_file NULL: the inventory  */
    struct campaign campaign;
    struct fleet fleet;
    struct playbook playbook;
    struct playbook_notes notes;
    struct problem_list problems;
    char fleet_digest[SHA256_HEX];
    int *selected;
    size_t selected_count;
    struct inputs_after after;
    struct left_out *out;
    size_t out_count, out_room;
    int *companions; /* of their link groups: see plan/planner.h */
    size_t companion_count;
    struct inputs_time time;
    bool
        no_recoveries; /* of known issues, whatever the strategy says; set by the verb   */
    bool armed; /* the playbook has its recoveries already, from a pinned plan    */
};

/* Read and check. 0 if nothing keeps a plan from being made; the problems (also
   warnings) are in `problems` either way. An exit code otherwise; what is not a
   problem of a file has been printed. */
int inputs_load(struct cli *cli, const char *campaign_path, const char *fleet_path,
                struct plugins *plugins, struct inputs *out);
void inputs_clear(struct inputs *inputs);

/* The plan of what was loaded: with its calendars, the plugins it uses, and what the
   state directory knows (durations, holds). `previous`: the plan of the same campaign
   that this one takes the place of, or NULL. `notes` as in plan_make(). Slots are not
   reserved yet. An exit code, explained. (inputs_plan.c) */
int inputs_plan(struct cli *cli, struct inputs *inputs, struct plugins *plugins,
                const struct plan *previous, struct plan **plan,
                struct plan_notes *notes);

/* ---- parts ---- */

/* Open what binds the selected appliances, and work out the deadline. Problems are
   recorded at the place that names the calendar. */
void inputs_time_load(struct inputs *inputs);
void inputs_time_clear(struct inputs_time *time);

/* Open every calendar of a fleet, only to find its problems. */
void inputs_check_fleet(const struct fleet *fleet, struct problem_list *problems);

/* What the state directory knows of this playbook's durations and of holds; both stay
   empty without a state. (inputs_history.c) */
struct history;
struct inputs_holds {
    struct plan_hold *items; /* their texts are owned here */
    size_t count, room;
};
void inputs_history(struct cli *cli, const struct inputs *inputs, struct history *history,
                    struct inputs_holds *holds);
void inputs_holds_clear(struct inputs_holds *holds);

/* Print the problems, if there are any, to stderr. */
void inputs_print_problems(struct inputs *inputs);

/* The catalogue that the decoder asks about `use:`. */
struct operation_catalogue inputs_catalogue(struct plugins *plugins);

#endif
