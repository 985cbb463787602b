/*
 * record.h - what happened: the append-only truth.
 *
 * The engine decides by emitting records, and changes its state only by
 * applying them. Replaying the stored records through the same function gives
 * the same state, whatever a newer engine would decide today.
 */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <stdint.h>

enum record_kind {
    RECORD_OWNER,         /* a process took the state: number = epoch              */
    RECORD_CAMPAIGN,      /* campaign machine: from, event, to, text = reason      */
    RECORD_WAVE,          /* wave machine                                          */
    RECORD_TARGET,        /* target machine                                        */
    RECORD_STEP,          /* step machine of the target's activity: activity,
                            index, moment, attempt, intent; number by event:
                            issue: deadline; waiting: not before; detail = handle */
    RECORD_POSITION,      /* index = the change step the target is at               */
    RECORD_BASELINE,      /* index = check, number = enum verdict, text = why        */
    RECORD_VERSION,       /* moment, text = version                                 */
    RECORD_SNAPSHOT,      /* ours, taken: text = reference, detail = name, index    */
    RECORD_SNAPSHOT_GONE, /* text = reference, detail = name; number = 1: it was missing
                            before anything was changed                            */
    RECORD_REVERTING,     /* incarnation += 1, with the intent of the revert         */
    RECORD_SOAK,          /* number = until when                                    */
    RECORD_HOLD,          /* text = reason, number = expiry (0: none)               */
    RECORD_RELEASE,
    RECORD_SET,          /* text = setting, number = value                         */
    RECORD_ACKNOWLEDGED, /* the target's failure was seen by a human               */
    RECORD_APPROVED,     /* wave (-1: campaign); number = until when it holds (0: for
                            good), text = remark, detail = the plan's digest        */
    RECORD_COMMAND,      /* an operator's verb as given: text = verb, detail = reason */
    RECORD_REJECTED,     /* an event or verb that does not fit: text = why         */
    RECORD_CALENDAR,     /* one calendar is replaced or added: text = scope and source,
                            detail = the document of calendar_change.h              */
    RECORD_OVERRIDE,     /* break-glass, of a target (-1: all): number = until when,
                            text = reason                                          */
    RECORD_CLOCK,        /* number = 1: trusted, 0: not; text = why                 */
    RECORD_WINDOW,       /* a started target may finish; number = when the opening
                            closes in which it was granted that                    */
    RECORD_OVERRUN,      /* its change ended (or its step, with overrun: wait) after
                            that: number = how long after, ms                      */
    RECORD_RECOVERY,     /* recovery machine: index = which, attempt = times for this
                            target, text = the known issue, detail = what the step, or
                            then the recovery, said; number = ms since the failure   */
    RECORD_GROUP, /* group machine of the unit `index`; a target: that member arrived;
                     text = reason, detail = the link group's name */
    RECORD_KIND_COUNT
};

struct record {
    int64_t seq; /* given by the store, 1, 2, 3 ... */
    int64_t at_ms;
    enum record_kind kind;
    int wave;   /* -1: none */
    int target; /* -1: none */
    int from, event, to;
    int activity, index, moment, attempt, incarnation;
    int64_t intent;
    int64_t number;
    char *text;   /* owned; NULL if none */
    char *detail; /* owned; NULL if none */
    char *actor;  /* owned; NULL: slipway itself */
};

const char *record_kind_name(enum record_kind kind);
int record_kind_from(const char *name);
void record_clear(struct record *record);

#endif
