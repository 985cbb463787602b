/*
 * cmd_report.c - slipway report: the account of a campaign. Reads only; the page and the
 * schedule come from the plan that the campaign pinned and from what happened since.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/issue_shelf.h"
#include "cli/verbs.h"
#include "cli/page_file.h"
#include "cli/page_forecast.h"
#include "loop/clock.h"
#include "plan/planner.h"
#include "report/account.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN, FORMAT_CSV, FORMAT_COUNT };

static int choose_format(const struct cli *cli, enum format *out)
{
    static const char *const names[FORMAT_COUNT] = {"text", "json", "markdown", "csv"};
    const char *text = cli_option(cli, "format");
    char clean[80];
    *out = cli->json                   ? FORMAT_JSON
           : cli_flag(cli, "markdown") ? FORMAT_MARKDOWN
           : cli_flag(cli, "csv")      ? FORMAT_CSV
                                       : FORMAT_TEXT;
    for (int i = 0; text && i < FORMAT_COUNT; i++) {
        if (!strcmp(names[i], text)) {
            *out = (enum format)i;
            return EXIT_DONE;
        }
    }
    return text ? cli_fail(cli, EXIT_USAGE,
                           "--format is text, json, markdown or csv, and not %s",
                           text_clean(text, clean, sizeof clean))
                : EXIT_DONE;
}

static void render(const struct page_view *view, enum format format, bool colour,
                   struct buf *out)
{
    auto_document struct document document = {.count = 0};
    if (format == FORMAT_JSON) {
        auto_free char *account = account_json(view->account);
        auto_json json_t *json =
            json_parse(account, strlen(account), JSON_BYTES_MAX, NULL);
        (void)json_object_set_new(json, "schedule", page_schedule(view));
        auto_free char *text = json_canonical(json);
        buf_addf(out, "%s\n", text);
    } else if (format == FORMAT_MARKDOWN) {
        page_markdown(view, out);
    } else if (format == FORMAT_CSV) {
        page_csv(view, out);
    } else {
        account_document(view->account, &document);
        document_text(&document, colour, out);
    }
}

/* The plan as the campaign pinned it. */
static int load_plan(struct cli *cli, struct store *store, int64_t campaign,
                     struct plan **plan)
{
    struct slipway_error err = {""};
    auto_free char *text = NULL;
    size_t length = 0;
    int code = store_plan(store, campaign, &text, &length, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    if (plan_from_json(text, length, plan, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    return EXIT_DONE;
}

static int print_report(struct cli *cli, const struct page_view *view, enum format format)
{
    const char *path = cli_option(cli, "out");
    auto_buf struct buf out = {0};
    int code = page_file_html(cli, view);
    /* --html alone asks for nothing else */
    if (code || (cli_option(cli, "html") && format == FORMAT_TEXT && !path))
        return code;
    render(view, format, cli->colour && !path, &out);
    return path ? page_file_write(cli, path, &out) : cli_print(cli, buf_text(&out));
}

static int report(struct cli *cli, struct store *store, int64_t campaign,
                  enum format format)
{
    struct slipway_error err = {""};
    auto_account struct account account = {.target_count = 0};
    auto_page_courses struct page_courses courses = {.count = 0};
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = NULL;
    char self[512];
    struct page_view view = {.notes = &notes, .account = &account, .courses = &courses};
    int code = load_plan(cli, store, campaign, &plan);
    if (code)
        return code;
    page_file_view(cli, self, sizeof self, &view);
    code = account_load(store, campaign, cli->state_dir, view.now_ms, &account, &err);
    auto_issue_shelf struct issue_shelf shelf = {.store = store, .campaign = campaign};
    if (!code)
        code = account_find_issues(store, campaign, issue_shelf_open(&shelf), &account,
                                   &err);
    plan_facts_of(plan, 0, &notes.facts);
    if (!code)
        code = links_load(store, campaign, plan, &notes.facts, &account.links, &err);
    if (!code)
        code = warned_load(store, campaign, plan, &account.warned, &err);
    if (!code)
        code = page_courses_load(store, campaign, plan->target_count, &courses, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    auto_forecast struct forecast forecast = {.targets = 0};
    bool made = false;
    code = page_forecast_make(cli, NULL, &forecast, &made);
    if (code)
        return code;
    view.forecast = made ? &forecast : NULL;
    auto_free char *again =
        xasprintf("%s report --html FILE%s", self, made ? " --forecast" : "");
    view.plan = plan;
    view.again = again;
    return print_report(cli, &view, format);
}

static int run(struct cli *cli)
{
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    enum format format;
    int code = choose_format(cli, &format);
    if (!code)
        code = cli_open_reader(cli, &store, &campaign);
    return code ? code : report(cli, store, campaign.id, format);
}

static const struct cli_option options[] = {
    {"format", "FORMAT", "text (default), json, markdown or csv", false},
    {"html", "FILE", "write it there as one page that needs nothing else", false},
    {"forecast", NULL, "with --html: also when it will be over from where it stands",
     false},
    {"markdown", NULL, "the same as --format markdown", false},
    {"csv", NULL, "the timetable, one line per target; the same as --format csv", false},
    {"out", "FILE", "write it there instead of to stdout", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_report = {
    .name = "report",
    .summary = "the account of a campaign: who, when, how long, why not",
    .arguments = "",
    .description = "Tells a finished or running campaign: summary, waves, timeline, "
                   "failures grouped by\n"
                   "reason, how long effects took, snapshots left, who did what, and "
                   "every target with its\n"
                   "versions before and after.",
    .example = "  slipway report\n"
               "  slipway report --html account.html\n"
               "  slipway report --format markdown --out account.md",
    .options = options,
    .run = run,
};
