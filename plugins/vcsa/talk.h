/*
 * talk.h - the conversation that one call has with its appliance.
 *
 *     vcsa_talk_open ─► vcsa_get, vcsa_post_read ─► vcsa_act ─► vcsa_talk_close
 *                          │ 401: log in again, once
 *                          │ no such path: the other dialect, remembered
 *                          │ not reached: the other door, if there is one
 *
 * What lies under /appliance is asked on port 5480 first, which has a chance to answer
 * during an installation; what lies under /vcenter only where SSO users log in.
 */
#ifndef VCSA_TALK_H
#define VCSA_TALK_H

#include "vcsa/session.h"

/* What open() gives. */
struct vcsa {
    struct http_client *http;
    struct vcsa_sessions *sessions;
    void *sdk; /* what vsphere's open gave: the sessions at /sdk */
};

struct vcsa_talk {
    struct slipway_call *call;
    struct vcsa *plugin;
    struct vcsa_target target;
    json_t *with;
    struct vcsa_session *sessions[VCSA_DOORS]; /* held, NULL before */
    enum vcsa_door doors[VCSA_TREES];          /* where to ask first */
    struct vcsa_fault fault;                   /* of the last answer but VCSA_OK */
    struct slipway_error err;                  /* of the last answer but VCSA_OK */
};

/* One request in both dialects. Paths begin after /api or /rest. */
struct vcsa_request {
    const char *method; /* NULL: GET                                       */
    const char *path;
    const char *old_path; /* under /rest; NULL: the same                   */
    const json_t *body;
    const json_t *old_body; /* under /rest; NULL: the same                 */
    const char *old_wrap;   /* under /rest the body is {old_wrap: body}     */
    bool effect;            /* changes something                            */
    int timeout_ms;         /* 0: VCSA_READ_MS, or VCSA_ACT_MS for an effect */
};

/* -1: the sentence was said, and it is a REFUSED. Close it in both cases. */
int vcsa_talk_open(struct vcsa_talk *talk, struct slipway_call *call);
void vcsa_talk_close(struct vcsa_talk *talk);
#define auto_vcsa_talk __attribute__((cleanup(vcsa_talk_close)))

/* Ask `door` first for both trees, if it is configured. */
void vcsa_prefer(struct vcsa_talk *talk, enum vcsa_door door);

/* Be logged in at a door that is on; its session key is the caller's to wipe and free. */
enum vcsa_answer vcsa_talk_token(struct vcsa_talk *talk, enum vcsa_door door,
                                 char **token);

/* A request that reads. With VCSA_OK *value is the caller's. */
enum vcsa_answer vcsa_get(struct vcsa_talk *talk, const char *path, json_t **value);
enum vcsa_answer vcsa_read(struct vcsa_talk *talk, const struct vcsa_request *request,
                           json_t **value);
/* A request that changes something: sent once, where the last read of its tree went. */
enum vcsa_answer vcsa_act(struct vcsa_talk *talk, const struct vcsa_request *request,
                          json_t **value);

/* Resolve a secret reference and put it into `body`, where it is wiped with the document.
   -1: it cannot be had, talk->err says why. */
int vcsa_put_secret(struct vcsa_talk *talk, const char *reference, json_t *body,
                    const char *member);
/* The reference is the step's option; without it nothing is put. */
int vcsa_add_secret(struct vcsa_talk *talk, json_t *body, const char *option,
                    const char *member);

/* Note why, and give the answer back: a failure is one line. */
__attribute__((format(printf, 3, 4))) enum vcsa_answer
vcsa_because(struct vcsa_talk *talk, enum vcsa_answer answer, const char *format, ...);

/* --- outcome.c: what an answer that is not VCSA_OK makes of the call; says the sentence */

/* Nothing was changed by this call so far. */
enum slipway_outcome vcsa_read_outcome(struct vcsa_talk *talk, enum vcsa_answer answer);
/* The answer is that of an effect: `what` is what was asked for ("the installation"). */
enum slipway_outcome vcsa_act_outcome(struct vcsa_talk *talk, enum vcsa_answer answer,
                                      const char *what);
/* True if a service that restarts, or one that is not up yet, answers like this. */
bool vcsa_is_silence(const struct vcsa_talk *talk, enum vcsa_answer answer);

/* True if this release, or this user, is not told of what was asked for. */
bool vcsa_is_untold(const struct vcsa_talk *talk, enum vcsa_answer answer);

/* Give the result (consumed) and DONE. */
enum slipway_outcome vcsa_done(struct vcsa_talk *talk, json_t *result);
/* Say the sentence and give the outcome back. */
__attribute__((format(printf, 3, 4))) enum slipway_outcome
vcsa_say(struct vcsa_talk *talk, enum slipway_outcome outcome, const char *format, ...);

/* --- outcome.c too: handles are small JSON objects ----------------------------------- */

/* The call's handle, {} if there is none or it is not ours. The caller's. */
json_t *vcsa_handle_get(const struct slipway_call *call);
/* PENDING with this handle (consumed), after `every` of the step's arguments. */
enum slipway_outcome vcsa_pending(struct vcsa_talk *talk, json_t *handle);

/* Wall clock, milliseconds since 1970. */
int64_t vcsa_wall_ms(void);

#endif
