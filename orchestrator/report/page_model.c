/* page_model.c - see page_model.h: targets, their states and the dates of the whole. */
#include "report/page_model.h"

#include <stdlib.h>
#include <string.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

/* ---- targets ---- */

static char *member(const json_t *object, const char *key)
{
    const char *text = json_text(object, key);
    return xstrdup(text ? text : "");
}

static enum page_state state_of_course(enum target_state_id state)
{
    static const enum page_state states[TARGET_STATE_COUNT] = {
        [TARGET_PENDING] = PAGE_WAITING,    [TARGET_PREPARING] = PAGE_WORKING,
        [TARGET_READY] = PAGE_WAITING,      [TARGET_SNAPSHOTTING] = PAGE_WORKING,
        [TARGET_CHANGING] = PAGE_WORKING,   [TARGET_CHECKING] = PAGE_WORKING,
        [TARGET_SOAKING] = PAGE_SOAKING,    [TARGET_CLEANING] = PAGE_WORKING,
        [TARGET_SUCCEEDED] = PAGE_DONE,     [TARGET_ROLLING_BACK] = PAGE_FAILED,
        [TARGET_ROLLED_BACK] = PAGE_FAILED, [TARGET_STRANDED] = PAGE_FAILED,
        [TARGET_PARKED] = PAGE_FAILED,      [TARGET_SKIPPED] = PAGE_SKIPPED,
        [TARGET_FAILED] = PAGE_FAILED,
    };
    return (unsigned)state < TARGET_STATE_COUNT ? states[state] : PAGE_WAITING;
}

static enum page_state state_of_plan(const struct page *page, size_t i)
{
    const struct plan_notes *notes = page->view->notes;
    static const enum page_state states[] = {[MARK_UPGRADE] = PAGE_PLANNED,
                                             [MARK_SAME] = PAGE_SAME,
                                             [MARK_HELD] = PAGE_HELD,
                                             [MARK_BLOCKED] = PAGE_BLOCKED,
                                             [MARK_COMPANION] = PAGE_COMPANION};
    enum page_state state = PAGE_PLANNED;
    if (i < notes->mark_count && (size_t)notes->marks[i] < ARRAY_LENGTH(states))
        state = states[notes->marks[i]];
    if (state == PAGE_PLANNED && page->has_slots && !page->targets[i].slot)
        state = PAGE_NO_SLOT;
    return state;
}

static void read_target(struct page *page, size_t i)
{
    const struct plan_target *target = &page->plan->targets[i];
    const struct page_courses *courses = page->view->courses;
    struct page_target *out = &page->targets[i];
    auto_json json_t *doc =
        json_parse(target->doc, strlen(target->doc), JSON_BYTES_MAX, NULL);
    out->customer = member(json_object_get(doc, "labels"), "customer");
    out->kind = member(doc, "kind");
    out->host = member(doc, "host");
    if (i < page->time->slot_count && page->time->slots[i].from_ms > 0)
        out->slot = &page->time->slots[i];
    out->course = courses && i < courses->count ? &courses->items[i] : NULL;
    out->state =
        out->course ? state_of_course(out->course->state) : state_of_plan(page, i);
    page->counts[out->state]++;
    page->slots += out->slot != NULL;
}

const char *page_state_word(const struct page *page, size_t target, struct buf *out)
{
    static const char *const words[PAGE_STATE_COUNT] = {
        [PAGE_PLANNED] = "planned",      [PAGE_NO_SLOT] = "no slot",
        [PAGE_SAME] = "already there",   [PAGE_HELD] = "held",
        [PAGE_BLOCKED] = "cannot start", [PAGE_COMPANION] = "along with its link group"};
    const struct page_target *t = &page->targets[target];
    if (t->course)
        words_state(out, machine_state(&target_machine, (int)t->course->state));
    else
        buf_adds(out, words[t->state] ? words[t->state] : "?");
    return buf_text(out);
}

const char *page_state_sign(enum page_state state)
{
    static const char *const signs[PAGE_STATE_COUNT] = {
        [PAGE_PLANNED] = "○", [PAGE_NO_SLOT] = "∅", [PAGE_SAME] = "=",
        [PAGE_HELD] = "‖",    [PAGE_BLOCKED] = "!", [PAGE_COMPANION] = "+",
        [PAGE_WAITING] = "○", [PAGE_WORKING] = "▶", [PAGE_SOAKING] = "◐",
        [PAGE_DONE] = "✓",    [PAGE_SKIPPED] = "–", [PAGE_FAILED] = "✗"};
    return signs[state];
}

const char *page_state_class(enum page_state state)
{
    static const char *const names[PAGE_STATE_COUNT] = {
        [PAGE_PLANNED] = "s0", [PAGE_NO_SLOT] = "s2", [PAGE_SAME] = "s0",
        [PAGE_HELD] = "s1",    [PAGE_BLOCKED] = "s2", [PAGE_COMPANION] = "s0",
        [PAGE_WAITING] = "s0", [PAGE_WORKING] = "s1", [PAGE_SOAKING] = "s1",
        [PAGE_DONE] = "s3",    [PAGE_SKIPPED] = "s0", [PAGE_FAILED] = "s2"};
    return names[state];
}

/* ---- when ---- */

struct page_interval page_planned(const struct page *page, size_t target)
{
    const struct plan_slot *slot = page->targets[target].slot;
    int64_t from = page_local(page->clock, slot->from_ms);
    return (struct page_interval){from, from + (slot->until_ms - slot->from_ms)};
}

bool page_real(const struct page *page, size_t target, struct page_interval *out)
{
    const struct page_course *course = page->targets[target].course;
    if (!course || !course->began_ms)
        return false;
    int64_t end_ms = course->ended_ms ? course->ended_ms : page->view->now_ms;
    int64_t from = page_local(page->clock, course->began_ms);
    if (end_ms <= course->began_ms)
        end_ms = course->began_ms + 1000;
    *out = (struct page_interval){from, from + (end_ms - course->began_ms)};
    return true;
}

static void find_dates(struct page *page)
{
    for (size_t i = 0; i < page->plan->target_count; i++) {
        const struct page_target *t = &page->targets[i];
        if (t->slot && (!page->first_ms || t->slot->from_ms < page->first_ms))
            page->first_ms = t->slot->from_ms;
        if (t->slot && t->slot->until_ms > page->last_ms)
            page->last_ms = t->slot->until_ms;
        if (!t->course || !t->course->began_ms)
            continue;
        if (!page->began_ms || t->course->began_ms < page->began_ms)
            page->began_ms = t->course->began_ms;
        if (t->course->ended_ms > page->ended_ms)
            page->ended_ms = t->course->ended_ms;
    }
}

int64_t page_needed(const struct page *page, const struct plan_slot *slot)
{
    const struct plan_facts *facts = &page->view->notes->facts;
    if (slot->pace >= 0 && (size_t)slot->pace < page->time->pace_count)
        return page->time->paces[slot->pace].needed_ms;
    return facts->change_ms + facts->rollback_ms;
}

int64_t page_longest_opening(const struct page *page, const struct plan_slot *slot)
{
    int64_t longest = 0;
    int64_t end_ms =
        page->time->deadline_ms ? page->time->deadline_ms : page->time->horizon_ms;
    if (slot->timetable < 0 || (size_t)slot->timetable >= page->time->timetable_count)
        return INT64_MAX;
    const struct spans *open = &page->time->timetables[slot->timetable].open;
    for (size_t i = 0; i < open->count && open->items[i].from_ms < end_ms; i++) {
        int64_t until_ms =
            open->items[i].until_ms < end_ms ? open->items[i].until_ms : end_ms;
        if (until_ms - open->items[i].from_ms > longest)
            longest = until_ms - open->items[i].from_ms;
    }
    return longest;
}

/* ---- notices ---- */

static int by_date(const void *a, const void *b)
{
    const struct page_notice *x = a, *y = b;
    if (x->first_ms != y->first_ms)
        return x->first_ms < y->first_ms ? -1 : 1;
    return strcmp(x->owner, y->owner);
}

struct page_notice *page_notices(const struct page *page, size_t *count)
{
    auto_map struct map owners = {0};
    struct page_notice *list = xcalloc(page->plan->target_count + 1, sizeof *list);
    for (size_t i = 0; i < page->plan->target_count; i++) {
        const struct page_target *t = &page->targets[i];
        bool customer = *t->customer;
        const char *owner = customer ? t->customer : page->plan->targets[i].site;
        if (!t->slot)
            continue;
        auto_free char *key = xasprintf("%d%s", customer, owner);
        struct page_notice *notice = &list[map_intern(&owners, key)];
        notice->owner = owner;
        notice->noun = customer ? "customer" : *owner ? "site" : "";
        notice->targets++;
        if (!notice->first_ms || t->slot->from_ms < notice->first_ms)
            notice->first_ms = t->slot->from_ms;
        if (t->slot->from_ms > notice->last_ms)
            notice->last_ms = t->slot->from_ms;
        notice->by_ms =
            page->time->min_notice_ms ? notice->first_ms - page->time->min_notice_ms : 0;
    }
    *count = owners.count;
    if (*count)
        qsort(list, *count, sizeof *list, by_date);
    return list;
}

/* ---- all of it ---- */

static char *version_to(const struct plan *plan)
{
    auto_json json_t *vars =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    return member(vars, "target_version");
}

/* A plan without windows and freezes has paces, but no times. */
static bool has_slots(const struct plan_time *time)
{
    bool any = time->horizon_ms != 0 || time->timetable_count > 0;
    for (size_t i = 0; i < time->slot_count && !any; i++)
        any = time->slots[i].from_ms > 0;
    return any && time->slots && time->slot_count;
}

void page_make(const struct page_view *view, struct page *out)
{
    const struct plan *plan = view->plan;
    *out = (struct page){.view = view, .plan = plan, .time = &plan->time};
    out->has_slots = has_slots(&plan->time);
    out->clock = xcalloc(1, sizeof *out->clock);
    out->clock->zone = plan->time.zone && *plan->time.zone ? plan->time.zone : "UTC";
    out->clock->local = view->zone_local;
    out->targets = xcalloc(plan->target_count + 1, sizeof *out->targets);
    for (size_t i = 0; i < plan->target_count; i++)
        read_target(out, i);
    find_dates(out);
    out->started = out->began_ms != 0 || view->account != NULL;
    out->ended = view->account &&
                 machine_is_final(&campaign_machine,
                                  (int)view->account->status.store.campaign.state);
    out->version_to = version_to(plan);
    page_groupings_make(out);
    page_loads_make(out);
}

void page_clear(struct page *page)
{
    page_loads_clear(page);
    page_groupings_clear(page);
    for (size_t i = 0; page->targets && i < page->plan->target_count; i++) {
        free(page->targets[i].customer);
        free(page->targets[i].kind);
        free(page->targets[i].host);
    }
    free(page->targets);
    free(page->clock);
    free(page->version_to);
    *page = (struct page){0};
}
