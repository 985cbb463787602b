/* outcome.c - see outcome.h. */
#include "exec/outcome.h"

#include "util/duration.h"
#include "util/xalloc.h"

static void begin(const struct exec_request *request, int64_t started_ms,
                  struct exec_result *out)
{
    *out = (struct exec_result){
        .intent = request->intent,
        .verb = request->verb,
        .probe = SLIPWAY_PROBE_UNKNOWN,
        .look_again_ms = EXEC_LOOK_AGAIN_DEFAULT_MS,
        .started_ms = started_ms,
        .ended_ms = exec_now_ms(),
    };
}

void outcome_unissued(const struct exec_request *request, bool canceled,
                      const char *sentence, struct exec_result *out)
{
    begin(request, exec_now_ms(), out);
    out->canceled = canceled;
    out->outcome = request->verb == EXEC_POLL    ? SLIPWAY_PENDING
                   : request->verb == EXEC_PROBE ? SLIPWAY_UNKNOWN
                   : canceled                    ? SLIPWAY_CANCELED
                                                 : SLIPWAY_RETRY;
    out->sentence = xstrdup(sentence);
}

void outcome_overdue(const struct exec_request *request, int64_t started_ms,
                     struct exec_result *out)
{
    char took[32];
    begin(request, started_ms, out);
    out->outcome = request->repeat == SLIPWAY_READ ? SLIPWAY_RETRY : SLIPWAY_UNKNOWN;
    out->sentence =
        xasprintf("%s did not return within its deadline (%s); what became of it must be "
                  "found out",
                  request->use ? request->use : "the call",
                  duration_format(request->timeout_ms, took, sizeof took));
}
