/*
 * cmd_why.c - slipway why: why a target does not start, what it is doing, what is in
 * doubt, the evidence, and the way out by hand. Reads only.
 */
#include "calendar/zone.h"
#include "cli/cli.h"
#include "cli/issue_shelf.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "report/gathered.h"
#include "report/why.h"
#include "util/auto.h"
#include "util/json.h"

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    auto_why struct why why = {0};
    auto_buf struct buf out = {0};
    char self[512];
    int code = cli_open_reader(cli, &store, &campaign);
    if (code)
        return code;
    code = why_load(store, campaign.id, cli->arguments[0], cli->state_dir, clock_now_ms(),
                    &why, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    auto_issue_shelf struct issue_shelf shelf = {.store = store, .campaign = campaign.id};
    struct why_view view = {&why, cli_command(cli, self, sizeof self), cli->colour,
                            issue_shelf_open(&shelf), zone_local};
    if (cli_flag(cli, "logs")) {
        auto_free char *json = cli->json ? json_canonical(why.logs) : NULL;
        if (json)
            buf_addf(&out, "{\"schema_version\":1,\"logs\":%s}\n", json);
        else if (json_array_size(why.logs))
            gathered_text(why.logs, why.now_ms, &out);
        else
            buf_adds(&out, "nothing was kept of it: steps of the phase evidence do that "
                           "before a rollback\n");
    } else if (cli->json) {
        auto_free char *json = why_json(&view);
        buf_addf(&out, "%s\n", json);
    } else {
        why_text(&view, &out);
    }
    return cli_print(cli, buf_text(&out));
}

static const struct cli_option options[] = {
    {"logs", NULL, "the logs that were read before it was put back", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_why = {
    .name = "why",
    .summary = "why a target waits, what is known of it, how to settle it by hand",
    .arguments = "TARGET",
    .arguments_min = 1,
    .arguments_max = 1,
    .description = "For a target that has not started: exactly the list that admission "
                   "asks, first blocker\n"
                   "first. For any other: what it is doing and until when, what is in "
                   "doubt and who will be\n"
                   "asked, checks before and after, versions, snapshots, the last "
                   "effects; and for one that\n"
                   "needs a human, the exact way to finish or undo it.",
    .options = options,
    .example = "  slipway why vc-0017\n"
               "  slipway why vc-0017 --logs\n"
               "  slipway why vc-0017 --json | jq '.blockers[0].text'",
    .run = run,
};
