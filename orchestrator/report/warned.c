/*
 * warned.c - see warned.h.
 *
 * How it works: one pass over the records of steps and one over the results of checks leave
 * the last word of each; what is red then, and only warns, is a finding. The result of a check
 * behind a change that was put back tells of a version that is gone, so only what was looked
 * at after the rollback counts for such a target.
 *
 * Failure: codes of store.h; nothing is changed.
 */
#include "report/warned.h"

#include <stdlib.h>
#include <string.h>

#include "engine/machines.h"
#include "report/account.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define FINDINGS_MAX 500u

/* The last word of one step or check on one target. */
struct word {
    int64_t at_ms;
    bool restored; /* said after a rollback */
    char *text;    /* NULL: fine, or nothing was said */
};

struct gathering {
    const struct plan *plan;
    struct warned *out;
    struct word *words; /* targets x (steps, then checks) */
    size_t width;
};

/* NULL: not of this plan, or it does more than warn. */
static struct word *word_of(const struct gathering *g, int target, int index, bool check)
{
    const struct playbook *p = &g->plan->playbook;
    size_t count = check ? p->check_count : p->step_count;
    if (target < 0 || (size_t)target >= g->plan->target_count || index < 0 ||
        (size_t)index >= count)
        return NULL;
    enum failure_severity severity =
        check ? p->checks[index].severity : p->steps[index].severity;
    /* what could not be kept of the logs is told where they are */
    if (severity != SEVERITY_WARN || (!check && p->steps[index].phase == PHASE_EVIDENCE))
        return NULL;
    return &g->words[(size_t)target * g->width + (check ? p->step_count : 0) +
                     (size_t)index];
}

static int visit_step(void *data, const struct store_event *event)
{
    const struct record *r = event->record;
    struct word *word =
        r->activity == ACTIVITY_STEP ? word_of(data, r->target, r->index, false) : NULL;
    if (word && (r->event == STEP_FINISHED || r->event == STEP_FAIL))
        xreplace(&word->text,
                 r->event == STEP_FAIL ? (r->text ? r->text : "failed") : NULL);
    return 0;
}

static bool is_bad(enum verdict verdict)
{
    return verdict == VERDICT_RED || verdict == VERDICT_NO_DATA;
}

static int visit_check(void *data, const struct store_check *check)
{
    struct word *word = word_of(data, check->target, check->check, true);
    if (!word || check->moment == MOMENT_BEFORE || check->at_ms < word->at_ms)
        return 0;
    word->at_ms = check->at_ms;
    word->restored = check->moment == MOMENT_RESTORED;
    xreplace(&word->text,
             is_bad(check->verdict) ? (check->text ? check->text : "no data") : NULL);
    return 0;
}

/* ---- from words to findings ---- */

static struct warned_finding *finding_of(struct warned *warned, const char *id,
                                         const char *text, const char *target)
{
    size_t length;
    auto_buf struct buf pattern = {0};
    const char *advice = advice_find(text, &length);
    auto_free char *said = xstrndup(text, length);
    buf_addf(&pattern, "%s ", id);
    account_pattern(said, target, &pattern);
    uint64_t fingerprint = text_hash(buf_text(&pattern));
    for (size_t i = 0; i < warned->count; i++)
        if (warned->items[i].fingerprint == fingerprint)
            return &warned->items[i];
    if (warned->count == FINDINGS_MAX)
        return NULL;
    struct warned_finding *finding = vec_push(warned->items, warned->count, warned->room);
    *finding = (struct warned_finding){.id = xstrdup(id),
                                       .text = steal_ptr(&said),
                                       .advice = xstrdup_null(advice),
                                       .fingerprint = fingerprint};
    return finding;
}

static void add(struct warned *warned, const char *id, const char *text,
                const char *target)
{
    struct warned_finding *finding = finding_of(warned, id, text, target);
    if (!finding)
        return;
    finding->count++;
    if (finding->name_count < WARNED_NAMES_SHOWN)
        finding->names[finding->name_count++] = xstrdup(target);
}

static int visit_target(void *data, const struct store_target *row)
{
    const struct gathering *g = data;
    const struct playbook *p = &g->plan->playbook;
    bool any = false;
    bool put_back = row->state == TARGET_ROLLED_BACK || row->state == TARGET_STRANDED;
    if (row->index < 0 || (size_t)row->index >= g->plan->target_count)
        return 0;
    const struct word *words = &g->words[(size_t)row->index * g->width];
    for (size_t i = 0; i < g->width; i++) {
        bool check = i >= p->step_count;
        if (!words[i].text || (check && put_back && !words[i].restored))
            continue;
        add(g->out, check ? p->checks[i - p->step_count].op.id : p->steps[i].op.id,
            words[i].text, row->name);
        any = true;
    }
    g->out->targets += any;
    return 0;
}

static int more_first(const void *a, const void *b)
{
    const struct warned_finding *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

int warned_load(struct store *store, int64_t campaign, const struct plan *plan,
                struct warned *out, struct slipway_error *err)
{
    struct gathering g = {.plan = plan,
                          .out = out,
                          .width =
                              plan->playbook.step_count + plan->playbook.check_count};
    size_t count = plan->target_count * g.width;
    struct store_event_filter steps = STORE_ANY_EVENT;
    struct store_target_filter all = STORE_ANY_TARGET;
    steps.kind = RECORD_STEP;
    g.words = xcalloc(count + 1, sizeof *g.words);
    int code = store_events(store, campaign, &steps, visit_step, &g, err);
    if (!code)
        code = store_checks(store, campaign, -1, visit_check, &g, err);
    if (!code)
        code = store_targets(store, campaign, &all, visit_target, &g, err);
    for (size_t i = 0; i < count; i++)
        free(g.words[i].text);
    free(g.words);
    if (!code && out->count)
        qsort(out->items, out->count, sizeof *out->items, more_first);
    return code;
}

void warned_clear(struct warned *warned)
{
    for (size_t i = 0; i < warned->count; i++) {
        struct warned_finding *f = &warned->items[i];
        free(f->id);
        free(f->text);
        free(f->advice);
        for (size_t k = 0; k < f->name_count; k++)
            free(f->names[k]);
    }
    free(warned->items);
    *warned = (struct warned){0};
}

/* ---- formats ---- */

void warned_names(const struct warned_finding *finding, struct buf *out)
{
    for (size_t k = 0; k < finding->name_count; k++)
        buf_addf(out, "%s%s", k ? ", " : "", finding->names[k]);
    if (finding->count > (int)finding->name_count)
        buf_addf(out, " and %d more", finding->count - (int)finding->name_count);
}

void warned_section(const struct warned *warned, struct document *out)
{
    struct section *section = document_section(out, "Warnings");
    for (size_t i = 0; i < warned->count; i++) {
        const struct warned_finding *f = &warned->items[i];
        auto_buf struct buf names = {0};
        warned_names(f, &names);
        section_line(section, "%d: %s%s%s (%s)", f->count, f->text,
                     f->advice ? " Advice: " : "", f->advice ? f->advice : "",
                     buf_text(&names));
    }
}

json_t *warned_json(const struct warned *warned)
{
    json_t *list = json_array();
    for (size_t i = 0; i < warned->count; i++) {
        const struct warned_finding *f = &warned->items[i];
        json_t *names = json_array();
        for (size_t k = 0; k < f->name_count; k++)
            (void)json_array_append_new(names, words_json_text(f->names[k]));
        (void)json_array_append_new(
            list, json_pack("{s:o, s:i, s:o, s:o, s:o}", "id", words_json_text(f->id),
                            "count", f->count, "text", words_json_text(f->text), "advice",
                            words_json_text(f->advice), "first_targets", names));
    }
    return list;
}
