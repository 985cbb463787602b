/*
 * planner.c - the order of decisions: who, in which wave, at which risk, within which
 * caps; then the plan is pinned and explained. See planner.h for the rules.
 *
 * Everything is built in a draft that is thrown away on failure; nothing here depends
 * on the order of the fleet's file, because the selected appliances are sorted first.
 */
#include "plan/planner.h"

#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/natural.h"
#include "util/text.h"
#include "util/xalloc.h"

static void draft_clear(struct draft *draft)
{
    free(draft->picked);
    free(draft->unit_of);
    free(draft->companion);
    free(draft->units);
    free(draft->order);
    free(draft->written);
    plan_free(draft->plan);
    stay_close(draft->stay);
    plan_notes_clear(&draft->notes);
}
#define auto_draft __attribute__((cleanup(draft_clear)))

static int check_request(const struct plan_request *r, struct slipway_error *err)
{
    int in_flight = r->campaign->strategy.in_flight;
    if (!r->selected_count)
        return slipway_error_set(err, -1,
                                 "the campaign selects no appliance; look at what its "
                                 "`select` gives with: slipway inventory list");
    if (r->selected_count > PLAN_TARGETS_MAX)
        return slipway_error_set(err, -1,
                                 "%zu targets are over the limit of %d for one campaign; "
                                 "split it",
                                 r->selected_count, PLAN_TARGETS_MAX);
    if (r->campaign->strategy.wave_count > STRATEGY_WAVES_MAX)
        return slipway_error_set(err, -1, "%zu waves are over the limit of %d",
                                 r->campaign->strategy.wave_count, STRATEGY_WAVES_MAX);
    if (in_flight < 0 || in_flight > IN_FLIGHT_MAX)
        return slipway_error_set(err, -1, "in_flight: %d must lie between 1 and %d",
                                 in_flight, IN_FLIGHT_MAX);
    for (size_t i = 0; i < r->selected_count; i++) {
        if (r->selected[i] < 0 || (size_t)r->selected[i] >= r->fleet->appliance_count)
            return slipway_error_set(err, -1, "appliance number %d is not in the fleet",
                                     r->selected[i]);
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return text_natural_cmp((*(const struct appliance *const *)a)->name,
                            (*(const struct appliance *const *)b)->name);
}

/* Names go into JSON under a digest: bytes that are no text would be lost there. */
static int check_texts(const struct appliance *a, struct slipway_error *err)
{
    const char *texts[] = {a->name,       a->site,    a->version,
                           a->link_group, a->manager, a->datastore};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        char clean[160];
        if (!text_is_utf8(texts[i], strlen(texts[i])))
            return slipway_error_set(err, -1,
                                     "appliance \"%s\" has a text that is not UTF-8; "
                                     "correct it in the fleet file",
                                     text_clean(a->name, clean, sizeof clean));
    }
    return 0;
}

static int pick_all(struct draft *draft, struct slipway_error *err)
{
    const struct plan_request *r = draft->request;
    size_t more;
    auto_free int *companions =
        plan_companions(r->fleet, r->playbook, r->selected, r->selected_count, &more);
    draft->changed = r->selected_count;
    draft->picked = xcalloc(draft->changed + more, sizeof *draft->picked);
    for (size_t i = 0; i < draft->changed + more; i++) {
        int at = i < draft->changed ? r->selected[i] : companions[i - draft->changed];
        draft->picked[draft->count++] = &r->fleet->appliances[at];
        if (check_texts(&r->fleet->appliances[at], err))
            return -1;
    }
    if (draft->count > PLAN_TARGETS_MAX)
        return slipway_error_set(
            err, -1,
            "%zu targets and %zu companions in their link groups are "
            "over the limit of %d for one campaign; split it",
            draft->changed, more, PLAN_TARGETS_MAX);
    return 0;
}

static int pick(struct draft *draft, struct slipway_error *err)
{
    if (pick_all(draft, err))
        return -1;
    qsort(draft->picked, draft->count, sizeof *draft->picked, by_name);
    for (size_t i = 1; i < draft->count; i++) {
        char clean[160];
        if (!strcmp(draft->picked[i]->name, draft->picked[i - 1]->name))
            return slipway_error_set(
                err, -1, "the appliance \"%s\" is selected twice",
                text_clean(draft->picked[i]->name, clean, sizeof clean));
    }
    return units_gather(draft, err);
}

static int by_plugin_name(const void *a, const void *b)
{
    return strcmp(((const struct plan_plugin *)a)->name,
                  ((const struct plan_plugin *)b)->name);
}

static void pin_plugins(const struct plan_request *r, struct plan *plan)
{
    plan->plugins = xcalloc(r->plugin_count + 1, sizeof *plan->plugins);
    for (; plan->plugin_count < r->plugin_count; plan->plugin_count++) {
        const struct plan_plugin_use *use = &r->plugins[plan->plugin_count];
        plan->plugins[plan->plugin_count] =
            (struct plan_plugin){xstrdup(use->name), xstrdup(use->version),
                                 xstrdup(use->digest ? use->digest : "")};
    }
    qsort(plan->plugins, plan->plugin_count, sizeof *plan->plugins, by_plugin_name);
}

static int by_absent_name(const void *a, const void *b)
{
    return strcmp(((const struct plan_absent *)a)->name,
                  ((const struct plan_absent *)b)->name);
}

static void pin_absent(const struct plan_request *r, struct plan *plan)
{
    plan->absent = xcalloc(r->absent_count + 1, sizeof *plan->absent);
    for (; plan->absent_count < r->absent_count; plan->absent_count++) {
        const struct plan_absent *absent = &r->absent[plan->absent_count];
        plan->absent[plan->absent_count] =
            (struct plan_absent){xstrdup(absent->name), xstrdup(absent->reason)};
    }
    qsort(plan->absent, plan->absent_count, sizeof *plan->absent, by_absent_name);
}

static void pin_campaign(struct draft *draft)
{
    const struct plan_request *r = draft->request;
    const struct strategy *s = draft->strategy;
    struct plan *plan = draft->plan;
    plan->campaign = xstrdup(r->campaign->name);
    plan->after = xstrdup_null(r->campaign->after);
    plan->created_ms = r->now_ms;
    plan->created_by = xstrdup_null(r->created_by);
    plan->slipway_version = xstrdup_null(r->slipway_version);
    plan->campaign_digest = xstrdup_null(r->campaign->digest);
    plan->fleet_digest = xstrdup_null(r->fleet_digest);
    plan->campaign_file = xstrdup_null(r->campaign_file);
    plan->fleet_file = xstrdup_null(r->fleet_file);
    pin_plugins(r, plan);
    pin_absent(r, plan);
    plan->vars = r->campaign->vars ? json_canonical(r->campaign->vars) : xstrdup("{}");
    plan->playbook = playbook_copy(r->playbook);
    worst_override(&plan->playbook.worst, &r->campaign->strategy.worst);
    plan->in_flight = s->in_flight ? s->in_flight : IN_FLIGHT_DEFAULT;
    plan->mode = s->mode;
    plan->on_exceed = s->on_exceed;
    plan->approval_required = s->approval_required;
}

static void pin_targets(struct draft *draft)
{
    struct plan *plan = draft->plan;
    plan->targets = xcalloc(draft->count, sizeof *plan->targets);
    plan->target_count = draft->count;
    for (size_t w = 0; w < plan->wave_count; w++) {
        const struct plan_wave *wave = &plan->waves[w];
        for (int i = wave->first; i < wave->first + wave->count; i++) {
            const struct appliance *a = draft_appliance(draft, (size_t)i);
            plan->targets[i] = (struct plan_target){
                .name = xstrdup(a->name),
                .site = xstrdup(a->site),
                .version = xstrdup(a->version),
                .link_group = xstrdup(a->link_group),
                .manager = xstrdup(a->manager),
                .doc = a->doc ? json_canonical(a->doc) : xstrdup("{}"),
                .wave = (int)w,
                .manager_limit = -1,
                .datastore_limit = -1,
            };
        }
    }
}

int plan_make(const struct plan_request *request, struct plan **out,
              struct plan_notes *notes, struct slipway_error *err)
{
    auto_draft struct draft draft = {.request = request,
                                     .strategy = &request->campaign->strategy,
                                     .plan = xcalloc(1, sizeof *draft.plan)};
    if (check_request(request, err) || pick(&draft, err) || waves_choose(&draft, err) ||
        budgets_set(&draft, err))
        return -1;
    pin_campaign(&draft);
    pin_targets(&draft);
    units_pin(&draft);
    licenses_set(&draft);
    caps_set(&draft);
    if (units_check(&draft, err) || timetables_set(&draft, err))
        return -1;
    paces_set(&draft);
    free(plan_to_json(draft.plan)); /* works out the digest, and keeps it */
    if (notes) {
        plan_facts_of(draft.plan, request->fleet->appliance_count, &draft.notes.facts);
        explain_targets(&draft);
        explain_waves(&draft);
        explain_moves(&draft);
        explain_caps(&draft);
        explain_units(&draft);
        explain_snapshots(&draft);
        explain_stops(&draft);
        explain_licenses(&draft);
        explain_time(&draft);
        explain_deadline(&draft);
        plan_notes_sort(&draft.notes);
        plan_notes_clear(notes);
        *notes = draft.notes;
        draft.notes = (struct plan_notes){0};
    }
    *out = steal_ptr(&draft.plan);
    return 0;
}
