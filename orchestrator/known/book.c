/* book.c - what a book of issues owns, given back (known.h). */
#include <stdlib.h>

#include "known/internal.h"
#include "util/auto.h"

static void free_all(char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
}

void known_condition_clear(struct known_condition *c)
{
    free_all(c->contains, c->contains_count);
    free_all(c->matches, c->matches_count);
    free_all(c->steps, c->step_count);
    free_all(c->uses, c->use_count);
    free_all(c->states, c->state_count);
    free_all(c->kinds, c->kind_count);
    void *lists[] = {c->contains, c->matches,  c->steps, c->uses, c->states,
                     c->kinds,    c->at_least, c->below, c->where};
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        free(lists[i]);
    *c = (struct known_condition){.contains_count = 0};
}

static void examples_clear(struct known_example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct known_example *e = &examples[i];
        char *texts[] = {e->message, e->step,    e->use,       e->state,
                         e->kind,    e->version, e->place.file};
        free_all(texts, ARRAY_LENGTH(texts));
    }
    free(examples);
}

void known_issue_clear(struct known_issue *issue)
{
    char *texts[] = {issue->id,    issue->title,  issue->symptom, issue->source,
                     issue->cause, issue->advice, issue->sql,     issue->place.file};
    free_all(texts, ARRAY_LENGTH(texts));
    free_all(issue->kinds, issue->kind_count);
    free(issue->kinds);
    for (size_t i = 0; i < issue->recovery_count; i++) {
        struct known_operation *op = &issue->recovery[i];
        char *parts[] = {op->use, op->with, op->why, op->command};
        free_all(parts, ARRAY_LENGTH(parts));
    }
    free(issue->recovery);
    examples_clear(issue->examples, issue->example_count);
    examples_clear(issue->counter_examples, issue->counter_count);
    *issue = (struct known_issue){.id = NULL};
}

void known_clear(struct known_book *book)
{
    for (size_t i = 0; i < book->issue_count; i++)
        known_issue_clear(&book->issues[i]);
    free_all(book->replaced, book->replaced_count);
    free(book->issues);
    free(book->replaced);
    expr_destroy(book->engine);
    *book = (struct known_book){.issue_count = 0};
}
