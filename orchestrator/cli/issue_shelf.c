/*
 * issue_shelf.c - see issue_shelf.h.
 *
 * Rows do not tell the kind of an appliance, the plan does. It is decoded only when a
 * failure looks like an issue that is for some kinds only, because a plan of 10,000
 * targets takes a while.
 */
#include "cli/issue_shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

static void read_plan(struct issue_shelf *shelf)
{
    struct slipway_error err;
    auto_free char *text = NULL;
    size_t length = 0;
    shelf->plan_asked = true;
    if (!store_plan(shelf->store, shelf->campaign, &text, &length, &err))
        (void)plan_from_json(text, length, &shelf->plan, &err);
}

/* NULL if it is not known. The caller's. */
static char *kind_of(struct issue_shelf *shelf, const char *target)
{
    if (!shelf->plan_asked)
        read_plan(shelf);
    int index = shelf->plan && target ? plan_target_index(shelf->plan, target) : -1;
    if (index < 0)
        return NULL;
    const char *doc = shelf->plan->targets[index].doc;
    auto_json json_t *json = json_parse(doc, strlen(doc), JSON_BYTES_MAX, NULL);
    return xstrdup_null(json_text(json, "kind"));
}

static void take_commands(struct issue_shelf *shelf, const struct known_issue *issue)
{
    for (size_t i = 0; i < KNOWN_RECOVERY_MAX; i++) {
        free(shelf->commands[i]);
        shelf->commands[i] = NULL;
    }
    for (size_t i = 0; i < issue->recovery_count; i++) {
        const struct known_operation *op = &issue->recovery[i];
        shelf->commands[i] = *op->why ? xasprintf("%s   # %s", op->command, op->why)
                                      : xstrdup(op->command);
    }
}

static bool find(void *data, const struct issue_facts *facts, struct issue_note *out)
{
    struct issue_shelf *shelf = data;
    struct known_facts known = {.message = facts->message,
                                .step = facts->step,
                                .use = facts->use,
                                .state = facts->state,
                                .version = facts->version};
    const struct known_issue *issue = known_match(&shelf->book, &known);
    auto_free char *kind =
        issue && issue->kind_count ? kind_of(shelf, facts->target) : NULL;
    if (kind) {
        known.kind = kind;
        issue = known_match(&shelf->book, &known);
    }
    if (!issue)
        return false;
    take_commands(shelf, issue);
    *out = (struct issue_note){.id = issue->id,
                               .title = issue->title,
                               .severity = severity_name(issue->severity),
                               .source = issue->source,
                               .cause = issue->cause,
                               .advice = issue->advice,
                               .commands = shelf->commands,
                               .command_count = issue->recovery_count};
    return true;
}

const struct issue_book *issue_shelf_open(struct issue_shelf *shelf)
{
    auto_problems struct problem_list problems = {0};
    if (known_load_all(NULL, &shelf->book, &problems)) {
        (void)fprintf(stderr,
                      "slipway: the files of known issues have %zu error%s, so none is "
                      "shown; see: slipway known-issues test\n",
                      problems.errors, problems.errors == 1 ? "" : "s");
        return NULL;
    }
    shelf->face = (struct issue_book){find, shelf};
    return &shelf->face;
}

void issue_shelf_close(struct issue_shelf *shelf)
{
    for (size_t i = 0; i < KNOWN_RECOVERY_MAX; i++)
        free(shelf->commands[i]);
    known_clear(&shelf->book);
    plan_free(shelf->plan);
}
