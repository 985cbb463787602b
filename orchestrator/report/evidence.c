/* evidence.c - see evidence.h. Rows are copied: queries lend them for a moment only. */
#include "report/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

/* ---- loading ---- */

static int visit_check(void *data, const struct store_check *check)
{
    struct evidence *evidence = data;
    if (evidence->check_count == EVIDENCE_CHECKS_MAX)
        return 0;
    *vec_push(evidence->checks, evidence->check_count, evidence->check_room) =
        (struct evidence_check){.id = xstrdup(check->check_id),
                                .text = xstrdup_null(check->text),
                                .moment = check->moment,
                                .verdict = check->verdict,
                                .at_ms = check->at_ms};
    return 0;
}

static int visit_intent(void *data, const struct store_intent *intent)
{
    struct evidence *evidence = data;
    if (evidence->intent_count == EVIDENCE_INTENTS_MAX)
        return 0;
    evidence->intents[evidence->intent_count++] = (struct evidence_intent){
        .id = intent->id,
        .issued_ms = intent->issued_ms,
        .deadline_ms = intent->deadline_ms,
        .settled_ms = intent->settled_ms,
        .activity = intent->activity,
        .attempt = intent->attempt,
        .incarnation = intent->incarnation,
        .step = xstrdup(intent->step),
        .use = xstrdup(intent->use),
        .key = xstrdup(intent->key),
        .handle = xstrdup_null(intent->handle),
        .outcome = xstrdup_null(intent->outcome),
        .sentence = xstrdup_null(intent->sentence),
    };
    return 0;
}

int evidence_load(struct store *store, int64_t campaign, int target, struct evidence *out,
                  struct slipway_error *err)
{
    int code = store_checks(store, campaign, target, visit_check, out, err);
    return code ? code
                : store_intents(store, campaign, target, EVIDENCE_INTENTS_MAX,
                                visit_intent, out, err);
}

void evidence_clear(struct evidence *evidence)
{
    for (size_t i = 0; i < evidence->check_count; i++) {
        free(evidence->checks[i].id);
        free(evidence->checks[i].text);
    }
    for (size_t i = 0; i < evidence->intent_count; i++) {
        struct evidence_intent *n = &evidence->intents[i];
        char *texts[] = {n->step, n->use, n->key, n->handle, n->outcome, n->sentence};
        for (size_t k = 0; k < ARRAY_LENGTH(texts); k++)
            free(texts[k]);
    }
    free(evidence->checks);
    *evidence = (struct evidence){0};
}

/* ---- recognising ---- */

static struct issue_facts facts_of(const struct trouble *trouble, const char *message)
{
    return (struct issue_facts){
        .target = trouble->target,
        .message = message,
        .state = machine_state(&target_machine, (int)trouble->state),
        .version = trouble->version,
    };
}

/* The newest failed effect: its step is what the reason is about. */
static const struct evidence_intent *failed_intent(const struct evidence *evidence,
                                                   size_t from)
{
    for (size_t i = from; i < evidence->intent_count; i++) {
        const struct evidence_intent *n = &evidence->intents[i];
        if (n->outcome && n->sentence && strcmp(n->outcome, "done") != 0)
            return n;
    }
    return NULL;
}

static bool find_reason(const struct trouble *trouble, const struct evidence *evidence,
                        const struct issue_book *book, struct issue_note *out)
{
    const struct evidence_intent *last = failed_intent(evidence, 0);
    struct issue_facts facts = facts_of(trouble, trouble->reason);
    facts.step = last ? last->step : trouble->step;
    facts.use = last ? last->use : trouble->use;
    return issue_find(book, &facts, out);
}

static bool find_intents(const struct trouble *trouble, const struct evidence *evidence,
                         const struct issue_book *book, struct issue_note *out)
{
    for (size_t i = 0; i < evidence->intent_count; i++) {
        const struct evidence_intent *n = failed_intent(evidence, i);
        if (!n)
            return false;
        i = (size_t)(n - evidence->intents);
        struct issue_facts facts = facts_of(trouble, n->sentence);
        facts.step = n->step;
        facts.use = n->use;
        if (issue_find(book, &facts, out))
            return true;
    }
    return false;
}

static bool find_checks(const struct trouble *trouble, const struct evidence *evidence,
                        const struct issue_book *book, struct issue_note *out)
{
    for (size_t i = evidence->check_count; i-- > 0;) {
        const struct evidence_check *c = &evidence->checks[i];
        struct issue_facts facts = facts_of(trouble, c->text);
        facts.step = c->id;
        if (c->verdict != VERDICT_GREEN && issue_find(book, &facts, out))
            return true;
    }
    return false;
}

bool evidence_issue(const struct trouble *trouble, const struct evidence *evidence,
                    const struct issue_book *book, struct issue_note *out)
{
    return find_reason(trouble, evidence, book, out) ||
           find_intents(trouble, evidence, book, out) ||
           find_checks(trouble, evidence, book, out);
}
