/*
 * why_issue.c - is the failure of this target one that somebody has seen before?
 * (why_parts.h)
 *
 * The reason of its state is asked first, then what its last failed effects said, newest
 * first, then its red checks.
 */
#include <string.h>

#include "report/why_parts.h"

static bool has_trouble(const struct store_target *t)
{
    return t->state == TARGET_FAILED || t->state == TARGET_ROLLED_BACK ||
           t->state == TARGET_STRANDED || t->state == TARGET_PARKED ||
           t->state == TARGET_ROLLING_BACK || t->attempt > 0 ||
           t->step_state == STEP_IN_DOUBT;
}

static struct issue_facts facts_of(const struct why *why, const char *message)
{
    const struct store_target *t = &why->target;
    return (struct issue_facts){
        .target = t->name,
        .message = message,
        .state = machine_state(&target_machine, (int)t->state),
        .version = t->version_before ? t->version_before : t->version_from,
    };
}

/* The newest failed effect: its step is what the reason is about. */
static const struct why_intent *failed_intent(const struct why *why, size_t from)
{
    for (size_t i = from; i < why->intent_count; i++) {
        const struct why_intent *n = &why->intents[i];
        if (n->outcome && n->sentence && strcmp(n->outcome, "done") != 0)
            return n;
    }
    return NULL;
}

static bool find_reason(const struct why *why, const struct issue_book *book,
                        struct issue_note *out)
{
    const struct why_intent *last = failed_intent(why, 0);
    struct issue_facts facts = facts_of(why, why->target.reason);
    facts.step = last ? last->step : why->target.activity_id;
    facts.use = last ? last->use : why->target.activity_use;
    return issue_find(book, &facts, out);
}

static bool find_intents(const struct why *why, const struct issue_book *book,
                         struct issue_note *out)
{
    for (size_t i = 0; i < why->intent_count; i++) {
        const struct why_intent *n = failed_intent(why, i);
        if (!n)
            return false;
        i = (size_t)(n - why->intents);
        struct issue_facts facts = facts_of(why, n->sentence);
        facts.step = n->step;
        facts.use = n->use;
        if (issue_find(book, &facts, out))
            return true;
    }
    return false;
}

static bool find_checks(const struct why *why, const struct issue_book *book,
                        struct issue_note *out)
{
    for (size_t i = why->check_count; i-- > 0;) {
        const struct why_check *c = &why->checks[i];
        struct issue_facts facts = facts_of(why, c->text);
        facts.step = c->id;
        if (c->verdict != VERDICT_GREEN && issue_find(book, &facts, out))
            return true;
    }
    return false;
}

bool why_issue(const struct why_view *view, struct issue_note *out)
{
    const struct why *why = view->why;
    return has_trouble(&why->target) &&
           (find_reason(why, view->issues, out) || find_intents(why, view->issues, out) ||
            find_checks(why, view->issues, out));
}
