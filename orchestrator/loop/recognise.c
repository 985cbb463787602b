/*
 * recognise.c - see recognise.h.
 *
 * The plan's issues are asked in their order and the first that matches counts: one that
 * has no operations is for a human, and ends the search. An expression that cannot be
 * evaluated matches nothing: a failure is then treated as it always was.
 */
#include "loop/recognise.h"

#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

int recogniser_init(struct recogniser *recogniser, const struct plan *plan,
                    struct slipway_error *err)
{
    *recogniser = (struct recogniser){.plan = plan};
    if (!plan->playbook.recovery_count)
        return 0;
    recogniser->engine = expr_create(err);
    return recogniser->engine ? 0 : -1;
}

void recogniser_clear(struct recogniser *recogniser)
{
    expr_destroy(recogniser->engine);
    *recogniser = (struct recogniser){.plan = NULL};
}

/* What may come to be the end of an attempt. */
static bool is_failure(const struct exec_result *result)
{
    if (result->verdict == EXEC_EXPECT_FALSE)
        return true;
    if (result->verb == EXEC_PROBE)
        return result->outcome == SLIPWAY_DONE && result->probe == SLIPWAY_PROBE_FAILED;
    return result->outcome == SLIPWAY_FAILED || result->outcome == SLIPWAY_REFUSED ||
           result->outcome == SLIPWAY_RETRY;
}

static bool matches(const struct recogniser *recogniser, const struct recovery *recovery,
                    const char *const values[FAILURE_COLUMNS])
{
    auto_expr_value struct expr_value value = {0};
    return expr_eval(recogniser->engine, recovery->match, failure_columns, values,
                     FAILURE_COLUMNS, &value, NULL) == 0 &&
           expr_truth(&value);
}

int recognise(const struct recogniser *recogniser, int target,
              const struct target_state *state, const struct exec_result *result)
{
    const struct plan *plan = recogniser->plan;
    const struct activity_state *a = &state->activity;
    if (!recogniser->engine || a->kind != ACTIVITY_STEP || !is_failure(result) ||
        !result->sentence)
        return 0;
    const struct operation *op = &plan->playbook.steps[a->index].op;
    const char *doc = plan->targets[target].doc, *planned = plan->targets[target].version;
    auto_json json_t *json = json_parse(doc, strlen(doc), JSON_BYTES_MAX, NULL);
    auto_free char *message = xstrndup(result->sentence, FAILURE_BYTES_MAX);
    /* the state is that of an ended target, so nothing is known of it yet */
    const char *const values[FAILURE_COLUMNS] = {message,
                                                 op->id,
                                                 op->use,
                                                 NULL,
                                                 json_text(json, "kind"),
                                                 state->version_before
                                                     ? state->version_before
                                                 : *planned ? planned
                                                            : NULL};
    for (size_t i = 0; i < plan->playbook.recovery_count; i++) {
        const struct recovery *recovery = &plan->playbook.recoveries[i];
        if (matches(recogniser, recovery, values))
            return recovery->count ? (int)i + 1 : 0;
    }
    return 0;
}
