/*
 * outcome.c - from what is known about an answer to what the host does next.
 *
 * For a read, "nothing was changed" is certain, so trouble is RETRY. For an effect the
 * line runs between answers that prove that nothing began and those that do not: a
 * gateway's 503 also comes when the service died after it took the request.
 */
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "vcsa/talk.h"

int64_t vcsa_wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum slipway_outcome vcsa_say(struct vcsa_talk *talk, enum slipway_outcome outcome,
                              const char *format, ...)
{
    char text[SLIPWAY_ERROR_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    talk->call->host->say(talk->call, "%s", text);
    return outcome;
}

static bool is_one_of(const struct vcsa_fault *fault, const char *const *types)
{
    for (; *types; types++)
        if (vcsa_fault_is(fault, *types))
            return true;
    return false;
}

/* Somebody else is at work; later it can go well. */
static bool is_busy(const struct vcsa_fault *fault)
{
    static const char *const types[] = {"RESOURCE_BUSY",       "FEATURE_IN_USE",
                                        "CONCURRENT_CHANGE",   "RESOURCE_IN_USE",
                                        "SERVICE_UNAVAILABLE", NULL};
    return is_one_of(fault, types);
}

/* Said before it was known whether it took effect. */
static bool is_vague(const struct vcsa_fault *fault)
{
    static const char *const types[] = {"TIMED_OUT", "INTERNAL_SERVER_ERROR",
                                        "RESOURCE_INACCESSIBLE", NULL};
    return is_one_of(fault, types);
}

static enum slipway_outcome later(struct vcsa_talk *talk)
{
    talk->call->host->look_again_in(talk->call, VCSA_LATER_MS);
    return SLIPWAY_RETRY;
}

enum slipway_outcome vcsa_read_outcome(struct vcsa_talk *talk, enum vcsa_answer answer)
{
    talk->call->host->say(talk->call, "%s", talk->err.text);
    switch (answer) {
    case VCSA_AWAY:
    case VCSA_GATEWAY:
    case VCSA_LOST:
        return later(talk);
    case VCSA_NO:
    case VCSA_DENIED:
        return SLIPWAY_REFUSED;
    case VCSA_STOPPED:
        return SLIPWAY_CANCELED;
    case VCSA_ERROR:
        if (is_busy(&talk->fault) || is_vague(&talk->fault) ||
            vcsa_fault_is(&talk->fault, "NOT_ALLOWED_IN_CURRENT_STATE"))
            return later(talk);
        return SLIPWAY_FAILED;
    default:
        return SLIPWAY_FAILED;
    }
}

enum slipway_outcome vcsa_act_outcome(struct vcsa_talk *talk, enum vcsa_answer answer,
                                      const char *what)
{
    const char *why = talk->err.text;
    switch (answer) {
    case VCSA_AWAY:
        (void)vcsa_say(talk, SLIPWAY_RETRY, "%s was not asked for: %s", what, why);
        return later(talk);
    case VCSA_GATEWAY:
    case VCSA_LOST:
    case VCSA_FLOOD:
        return vcsa_say(talk, SLIPWAY_UNKNOWN,
                        "%s was asked for, and the answer was lost: %s", what, why);
    case VCSA_NO:
    case VCSA_DENIED:
        return vcsa_say(talk, SLIPWAY_REFUSED, "%s was not begun: %s", what, why);
    case VCSA_STOPPED:
        return vcsa_say(talk, SLIPWAY_CANCELED, "%s was not asked for", what);
    default:
        break;
    }
    if (answer == VCSA_ERROR && is_busy(&talk->fault)) {
        (void)vcsa_say(talk, SLIPWAY_RETRY, "%s was not begun: %s", what, why);
        return later(talk);
    }
    if (answer == VCSA_ERROR && is_vague(&talk->fault))
        return vcsa_say(talk, SLIPWAY_UNKNOWN, "%s may have begun: %s", what, why);
    return vcsa_say(talk, SLIPWAY_FAILED, "%s was not begun: %s", what, why);
}

bool vcsa_is_silence(const struct vcsa_talk *talk, enum vcsa_answer answer)
{
    switch (answer) {
    case VCSA_AWAY:
    case VCSA_GATEWAY:
    case VCSA_LOST:
    case VCSA_FLOOD:
    case VCSA_ABSENT:
    case VCSA_STOPPED:
        return true;
    case VCSA_DENIED: /* a session store that is not back refuses everybody */
        return true;
    case VCSA_ERROR:
        return is_busy(&talk->fault) || is_vague(&talk->fault) ||
               vcsa_fault_is(&talk->fault, "ERROR");
    default:
        return false;
    }
}

bool vcsa_is_untold(const struct vcsa_talk *talk, enum vcsa_answer answer)
{
    static const char *const types[] = {"NOT_FOUND", "UNSUPPORTED", NULL};
    return answer == VCSA_ABSENT ||
           (answer == VCSA_ERROR && is_one_of(&talk->fault, types));
}

enum slipway_outcome vcsa_done(struct vcsa_talk *talk, json_t *result)
{
    auto_json json_t *owned = result;
    auto_free char *text = json_canonical(owned);
    if (!talk->call->host->set_result(talk->call, text))
        return SLIPWAY_DONE;
    return vcsa_say(talk, SLIPWAY_FAILED, "%s: the answer is larger than a result may be",
                    talk->target.name);
}

/* --- handles -------------------------------------------------------------------------- */

json_t *vcsa_handle_get(const struct slipway_call *call)
{
    json_t *handle = call->handle ? json_parse(call->handle, strlen(call->handle),
                                               SLIPWAY_HANDLE_MAX, NULL)
                                  : NULL;
    if (json_is_object(handle))
        return handle;
    json_decref(handle);
    return json_object();
}

enum slipway_outcome vcsa_pending(struct vcsa_talk *talk, json_t *handle)
{
    auto_json json_t *owned = handle;
    auto_free char *text = json_canonical(owned);
    const char *before = talk->call->handle;
    if (!before || strcmp(before, text) != 0) /* a new one costs a commit */
        (void)talk->call->host->set_handle(talk->call, text);
    talk->call->host->look_again_in(talk->call,
                                    json_number(talk->with, "every", VCSA_LATER_MS));
    return SLIPWAY_PENDING;
}
