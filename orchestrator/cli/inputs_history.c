/*
 * inputs_history.c - what the state directory knows: how long this playbook took on
 * appliances of this fleet, and which of them somebody holds.
 *
 * Without a state, or with one that cannot be read now, a plan is made all the same: from
 * the playbook's time-outs, and somebody is told why.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "plan/history.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

#define DURATIONS_MAX 400000 /* rows that are looked at, the newest first */

struct gathering {
    const struct inputs *inputs;
    const char *wanted; /* the version to reach, or NULL */
    struct map names;   /* of the fleet's appliances; the same indexes */
    struct history *history;
    struct map held;
    struct inputs_holds *holds;
};

static int part_of(enum activity activity)
{
    switch (activity) {
    case ACTIVITY_STEP:
        return PACE_STEP;
    case ACTIVITY_SNAPSHOT:
        return PACE_SNAPSHOT;
    case ACTIVITY_CHECK:
        return PACE_CHECKS;
    case ACTIVITY_REVERT:
        return PACE_ROLLBACK;
    default:
        return -1;
    }
}

/* A change to another version says nothing; a rollback went back by its nature. */
static bool is_same_way(const struct gathering *g, const struct store_duration *d)
{
    return !g->wanted || d->part == ACTIVITY_REVERT ||
           text_version_cmp(d->version_now, g->wanted) == 0;
}

static int take_duration(void *data, const struct store_duration *d)
{
    struct gathering *g = data;
    long at = map_find(&g->names, d->target);
    int part = part_of(d->part);
    if (at < 0 || part < 0 || !is_same_way(g, d))
        return 0;
    /* as plans know it: what the fleet said before the change */
    const char *version = *d->version_from ? d->version_from : d->version_before;
    history_add(g->history, (enum pace_part)part, g->inputs->fleet.appliances[at].kind,
                version, part == PACE_STEP ? d->step_id : NULL, d->took_ms);
    return 0;
}

static int take_hold(void *data, const struct store_hold *hold)
{
    struct gathering *g = data;
    size_t known = g->held.count;
    if (map_intern(&g->held, hold->target) < known)
        return 0; /* a newer campaign has said it */
    *vec_push(g->holds->items, g->holds->count, g->holds->room) =
        (struct plan_hold){.name = xstrdup(hold->target),
                           .campaign = xstrdup(hold->campaign),
                           .reason = xstrdup_null(hold->reason),
                           .until_ms = hold->until_ms};
    return 0;
}

static int gather(struct store *store, struct gathering *g, struct slipway_error *err)
{
    const struct fleet *fleet = &g->inputs->fleet;
    for (size_t i = 0; i < fleet->appliance_count; i++)
        (void)map_intern(&g->names, fleet->appliances[i].name);
    int code = store_durations(store, g->inputs->playbook.name, DURATIONS_MAX,
                               take_duration, g, err);
    if (!code)
        code = store_holds(store, g->inputs->now_ms, take_hold, g, err);
    map_free(&g->names);
    map_free(&g->held);
    return code;
}

void inputs_history(struct cli *cli, const struct inputs *inputs, struct history *history,
                    struct inputs_holds *holds)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    struct gathering g = {.inputs = inputs,
                          .wanted = json_text(inputs->campaign.vars, "target_version"),
                          .history = history,
                          .holds = holds};
    int code = store_open_reader(cli->state_dir, &store, &err);
    if (code == STORE_MISSING)
        return;
    if (!code)
        code = gather(store, &g, &err);
    if (code)
        (void)cli_fail(cli, EXIT_DONE, "planned without this fleet's history: %s",
                       err.text);
}

void inputs_holds_clear(struct inputs_holds *holds)
{
    for (size_t i = 0; i < holds->count; i++) {
        free((char *)(uintptr_t)holds->items[i].name);
        free((char *)(uintptr_t)holds->items[i].campaign);
        free((char *)(uintptr_t)holds->items[i].reason);
    }
    free(holds->items);
    *holds = (struct inputs_holds){0};
}
