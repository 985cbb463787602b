/* account_json.c - the account for scripts (see account.h). Members are only added. */
#include "report/account.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

static json_t *targets_json(const struct account *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->target_count; i++) {
        const struct account_target *t = &a->targets[i];
        const struct {
            const char *key;
            json_t *value;
        } members[] = {
            {"name", words_json_text(t->name)},
            {"wave", words_json_text(t->wave)},
            {"site", words_json_text(t->site)},
            {"state", json_string(machine_state(&target_machine, (int)t->state))},
            {"since", words_json_time(t->since_ms)},
            {"begun", words_json_time(t->first_ms)},
            {"duration_ms", t->first_ms && t->settled
                                ? json_integer(t->since_ms - t->first_ms)
                                : json_null()},
            {"version_from", words_json_text(t->version_from)},
            {"version_before", words_json_text(t->version_before)},
            {"version_now", words_json_text(t->version_now)},
            {"reason", words_json_text(t->reason)},
            {"retries", json_integer(t->retries)},
        };
        json_t *o = json_object();
        for (size_t k = 0; k < ARRAY_LENGTH(members); k++)
            (void)json_object_set_new(o, members[k].key, members[k].value);
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *failures_json(const struct account *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->failure_count; i++) {
        const struct account_failure *f = &a->failures[i];
        json_t *names = json_array();
        for (size_t k = 0; k < f->name_count; k++)
            (void)json_array_append_new(names, words_json_text(f->names[k]));
        (void)json_array_append_new(list, json_pack("{s:i, s:o, s:o}", "count", f->count,
                                                    "reason", words_json_text(f->reason),
                                                    "first_targets", names));
    }
    return list;
}

static json_t *issues_json(const struct account *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->issue_count; i++) {
        const struct account_issue *issue = &a->issues[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:i, s:i, s:i, s:I}", "id", words_json_text(issue->id),
                      "title", words_json_text(issue->title), "targets", issue->targets,
                      "ended", issue->ended, "cured", issue->cured, "cost_ms",
                      (json_int_t)issue->cost_ms));
    }
    return list;
}

static json_t *steps_json(const struct account *a)
{
    json_t *list = json_array();
    for (size_t i = a->step_count; i-- > 0;) {
        const struct account_step *s = &a->steps[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:i, s:i, s:o, s:o, s:o}", "step", words_json_text(s->step),
                      "done", s->done, "failed", s->failed, "mean_ms",
                      s->done ? json_integer(s->total_ms / s->done) : json_null(),
                      "longest_ms", s->done ? json_integer(s->longest_ms) : json_null(),
                      "longest_target", words_json_text(s->longest_target)));
    }
    return list;
}

static json_t *moves_json(const struct account_move *moves, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o}", "at", words_json_time(moves[i].at_ms),
                            "who", words_json_text(moves[i].who), "what",
                            words_json_text(moves[i].what), "actor",
                            words_json_text(moves[i].actor)));
    return list;
}

/* A document of ours inside another. */
static json_t *parsed(char *text)
{
    auto_free char *owned = text;
    json_t *json = json_loads(owned, 0, NULL);
    return json ? json : json_null();
}

char *account_json(const struct account *a)
{
    struct status_view view = {.status = &a->status, .command = "slipway"};
    auto_json json_t *o =
        json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema_version",
                  ACCOUNT_JSON_SCHEMA, "status", parsed(status_json(&view)), "targets",
                  targets_json(a), "failures", failures_json(a), "steps", steps_json(a),
                  "timeline", moves_json(a->timeline, a->timeline_count), "commands",
                  moves_json(a->commands, a->command_count), "snapshots",
                  parsed(snapshots_json(&a->snapshots)));
    (void)json_object_set_new(o, "known_issues", issues_json(a));
    (void)json_object_set_new(o, "predicted", predicted_json(&a->predicted));
    (void)json_object_set_new(o, "link_groups", links_json(&a->links));
    (void)json_object_set_new(o, "warnings", warned_json(&a->warned));
    (void)json_object_set_new(o, "evidence", kept_json(&a->kept));
    return json_pretty(o);
}
