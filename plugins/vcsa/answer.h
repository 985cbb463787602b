/*
 * answer.h - what an appliance's answer means: by its body first, then by its status.
 *
 * The same logical error arrives as 400, 404, 409 or 500 depending on dialect and
 * release, so the error's type decides. Success bodies come bare (/api) or wrapped in
 * {"value": ...} (/rest, and port 5480 in places); maps come as objects or as lists of
 * key and value. Both are accepted everywhere.
 */
#ifndef VCSA_ANSWER_H
#define VCSA_ANSWER_H

#include "common/http.h"
#include "util/json.h"
#include "vcsa/limits.h"

enum vcsa_answer {
    VCSA_OK,
    VCSA_ERROR,   /* the appliance said no, and why: see the fault              */
    VCSA_ABSENT,  /* there is no such path here (in this dialect, this release) */
    VCSA_AWAY,    /* not reached; nothing was sent                              */
    VCSA_GATEWAY, /* a proxy spoke in its place: 503 "no healthy upstream"      */
    VCSA_LOST,    /* no whole answer: it may have acted                         */
    VCSA_FLOOD,   /* more of an answer than is taken: it may have acted         */
    VCSA_NO,      /* refused: certificate, right, configuration                 */
    VCSA_DENIED,  /* the login was refused; or it was a moment ago              */
    VCSA_STOPPED, /* asked to stop, and nothing was sent                        */
};

/* A no, in one form for both dialects. */
struct vcsa_fault {
    int status;
    char type[48];            /* "NOT_FOUND"; from the status if the body names none */
    char id[160];             /* of the outermost message, clean, "" if none         */
    char text[VCSA_TEXT_MAX]; /* the messages, outermost first, clean, never empty   */
};

/*
 * Judge a response. With VCSA_OK *value is set (the caller's; null for an empty body);
 * with VCSA_ERROR, VCSA_ABSENT, VCSA_GATEWAY and VCSA_NO the fault is. VCSA_LOST: a success
 * whose body cannot be read.
 */
enum vcsa_answer vcsa_judge(const struct http_response *response, json_t **value,
                            struct vcsa_fault *fault);

bool vcsa_fault_is(const struct vcsa_fault *fault, const char *type);

/* The message texts of a LocalizableMessage or a list of them: into `out`, clean. */
const char *vcsa_message(const json_t *message, char *out, size_t size);

/* A map in either shape, as an object; the caller's. Anything else gives {}. */
json_t *vcsa_map(const json_t *value);

#endif
