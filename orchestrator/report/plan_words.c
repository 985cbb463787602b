/* plan_words.c - see plan_words.h. */
#include "report/page_write.h"
#include "report/plan_words.h"

#include <stdio.h>
#include <string.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"

#define LIST_HEAD 3
#define LIST_TAIL 2

const struct note_section note_sections[] = {
    {NOTE_WAVE, "How the waves were made"},
    {NOTE_BUDGET, "Failure budgets"},
    {NOTE_TARGET, "About targets"},
    {NOTE_DOMAIN, "Domains"},
    {NOTE_UNIT, "Link groups"},
    {NOTE_LIMIT, "Limits"},
    {NOTE_SNAPSHOT, "Snapshots"},
    {NOTE_TIME, "Time"},
    {NOTE_WARNING, "Warnings"},
    {NOTE_STOP, "What would stop it"},
};
const size_t note_section_count = ARRAY_LENGTH(note_sections);
_Static_assert(ARRAY_LENGTH(note_sections) == NOTE_KIND_COUNT, "every kind is shown");

const char *share_text(int share, char out[16])
{
    (void)snprintf(out, 16, "%d.%d %%", share / 10, share % 10);
    return out;
}

const char *mark_text(enum target_mark mark)
{
    static const char *const marks[] = {"↑", "=", "⏸", "!", "+"};
    return (size_t)mark < ARRAY_LENGTH(marks) ? marks[mark] : "?";
}

enum target_mark mark_at(const struct plan_view *view, size_t target)
{
    return target < view->notes->mark_count ? view->notes->marks[target] : MARK_UPGRADE;
}

void step_words(const struct plan *plan, const struct step *step, struct buf *out)
{
    if (step->phase == PHASE_CHANGE && step->snapshot &&
        plan->playbook.rollback == ROLLBACK_SNAPSHOT)
        buf_adds(out, "snapshot before, ");
    if (step->retries)
        buf_addf(out, "%d %s, ", step->retries, step->retries == 1 ? "retry" : "retries");
    for (size_t i = 0; i < step->limit_count; i++)
        buf_addf(out, "limit %s, ", step->limits[i]);
    buf_addf(out, "on failure %s", on_failure_name(step->on_failure));
}

void check_words(const struct check *check, struct buf *out)
{
    char within[32], every[32];
    buf_addf(out, "green within %s",
             duration_format(check->for_ms, within, sizeof within));
    if (check->stable > 1)
        buf_addf(out, ", %d in a row", check->stable);
    buf_addf(out, ", every %s", duration_format(check->every_ms, every, sizeof every));
    if (check->after)
        buf_addf(out, ", after %s", check->after);
    if (check->severity == SEVERITY_WARN)
        buf_adds(out, ", only warns");
}

void recovery_words(const struct playbook *playbook, const struct recovery *recovery,
                    struct buf *out)
{
    if (!recovery->count)
        return;
    buf_adds(out, "failed step of ");
    for (int i = 0, named = 0; i < PHASE_COUNT; i++) {
        if (recovery->phases >> i & 1u)
            buf_addf(out, "%s%s", named++ ? " or " : "", phase_name((enum phase)i));
    }
    buf_addf(out, ", at most %d time%s: ", recovery->at_most,
             recovery->at_most == 1 ? "" : "s");
    for (int i = 0; i < recovery->count; i++)
        buf_addf(out, "%s%s", i ? ", " : "",
                 playbook->recovery_ops[recovery->first + i].use);
}

const char *rollback_words(enum rollback_kind kind)
{
    switch (kind) {
    case ROLLBACK_SNAPSHOT:
        return "rollback by snapshot";
    case ROLLBACK_NATIVE:
        return "rollback by its own steps";
    default:
        return "no rollback";
    }
}

void budget_words(int budget, int targets, enum on_exceed action, struct buf *out)
{
    static const char *const verbs[] = {"pauses", "aborts", "rolls back"};
    if (budget >= targets)
        buf_adds(out, "tolerates all");
    else
        buf_addf(out, "tolerates %d, then %s", budget,
                 (size_t)action < ARRAY_LENGTH(verbs) ? verbs[action] : "?");
}

/* Only a wave can be rolled back: a campaign that was told to do that pauses. */
void campaign_budget_words(const struct plan *plan, struct buf *out)
{
    buf_adds(out, "the campaign ");
    budget_words(plan->budget, (int)plan->target_count,
                 plan->on_exceed == ON_EXCEED_ABORT ? ON_EXCEED_ABORT : ON_EXCEED_PAUSE,
                 out);
}

void target_words(const struct plan_view *view, struct buf *out)
{
    const struct plan *plan = view->plan;
    buf_addf(out, "%zu of %d %s, in %zu %s, at most %d in flight", plan->target_count,
             view->notes->facts.fleet_count,
             view->notes->facts.fleet_count == 1 ? "appliance" : "appliances",
             plan->wave_count, plan->wave_count == 1 ? "wave" : "waves", plan->in_flight);
}

void vars_words(const struct plan *plan, struct buf *out)
{
    auto_json json_t *vars =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    auto_free char *canonical = vars ? json_canonical(vars) : NULL; /* sorted */
    const char *key;
    json_t *value;
    auto_json json_t *sorted =
        canonical ? json_parse(canonical, strlen(canonical), JSON_BYTES_MAX, NULL) : NULL;
    json_object_foreach(sorted, key, value)
    {
        auto_free char *text = json_is_string(value) ? NULL : json_canonical(value);
        buf_addf(out, "%s%s = ", out->length ? ", " : "", key);
        /* a secret does not belong there, but it would stand in every ticket */
        if (page_is_secret_name(key))
            buf_adds(out, PAGE_HIDDEN);
        else
            page_redact(out, text ? text : json_string_value(value));
    }
}

struct wave_facts facts_at(const struct plan_view *view, size_t wave)
{
    const struct plan_facts *facts = &view->notes->facts;
    return wave < facts->wave_count ? facts->waves[wave] : (struct wave_facts){0};
}

/* Is a worse than b? Equals keep the order of the plan. */
static bool is_worse(const struct domain_peak *a, const struct domain_peak *b)
{
    return a->peak != b->peak ? a->peak > b->peak : a->targets > b->targets;
}

size_t top_peaks(const struct plan_view *view, size_t out[PEAKS_SHOWN])
{
    const struct plan_facts *facts = &view->notes->facts;
    size_t count = 0;
    for (size_t i = 0; i < facts->peak_count; i++) {
        size_t at = count;
        while (at > 0 && is_worse(&facts->peaks[i], &facts->peaks[out[at - 1]]))
            at--;
        if (at == PEAKS_SHOWN)
            continue;
        count += count < PEAKS_SHOWN;
        for (size_t k = count - 1; k > at; k--)
            out[k] = out[k - 1];
        out[at] = i;
    }
    return count;
}

struct listing listing_of(const struct plan_view *view, const struct plan_wave *wave)
{
    bool all = view->full || view->plan->target_count <= TARGETS_LISTED ||
               wave->count <= LIST_HEAD + LIST_TAIL + 1;
    if (all)
        return (struct listing){.head = wave->count};
    return (struct listing){LIST_HEAD, wave->count - LIST_HEAD - LIST_TAIL, LIST_TAIL};
}
