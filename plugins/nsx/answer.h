/*
 * answer.h - what a manager's answer means, for both families: NSX-T speaks JSON, NSX-V
 * speaks XML.
 *
 * An error in the manager's own form (error_code and error_message; errorCode and details)
 * comes from the manager itself. Anything else in an error (HTML, plain text, nothing)
 * comes from a proxy in front of a service that is not there.
 */
#ifndef NSX_ANSWER_H
#define NSX_ANSWER_H

#include "common/http.h"
#include "common/xml.h"
#include "nsx/limits.h"
#include "util/json.h"

enum nsx_answer {
    NSX_OK,
    NSX_ERROR,   /* the manager said no, and why: see the fault                */
    NSX_ABSENT,  /* there is no such path here                                 */
    NSX_AWAY,    /* not reached; nothing was sent                              */
    NSX_GATEWAY, /* a proxy spoke in its place                                 */
    NSX_LOST,    /* no whole answer: it may have acted                         */
    NSX_FLOOD,   /* more of an answer than is taken: it may have acted         */
    NSX_NO,      /* refused: certificate, right, configuration                 */
    NSX_DENIED,  /* the password was refused; or it was a moment ago           */
    NSX_STOPPED, /* asked to stop, and nothing was sent                        */
};

struct nsx_fault {
    int status;
    long long code;          /* the manager's own, 0 if it names none           */
    char text[NSX_TEXT_MAX]; /* clean, never empty after a fault                */
};

/* What NSX-T says when pre-upgrade checks run already. */
#define NSX_CODE_CHECKS_RUN 30953

/* A success's body as JSON; null for an empty one. With NSX_OK *value is the caller's,
   with every other answer the fault is set. NSX_LOST: a success that cannot be read. */
enum nsx_answer nsx_judge_json(const struct http_response *response, json_t **value,
                               struct nsx_fault *fault);
/* The same for XML; an empty body gives NULL. */
enum nsx_answer nsx_judge_xml(const struct http_response *response, struct xml **value,
                              struct nsx_fault *fault);

/* True if it refuses the credentials, in whichever form. */
bool nsx_is_denial(const struct http_response *response);

/* An exchange that got no answer, as one of ours; sets nothing. */
enum nsx_answer nsx_unanswered(enum http_result result);

#endif
