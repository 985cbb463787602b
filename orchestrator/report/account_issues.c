/*
 * account_issues.c - which known issue cost how many targets, and how much time
 * (account.h).
 *
 * A target that ended badly for an issue costs all its time in the campaign, up to its
 * end, or up to now while it waits for a human. One that met an issue and went on costs
 * only the effects that failed by it. A target counts once for each issue.
 */
#include <stdlib.h>
#include <string.h>

#include "report/account.h"
#include "util/auto.h"
#include "util/xalloc.h"

struct tally {
    struct account *account;
    const struct issue_book *book;
    int *last_issue;        /* by target: the issue of its end, -1: none */
    char **steps, **uses;   /* by target: of its newest failed effect    */
    unsigned char *counted; /* by issue and target, a bit each: it counts */
    size_t issue_room;
};

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

/* Count the target for the issue, once. */
static void count_target(struct tally *tally, struct account_issue *issue, size_t target)
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
    unsigned char *counted = &tally->counted[number * targets + target];
    issue->targets += !*counted;
    *counted = 1;
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
        count_target(tally, issue, i);
    }
}

static int visit_failure(void *data, const struct store_intent *n)
{
    struct tally *tally = data;
    struct account *a = tally->account;
    struct issue_note note;
    if ((size_t)n->target >= a->target_count || !n->outcome ||
        strcmp(n->outcome, "failed") != 0)
        return 0;
    const struct account_target *t = &a->targets[n->target];
    struct issue_facts facts = {t->name, n->sentence, n->step,
                                n->use,  NULL,        version_of(t)};
    if (!issue_find(tally->book, &facts, &note))
        return 0;
    struct account_issue *issue = issue_of(a, &note);
    count_target(tally, issue, (size_t)n->target);
    /* the whole time of a target that ended by it is in already */
    if (tally->last_issue[n->target] != (int)(issue - a->issues))
        issue->cost_ms += n->settled_ms - n->issued_ms;
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
    if (account->issue_count)
        qsort(account->issues, account->issue_count, sizeof *account->issues,
              dearest_first);
    for (size_t i = 0; i < count; i++) {
        free(tally.steps[i]);
        free(tally.uses[i]);
    }
    free(tally.last_issue);
    free(tally.steps);
    free(tally.uses);
    free(tally.counted);
    return code;
}
