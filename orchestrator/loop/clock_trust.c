/* clock_trust.c - see clock_trust.h. */
#include "loop/clock_trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "loop/clock.h"
#include "util/duration.h"

struct clock_reading clock_trust_read(void)
{
    struct timex t = {.modes = 0}; /* only asked */
    int state = ntp_adjtime(&t);
    return (struct clock_reading){
        .now_ms = clock_now_ms(),
        .drift_ms = clock_drift_ms(),
        .synchronised = state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC),
    };
}

void clock_trust_vouch(struct clock_trust *trust, const struct clock_reading *reading)
{
    *trust = (struct clock_trust){.vouched = true, .accepted_ms = reading->drift_ms};
}

static void say_step(int64_t step_ms, const char *then, struct clock_verdict *out)
{
    char by[32];
    (void)snprintf(out->sentence, sizeof out->sentence,
                   "this machine's clock was set %s by %s; %s",
                   step_ms < 0 ? "back" : "forward",
                   duration_format(llabs(step_ms), by, sizeof by), then);
}

/* Stepped: since when, how far, and may we go on from there? */
static struct clock_verdict look_at_step(struct clock_trust *trust,
                                         const struct clock_reading *r, int64_t step_ms)
{
    struct clock_verdict verdict = {.trusted = false};
    bool moved = !trust->stepped_ms || llabs(step_ms - trust->step_ms) > 1000;
    if (moved) {
        trust->stepped_ms = r->now_ms;
        trust->step_ms = step_ms;
    }
    bool settled = r->now_ms - trust->stepped_ms >= CLOCK_SETTLE_MS;
    if (step_ms > 0 && settled && (r->synchronised || trust->vouched)) {
        verdict.trusted = true;
        verdict.forward_ms = step_ms;
        say_step(step_ms, "time goes on from there", &verdict);
        trust->stepped_ms = 0;
    } else if (step_ms > 0) {
        say_step(step_ms, "waiting until it is synchronised and stands still", &verdict);
    } else {
        say_step(step_ms,
                 "set it right, or stop slipway and resume when it has caught up",
                 &verdict);
    }
    return verdict;
}

struct clock_verdict clock_trust_look(struct clock_trust *trust,
                                      const struct clock_reading *r)
{
    int64_t step_ms = r->drift_ms - trust->accepted_ms;
    if (llabs(step_ms) > CLOCK_STEP_MAX_MS)
        return look_at_step(trust, r, step_ms);
    struct clock_verdict verdict = {.trusted = r->synchronised || trust->vouched};
    trust->stepped_ms = 0;
    if (!verdict.trusted)
        (void)snprintf(verdict.sentence, sizeof verdict.sentence,
                       "nothing keeps this machine's clock right (no time "
                       "synchronisation); set it up, or vouch for it with --trust-clock");
    return verdict;
}
