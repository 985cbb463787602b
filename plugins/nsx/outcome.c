/*
 * outcome.c - from what is known about an answer to what the host does next.
 *
 * For a read, "nothing was changed" is certain, so trouble is RETRY. For an effect the
 * line runs between answers that prove that nothing began and those that do not: a
 * gateway's 503 also comes when the service died after it took the request.
 */
#include <string.h>
#include <time.h>

#include "nsx/talk.h"
#include "util/auto.h"

int64_t nsx_wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 0))) static void say_va(struct nsx_talk *talk,
                                                         const char *format, va_list args)
{
    char text[SLIPWAY_ERROR_MAX];
    (void)vsnprintf(text, sizeof text, format, args);
    talk->call->host->say(talk->call, "%s", text);
}

enum slipway_outcome nsx_say(struct nsx_talk *talk, enum slipway_outcome outcome,
                             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_va(talk, format, args);
    va_end(args);
    return outcome;
}

void nsx_look_later(struct nsx_talk *talk)
{
    talk->call->host->look_again_in(talk->call,
                                    json_number(talk->with, "every", NSX_LATER_MS));
}

static enum slipway_outcome later(struct nsx_talk *talk)
{
    nsx_look_later(talk);
    return SLIPWAY_RETRY;
}

enum slipway_outcome nsx_wait(struct nsx_talk *talk, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_va(talk, format, args);
    va_end(args);
    return later(talk);
}

/* Somebody else is at work, or it has too much to do; later it can go well. */
static bool is_busy(const struct nsx_fault *fault)
{
    return fault->status == 409 || fault->status == 423 || fault->status == 429 ||
           fault->status == 503;
}

/* Said before it was known whether it took effect. */
static bool is_vague(const struct nsx_fault *fault)
{
    return fault->status == 408 || fault->status == 502 || fault->status == 504;
}

enum slipway_outcome nsx_read_outcome(struct nsx_talk *talk, enum nsx_answer answer)
{
    talk->call->host->say(talk->call, "%s", talk->err.text);
    switch (answer) {
    case NSX_AWAY:
    case NSX_GATEWAY:
    case NSX_LOST:
        return later(talk);
    case NSX_NO:
    case NSX_DENIED:
        return SLIPWAY_REFUSED;
    case NSX_STOPPED:
        return SLIPWAY_CANCELED;
    case NSX_ERROR:
        return is_busy(&talk->fault) || is_vague(&talk->fault) ? later(talk)
                                                               : SLIPWAY_FAILED;
    default:
        return SLIPWAY_FAILED;
    }
}

enum slipway_outcome nsx_act_outcome(struct nsx_talk *talk, enum nsx_answer answer,
                                     const char *what)
{
    const char *why = talk->err.text;
    switch (answer) {
    case NSX_AWAY:
        return nsx_wait(talk, "%s was not asked for: %s", what, why);
    case NSX_GATEWAY:
    case NSX_LOST:
    case NSX_FLOOD:
        return nsx_say(talk, SLIPWAY_UNKNOWN,
                       "%s was asked for, and the answer was lost: %s", what, why);
    case NSX_NO:
    case NSX_DENIED:
        return nsx_say(talk, SLIPWAY_REFUSED, "%s was not begun: %s", what, why);
    case NSX_STOPPED:
        return nsx_say(talk, SLIPWAY_CANCELED, "%s was not asked for", what);
    default:
        break;
    }
    if (answer == NSX_ERROR && is_vague(&talk->fault))
        return nsx_say(talk, SLIPWAY_UNKNOWN, "%s may have begun: %s", what, why);
    if (answer == NSX_ERROR && is_busy(&talk->fault))
        return nsx_wait(talk, "%s was not begun: %s", what, why);
    return nsx_say(talk, SLIPWAY_FAILED, "%s was not begun: %s", what, why);
}

bool nsx_is_silence(const struct nsx_talk *talk, enum nsx_answer answer)
{
    switch (answer) {
    case NSX_AWAY:
    case NSX_GATEWAY:
    case NSX_LOST:
    case NSX_ABSENT:
    case NSX_STOPPED:
    case NSX_DENIED: /* an account store that is not up refuses everybody */
        return true;
    case NSX_ERROR:
        return talk->fault.status == 404 || talk->fault.status >= 500 ||
               is_busy(&talk->fault) || is_vague(&talk->fault);
    default:
        return false;
    }
}

enum slipway_outcome nsx_done(struct nsx_talk *talk, json_t *result)
{
    auto_json json_t *owned = result;
    auto_free char *text = json_canonical(owned);
    if (!talk->call->host->set_result(talk->call, text))
        return SLIPWAY_DONE;
    return nsx_say(talk, SLIPWAY_FAILED, "%s: the answer is larger than a result may be",
                   talk->target.name);
}

/* --- handles -------------------------------------------------------------------------- */

json_t *nsx_handle_get(const struct slipway_call *call)
{
    json_t *handle = call->handle ? json_parse(call->handle, strlen(call->handle),
                                               SLIPWAY_HANDLE_MAX, NULL)
                                  : NULL;
    if (json_is_object(handle))
        return handle;
    json_decref(handle);
    return json_object();
}

void nsx_handle_set(struct nsx_talk *talk, const json_t *handle)
{
    auto_free char *text = json_canonical(handle);
    const char *before = talk->call->handle;
    if (!before || strcmp(before, text) != 0) /* a new one costs a commit */
        (void)talk->call->host->set_handle(talk->call, text);
}

enum slipway_outcome nsx_pending(struct nsx_talk *talk, json_t *handle)
{
    auto_json json_t *owned = handle;
    nsx_handle_set(talk, owned);
    nsx_look_later(talk);
    return SLIPWAY_PENDING;
}
