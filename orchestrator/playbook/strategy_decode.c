/*
 * strategy_decode.c - waves, budgets, domains, limits and approval; time_decode.c has the
 * rules about time.
 *
 * Numbers keep the form in which they were written (a count or a share), because only
 * the planner knows of how many.
 */
#include <stdlib.h>
#include <string.h>

#include "playbook/checks.h"
#include "playbook/strategy.h"
#include "playbook/tables.h"
#include "playbook/time_decode.h"
#include "playbook/to_json.h"
#include "playbook/worst_decode.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/xalloc.h"

/* A target has one domain for each, and one more for its link group. */
#define UNAVAILABLE_MAX (STRATEGY_DOMAINS_MAX - 1)

static bool on_exceed(const struct fields *fields, enum on_exceed *out)
{
    static const char *const names[] = {"pause", "abort", "rollback_wave"};
    static const struct choice choice = {on_exceed_from, names, ARRAY_LENGTH(names)};
    int value;
    if (!field_choice(fields, "on_exceed", &choice, &value))
        return false;
    *out = (enum on_exceed)value;
    return true;
}

static void take_cover(const struct fields *fields, struct wave_strategy *wave)
{
    char **texts;
    size_t count;
    if (!field_texts(fields, "cover", STRATEGY_COVER_MAX, &texts, &count))
        return;
    for (size_t i = 0; i < count; i++)
        wave->cover[i] = texts[i];
    wave->cover_count = count;
    free(texts);
}

static void take_wave_name(const struct fields *fields, struct strategy *strategy,
                           struct wave_strategy *wave)
{
    auto_free char *name = field_text(fields, "name");
    const struct yaml_node *node = field_node(fields, "name");
    if (!name)
        return;
    if (!check_name(name)) {
        decode_error(fields->decoder, node,
                     "a wave's name is made of letters, digits, . _ and -");
        return;
    }
    for (size_t i = 0; i < strategy->wave_count; i++) {
        const char *other = strategy->waves[i].name;
        if (other && !strcmp(other, name))
            decode_error(fields->decoder, node, "wave %s is there already", name);
    }
    wave->name = steal_ptr(&name);
}

static void decode_wave(const struct decoder *decoder, const struct yaml_node *node,
                        struct strategy *strategy)
{
    struct fields fields;
    struct wave_strategy wave = {.on_exceed = strategy->on_exceed};
    if (fields_open(decoder, node, &table_wave, &fields) != 0)
        return;
    take_wave_name(&fields, strategy, &wave);
    (void)field_amount(&fields, "size", true, &wave.size);
    if (wave.size.kind == SIZE_REST && node->next)
        decode_error(decoder, field_node(&fields, "size"),
                     "only the last wave may have size: rest");
    take_cover(&fields, &wave);
    (void)field_duration(&fields, "soak", 0, DURATION_MAX_MS, &wave.soak_ms);
    wave.has_budget = field_amount(&fields, "budget", false, &wave.budget);
    (void)field_boolean(&fields, "gate", &wave.gate);
    (void)on_exceed(&fields, &wave.on_exceed);
    wave.place = decode_place(decoder, node);
    *vec_push(strategy->waves, strategy->wave_count, strategy->wave_room) = wave;
}

/* Without waves everything is one wave. */
static void one_wave(const struct decoder *decoder, const struct yaml_node *node,
                     struct strategy *strategy)
{
    *vec_push(strategy->waves, strategy->wave_count, strategy->wave_room) =
        (struct wave_strategy){.size = {.kind = SIZE_REST},
                               .on_exceed = strategy->on_exceed,
                               .place = decode_place(decoder, node)};
}

/* A mapping of names to counts: max_unavailable, limits. */
static size_t named_limits(const struct fields *fields, const char *key, size_t max,
                           bool (*is_name)(const char *), struct named_limit *out)
{
    const struct yaml_node *node = field_mapping(fields, key);
    size_t count = 0;
    if (!node)
        return 0;
    if (node->count > max) {
        decode_error(fields->decoder, node, "%s has more than %zu names", key, max);
        return 0;
    }
    for (const struct yaml_node *at = node->first; at; at = at->next) {
        int64_t value;
        if (at->kind == YAML_BAD)
            continue;
        if (!is_name(at->key))
            decode_error(fields->decoder, at, "%s: %s is no usable name", key, at->key);
        else if (!yaml_integer(at, &value) || value < 1 || value > FLEET_APPLIANCES_MAX)
            decode_error(fields->decoder, at, "%s: %s must be a count of 1 or more", key,
                         at->key);
        else
            out[count++] =
                (struct named_limit){.name = xstrdup(at->key),
                                     .max = (int)value,
                                     .place = decode_place(fields->decoder, at)};
    }
    return count;
}

static void decode_budget(const struct fields *strategy, struct strategy *out)
{
    static const char *const names[] = {"normal", "strict"};
    static const struct choice modes = {budget_mode_from, names, ARRAY_LENGTH(names)};
    const struct yaml_node *node = field_mapping(strategy, "budget");
    struct fields budget;
    int mode;
    if (!node || fields_open(strategy->decoder, node, &table_budget, &budget) != 0)
        return;
    out->has_wave_budget = field_amount(&budget, "wave", false, &out->wave_budget);
    out->has_campaign_budget =
        field_amount(&budget, "campaign", false, &out->campaign_budget);
    if (field_choice(&budget, "mode", &modes, &mode))
        out->mode = (enum budget_mode)mode;
    (void)on_exceed(&budget, &out->on_exceed);
}

static int recoveries_from(const char *name)
{
    return !strcmp(name, "automatic") ? 0 : !strcmp(name, "none") ? 1 : -1;
}

static void decode_recoveries(const struct fields *fields, struct strategy *out)
{
    static const char *const names[] = {"automatic", "none"};
    static const struct choice choice = {recoveries_from, names, ARRAY_LENGTH(names)};
    int value;
    if (field_choice(fields, "recoveries", &choice, &value))
        out->no_recoveries = value == 1;
}

static void decode_approval(const struct fields *fields, struct strategy *out)
{
    const struct yaml_node *node = field_mapping(fields, "approval");
    struct fields approval;
    if (node && fields_open(fields->decoder, node, &table_approval, &approval) == 0)
        (void)field_boolean(&approval, "required", &out->approval_required);
}

void strategy_decode(const struct fields *campaign, struct strategy *out)
{
    const struct yaml_node *node = field_mapping(campaign, "strategy");
    struct fields fields;
    int64_t in_flight;
    if (!node || fields_open(campaign->decoder, node, &table_strategy, &fields) != 0) {
        one_wave(campaign->decoder, campaign->node, out);
        return;
    }
    decode_budget(&fields, out); /* first: waves inherit its on_exceed */
    const struct yaml_node *waves = field_list(&fields, "waves", STRATEGY_WAVES_MAX);
    for (const struct yaml_node *at = waves ? waves->first : NULL; at; at = at->next)
        decode_wave(campaign->decoder, at, out);
    if (!waves || !waves->count)
        one_wave(campaign->decoder, node, out);
    if (field_integer(&fields, "in_flight", 1, IN_FLIGHT_MAX, &in_flight))
        out->in_flight = (int)in_flight;
    out->max_unavailable_count = named_limits(&fields, "max_unavailable", UNAVAILABLE_MAX,
                                              check_label, out->max_unavailable);
    out->limit_count =
        named_limits(&fields, "limits", STRATEGY_LIMITS_MAX, check_name, out->limits);
    strategy_time_decode(&fields, out);
    decode_approval(&fields, out);
    decode_recoveries(&fields, out);
    worst_decode(&fields, &out->worst, &out->worst_place);
}
