/*
 * lint.c - what only fleet, campaign and playbook together can tell (load.h:
 * lint_all).
 *
 * Problems are found at the place that has to be edited: the campaign for what it
 * asks of the fleet, the playbook for what its operations need.
 */
#include <stdlib.h>
#include <string.h>

#include "playbook/load.h"
#include "playbook/playbook_reader.h"
#include "playbook/worst_decode.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/map.h"
#include "util/xalloc.h"

#define NAMES_SHOWN 10u

char *appliance_list(const struct lint_input *input, const int *indexes, size_t count)
{
    auto_buf struct buf out = {0};
    size_t shown = count > NAMES_SHOWN ? NAMES_SHOWN : count;
    for (size_t i = 0; i < shown; i++)
        buf_addf(&out, "%s%s", i ? ", " : "", input->fleet->appliances[indexes[i]].name);
    if (count > shown)
        buf_addf(&out, " and %zu more", count - shown);
    return buf_take(&out);
}

/* The selected appliances whose document lacks a member, and with `all` those that come
   along too; *out is the caller's. */
static size_t lacking(const struct lint_input *input, const char *member, bool all,
                      int **out)
{
    size_t more = all ? input->companion_count : 0, count = 0;
    int *indexes = xcalloc(input->selected_count + more + 1, sizeof *indexes);
    for (size_t i = 0; i < input->selected_count + more; i++) {
        int index = i < input->selected_count
                        ? input->selected[i]
                        : input->companions[i - input->selected_count];
        if (!json_object_get(input->fleet->appliances[index].doc, member))
            indexes[count++] = index;
    }
    *out = indexes;
    return count;
}

static const char *whose(const struct lint_input *input, bool all)
{
    return all && input->companion_count ? "selected appliances and their link groups"
                                         : "selected appliances";
}

static void lint_needs(const struct lint_input *input, const struct operation *op,
                       bool all, struct problem_list *problems)
{
    const char *needs = operation_needs(input->notes, op->id);
    auto_free int *indexes = NULL;
    size_t count = needs ? lacking(input, needs, all, &indexes) : 0;
    if (!count)
        return;
    auto_free char *names = appliance_list(input, indexes, count);
    problem_error(problems, operation_place(input->notes, op->id),
                  "%s (%s) needs the part %s, which %zu of the %s lack: %s", op->id,
                  op->use, strcmp(needs, "manager") ? needs : "vm with a manager", count,
                  whose(input, all), names);
}

static void lint_all_needs(const struct lint_input *input, struct problem_list *problems)
{
    const struct playbook *playbook = input->playbook;
    for (size_t i = 0; i < playbook->read_count; i++)
        lint_needs(input, &playbook->reads[i], true, problems);
    for (size_t i = 0; i < playbook->step_count; i++)
        lint_needs(input, &playbook->steps[i].op, false, problems);
    for (size_t i = 0; i < playbook->check_count; i++)
        lint_needs(input, &playbook->checks[i].op, true, problems);
}

static bool takes_snapshots(const struct playbook *playbook)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (playbook->steps[i].snapshot)
            return true;
    }
    return false;
}

static void lint_snapshots(const struct lint_input *input, struct problem_list *problems)
{
    auto_free int *indexes = NULL;
    if (!takes_snapshots(input->playbook))
        return;
    size_t count = lacking(input, "vm", true, &indexes);
    if (!count)
        return;
    auto_free char *names = appliance_list(input, indexes, count);
    problem_error(problems, &input->campaign->place,
                  "the playbook takes snapshots, but %zu of the %s have no vm: %s", count,
                  whose(input, true), names);
}

/* A snapshot that is gone before the soak ends cannot undo what the soak finds. */
static void lint_soaks(const struct lint_input *input, struct problem_list *problems)
{
    const struct strategy *strategy = &input->campaign->strategy;
    int64_t ttl_ms = input->playbook->snapshot_ttl_ms;
    char soak[32], ttl[32];
    if (input->playbook->rollback != ROLLBACK_SNAPSHOT)
        return;
    for (size_t i = 0; i < strategy->wave_count; i++) {
        const struct wave_strategy *wave = &strategy->waves[i];
        if (wave->soak_ms > ttl_ms)
            problem_warning(problems, &wave->place,
                            "the soak of %s outlasts the snapshots (ttl %s): what it "
                            "finds late cannot be rolled back",
                            duration_format(wave->soak_ms, soak, sizeof soak),
                            duration_format(ttl_ms, ttl, sizeof ttl));
    }
}

static bool anybody_has(const struct lint_input *input, const char *label)
{
    for (size_t i = 0; i < input->selected_count; i++) {
        if (appliance_attribute(&input->fleet->appliances[input->selected[i]], label))
            return true;
    }
    return false;
}

static void lint_labels(const struct lint_input *input, struct problem_list *problems)
{
    const struct strategy *strategy = &input->campaign->strategy;
    for (size_t i = 0; i < strategy->wave_count; i++) {
        const struct wave_strategy *wave = &strategy->waves[i];
        for (size_t j = 0; j < wave->cover_count; j++) {
            if (!anybody_has(input, wave->cover[j]))
                problem_warning(problems, &wave->place,
                                "cover: no selected appliance has the label %s",
                                wave->cover[j]);
        }
    }
    for (size_t i = 0; i < strategy->max_unavailable_count; i++) {
        const struct named_limit *limit = &strategy->max_unavailable[i];
        if (!anybody_has(input, limit->name))
            problem_warning(problems, &limit->place,
                            "max_unavailable: no selected appliance has the label %s, so "
                            "this limits nothing",
                            limit->name);
    }
}

/* The planner's rule: a share is rounded down, but a wave has at least one. */
static size_t wave_size(const struct wave_strategy *wave, size_t selected)
{
    if (wave->size.kind == SIZE_REST)
        return selected;
    if (wave->size.kind == SIZE_COUNT)
        return (size_t)wave->size.value;
    size_t share = selected * (size_t)wave->size.value / 100;
    return share ? share : 1;
}

static void lint_waves(const struct lint_input *input, struct problem_list *problems)
{
    const struct strategy *strategy = &input->campaign->strategy;
    size_t taken = 0;
    for (size_t i = 0; i < strategy->wave_count; i++)
        taken += wave_size(&strategy->waves[i], input->selected_count);
    if (taken < input->selected_count)
        problem_error(problems, &input->campaign->place,
                      "%zu of %zu selected appliances are in no wave; let the last wave "
                      "have size: rest",
                      input->selected_count - taken, input->selected_count);
    if (!input->selected_count)
        problem_warning(problems,
                        input->campaign->select ? &input->campaign->select_place
                                                : &input->campaign->place,
                        "no appliance is selected");
}

static bool has_limit(const struct strategy *strategy, const char *name)
{
    for (size_t i = 0; i < strategy->limit_count; i++) {
        if (!strcmp(strategy->limits[i].name, name))
            return true;
    }
    return false;
}

static void lint_limits(const struct lint_input *input, struct problem_list *problems)
{
    for (size_t i = 0; i < input->playbook->step_count; i++) {
        const struct step *step = &input->playbook->steps[i];
        for (size_t j = 0; j < step->limit_count; j++) {
            if (!has_limit(&input->campaign->strategy, step->limits[j]))
                problem_warning(problems, operation_place(input->notes, step->op.id),
                                "step %s: strategy.limits of the campaign does not set "
                                "%s, so nothing limits it",
                                step->op.id, step->limits[j]);
        }
    }
}

static void lint_worst(const struct lint_input *input, struct problem_list *problems)
{
    const struct strategy *strategy = &input->campaign->strategy;
    struct worst said = input->playbook->worst;
    worst_override(&said, &strategy->worst);
    worst_lint(input->playbook, &strategy->worst, &strategy->worst_place, problems);
    worst_lint_missing(input->playbook, &said, &input->notes->place, problems);
}

void lint_all(const struct lint_input *input, struct problem_list *problems)
{
    lint_waves(input, problems);
    lint_labels(input, problems);
    lint_limits(input, problems);
    lint_snapshots(input, problems);
    lint_soaks(input, problems);
    lint_worst(input, problems);
    fleet_lint_rules(input->fleet, &input->campaign->strategy.freezes, "freezes",
                     problems);
    lint_all_needs(input, problems);
    templates_lint_values(input, problems);
}
