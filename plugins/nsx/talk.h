/*
 * talk.h - the conversation that one call has with its manager.
 *
 *     nsx_talk_open ─► nsx_get, nsx_get_xml ─► nsx_act, nsx_act_xml ─► nsx_talk_close
 *
 * Every request carries HTTP Basic: there is no session that an upgrade could lose. The
 * password is asked of the host once in a call and given back at its end.
 */
#ifndef NSX_TALK_H
#define NSX_TALK_H

#include "nsx/answer.h"
#include "nsx/refused.h"
#include "nsx/target.h"
#include "util/wiped.h"

/* What open() gives. */
struct nsx {
    struct http_client *http;
    struct nsx_refused *refused;
};

struct nsx_talk {
    struct slipway_call *call;
    struct nsx *plugin;
    struct nsx_target target;
    json_t *with;
    struct slipway_secret password; /* of the target, once it was asked for */
    char *hidden;                   /* a text that must not come back, or NULL; wiped */
    struct nsx_fault fault;         /* of the last answer but NSX_OK */
    struct slipway_error err;       /* of the last answer but NSX_OK */
};

struct nsx_request {
    const char *method; /* NULL: GET                                             */
    const char *path;   /* begins with a slash; appended to rest.url             */
    const char *body, *content_type;
    const struct http_upload *upload;
    bool effect;    /* changes something                                         */
    int timeout_ms; /* 0: NSX_READ_MS, or NSX_ACT_MS for an effect               */
};

/* -1: the sentence was said, and it is a REFUSED. Close it in both cases. */
int nsx_talk_open(struct nsx_talk *talk, struct slipway_call *call);
void nsx_talk_close(struct nsx_talk *talk);
#define auto_nsx_talk __attribute__((cleanup(nsx_talk_close)))

/* A read; with NSX_OK *value is the caller's. */
enum nsx_answer nsx_get(struct nsx_talk *talk, const char *path, json_t **value);
enum nsx_answer nsx_get_xml(struct nsx_talk *talk, const char *path, struct xml **value);
/* The same where a manager may have nothing to tell: NSX_OK and NULL for an empty body. */
enum nsx_answer nsx_get_xml_or_none(struct nsx_talk *talk, const char *path,
                                    struct xml **value);
/* A POST that changes something, sent once: `body` (may be NULL) as JSON, wiped after it
   was sent; *value (may be NULL) is the answer's body. */
enum nsx_answer nsx_act(struct nsx_talk *talk, const char *path, const json_t *body,
                        json_t **value);
/* Any request whose answer is XML; the answer's body is not kept. */
enum nsx_answer nsx_act_xml(struct nsx_talk *talk, const struct nsx_request *request);

/* The manager knows no such path or object (in this release, at this moment). */
bool nsx_is_absent(const struct nsx_talk *talk, enum nsx_answer answer);

/* A text option: `option` as it stands, or the secret that `secret_option` refers to; it
   is then hidden in everything that the manager says. NULL: neither is there. Borrowed
   from the talk. -1 with talk->err: the secret cannot be had. */
int nsx_secret_text(struct nsx_talk *talk, const char *option, const char *secret_option,
                    const char **out);

/* Note why, and give the answer back: a failure is one line. */
__attribute__((format(printf, 3, 4))) enum nsx_answer
nsx_because(struct nsx_talk *talk, enum nsx_answer answer, const char *format, ...);

/* --- outcome.c: what an answer that is not NSX_OK makes of the call; says the sentence - */

/* Nothing was changed by this call so far. */
enum slipway_outcome nsx_read_outcome(struct nsx_talk *talk, enum nsx_answer answer);
/* The answer is that of an effect: `what` is what was asked for ("the upgrade"). */
enum slipway_outcome nsx_act_outcome(struct nsx_talk *talk, enum nsx_answer answer,
                                     const char *what);
/* True if a manager that restarts, or is not up yet, answers like this. */
bool nsx_is_silence(const struct nsx_talk *talk, enum nsx_answer answer);

/* Give the result (consumed) and DONE. */
enum slipway_outcome nsx_done(struct nsx_talk *talk, json_t *result);
/* Say the sentence and give the outcome back. */
__attribute__((format(printf, 3, 4))) enum slipway_outcome
nsx_say(struct nsx_talk *talk, enum slipway_outcome outcome, const char *format, ...);
/* Look again after `every` of the step's arguments. */
void nsx_look_later(struct nsx_talk *talk);
/* RETRY with the sentence, a little later. */
__attribute__((format(printf, 2, 3))) enum slipway_outcome
nsx_wait(struct nsx_talk *talk, const char *format, ...);

/* --- outcome.c too: handles are small JSON objects ------------------------------------- */

/* The call's handle, {} if there is none or it is not ours. The caller's. */
json_t *nsx_handle_get(const struct slipway_call *call);
void nsx_handle_set(struct nsx_talk *talk, const json_t *handle);
/* PENDING with this handle (consumed), after `every` of the step's arguments. */
enum slipway_outcome nsx_pending(struct nsx_talk *talk, json_t *handle);

/* Wall clock, milliseconds since 1970. */
int64_t nsx_wall_ms(void);

/* --- text.c ------------------------------------------------------------------------------ */

/* "a, b and 3 more" of a list of texts; returns `out`. */
const char *nsx_names(const json_t *names, char *out, size_t size);
/* A member as clean text, "" if absent; returns `out`. */
const char *nsx_member(const json_t *object, const char *key, char *out, size_t size);
/* "2026-11-21T02:13:05Z" as JSON. */
json_t *nsx_instant(int64_t ms);
/* True if it may become a part of a path: letters, digits, "-_.:", not endless. */
bool nsx_id_acceptable(const char *id);
/* Percent-encoded, for a query; the caller's. */
char *nsx_encoded(const char *text);

#endif
