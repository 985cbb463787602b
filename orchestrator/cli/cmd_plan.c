/*
 * cmd_plan.c - slipway plan: work the campaign out, pin it, show it.
 *
 * Nothing is changed anywhere but the plan file in the state directory, which is
 * replaced as a whole; with --probe appliances are asked with reads only.
 */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/zone.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/inputs.h"
#include "cli/linked.h"
#include "cli/inputs_after.h"
#include "cli/page_file.h"
#include "cli/page_forecast.h"
#include "cli/plan_file.h"
#include "cli/plan_slots.h"
#include "cli/probe.h"
#include "cli/versions.h"
#include "report/plan_text.h"
#include "report/words.h"
#include "util/auto.h"

/* The plan that this one takes the place of: where it will be written. One that cannot be
   read, or is of another campaign, is none. */
static struct plan *previous_plan(struct cli *cli, const char *campaign)
{
    struct slipway_error err = {""};
    auto_plan struct plan *plan = NULL;
    auto_free char *text = NULL;
    size_t length = 0;
    if (cli_flag(cli, "fresh"))
        return NULL;
    text = plan_file_peek(cli, cli_option(cli, "out"), &length);
    if (!text || plan_from_json(text, length, &plan, &err) ||
        strcmp(plan->campaign, campaign) != 0)
        return NULL;
    return steal_ptr(&plan);
}

static int make_plan(struct cli *cli, struct inputs *inputs, struct plugins *plugins,
                     struct plan **plan, struct plan_notes *notes)
{
    auto_plan struct plan *previous = previous_plan(cli, inputs->campaign.name);
    int code = inputs_plan(cli, inputs, plugins, previous, plan, notes);
    if (!code)
        plan_slots_reserve(*plan, previous, notes);
    if (!code) {
        after_note(inputs, notes);
        versions_note(inputs, notes);
        linked_note(inputs, *plan, notes);
    }
    return code;
}

/* --html and --csv: what they say comes from the same plan that is pinned. */
static int write_pages(struct cli *cli, struct plan *plan, const struct plan_notes *notes,
                       const char *path)
{
    char self[512];
    const char *csv = cli_option(cli, "csv"), *html = cli_option(cli, "html");
    struct page_view view = {.plan = plan, .notes = notes, .plan_file = path};
    auto_buf struct buf again = {0}, out = {0};
    auto_forecast struct forecast forecast = {.targets = 0};
    bool made = false;
    int code = page_forecast_make(cli, plan, &forecast, &made);
    if (code || (!csv && !html))
        return code;
    view.forecast = made ? &forecast : NULL;
    page_file_view(cli, self, sizeof self, &view);
    buf_addf(&again, "%s plan ", view.command);
    words_quoted(&again, cli->arguments[0]);
    if (html) {
        buf_adds(&again, " --html ");
        words_quoted(&again, html);
    }
    if (made)
        buf_adds(&again, " --forecast");
    view.again = buf_text(&again);
    code = page_file_html(cli, &view);
    if (code || !csv)
        return code;
    page_csv(&view, &out);
    return page_file_write(cli, csv, &out);
}

static int print_plan(struct cli *cli, struct plan *plan, const struct plan_notes *notes,
                      const char *path)
{
    char self[512];
    struct plan_view view = {
        .plan = plan,
        .notes = notes,
        .local = zone_local,
        .colour = cli->colour,
        .full = cli_flag(cli, "full"),
        .command = path ? cli_command(cli, self, sizeof self) : NULL,
        .pinned = path,
        .elsewhere = cli_flag(cli, "out"),
    };
    auto_buf struct buf out = {0};
    if (cli->json) {
        auto_free char *json = plan_summary_json(&view);
        buf_addf(&out, "%s\n", json);
    } else if (cli_flag(cli, "markdown")) {
        plan_markdown(&view, &out);
    } else {
        plan_text(&view, &out);
    }
    return cli_print(cli, buf_text(&out));
}

static int plan_loaded(struct cli *cli, struct inputs *inputs, struct plugins *plugins)
{
    auto_plan struct plan *plan = NULL;
    auto_plan_notes struct plan_notes notes = {0};
    auto_free char *path = NULL;
    int code = make_plan(cli, inputs, plugins, &plan, &notes);
    if (!code && cli_flag(cli, "probe"))
        code = probe_plan(cli, plan, plugins, &notes);
    if (!code && !cli_flag(cli, "no-save"))
        code = plan_file_save(cli, plan, cli_option(cli, "out"), &path);
    if (!code)
        code = write_pages(cli, plan, &notes, path);
    if (!code)
        code = print_plan(cli, plan, &notes, path);
    if (!code && cli_flag(cli, "detailed-exitcode") && plan->target_count)
        return EXIT_CHANGES;
    return code;
}

/* Nobody is selected, or all of them are left out: say why. */
static int nothing_to_do(struct cli *cli, const struct inputs *inputs)
{
    auto_plan_notes struct plan_notes notes = {0};
    after_note(inputs, &notes);
    versions_note(inputs, &notes);
    linked_note(inputs, NULL, &notes);
    for (size_t i = 0; i < notes.count; i++)
        (void)cli_fail(cli, EXIT_DONE, "%s", notes.items[i].text);
    if (!inputs->out_count)
        return cli_fail(cli, EXIT_DONE,
                        "the selector chooses no appliance: nothing to do");
    return cli_fail(cli, EXIT_DONE,
                    "all %zu selected appliances are left out: nothing to do",
                    inputs->out_count);
}

static int run(struct cli *cli)
{
    struct plugins *plugins = NULL;
    struct inputs inputs = {0};
    /* a short life on many small pieces: to give pages back and ask for them again
       would take a tenth of it */
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    (void)mallopt(M_TOP_PAD, 16 * 1024 * 1024);
    int code = cli_plugins(cli, &plugins);
    if (code)
        return code;
    code =
        inputs_load(cli, cli->arguments[0], cli_option(cli, "fleet"), plugins, &inputs);
    inputs_print_problems(&inputs);
    inputs.no_recoveries = cli_flag(cli, "no-recoveries");
    if (!code && !inputs.selected_count)
        code = nothing_to_do(cli, &inputs);
    else if (!code)
        code = plan_loaded(cli, &inputs, plugins);
    inputs_clear(&inputs);
    plugins_free(plugins);
    return code;
}

static const struct cli_option options[] = {
    {"fleet", "FILE",
     "the fleet (default: the campaign's, fleet.yaml beside it, or the "
     "imported inventory)",
     false},
    {"probe", NULL, "ask the appliances too, with reads only", false},
    {"out", "FILE", "where the pinned plan goes (default: in the state directory)",
     false},
    {"no-save", NULL, "only show it", false},
    {"fresh", NULL, "forget the plan before: waves and slots are laid anew", false},
    {"no-recoveries", NULL, "run no recovery of a known issue by itself", false},
    {"full", NULL, "list every target", false},
    {"markdown", NULL, "print Markdown, for a ticket", false},
    {"html", "FILE", "write the dry-run report there: one page that needs nothing else",
     false},
    {"forecast", NULL, "with --html: also when it will be over, and what binds", false},
    {"csv", "FILE", "write the timetable there, for a spreadsheet", false},
    {"detailed-exitcode", NULL, "exit 2 if the plan would change something", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_plan = {
    .name = "plan",
    .summary = "work out who goes when, pin it, show it; changes nothing",
    .arguments = "CAMPAIGN.yaml",
    .arguments_min = 1,
    .arguments_max = 1,
    .description = "Reads the campaign, its fleet and its playbook, chooses the targets, "
                   "packs them into\n"
                   "waves and shows what will happen: waves and their order, the "
                   "arithmetic of the failure\n"
                   "budgets, blast radius at its peak, snapshots it will take, and "
                   "everything that would\n"
                   "stop it. The plan is written with its digest; `slipway run` executes "
                   "exactly that.",
    .example = "  slipway plan campaign.yaml\n"
               "  slipway plan campaign.yaml --probe --markdown > ticket.md\n"
               "  slipway plan campaign.yaml --html report.html --forecast --csv "
               "timetable.csv",
    .options = options,
    .run = run,
};
