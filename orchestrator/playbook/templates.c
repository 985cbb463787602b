/*
 * templates.c - the templates in a playbook's arguments: their form, whether what
 * they name exists, and whether it exists in time.
 *
 * A template without a value fails its step on every appliance, in the middle of a
 * window; here it costs one line. Steps may only be named where they have certainly
 * run: a rollback can begin before any change step ended, a baseline look happens
 * before the first one.
 */
#include <stdlib.h>
#include <string.h>

#include "model/render.h"
#include "playbook/playbook_reader.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

struct scope {
    const struct playbook *playbook;
    const char *id;     /* of the operation */
    size_t known_until; /* steps[0 .. known_until) have run, */
    size_t rollback_at; /* and the rollback steps from here to `rollback_until` */
    size_t rollback_until;
    const struct place *place;
    struct problem_list *problems;
    const struct lint_input *input; /* NULL while only the form is checked */
    bool companions;                /* it runs on those too */
};

/* ---- steps ---- */

static long step_index(const struct playbook *playbook, const char *id)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (!strcmp(playbook->steps[i].op.id, id))
            return (long)i;
    }
    return -1;
}

static void complain_unknown_step(struct scope *scope, const char *path, const char *id)
{
    const char *names[PLAYBOOK_STEPS_MAX];
    size_t count = scope->playbook->step_count;
    for (size_t i = 0; i < count; i++)
        names[i] = scope->playbook->steps[i].op.id;
    const char *near = text_nearest(id, names, count);
    problem_error(scope->problems, scope->place, "%s: ${%s}: no step is called %s%s%s%s",
                  scope->id, path, id, near ? " (nearest: " : "", near ? near : "",
                  near ? ")" : "");
}

/* steps.ID.result[...] */
static void look_at_step(struct scope *scope, const char *path)
{
    const char *rest = path + strlen("steps.");
    auto_free char *id = xstrndup(rest, strcspn(rest, "."));
    rest += strlen(id);
    size_t index = (size_t)step_index(scope->playbook, id);
    if (strncmp(rest, ".result", 7) != 0 || (rest[7] && rest[7] != '.'))
        problem_error(scope->problems, scope->place,
                      "%s: ${%s}: a step has a result: write ${steps.%s.result...}",
                      scope->id, path, id);
    else if (index == (size_t)-1)
        complain_unknown_step(scope, path, id);
    else if (index >= scope->known_until &&
             (index < scope->rollback_at || index >= scope->rollback_until))
        problem_error(scope->problems, scope->place,
                      "%s: ${%s}: step %s has not certainly run by then", scope->id, path,
                      id);
}

/* ---- values ---- */

static const json_t *value_at(const json_t *at, const char *path)
{
    while (at && *path) {
        auto_free char *part = xstrndup(path, strcspn(path, "."));
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(part, NULL, 10))
                               : json_object_get(at, part);
        path += strlen(part);
        path += *path == '.';
    }
    return at;
}

static void look_at_var(struct scope *scope, const char *path)
{
    const json_t *vars = scope->input->campaign->vars;
    const char *rest = path + strlen("vars.");
    if (value_at(vars, rest))
        return;
    auto_map struct map names = {0};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)vars, name, value)(void)
        map_intern(&names, name);
    const char *near = text_nearest(rest, (const char *const *)names.keys, names.count);
    problem_error(scope->problems, scope->place,
                  "%s: ${%s}: the campaign's vars have no %s%s%s%s", scope->id, path,
                  rest, near ? " (nearest: " : "", near ? near : "", near ? ")" : "");
}

static void look_at_target(struct scope *scope, const char *path)
{
    const struct lint_input *input = scope->input;
    size_t selected = input->selected_count, count = 0;
    size_t more = scope->companions ? input->companion_count : 0;
    auto_free int *lacking = xcalloc(selected + more + 1, sizeof *lacking);
    if (!strncmp(path, "target.licenses.", 16) && input->fleet->license_pool_count)
        return; /* the plan gives them, and says for whom there is none */
    for (size_t i = 0; i < selected + more; i++) {
        int at = i < selected ? input->selected[i] : input->companions[i - selected];
        const struct appliance *a = &input->fleet->appliances[at];
        if (!value_at(a->doc, path + strlen("target.")))
            lacking[count++] = at;
    }
    if (!count)
        return;
    auto_free char *names = appliance_list(input, lacking, count);
    problem_error(scope->problems, scope->place,
                  "%s: ${%s} has no value for %zu of the selected appliances%s: %s",
                  scope->id, path, count, more ? " and their link groups" : "", names);
}

static int visit(void *data, const char *path, struct slipway_error *err)
{
    struct scope *scope = data;
    (void)err;
    if (!strncmp(path, "steps.", 6)) {
        if (!scope->input)
            look_at_step(scope, path);
    } else if (scope->input && !strncmp(path, "vars.", 5)) {
        look_at_var(scope, path);
    } else if (scope->input) {
        look_at_target(scope, path);
    }
    return 0;
}

/* ---- variables in expressions ---- */

/* Behind `vars`: "->>" or "->" and '$.NAME: where NAME begins, or NULL. */
static const char *json_path_name(const char *text)
{
    text += strspn(text, " \t\r\n");
    if (strncmp(text, "->", 2) != 0)
        return NULL;
    text += text[2] == '>' ? 3 : 2;
    text += strspn(text, " \t\r\n");
    return !strncmp(text, "'$.", 3) ? text + 3 : NULL;
}

static bool is_word_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

/* vars ->> '$.NAME' with a NAME that the campaign lacks is NULL on every appliance. */
static void look_at_expression(struct scope *scope, const char *sql)
{
    for (const char *at = sql; at && (at = strstr(at, "vars")); at += 4) {
        const char *name = json_path_name(at + 4);
        if (!name || (at > sql && is_word_byte(at[-1])))
            continue;
        size_t length = 0;
        while (is_word_byte(name[length]))
            length++;
        auto_free char *variable = xstrndup(name, length);
        if (length && !json_object_get(scope->input->campaign->vars, variable))
            problem_error(scope->problems, scope->place,
                          "%s: the expression asks for the variable %s, which the "
                          "campaign's vars lack",
                          scope->id, variable);
    }
}

/* ---- all operations ---- */

static void lint_operation(struct scope *scope, const struct operation *op,
                           const struct playbook_notes *notes)
{
    struct slipway_error err;
    scope->id = op->id;
    scope->place = operation_place(notes, op->id);
    if (render_scan(op->with, visit, scope, &err) != 0 && !scope->input)
        problem_error(scope->problems, scope->place, "%s: %s", op->id, err.text);
    if (scope->input && op->expect)
        look_at_expression(scope, op->expect);
    if (scope->input && op->value)
        look_at_expression(scope, op->value);
}

static size_t first_of(const struct playbook *playbook, enum phase phase)
{
    size_t at = 0;
    while (at < playbook->step_count && playbook->steps[at].phase < phase)
        at++;
    return at;
}

static void lint_operations(struct scope *scope, const struct playbook_notes *notes)
{
    const struct playbook *playbook = scope->playbook;
    size_t change = first_of(playbook, PHASE_CHANGE);
    size_t rollback = first_of(playbook, PHASE_ROLLBACK);
    scope->companions = true;
    for (size_t i = 0; i < playbook->read_count; i++)
        lint_operation(scope, &playbook->reads[i], notes);
    scope->companions = false;
    for (size_t i = 0; i < playbook->step_count; i++) {
        scope->known_until = i < rollback ? i : change;
        scope->rollback_at = rollback;
        bool undoes = playbook->steps[i].phase == PHASE_ROLLBACK;
        scope->rollback_until = undoes ? i : 0;
        lint_operation(scope, &playbook->steps[i].op, notes);
    }
    scope->rollback_until = 0;
    scope->companions = true;
    for (size_t i = 0; i < playbook->check_count; i++) {
        const struct check *check = &playbook->checks[i];
        bool after_only = check->baseline == BASELINE_IGNORE && check->after_step >= 0;
        scope->known_until = after_only ? (size_t)check->after_step + 1 : change;
        lint_operation(scope, &check->op, notes);
    }
}

void templates_lint(const struct playbook *playbook, const struct playbook_notes *notes,
                    struct problem_list *problems)
{
    struct scope scope = {.playbook = playbook, .problems = problems};
    lint_operations(&scope, notes);
}

void templates_lint_values(const struct lint_input *input, struct problem_list *problems)
{
    struct scope scope = {
        .playbook = input->playbook, .problems = problems, .input = input};
    lint_operations(&scope, input->notes);
}
