/*
 * cmd_known_issues.c - slipway known-issues: what has been seen before, and whether the
 * files that say so are right. Reads only, and needs no state.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/verbs.h"
#include "known/known.h"
#include "report/issues.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define KNOWN_JSON_SCHEMA 1

static void print_problems(struct problem_list *problems)
{
    auto_free char *text = problems_text(problems);
    (void)fputs(text, stderr);
}

/* The files of `path` (NULL: all that are found). */
static int load(struct cli *cli, const char *path, struct plugins *plugins,
                struct known_book *out)
{
    auto_problems struct problem_list problems = {0};
    struct operation_catalogue operations = inputs_catalogue(plugins);
    char *paths[] = {(char *)(uintptr_t)path};
    int code = path ? known_load(paths, 1, &operations, out, &problems)
                    : known_load_all(&operations, out, &problems);
    print_problems(&problems);
    return code ? cli_fail(cli, EXIT_ERROR, "%zu error%s in the files of known issues",
                           problems.errors, problems.errors == 1 ? "" : "s")
                : EXIT_DONE;
}

/* ---- list ---- */

static json_t *safe(const char *text)
{
    return text && *text ? words_json_text(text) : json_null();
}

static json_t *brief_json(const struct known_issue *issue)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:i}", "id", safe(issue->id), "title",
                     safe(issue->title), "severity", severity_name(issue->severity),
                     "source", safe(issue->source), "file", safe(issue->place.file),
                     "line", issue->place.line);
}

static int list(struct cli *cli, const struct known_book *book)
{
    static const char *const heads[] = {"issue", "severity", "title", "source"};
    auto_table struct table table = {.columns = ARRAY_LENGTH(heads)};
    auto_buf struct buf out = {0};
    struct layout layout = {&out, cli->colour};
    json_t *json = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < book->issue_count; i++) {
        const struct known_issue *issue = &book->issues[i];
        (void)json_array_append_new(json, brief_json(issue));
        table_add(&table, issue->id);
        table_add(&table, severity_name(issue->severity));
        table_add(&table, issue->title);
        table_add(&table, issue->source);
    }
    if (cli->json)
        return cli_print_json(cli, KNOWN_JSON_SCHEMA, "issues", json);
    json_decref(json);
    table_write(&table, 0, table_rows(&table), "", &layout);
    buf_addf(&out, "\n%zu known issue%s\n", book->issue_count,
             book->issue_count == 1 ? "" : "s");
    for (size_t i = 0; i < book->replaced_count; i++)
        layout_paragraph(&layout, "! ", COLOUR_NONE, book->replaced[i]);
    return cli_print(cli, buf_text(&out));
}

/* ---- show ---- */

static void labelled(const struct layout *layout, const char *label, const char *text)
{
    char lead[32];
    (void)snprintf(lead, sizeof lead, "  %-12s", label);
    if (text && *text)
        layout_paragraph(layout, lead, COLOUR_NONE, text);
}

static void write_recovery(const struct known_issue *issue, const struct layout *layout)
{
    if (!issue->recovery_count)
        return;
    if (issue->at_most) {
        auto_free char *heading = xasprintf(
            "Recovery: slipway runs it before a failed step of %s is tried again, "
            "at most %d time%s for each target",
            issue->phases == 1u << PHASE_PREPARE  ? "prepare"
            : issue->phases == 1u << PHASE_CHANGE ? "change"
                                                  : "prepare or change",
            issue->at_most, issue->at_most == 1 ? "" : "s");
        layout_heading(layout, heading);
    } else {
        layout_heading(layout, "Recovery, by hand: slipway does not run it");
    }
    for (size_t i = 0; i < issue->recovery_count; i++) {
        const struct known_operation *op = &issue->recovery[i];
        auto_free char *line = *op->why ? xasprintf("%s   # %s", op->command, op->why)
                                        : xstrdup(op->command);
        layout_line(layout, "  ", COLOUR_NONE, line);
    }
}

static void write_examples(const char *heading, const struct known_example *examples,
                           size_t count, const struct layout *layout)
{
    if (count)
        layout_heading(layout, heading);
    for (size_t i = 0; i < count; i++)
        layout_paragraph(layout, "  - ", COLOUR_NONE, examples[i].message);
}

static void write_issue(const struct known_issue *issue, const struct layout *layout)
{
    auto_free char *head = xasprintf("%s: %s", issue->id, issue->title);
    auto_free char *place = xasprintf("%s:%d", issue->place.file, issue->place.line);
    layout_paragraph(layout, "", COLOUR_BOLD, head);
    labelled(layout, "severity", severity_name(issue->severity));
    labelled(layout, "symptom", issue->symptom);
    labelled(layout, "cause", issue->cause);
    labelled(layout, "do", issue->advice);
    labelled(layout, "source", issue->source);
    labelled(layout, "from", place);
    labelled(layout, "matches if", issue->sql);
    write_recovery(issue, layout);
    write_examples("Examples", issue->examples, issue->example_count, layout);
}

static json_t *recovery_json(const struct known_issue *issue)
{
    json_t *list_of = json_array();
    for (size_t i = 0; i < issue->recovery_count; i++) {
        const struct known_operation *op = &issue->recovery[i];
        json_t *with = json_parse(op->with, strlen(op->with), JSON_BYTES_MAX, NULL);
        (void)json_array_append_new(
            list_of, json_pack("{s:o, s:o, s:o, s:o}", "use", safe(op->use), "with",
                               with ? with : json_null(), "why", safe(op->why), "command",
                               safe(op->command)));
    }
    return list_of;
}

static json_t *whole_json(const struct known_issue *issue)
{
    json_t *o = brief_json(issue);
    (void)json_object_set_new(o, "symptom", safe(issue->symptom));
    (void)json_object_set_new(o, "cause", safe(issue->cause));
    (void)json_object_set_new(o, "advice", safe(issue->advice));
    (void)json_object_set_new(o, "condition", safe(issue->sql));
    (void)json_object_set_new(o, "recovery", recovery_json(issue));
    (void)json_object_set_new(o, "run",
                              json_string(issue->at_most ? "automatic" : "by_hand"));
    (void)json_object_set_new(o, "at_most", json_integer(issue->at_most));
    return o;
}

static int show(struct cli *cli, const struct known_book *book, const char *id)
{
    const struct known_issue *issue = known_find(book, id);
    auto_buf struct buf out = {0};
    struct layout layout = {&out, cli->colour};
    char clean[128];
    if (!issue) {
        auto_free const char **ids = xcalloc(book->issue_count + 1, sizeof *ids);
        for (size_t i = 0; i < book->issue_count; i++)
            ids[i] = book->issues[i].id;
        const char *near = text_nearest(id, ids, book->issue_count);
        return cli_fail(cli, EXIT_ERROR,
                        "no known issue %s%s%s; all of them: slipway "
                        "known-issues list",
                        text_clean(id, clean, sizeof clean),
                        near ? ", did you mean " : "", near ? near : "");
    }
    if (cli->json)
        return cli_print_json(cli, KNOWN_JSON_SCHEMA, "issue", whole_json(issue));
    write_issue(issue, &layout);
    return cli_print(cli, buf_text(&out));
}

/* ---- test ---- */

/* Which issue would be shown for this message? */
static int test_message(struct cli *cli, const struct known_book *book)
{
    struct known_facts facts = {.message = cli_option(cli, "message"),
                                .step = cli_option(cli, "step"),
                                .use = cli_option(cli, "use"),
                                .state = cli_option(cli, "state"),
                                .kind = cli_option(cli, "kind"),
                                .version = cli_option(cli, "version")};
    const struct known_issue *issue = known_match(book, &facts);
    auto_buf struct buf out = {0};
    struct layout layout = {&out, cli->colour};
    if (!issue)
        return cli_fail(cli, EXIT_ERROR, "no known issue matches this message");
    if (cli->json)
        return cli_print_json(cli, KNOWN_JSON_SCHEMA, "issue", whole_json(issue));
    write_issue(issue, &layout);
    return cli_print(cli, buf_text(&out));
}

static int test_examples(struct cli *cli, const struct known_book *book)
{
    auto_problems struct problem_list problems = {0};
    struct known_result result = known_test(book, &problems);
    auto_buf struct buf out = {0};
    int code;
    if (cli->json) {
        auto_json json_t *doc = json_pack(
            "{s:i, s:I, s:I, s:I, s:o}", "schema_version", KNOWN_JSON_SCHEMA, "issues",
            (json_int_t)book->issue_count, "examples", (json_int_t)result.examples,
            "counter_examples", (json_int_t)result.counter_examples, "problems",
            problems_json(&problems));
        auto_free char *text = json_pretty(doc);
        buf_addf(&out, "%s\n", text);
    } else {
        auto_free char *text = problems_text(&problems);
        buf_addf(&out,
                 "%s%zu issues, %zu examples, %zu counter-examples, %zu of them wrong\n",
                 text, book->issue_count, result.examples, result.counter_examples,
                 problems.errors);
    }
    code = cli_print(cli, buf_text(&out));
    return code || !problems.errors ? code : EXIT_ERROR;
}

/* ---- the verb ---- */

static const char *const test_options[] = {"message", "step", "use",
                                           "state",   "kind", "version"};

static int check_options(struct cli *cli, bool testing)
{
    for (size_t i = 0; i < ARRAY_LENGTH(test_options); i++) {
        if (!cli_option(cli, test_options[i]))
            continue;
        if (!testing)
            return cli_fail(cli, EXIT_USAGE, "only known-issues test takes --%s",
                            test_options[i]);
        if (!cli_option(cli, "message"))
            return cli_fail(cli, EXIT_USAGE, "--%s goes with --message TEXT",
                            test_options[i]);
    }
    return EXIT_DONE;
}

static int run_word(struct cli *cli, const struct known_book *book)
{
    const char *word = cli->arguments[0];
    if (!strcmp(word, "list"))
        return list(cli, book);
    if (!strcmp(word, "show"))
        return show(cli, book, cli->arguments[1]);
    return cli_option(cli, "message") ? test_message(cli, book)
                                      : test_examples(cli, book);
}

static int check_words(struct cli *cli)
{
    static const char *const words[] = {"list", "show", "test"};
    static const int least[] = {1, 2, 1}, most[] = {1, 2, 2};
    const char *word = cli->arguments[0];
    char clean[128];
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        if (cli->argument_count < least[i] || cli->argument_count > most[i])
            return cli_fail(cli, EXIT_USAGE,
                            "known-issues %s takes %s; see: slipway known-issues --help",
                            word,
                            i == 0   ? "no argument"
                            : i == 1 ? "one ID"
                                     : "one FILE");
        return check_options(cli, i == 2);
    }
    const char *near = text_nearest(word, words, ARRAY_LENGTH(words));
    return cli_fail(cli, EXIT_USAGE,
                    "known-issues has no %s%s%s; see: slipway known-issues --help",
                    text_clean(word, clean, sizeof clean), near ? ", did you mean " : "",
                    near ? near : "");
}

static int run(struct cli *cli)
{
    auto_known struct known_book book = {.issue_count = 0};
    struct plugins *plugins = NULL;
    bool one_file = cli->argument_count == 2 && !strcmp(cli->arguments[0], "test");
    int code = check_words(cli);
    if (!code)
        code = cli_plugins(cli, &plugins);
    if (!code)
        code = load(cli, one_file ? cli->arguments[1] : NULL, plugins, &book);
    if (!code)
        code = run_word(cli, &book);
    plugins_free(plugins);
    return code;
}

static const struct cli_option options[] = {
    {"message", "TEXT", "test: which issue is shown for this failure?", false},
    {"step", "ID", "test: of this step or check", false},
    {"use", "OPERATION", "test: of this operation, such as ssh.job", false},
    {"state", "STATE", "test: of a target in this state", false},
    {"kind", "KIND", "test: of an appliance of this kind", false},
    {"version", "VERSION", "test: that had this version", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_known_issues = {
    .name = "known-issues",
    .summary = "failures that were seen before: their causes, and what to do",
    .arguments = "list | show ID | test [FILE]",
    .arguments_min = 1,
    .arguments_max = 2,
    .description =
        "list  shows all that are installed and those of ./playbooks/known-issues\n"
        "show  shows one whole, with the recovery that an operator may type\n"
        "test  tries the examples of all, or of one FILE: each must match its own issue, "
        "before\n"
        "      any other, and no counter-example may; exits 1 if one does not. With "
        "--message it\n"
        "      says which issue would be shown, and exits 1 if none. What is not given "
        "is "
        "not known.",
    .example = "  slipway known-issues show root-password-expired\n"
               "  slipway known-issues test playbooks/known-issues/ours.yaml\n"
               "  slipway known-issues test --message 'Manifest verification failed'",
    .options = options,
    .run = run,
};
