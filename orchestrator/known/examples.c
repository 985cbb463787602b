/*
 * examples.c - the examples that every issue carries, tried (known.h: known_test).
 *
 * An example that another issue takes first is a failure too: operators see only the
 * first one.
 */
#include <string.h>

#include "known/internal.h"

static struct known_facts facts_of(const struct known_example *e)
{
    return (struct known_facts){.message = e->message,
                                .step = e->step,
                                .use = e->use,
                                .state = e->state,
                                .kind = e->kind,
                                .version = e->version};
}

static void try_example(const struct known_book *book, const struct known_issue *issue,
                        const struct known_example *example,
                        struct problem_list *problems)
{
    struct known_facts facts = facts_of(example);
    const struct known_issue *first = known_match(book, &facts);
    if (first == issue)
        return;
    if (known_issue_matches(book, issue, &facts))
        problem_error(problems, &example->place,
                      "%s: this example is taken by issue %s (%s:%d), which is asked "
                      "before; make one of them more exact",
                      issue->id, first->id, first->place.file, first->place.line);
    else
        problem_error(problems, &example->place, "%s: this example does not match",
                      issue->id);
}

struct known_result known_test(const struct known_book *book,
                               struct problem_list *problems)
{
    struct known_result result = {0, 0};
    for (size_t i = 0; i < book->issue_count; i++) {
        const struct known_issue *issue = &book->issues[i];
        for (size_t k = 0; k < issue->example_count; k++)
            try_example(book, issue, &issue->examples[k], problems);
        for (size_t k = 0; k < issue->counter_count; k++) {
            struct known_facts facts = facts_of(&issue->counter_examples[k]);
            if (known_issue_matches(book, issue, &facts))
                problem_error(problems, &issue->counter_examples[k].place,
                              "%s: this counter-example matches", issue->id);
        }
        result.examples += issue->example_count;
        result.counter_examples += issue->counter_count;
    }
    return result;
}
