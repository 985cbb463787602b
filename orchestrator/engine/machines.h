/*
 * machines.h - the six machines: campaign, wave, target, group, step, recovery. Their
 * diagrams and tables stand in one file each.
 */
#ifndef ENGINE_MACHINES_H
#define ENGINE_MACHINES_H

#include "engine/machine.h"

/* ---- campaign (campaign_machine.c) ---- */
enum campaign_state_id {
    CAMPAIGN_UNAPPROVED,
    CAMPAIGN_READY,
    CAMPAIGN_RUNNING,
    CAMPAIGN_PAUSED,
    CAMPAIGN_ABORTING,
    CAMPAIGN_ABORTED,
    CAMPAIGN_COMPLETED,
    CAMPAIGN_COMPLETED_WITH_FAILURES,
    CAMPAIGN_STATE_COUNT
};
enum campaign_event {
    CAMPAIGN_APPROVE,
    CAMPAIGN_START,
    CAMPAIGN_PAUSE,
    CAMPAIGN_BUDGET_EXCEEDED,
    CAMPAIGN_STRANDED,
    CAMPAIGN_UNPAUSE,
    CAMPAIGN_ABORT,
    CAMPAIGN_DRAINED,
    CAMPAIGN_ALL_SUCCEEDED,
    CAMPAIGN_ALL_SETTLED,
    CAMPAIGN_REOPEN,
    CAMPAIGN_EVENT_COUNT
};
extern const struct machine campaign_machine;

/* ---- wave (wave_machine.c) ---- */
enum wave_state_id { WAVE_PENDING, WAVE_GATED, WAVE_OPEN, WAVE_DONE, WAVE_STATE_COUNT };
enum wave_event {
    WAVE_REACHED_GATE,
    WAVE_REACHED,
    WAVE_APPROVED,
    WAVE_ALL_SETTLED,
    WAVE_REOPEN,
    WAVE_EVENT_COUNT
};
extern const struct machine wave_machine;

/* ---- target (target_machine.c) ---- */
enum target_state_id {
    TARGET_PENDING,
    TARGET_PREPARING,
    TARGET_READY,
    TARGET_SNAPSHOTTING,
    TARGET_CHANGING,
    TARGET_CHECKING,
    TARGET_SOAKING,
    TARGET_CLEANING,
    TARGET_SUCCEEDED,
    TARGET_ROLLING_BACK,
    TARGET_ROLLED_BACK,
    TARGET_STRANDED,
    TARGET_PARKED,
    TARGET_SKIPPED,
    TARGET_FAILED,
    TARGET_STATE_COUNT
};
enum target_event {
    TARGET_PREPARE,       /* its wave is open and there is room          */
    TARGET_PREPARED,      /* prepare steps and baseline are done         */
    TARGET_UNREADY,       /* its opening passed, or its prechecks are too
                             old: it is prepared again in time           */
    TARGET_ADMIT,         /* admission passed: snapshot first            */
    TARGET_ADMIT_BARE,    /* admission passed: no snapshot for this step */
    TARGET_PROTECTED,     /* the snapshot exists                         */
    TARGET_CHANGED,       /* the step is done                            */
    TARGET_NEXT_STEP,     /* checks green, another step: snapshot first  */
    TARGET_NEXT_BARE,     /* checks green, another step: no snapshot     */
    TARGET_VERIFIED,      /* all steps done, checks green, version read  */
    TARGET_SOAKED,        /* soak over, checks green again               */
    TARGET_CLEANED,       /* none of our snapshots is left               */
    TARGET_NOTHING_TO_DO, /* a playbook without change steps             */
    TARGET_FAIL,          /* failed, and nothing was changed             */
    TARGET_ROLL_BACK,     /* convicted, or an operator asked             */
    TARGET_RESTORED,      /* old version back, healthy                   */
    TARGET_STRAND,        /* the rollback failed                         */
    TARGET_PARK,          /* a human must act on this target             */
    TARGET_SKIP,          /* an operator took it out                     */
    TARGET_RETRY,         /* an operator wants it from the start         */
    TARGET_CONTINUE,      /* an operator wants it from where it parked:
                             the state comes from the target's memory    */
    TARGET_SPARED,        /* a companion: its group is up again and will be
                             changed, it is not                          */
    TARGET_EVENT_COUNT
};
extern const struct machine target_machine;

/* ---- group: a link group that goes as one (group_machine.c) ---- */
enum group_state_id {
    GROUP_GATHERING,     /* its members are prepared, each by itself             */
    GROUP_GUARDING,      /* admitted: may a snapshot of each be taken?           */
    GROUP_SHUTTING_DOWN, /* all of them                                          */
    GROUP_SNAPSHOTTING,  /* all are off                                          */
    GROUP_STARTING,      /* all have theirs                                      */
    GROUP_PROVING,       /* each answers again, and is as it was before          */
    GROUP_CHANGING,      /* one member after another                             */
    GROUP_SOAKING,       /* all were changed                                     */
    GROUP_CLEANING,      /* all have soaked: each removes its snapshot           */
    GROUP_SUCCEEDED,     /* none is left                                         */
    GROUP_HALTING,       /* to be put back: what is under way comes to its end   */
    GROUP_POWERING_OFF,  /* all of them, before any is reverted                  */
    GROUP_REVERTING,     /* all are off                                          */
    GROUP_RESTARTING,    /* all are reverted                                     */
    GROUP_RESTORING,     /* each answers again, and is as it was before          */
    GROUP_CLEARING,      /* all are: each removes its snapshot                   */
    GROUP_ROLLED_BACK,   /* none is left                                         */
    GROUP_STRANDED,      /* one could not be put back: nobody goes on            */
    GROUP_FAILED,        /* one cannot be prepared: nobody was touched           */
    GROUP_LEFT,          /* an operator took it out                              */
    GROUP_STATE_COUNT
};
enum group_event {
    GROUP_ADMIT,       /* admission passed for all of them at once             */
    GROUP_ARRIVE,      /* one member is done with this phase                   */
    GROUP_ALL_ARRIVED, /* the last one too                                     */
    GROUP_ALL_CHANGED, /* the last one is verified                             */
    GROUP_ALL_CLEAN,   /* no snapshot of ours is left                          */
    GROUP_ROLL_BACK,   /* one was convicted, or an operator asked              */
    GROUP_HALTED,      /* nothing is under way or in doubt                     */
    GROUP_BARE,        /* the same, and not all have a snapshot: nothing was
                          changed, so that starting them again puts it right   */
    GROUP_STRAND,      /* one could not be put back                            */
    GROUP_FAIL,        /* one cannot be prepared, and nothing was touched      */
    GROUP_LEAVE,       /* an operator took it out                              */
    GROUP_RETRY,       /* an operator wants it from the start                  */
    GROUP_LOOK_AGAIN,  /* what the guards found grew old before they could go on */
    GROUP_EVENT_COUNT
};
extern const struct machine group_machine;

/* How the reason of a member begins that goes back only because another one failed. */
#define GROUP_WENT_ALONG "with its link group "

/* ---- step: one activity on one target (step_machine.c) ---- */
enum step_state_id {
    STEP_IDLE,
    STEP_WAITING,
    STEP_ISSUED,
    STEP_RUNNING,
    STEP_IN_DOUBT,
    STEP_DONE,
    STEP_FAILED,
    STEP_STATE_COUNT
};
enum step_event {
    STEP_BEGIN,          /* it is this activity's turn                          */
    STEP_ISSUE,          /* intent committed                                    */
    STEP_PENDING,        /* under way, the handle is committed                  */
    STEP_FINISHED,       /* done                                                */
    STEP_TRY_LATER,      /* certainly no effect, worth trying again             */
    STEP_ATTEMPT_FAILED, /* certainly failed, attempts are left              */
    STEP_FAIL,           /* certainly failed, for good                          */
    STEP_UNKNOWN,        /* nobody can say: ask                                 */
    STEP_LOST,           /* the owner died with the call under way: ask         */
    STEP_LOST_HARMLESS,  /* the same, and issuing it again is safe            */
    STEP_NOT_STARTED,    /* asked: it never began                               */
    STEP_ADOPT,          /* asked: it is running                                */
    STEP_GIVE_UP,        /* asked in vain, or still running at its deadline     */
    STEP_ASK_AGAIN,      /* an operator wants it asked again, with new time     */
    STEP_RESET,          /* the activity is over and forgotten                  */
    STEP_EVENT_COUNT
};
extern const struct machine step_machine;

/* ---- recovery: of a known issue, between two attempts of a step (recovery_machine.c) ---- */
enum recovery_state_id {
    RECOVERY_IDLE,
    RECOVERY_RUNNING,  /* its operations are made                */
    RECOVERY_RETRYING, /* the step's attempt is made again       */
    RECOVERY_STATE_COUNT
};
enum recovery_event {
    RECOVERY_BEGIN,   /* the failure is that issue               */
    RECOVERY_DONE,    /* all of its operations are done          */
    RECOVERY_FAIL,    /* one failed: the step's failure stands   */
    RECOVERY_CURED,   /* the step is done                        */
    RECOVERY_IN_VAIN, /* the step failed again, for good         */
    RECOVERY_EVENT_COUNT
};
extern const struct machine recovery_machine;

#endif
