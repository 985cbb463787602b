/*
 * outcome.c - what an answer of the manager means for a start, a poll, a probe.
 *
 * The three differ. For a start, "nothing happened" is a RETRY or a REFUSED. For a
 * poll the effect is already under way, so a manager that cannot be asked now says
 * nothing about it: look again, or admit that nobody knows. A probe that cannot
 * ask is always UNKNOWN.
 */
#include "vsphere/session.h"

#define LATER_MS 10000

enum vsphere_answer vsphere_because(struct vsphere_talk *talk, enum vsphere_answer answer,
                                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(talk->err.text, sizeof talk->err.text, format, args);
    va_end(args);
    return answer;
}

enum slipway_outcome vsphere_outcome(struct vsphere_talk *talk,
                                     enum vsphere_answer answer)
{
    const struct slipway_host *host = talk->call->host;
    host->say(talk->call, "%s", talk->err.text);
    enum slipway_outcome outcome = vsphere_fault_outcome(&talk->fault);
    switch (answer) {
    case VSPHERE_FAULT:
        /* it was there a moment ago: it has moved to another host of the set */
        if (talk->fault.kind == VSPHERE_FAULT_GONE && *talk->host)
            outcome = SLIPWAY_RETRY;
        if (outcome == SLIPWAY_RETRY)
            host->look_again_in(talk->call, LATER_MS);
        return outcome;
    case VSPHERE_LATER:
        host->look_again_in(talk->call, LATER_MS);
        return SLIPWAY_RETRY;
    case VSPHERE_NO:
        return SLIPWAY_REFUSED;
    case VSPHERE_STOPPED:
        return SLIPWAY_CANCELED;
    case VSPHERE_OK:
    case VSPHERE_LOST:
        break;
    }
    return SLIPWAY_UNKNOWN;
}

enum slipway_outcome vsphere_poll_outcome(struct vsphere_talk *talk,
                                          enum vsphere_answer answer)
{
    const struct slipway_host *host = talk->call->host;
    enum slipway_outcome outcome = vsphere_outcome(talk, answer);
    if (outcome == SLIPWAY_RETRY || outcome == SLIPWAY_CANCELED) {
        host->look_again_in(talk->call, LATER_MS);
        return SLIPWAY_PENDING;
    }
    return SLIPWAY_UNKNOWN;
}

enum slipway_probe vsphere_probe_unknown(struct vsphere_talk *talk)
{
    const struct slipway_host *host = talk->call->host;
    host->say(talk->call, "%s", talk->err.text);
    host->look_again_in(talk->call, LATER_MS);
    return SLIPWAY_PROBE_UNKNOWN;
}
