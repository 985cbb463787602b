/*
 * plan_summary.c - the plan as a summary for scripts. The plan file itself is JSON too; here
 * stands what it amounts to, which the file does not hold.
 */
#include "report/plan_when.h"
#include "report/plan_words.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/timefmt.h"

static json_t *slot_json(const struct plan_time *time, size_t i)
{
    char from[32], until[32];
    if (i >= time->slot_count || !time->slots[i].from_ms)
        return json_null();
    return json_pack("{s:s, s:s, s:I}", "from",
                     time_iso(time->slots[i].from_ms, from, sizeof from), "until",
                     time_iso(time->slots[i].until_ms, until, sizeof until), "spread_ms",
                     (json_int_t)time->slots[i].spread_ms);
}

static json_t *target_json(const struct plan_view *view, size_t i)
{
    static const char *const marks[] = {"change", "same", "held", "blocked", "companion"};
    const struct plan_target *target = &view->plan->targets[i];
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "name",
                     words_json_text(target->name), "site", words_json_text(target->site),
                     "version", words_json_text(target->version), "link_group",
                     words_json_text(target->link_group), "mark", marks[mark_at(view, i)],
                     "slot", slot_json(&view->plan->time, i));
}

static json_t *wave_json(const struct plan_view *view, size_t w)
{
    const struct plan_wave *wave = &view->plan->waves[w];
    struct wave_facts facts = facts_at(view, w);
    json_t *targets = json_array();
    for (int i = wave->first; i < wave->first + wave->count; i++)
        (void)json_array_append_new(targets, target_json(view, (size_t)i));
    return json_pack(
        "{s:o, s:i, s:I, s:b, s:s, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:o}", "name",
        words_json_text(wave->name), "target_count", wave->count, "soak_ms",
        (json_int_t)wave->soak_ms, "gate", wave->gate, "on_exceed",
        on_exceed_name(wave->on_exceed), "canary", wave->canary, "budget", wave->budget,
        "at_once", facts.at_once, "down", facts.down, "share_permille", facts.share,
        "worst_failures", facts.worst_failures, "rounds", facts.rounds, "worst_ms",
        (json_int_t)facts.worst_ms, "targets", targets);
}

static json_t *peaks_json(const struct plan_view *view)
{
    const struct plan *plan = view->plan;
    const struct plan_facts *facts = &view->notes->facts;
    json_t *list = json_array();
    for (size_t i = 0; i < plan->domain_count && i < facts->peak_count; i++) {
        const struct domain_peak *peak = &facts->peaks[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:i, s:i, s:i, s:o}", "domain",
                      words_json_text(plan->domains[i].key), "max", plan->domains[i].max,
                      "targets", peak->targets, "peak", peak->peak, "wave",
                      words_json_text(plan->waves[peak->wave].name)));
    }
    return list;
}

/* Link groups that go as one. */
static json_t *units_json(const struct plan_view *view)
{
    const struct plan *plan = view->plan;
    const struct plan_facts *facts = &view->notes->facts;
    json_t *list = json_array();
    for (size_t i = 0; i < plan->unit_count && i < facts->unit_count; i++) {
        const struct plan_unit *unit = &plan->units[i];
        const struct unit_facts *f = &facts->units[i];
        json_t *members = json_array(), *companions = json_array();
        for (int k = unit->first; k < unit->first + unit->count; k++)
            (void)json_array_append_new(plan->targets[k].companion ? companions : members,
                                        words_json_text(plan->targets[k].name));
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "name",
                      words_json_text(unit->name), "wave",
                      words_json_text(plan->waves[plan->targets[unit->first].wave].name),
                      "changed", members, "companions", companions, "down_ms",
                      (json_int_t)f->down_ms, "down_worst_ms",
                      (json_int_t)f->down_worst_ms, "change_ms", (json_int_t)f->change_ms,
                      "needed_ms", (json_int_t)f->needed_ms));
    }
    return list;
}

static json_t *limits_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->limit_count; i++)
        (void)json_array_append_new(list, json_pack("{s:o, s:i}", "limit",
                                                    words_json_text(plan->limits[i].key),
                                                    "max", plan->limits[i].max));
    return list;
}

/* Null if the text says it all. */
static json_t *whom_json(const struct plan_note *note)
{
    json_t *names = note->targets ? json_array() : json_null();
    for (size_t i = 0; i < note->target_count; i++)
        (void)json_array_append_new(names, words_json_text(note->targets[i]));
    return names;
}

static json_t *notes_json(const struct plan_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->notes->count; i++) {
        const struct plan_note *note = &view->notes->items[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:o, s:o}", "kind", note_kind_name(note->kind), "wave",
                      note->wave < 0
                          ? json_null()
                          : words_json_text(view->plan->waves[note->wave].name),
                      "text", words_json_text(note->text), "targets", whom_json(note)));
    }
    return list;
}

static json_t *facts_json(const struct plan_facts *facts)
{
    return json_pack("{s:I, s:I, s:I, s:i, s:i}", "prepare_ms",
                     (json_int_t)facts->prepare_ms, "change_ms",
                     (json_int_t)facts->change_ms, "rollback_ms",
                     (json_int_t)facts->rollback_ms, "snapshots_each",
                     facts->snapshots_each, "snapshots_total", facts->snapshots_total);
}

static json_t *recoveries_json(const struct playbook *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->recovery_count; i++) {
        const struct recovery *r = &p->recoveries[i];
        json_t *uses = json_array();
        for (int k = r->first; k < r->first + r->count; k++)
            (void)json_array_append_new(uses, words_json_text(p->recovery_ops[k].use));
        json_t *item = json_pack(
            "{s:o, s:i, s:b, s:b, s:o}", "issue", words_json_text(r->issue), "at_most",
            r->at_most, "prepare", (int)(r->phases >> PHASE_PREPARE & 1u), "change",
            (int)(r->phases >> PHASE_CHANGE & 1u), "uses", uses);
        if (r->count)
            (void)json_array_append_new(list, item);
        else
            json_decref(item);
    }
    return list;
}

char *plan_summary_json(const struct plan_view *view)
{
    const struct plan *plan = view->plan;
    char at[32];
    auto_plan_when struct plan_when when;
    plan_when_of(view, &when);
    json_t *waves = json_array();
    for (size_t i = 0; i < plan->wave_count; i++)
        (void)json_array_append_new(waves, wave_json(view, i));
    auto_json json_t *summary = json_pack(
        "{s:i, s:o, s:o, s:s, s:o, s:o, s:o, s:i, s:i, s:i, s:s, s:i, s:b, s:o, s:o, "
        "s:o, "
        "s:o, s:o, s:o}",
        "schema_version", PLAN_JSON_SCHEMA, "campaign", words_json_text(plan->campaign),
        "digest", words_json_text(plan->digest), "created_at",
        time_iso(plan->created_ms, at, sizeof at), "created_by",
        words_json_text(plan->created_by), "slipway_version",
        words_json_text(plan->slipway_version), "playbook",
        words_json_text(plan->playbook.name), "fleet_count",
        view->notes->facts.fleet_count, "target_count", (int)plan->target_count,
        "in_flight", plan->in_flight, "budget_mode", budget_mode_name(plan->mode),
        "budget", plan->budget, "approval_required", plan->approval_required, "waves",
        waves, "blast_radius", peaks_json(view), "limits", limits_json(plan),
        "each_target", facts_json(&view->notes->facts), "time",
        plan_when_json(view, &when), "notes", notes_json(view));
    (void)json_object_set_new(summary, "units", units_json(view));
    (void)json_object_set_new(summary, "recoveries", recoveries_json(&plan->playbook));
    return json_canonical(summary);
}
