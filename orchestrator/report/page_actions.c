/*
 * page_actions.c - who must act by when: approvals, gates and notices, with the dates
 * that follow from the slots (page_html.h).
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_html.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define YES "approve: "

static struct page_action *add(struct page_actions *actions, int64_t by_ms,
                               const char *when, char *who, char *what)
{
    struct page_action *action = vec_push(actions->items, actions->count, actions->room);
    *action = (struct page_action){
        .by_ms = by_ms, .when = xstrdup(when), .who = who, .what = what};
    return action;
}

static int64_t wave_first(const struct page *page, size_t wave)
{
    const struct plan_wave *w = &page->plan->waves[wave];
    int64_t first_ms = 0;
    for (int i = w->first; i < w->first + w->count; i++) {
        const struct plan_slot *slot = page->targets[i].slot;
        if (slot && (!first_ms || slot->from_ms < first_ms))
            first_ms = slot->from_ms;
    }
    return first_ms;
}

static const struct store_status *status_of(const struct page *page)
{
    return page->view->account ? &page->view->account->status.store : NULL;
}

/* The newest yes to the plan: "approve" or "approve: remark"; NULL: none is known. */
static const struct account_move *find_yes(const struct page *page)
{
    const struct account *account = page->view->account;
    for (size_t i = account ? account->command_count : 0; i-- > 0;) {
        const char *what = account->commands[i].what;
        if (!strcmp(what, "approve") || !strncmp(what, YES, sizeof YES - 1))
            return &account->commands[i];
    }
    return NULL;
}

/* Who said yes, when, and with which remark. */
static void tell_yes(const struct page *page, struct page_action *action)
{
    const struct account_move *yes = find_yes(page);
    char at[PAGE_WHEN_MAX];
    if (!yes)
        return;
    bool remark = strlen(yes->what) > sizeof YES - 1;
    free(action->what);
    action->what = xasprintf("approved the plan %.12s on %s%s%s", page->plan->digest,
                             page_when(page->clock, yes->at_ms, at), remark ? ": " : "",
                             remark ? yes->what + sizeof YES - 1 : "");
    xreplace(&action->who, yes->actor ? yes->actor : "approver");
}

static void add_approval(const struct page *page, struct page_actions *actions)
{
    const struct store_status *status = status_of(page);
    if (!page->plan->approval_required)
        return;
    struct page_action *action =
        add(actions, page->first_ms, "before it begins", xstrdup("approver"),
            xasprintf("approve the plan %.12s: %s approve",
                      page->plan->digest ? page->plan->digest : "",
                      page->view->command ? page->view->command : "slipway"));
    action->done = status && status->campaign.state != CAMPAIGN_UNAPPROVED;
    if (action->done)
        tell_yes(page, action);
}

static void add_gates(const struct page *page, struct page_actions *actions)
{
    const struct store_status *status = status_of(page);
    for (size_t i = 0; i < page->plan->wave_count; i++) {
        const struct plan_wave *wave = &page->plan->waves[i];
        auto_free char *after =
            i ? xasprintf("after wave %s", page->plan->waves[i - 1].name)
              : xstrdup("before it begins");
        if (!wave->gate)
            continue;
        struct page_action *action =
            add(actions, wave_first(page, i), after, xstrdup("approver"),
                xasprintf("let wave %s begin, once wave %s looks good: %s approve --wave "
                          "%zu",
                          wave->name, i ? page->plan->waves[i - 1].name : "(none)",
                          page->view->command ? page->view->command : "slipway", i));
        action->done = status && i < status->wave_count && status->waves[i].approved;
    }
}

static void add_notices(const struct page *page, struct page_actions *actions)
{
    char first[PAGE_WHEN_MAX];
    size_t count = 0;
    auto_free struct page_notice *list = page_notices(page, &count);
    for (size_t i = 0; page->time->min_notice_ms && i < count; i++) {
        auto_buf struct buf what = {0};
        buf_adds(&what, "be told of ");
        words_count(&what, list[i].targets, "target");
        buf_addf(&what, ", the first at %s",
                 page_when(page->clock, list[i].first_ms, first));
        struct page_action *action =
            add(actions, list[i].by_ms, "",
                *list[i].noun ? xasprintf("%s %s", list[i].noun, list[i].owner)
                              : xstrdup("owners"),
                buf_take(&what));
        action->notice = true;
        action->done = page->view->account && list[i].first_ms < page->view->now_ms;
        action->late = !page->view->account && list[i].by_ms < page->view->now_ms;
    }
}

static void add_stops(const struct page *page, struct page_actions *actions)
{
    int stops = 0;
    for (size_t i = 0; i < page->view->notes->count; i++)
        stops += page->view->notes->items[i].kind == NOTE_STOP;
    if (stops && !page->view->account)
        (void)add(actions, page->first_ms, "before it begins", xstrdup("operator"),
                  xasprintf("settle what would stop it: %d, listed below", stops));
}

/* Nothing goes on, or not with everybody, until a human has looked. */
static void add_halts(const struct page *page, struct page_actions *actions)
{
    const struct store_status *status = status_of(page);
    const char *command = page->view->command ? page->view->command : "slipway";
    if (!status)
        return;
    int parked = status->counts[TARGET_PARKED],
        stranded = status->counts[TARGET_STRANDED];
    if (status->campaign.state == CAMPAIGN_PAUSED)
        (void)add(actions, 0, "now", xstrdup("operator"),
                  xasprintf("look why it paused, then: %s unpause --reason, or abort",
                            command));
    if (stranded)
        (void)add(actions, 0, "now", xstrdup("operator"),
                  xasprintf("rescue %d whose rollback failed: %s why TARGET", stranded,
                            command));
    if (parked)
        (void)add(
            actions, 0, "now", xstrdup("operator"),
            xasprintf("decide on %d that are parked: %s why TARGET", parked, command));
}

/* What the campaign's own people do comes before the many notices; then by date. */
static int by_date(const void *a, const void *b)
{
    const struct page_action *x = a, *y = b;
    if (x->notice != y->notice)
        return x->notice ? 1 : -1;
    if (x->by_ms != y->by_ms)
        return x->by_ms < y->by_ms ? -1 : 1;
    int who = strcmp(x->who, y->who);
    return who ? who : strcmp(x->what, y->what);
}

void page_actions_make(const struct page *page, struct page_actions *out)
{
    add_stops(page, out);
    add_approval(page, out);
    add_gates(page, out);
    add_notices(page, out);
    for (size_t i = 0; i < out->count; i++)
        out->items[i].done = out->items[i].done || page->ended;
    add_halts(page, out);
    if (page->has_slots && out->count)
        qsort(out->items, out->count, sizeof *out->items, by_date);
}

void page_actions_clear(struct page_actions *actions)
{
    for (size_t i = 0; i < actions->count; i++) {
        free(actions->items[i].when);
        free(actions->items[i].who);
        free(actions->items[i].what);
    }
    free(actions->items);
    *actions = (struct page_actions){0};
}
