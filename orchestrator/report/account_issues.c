/*
 * account_issues.c - which known issue cost how many targets, and how much time
 * (account.h).
 *
 * A target that ended badly for an issue costs all its time in the campaign, up to its
 * end, or up to now while it waits for a human. One that met an issue and went on costs
 * the time from the failure to the next success of that step, or to its end, or up to now.
 * A step that only reads leaves no effects behind: it is known by its recoveries alone. A
 * target counts once for each issue.
 */
#include <stdlib.h>
#include <string.h>

#include "report/account.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

struct tally {
    struct account *account;
    const struct issue_book *book;
    int *last_issue;        /* by target: the issue of its end, -1: none */
    char **steps, **uses;   /* by target: of its newest failed effect    */
    unsigned char *counted; /* by issue and target: MET, CURED           */
    size_t issue_room;
    /* Effects are visited newest first, so until when a failure lasted is known: by target
       and step, when that was next done, or failed again. */
    struct map later;
    int64_t *later_ms;
    size_t later_count, later_room;
};

enum { MET = 1, CURED = 2 };

static struct account_issue *issue_of(struct account *a, const struct issue_note *note)
{
    for (size_t i = 0; i < a->issue_count; i++) {
        if (!strcmp(a->issues[i].id, note->id))
            return &a->issues[i];
    }
    struct account_issue *issue = vec_push(a->issues, a->issue_count, a->issue_room);
    *issue = (struct account_issue){.id = xstrdup(note->id),
                                    .title = xstrdup(note->title),
                                    .advice = xstrdup(note->advice)};
    return issue;
}

static bool is_bad(enum target_state_id state)
{
    return state == TARGET_FAILED || state == TARGET_ROLLED_BACK ||
           state == TARGET_STRANDED || state == TARGET_PARKED;
}

static const char *version_of(const struct account_target *t)
{
    return t->version_before ? t->version_before : t->version_from;
}

/* What was noted of the target and the issue. */
static unsigned char *notes_of(struct tally *tally, const struct account_issue *issue,
                               size_t target)
{
    size_t number = (size_t)(issue - tally->account->issues);
    size_t targets = tally->account->target_count;
    if (number >= tally->issue_room) {
        size_t room = number * 2 + 8;
        tally->counted = xreallocarray(tally->counted, room, targets);
        memset(tally->counted + tally->issue_room * targets, 0,
               (room - tally->issue_room) * targets);
        tally->issue_room = room;
    }
    return &tally->counted[number * targets + target];
}

/* Count the target for the issue, once. False: it was counted before. */
static bool count_target(struct tally *tally, struct account_issue *issue, size_t target)
{
    unsigned char *notes = notes_of(tally, issue, target);
    bool first = !(*notes & MET);
    issue->targets += first;
    *notes |= MET;
    return first;
}

/* Newest first: the first failed effect of a target is what its reason is about. */
static int visit_step(void *data, const struct store_intent *n)
{
    struct tally *tally = data;
    size_t target = (size_t)n->target;
    if (target >= tally->account->target_count || tally->steps[target] || !n->outcome ||
        strcmp(n->outcome, "failed") != 0)
        return 0;
    tally->steps[target] = xstrdup(n->step);
    tally->uses[target] = xstrdup(n->use);
    return 0;
}

static void count_ends(struct tally *tally)
{
    struct account *a = tally->account;
    for (size_t i = 0; i < a->target_count; i++) {
        const struct account_target *t = &a->targets[i];
        struct issue_note note;
        struct issue_facts facts = {t->name,
                                    t->reason,
                                    tally->steps[i],
                                    tally->uses[i],
                                    machine_state(&target_machine, (int)t->state),
                                    version_of(t)};
        tally->last_issue[i] = -1;
        if (!is_bad(t->state) || !issue_find(tally->book, &facts, &note))
            continue;
        struct account_issue *issue = issue_of(a, &note);
        int64_t end_ms = t->settled ? t->since_ms : a->status.now_ms;
        issue->ended++;
        issue->cost_ms += t->first_ms ? end_ms - t->first_ms : 0;
        tally->last_issue[i] = (int)(issue - a->issues);
        (void)count_target(tally, issue, i);
    }
}

/* Until when a failure of this step lasts that was before; from now on `at_ms`. */
static int64_t last_until(struct tally *tally, const struct store_intent *n)
{
    const struct account_target *t = &tally->account->targets[n->target];
    auto_free char *key = xasprintf("%d/%s", n->target, n->step);
    size_t at = map_intern(&tally->later, key);
    int64_t until_ms = t->settled ? t->since_ms : tally->account->status.now_ms;
    if (at < tally->later_count)
        until_ms = tally->later_ms[at];
    else
        (void)vec_push(tally->later_ms, tally->later_count, tally->later_room);
    tally->later_ms[at] = n->settled_ms;
    return until_ms;
}

static int visit_failure(void *data, const struct store_intent *n)
{
    struct tally *tally = data;
    struct account *a = tally->account;
    struct issue_note note;
    if ((size_t)n->target >= a->target_count || !n->outcome)
        return 0;
    bool failed = !strcmp(n->outcome, "failed");
    if (!failed && strcmp(n->outcome, "done") != 0)
        return 0;
    int64_t until_ms = last_until(tally, n);
    if (!failed)
        return 0;
    const struct account_target *t = &a->targets[n->target];
    struct issue_facts facts = {t->name, n->sentence, n->step,
                                n->use,  NULL,        version_of(t)};
    if (!issue_find(tally->book, &facts, &note))
        return 0;
    struct account_issue *issue = issue_of(a, &note);
    (void)count_target(tally, issue, (size_t)n->target);
    /* the whole time of a target that ended by it is in already */
    if (tally->last_issue[n->target] != (int)(issue - a->issues))
        issue->cost_ms += until_ms - n->settled_ms;
    return 0;
}

/* A recovery that was run: the plan knew the issue, whoever knows it today. */
static int visit_recovery(void *data, const struct store_event *event)
{
    struct tally *tally = data;
    const struct record *r = event->record;
    if (r->target < 0 || (size_t)r->target >= tally->account->target_count || !r->text ||
        r->event != RECOVERY_CURED)
        return 0;
    struct issue_note note = {.id = r->text, .title = r->text, .advice = ""};
    struct account_issue *issue = issue_of(tally->account, &note);
    if (count_target(tally, issue, (size_t)r->target))
        issue->cost_ms += r->number;
    unsigned char *notes = notes_of(tally, issue, (size_t)r->target);
    issue->cured += !(*notes & CURED);
    *notes |= CURED;
    return 0;
}

static int dearest_first(const void *a, const void *b)
{
    const struct account_issue *x = a, *y = b;
    if (x->cost_ms != y->cost_ms)
        return x->cost_ms < y->cost_ms ? 1 : -1;
    return strcmp(x->id, y->id);
}

int account_find_issues(struct store *store, int64_t campaign,
                        const struct issue_book *book, struct account *account,
                        struct slipway_error *err)
{
    size_t count = account->target_count;
    struct tally tally = {.account = account,
                          .book = book,
                          .last_issue = xcalloc(count + 1, sizeof(int)),
                          .steps = xcalloc(count + 1, sizeof(char *)),
                          .uses = xcalloc(count + 1, sizeof(char *))};
    int code = store_intents(store, campaign, -1, 0, visit_step, &tally, err);
    if (!code) {
        count_ends(&tally);
        code = store_intents(store, campaign, -1, 0, visit_failure, &tally, err);
    }
    struct store_event_filter recoveries = STORE_ANY_EVENT;
    recoveries.kind = RECORD_RECOVERY;
    if (!code)
        code = store_events(store, campaign, &recoveries, visit_recovery, &tally, err);
    if (account->issue_count)
        qsort(account->issues, account->issue_count, sizeof *account->issues,
              dearest_first);
    for (size_t i = 0; i < count; i++) {
        free(tally.steps[i]);
        free(tally.uses[i]);
    }
    map_free(&tally.later);
    free(tally.later_ms);
    free(tally.last_issue);
    free(tally.steps);
    free(tally.uses);
    free(tally.counted);
    return code;
}
