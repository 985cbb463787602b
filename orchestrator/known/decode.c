/*
 * decode.c - files of playbooks/known-issues/ (known.h: known_load).
 *
 * Patterns are tried on an empty text when they are read, so that a bad one is refused
 * at its place and not in the middle of a night. The files are read last first, because
 * what stands beside us counts before what was installed.
 */
#include <stdlib.h>
#include <string.h>

#include "known/internal.h"
#include "known/tables.h"
#include "playbook/checks.h"
#include "playbook/folder.h"
#include "playbook/paths.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/xalloc.h"

/* ---- match ---- */

static void refuse_pattern(const struct decoder *decoder, const struct yaml_node *node,
                           const char *key, const char *why)
{
    decode_error(decoder, node, "%s: %s", key, why);
}

/* Every item is a pattern that can be used. */
static void check_patterns(const struct reading *r, const struct fields *fields,
                           const char *key, bool regexp)
{
    static const char *const columns[] = {"pattern"};
    const struct yaml_node *list = field_node(fields, key);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next) {
        const char *values[] = {at->text};
        struct slipway_error err;
        struct expr_value value;
        if (at->kind != YAML_SCALAR)
            continue;
        if (strlen(at->text) > KNOWN_PATTERN_MAX)
            refuse_pattern(&r->decoder, at, key, "longer than 256 bytes");
        else if (!regexp)
            continue;
        else if (expr_eval(r->book->engine, "'' REGEXP pattern", columns, values, 1,
                           &value, &err) != 0)
            refuse_pattern(&r->decoder, at, key, err.text);
        else
            expr_value_free(&value);
    }
}

static void check_states(const struct fields *fields, const struct known_condition *c)
{
    static const char *const names[] = {"failed", "rolled_back", "stranded", "parked"};
    for (size_t i = 0; i < c->state_count; i++) {
        bool known = false;
        for (size_t k = 0; k < ARRAY_LENGTH(names); k++)
            known = known || !strcmp(names[k], c->states[i]);
        if (!known)
            decode_error(fields->decoder, field_node(fields, "state"),
                         "state must be of failed, rolled_back, stranded, parked");
    }
}

static void decode_versions(const struct fields *match, struct known_condition *out)
{
    const struct yaml_node *node = field_mapping(match, "versions");
    struct fields fields;
    if (!node || fields_open(match->decoder, node, &table_known_versions, &fields) != 0)
        return;
    out->at_least = field_text(&fields, "at_least");
    out->below = field_text(&fields, "below");
}

/* Alone it must be an expression too, before it stands in brackets with the rest. */
static char *decode_where(const struct reading *r, const struct fields *match)
{
    struct slipway_error err;
    auto_free char *sql = field_text(match, "where");
    if (sql &&
        expr_check(r->book->engine, sql, failure_columns, FAILURE_COLUMNS, &err) != 0)
        decode_error(&r->decoder, field_node(match, "where"), "where: %s", err.text);
    return steal_ptr(&sql);
}

static void decode_condition(const struct reading *r, const struct fields *issue,
                             struct known_condition *out)
{
    const struct yaml_node *node = field_mapping(issue, "match");
    struct fields f;
    if (!node || fields_open(&r->decoder, node, &table_known_match, &f) != 0)
        return;
    const struct {
        const char *key;
        char ***texts;
        size_t *count;
    } lists[] = {
        {"contains", &out->contains, &out->contains_count},
        {"matches", &out->matches, &out->matches_count},
        {"step", &out->steps, &out->step_count},
        {"use", &out->uses, &out->use_count},
        {"state", &out->states, &out->state_count},
        {"kind", &out->kinds, &out->kind_count},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        (void)field_texts(&f, lists[i].key, KNOWN_LIST_MAX, lists[i].texts,
                          lists[i].count);
        check_patterns(r, &f, lists[i].key, !strcmp(lists[i].key, "matches"));
    }
    check_states(&f, out);
    decode_versions(&f, out);
    out->where = decode_where(r, &f);
    if (!out->contains_count && !out->matches_count && !out->where)
        decode_error(&r->decoder, node,
                     "match needs contains, matches or where: the rest alone says "
                     "nothing of a failure");
}

static char *decode_sql(const struct reading *r, const struct fields *issue,
                        struct known_issue *out)
{
    struct known_condition condition = {.contains_count = 0};
    struct slipway_error err;
    size_t before = r->decoder.problems->errors;
    decode_condition(r, issue, &condition);
    auto_free char *sql = known_condition_sql(&condition);
    /* each part is good; together they may still be too much */
    if (r->decoder.problems->errors == before && field_node(issue, "match") &&
        expr_check(r->book->engine, sql, failure_columns, FAILURE_COLUMNS, &err) != 0)
        decode_error(&r->decoder, field_node(issue, "match"), "match: %s", err.text);
    out->kinds = steal_ptr(&condition.kinds);
    out->kind_count = condition.kind_count;
    condition.kind_count = 0;
    known_condition_clear(&condition);
    return steal_ptr(&sql);
}

/* ---- examples ---- */

/* A text, or a mapping that says more. */
static bool decode_example(const struct reading *r, const struct yaml_node *node,
                           struct known_example *out)
{
    struct fields fields;
    struct known_example e = {.message = NULL};
    if (node->kind == YAML_SCALAR) {
        e.message = xstrdup_null(decode_text(&r->decoder, node, "an example"));
    } else if (fields_open(&r->decoder, node, &table_known_example, &fields) == 0) {
        e.message = field_text(&fields, "message");
        e.step = field_text(&fields, "step");
        e.use = field_text(&fields, "use");
        e.state = field_text(&fields, "state");
        e.kind = field_text(&fields, "kind");
        e.version = field_text(&fields, "version");
    }
    if (!e.message) /* it was complained about; an empty one fails no test */
        e.message = xstrdup("");
    e.place = decode_place(&r->decoder, node);
    *out = e;
    return true;
}

static size_t decode_examples(const struct reading *r, const struct fields *fields,
                              const char *key, struct known_example **out)
{
    const struct yaml_node *list = field_list(fields, key, KNOWN_EXAMPLES_MAX);
    size_t count = 0;
    if (!list)
        return 0;
    *out = xcalloc(list->count + 1, sizeof **out);
    for (const struct yaml_node *at = list->first; at; at = at->next)
        count += decode_example(r, at, &(*out)[count]);
    if (!count)
        decode_error(fields->decoder, list, "%s has no item", key);
    return count;
}

/* ---- issues ---- */

/* Keep it, unless a file that counts more has the id, or this one twice. */
static void keep_issue(struct reading *r, struct known_issue *issue)
{
    struct known_book *book = r->book;
    const struct known_issue *old = issue->id ? known_find(book, issue->id) : NULL;
    if (!old && issue->id) {
        *vec_push(book->issues, book->issue_count, book->issue_room) = *issue;
        return;
    }
    if (old && !strcmp(old->place.file, issue->place.file))
        problem_error(r->decoder.problems, &issue->place,
                      "issue %s is there already, on line %d", issue->id,
                      old->place.line);
    else if (old)
        *vec_push(book->replaced, book->replaced_count, book->replaced_room) =
            xasprintf("%s:%d replaces issue %s of %s:%d", old->place.file,
                      old->place.line, issue->id, issue->place.file, issue->place.line);
    known_issue_clear(issue);
}

static char *text_or_empty(const struct fields *fields, const char *key)
{
    char *text = field_text(fields, key);
    return text ? text : xstrdup("");
}

static void decode_issue(struct reading *r, const struct yaml_node *node)
{
    static const char *const severities[] = {"block", "warn"};
    static const struct choice choice = {severity_from, severities, 2};
    struct fields fields;
    struct known_issue issue = {.id = NULL};
    int severity = SEVERITY_BLOCK;
    if (fields_open(&r->decoder, node, &table_known_issue, &fields) != 0)
        return;
    issue.id = field_text(&fields, "id");
    if (issue.id && !check_word(issue.id))
        decode_error(&r->decoder, field_node(&fields, "id"),
                     "id must be made of letters, digits, _ and -, at most 64");
    issue.title = text_or_empty(&fields, "title");
    issue.symptom = text_or_empty(&fields, "symptom");
    issue.source = text_or_empty(&fields, "source");
    issue.cause = text_or_empty(&fields, "cause");
    issue.advice = text_or_empty(&fields, "advice");
    (void)field_choice(&fields, "severity", &choice, &severity);
    issue.severity = (enum failure_severity)severity;
    issue.sql = decode_sql(r, &fields, &issue);
    recovery_decode(r, &fields, &issue);
    issue.example_count = decode_examples(r, &fields, "examples", &issue.examples);
    issue.counter_count =
        decode_examples(r, &fields, "counter_examples", &issue.counter_examples);
    issue.place = decode_place(&r->decoder, node);
    keep_issue(r, &issue);
}

/* ---- files ---- */

static void read_file_of_issues(const char *path, struct reading *r)
{
    struct slipway_error err;
    struct fields fields;
    auto_free char *folder = path_folder(path, &err);
    if (!folder) {
        problem_add(r->decoder.problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return;
    }
    auto_yaml struct yaml_document *document = yaml_read(path, r->decoder.problems);
    r->decoder.file = path;
    r->decoder.base_dir = folder;
    if (!document ||
        fields_open(&r->decoder, document->root, &table_known_issues, &fields) != 0)
        return;
    const struct yaml_node *list = field_list(&fields, "known_issues", KNOWN_ISSUES_MAX);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode_issue(r, at);
}

int known_load(char *const *paths, size_t count,
               const struct operation_catalogue *operations, struct known_book *out,
               struct problem_list *problems)
{
    size_t before = problems->errors;
    struct slipway_error err = {""};
    struct reading r = {
        .decoder = {.problems = problems}, .operations = operations, .book = out};
    *out = (struct known_book){.engine = expr_create(&err)};
    if (!out->engine)
        problem_add(problems, PROBLEM_ERROR, "known issues", 0, 0, "%s", err.text);
    for (size_t i = count; out->engine && i-- > 0;)
        read_file_of_issues(paths[i], &r);
    if (problems->errors == before)
        return 0;
    known_clear(out);
    return -1;
}

int known_load_all(const struct operation_catalogue *operations, struct known_book *out,
                   struct problem_list *problems)
{
    size_t count = 0;
    char **paths = folder_yaml_files("playbooks/known-issues", &count);
    int code = known_load(paths, count, operations, out, problems);
    folder_free(paths, count);
    return code;
}
