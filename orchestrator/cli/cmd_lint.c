/*
 * cmd_lint.c - slipway lint: every mistake of the files that people write, at once.
 *
 * Each file is recognised by its keys. A campaign is read with its fleet and its
 * playbook, as `plan` would, because most mistakes are between the files. What is
 * found twice, because a playbook is named and used by a campaign too, is told once.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/verbs.h"
#include "playbook/recognise.h"
#include "report/lint.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

struct lint {
    struct cli *cli;
    struct plugins *plugins;
    struct problem_list problems;
    struct lint_file files[CLI_ARGUMENTS_MAX];
    char folder[PATH_MAX]; /* where we are; "" if nobody knows */
};

static const char *const kinds[] = {
    [FILE_CAMPAIGN] = "campaign",
    [FILE_PLAYBOOK] = "playbook",
    [FILE_FLEET] = "fleet",
    [FILE_UNKNOWN] = "unknown",
};

/* One file, one spelling: relative if it is below where we are. */
static void shorten(const struct lint *lint, char **file)
{
    char whole[PATH_MAX];
    size_t length = strlen(lint->folder);
    if (length && realpath(*file, whole) && !strncmp(whole, lint->folder, length) &&
        whole[length] == '/')
        xreplace(file, whole + length + 1);
}

static void keep(struct lint *lint, struct problem_list *found)
{
    for (size_t i = 0; i < found->count; i++)
        shorten(lint, &found->items[i].place.file);
    problems_move(&lint->problems, found);
}

static char *lint_campaign(struct lint *lint, const char *path)
{
    struct inputs inputs = {0};
    char *summary = NULL;
    int code = inputs_load(lint->cli, path, cli_option(lint->cli, "fleet"), lint->plugins,
                           &inputs);
    if (!code)
        summary = xasprintf("campaign %s, playbook %s, chooses %zu of %zu appliance%s",
                            inputs.campaign.name, inputs.playbook.name,
                            inputs.selected_count, inputs.fleet.appliance_count,
                            inputs.fleet.appliance_count == 1 ? "" : "s");
    keep(lint, &inputs.problems);
    inputs_clear(&inputs);
    return summary;
}

static char *lint_playbook(struct lint *lint, const char *path)
{
    struct operation_catalogue catalogue = inputs_catalogue(lint->plugins);
    struct problem_list found = {0};
    struct playbook playbook = {0};
    char *summary = NULL;
    if (!load_playbook(path, &catalogue, &playbook, NULL, &found))
        summary = xasprintf("playbook %s, %zu step%s, %zu health check%s, rollback: %s",
                            playbook.name, playbook.step_count,
                            playbook.step_count == 1 ? "" : "s", playbook.check_count,
                            playbook.check_count == 1 ? "" : "s",
                            rollback_name(playbook.rollback));
    keep(lint, &found);
    playbook_clear(&playbook);
    return summary;
}

static char *lint_fleet_file(struct lint *lint, const char *path)
{
    struct problem_list found = {0};
    struct fleet fleet = {0};
    char *summary = NULL;
    bool good = !load_fleet(path, &fleet, NULL, &found);
    if (good)
        inputs_check_fleet(&fleet, &found);
    if (good && !found.errors)
        summary = xasprintf("fleet, %zu appliance%s, %zu manager%s",
                            fleet.appliance_count, fleet.appliance_count == 1 ? "" : "s",
                            fleet.manager_count, fleet.manager_count == 1 ? "" : "s");
    keep(lint, &found);
    fleet_clear(&fleet);
    return summary;
}

static void lint_file(struct lint *lint, const char *path, struct lint_file *out)
{
    struct problem_list found = {0};
    enum file_kind kind = file_recognise(path, &found);
    keep(lint, &found);
    *out = (struct lint_file){.path = path, .kind = kinds[kind]};
    if (kind == FILE_CAMPAIGN)
        out->summary = lint_campaign(lint, path);
    else if (kind == FILE_PLAYBOOK)
        out->summary = lint_playbook(lint, path);
    else if (kind == FILE_FLEET)
        out->summary = lint_fleet_file(lint, path);
}

static int print(struct lint *lint)
{
    auto_buf struct buf out = {0};
    auto_free char *text = problems_text(&lint->problems);
    auto_json json_t *list = problems_json(&lint->problems);
    struct lint_view view = {
        .files = lint->files,
        .file_count = (size_t)lint->cli->argument_count,
        .problems = text,
        .problem_list = list,
        .errors = lint->problems.errors,
        .warnings = lint->problems.warnings,
    };
    if (lint->cli->json) {
        auto_free char *json = lint_json(&view);
        buf_addf(&out, "%s\n", json);
    } else {
        lint_text(&view, &out);
    }
    int code = cli_print(lint->cli, buf_text(&out));
    return code || !view.errors ? code : EXIT_ERROR;
}

static int run(struct cli *cli)
{
    struct lint lint = {.cli = cli};
    if (!getcwd(lint.folder, sizeof lint.folder))
        lint.folder[0] = '\0';
    int code = cli_plugins(cli, &lint.plugins);
    if (code)
        return code;
    for (int i = 0; i < cli->argument_count; i++)
        lint_file(&lint, cli->arguments[i], &lint.files[i]);
    code = print(&lint);
    for (int i = 0; i < cli->argument_count; i++)
        free(lint.files[i].summary);
    problems_clear(&lint.problems);
    plugins_free(lint.plugins);
    return code;
}

static const struct cli_option options[] = {
    {"fleet", "FILE",
     "the fleet of the campaigns (default: the campaign's, fleet.yaml beside it, or the "
     "imported inventory)",
     false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_lint = {
    .name = "lint",
    .summary = "check campaigns, playbooks and fleets; every mistake at once",
    .arguments = "FILE...",
    .arguments_min = 1,
    .arguments_max = CLI_ARGUMENTS_MAX,
    .description = "Each file is recognised by its keys. A campaign is checked together "
                   "with its fleet and its\n"
                   "playbook. Problems are printed as FILE:LINE:COLUMN: TEXT; warnings "
                   "say so. Nothing is sent\n"
                   "anywhere. Exits 0 if there is no error, also with warnings.",
    .example = "  slipway lint campaign.yaml\n"
               "  slipway lint campaign.yaml playbooks/*.yaml fleet.yaml",
    .options = options,
    .run = run,
};
