/*
 * t_state.c - nsx.t_state and nsx.t_history: reading the upgrade coordinator.
 *
 * Nothing here judges an upgrade: its coordinator reports on itself. Words that are not
 * known are kept and mean nothing.
 *
 * Failure: a read that fails is told by its answer; a list longer than the bounds is cut.
 */
#include "nsx/t_state.h"

#include <math.h>
#include <string.h>

#include "nsx/operations.h"
#include "util/auto.h"

static enum nsx_t_status status_of(const char *word)
{
    static const char *const words[] = {"",       "NOT_STARTED", "IN_PROGRESS", "PAUSING",
                                        "PAUSED", "SUCCESS",     "FAILED"};
    for (size_t i = 1; i < ARRAY_LENGTH(words); i++)
        if (!strcmp(words[i], word))
            return (enum nsx_t_status)i;
    return NSX_T_OTHER;
}

static int percent_of(const json_t *value)
{
    double percent = json_number_value(value);
    if (!json_is_number(value) || !isfinite(percent) || percent < 0)
        return -1;
    return percent > 100 ? 100 : (int)percent;
}

static void take_component(const json_t *about, struct nsx_t_component *out)
{
    const json_t *checks = json_object_get(about, "pre_upgrade_status");
    *out = (struct nsx_t_component){
        .percent = percent_of(json_object_get(about, "percent_complete")),
        .checks_run_ms = json_number(checks, "start_time", 0),
    };
    (void)nsx_member(about, "component_type", out->type, sizeof out->type);
    (void)nsx_member(about, "status", out->word, sizeof out->word);
    (void)nsx_member(about, "details", out->details, sizeof out->details);
    (void)nsx_member(checks, "status", out->checks, sizeof out->checks);
    out->status = status_of(out->word);
}

enum nsx_answer nsx_t_state_read(struct nsx_talk *talk, struct nsx_t_state *out)
{
    auto_json json_t *value = NULL;
    enum nsx_answer answer = nsx_get(talk, "/api/v1/upgrade/status-summary", &value);
    if (answer != NSX_OK)
        return answer;
    const json_t *components = json_object_get(value, "component_status");
    *out = (struct nsx_t_state){.count = 0};
    (void)nsx_member(value, "overall_upgrade_status", out->word, sizeof out->word);
    out->status = status_of(out->word);
    for (size_t i = 0; i < json_array_size(components) && i < NSX_T_COMPONENTS_MAX; i++)
        take_component(json_array_get(components, i), &out->items[out->count++]);
    return out->word[0] || out->count
               ? NSX_OK
               : nsx_because(talk, NSX_LOST,
                             "%s: the upgrade coordinator tells no status",
                             talk->target.name);
}

enum nsx_answer nsx_t_summary_read(struct nsx_talk *talk, struct nsx_t_summary *out)
{
    auto_json json_t *value = NULL;
    enum nsx_answer answer = nsx_get(talk, "/api/v1/upgrade/summary", &value);
    if (answer != NSX_OK)
        return answer;
    *out = (struct nsx_t_summary){.coordinator_updated = json_is_true(json_object_get(
                                      value, "upgrade_coordinator_updated"))};
    (void)nsx_member(value, "system_version", out->system, sizeof out->system);
    (void)nsx_member(value, "target_version", out->target, sizeof out->target);
    (void)nsx_member(value, "upgrade_coordinator_version", out->coordinator,
                     sizeof out->coordinator);
    (void)nsx_member(value, "upgrade_bundle_file_name", out->bundle, sizeof out->bundle);
    return NSX_OK;
}

const struct nsx_t_component *nsx_t_component(const struct nsx_t_state *state,
                                              const char *type)
{
    for (size_t i = 0; i < state->count; i++)
        if (!strcmp(state->items[i].type, type))
            return &state->items[i];
    return NULL;
}

bool nsx_t_moves(enum nsx_t_status status)
{
    return status == NSX_T_IN_PROGRESS || status == NSX_T_PAUSING;
}

const struct nsx_t_component *nsx_t_moving(const struct nsx_t_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        if (nsx_t_moves(state->items[i].status))
            return &state->items[i];
    return NULL;
}

/* --- the operations ----------------------------------------------------------------------- */

static json_t *components_json(const struct nsx_t_state *state)
{
    json_t *list = json_array();
    for (size_t i = 0; i < state->count; i++) {
        const struct nsx_t_component *item = &state->items[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:s, s:s}", "component", item->type,
                            "status", item->word, "percent", item->percent, "details",
                            item->details, "checks", item->checks));
    }
    return list;
}

static json_t *types_with(const struct nsx_t_state *state, enum nsx_t_status status)
{
    json_t *list = json_array();
    for (size_t i = 0; i < state->count; i++)
        if (state->items[i].status == status)
            (void)json_array_append_new(list, json_string(state->items[i].type));
    return list;
}

enum slipway_outcome nsx_op_t_state(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_t_state state;
    struct nsx_t_summary summary;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_t_summary_read(&talk, &summary);
    if (answer == NSX_OK)
        answer = nsx_t_state_read(&talk, &state);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    bool busy = nsx_t_moves(state.status) || nsx_t_moving(&state);
    return nsx_done(
        &talk, json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "status",
                         state.word, "busy", busy, "version", summary.system, "target",
                         summary.target, "coordinator", summary.coordinator, "bundle",
                         summary.bundle, "failed", types_with(&state, NSX_T_FAILED),
                         "paused", types_with(&state, NSX_T_PAUSED), "components",
                         components_json(&state)));
}

/* The newest entry is the one with the greatest timestamp; the order is not documented. */
static const json_t *newest(const json_t *entries)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        if (!found ||
            json_number(entry, "timestamp", 0) >= json_number(found, "timestamp", 0))
            found = entry;
    }
    return found;
}

enum slipway_outcome nsx_op_t_history(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *value = NULL;
    char from[NSX_VERSION_MAX], to[NSX_VERSION_MAX], word[24];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_get(&talk, "/api/v1/upgrade/history", &value);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    const json_t *last = newest(json_object_get(value, "results"));
    return nsx_done(
        &talk, json_pack("{s:b, s:s, s:s, s:s}", "any", last != NULL, "from",
                         nsx_member(last, "initial_version", from, sizeof from), "to",
                         nsx_member(last, "target_version", to, sizeof to), "status",
                         nsx_member(last, "upgrade_status", word, sizeof word)));
}
