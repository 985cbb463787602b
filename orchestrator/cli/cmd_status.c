/*
 * cmd_status.c - slipway status: how the campaign stands. Reads only; works beside a
 * running owner and without one.
 */
#include "calendar/zone.h"
#include "cli/cli.h"
#include "cli/issue_shelf.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "report/status.h"
#include "util/auto.h"

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    auto_status struct status status = {0};
    auto_buf struct buf out = {0};
    char self[512];
    int code = cli_open_reader(cli, &store, &campaign);
    if (code)
        return code;
    code = status_load(store, campaign.id, cli->state_dir, clock_now_ms(), &status, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    auto_issue_shelf struct issue_shelf shelf = {.store = store, .campaign = campaign.id};
    struct status_view view = {&status, cli_command(cli, self, sizeof self), cli->colour,
                               issue_shelf_open(&shelf), zone_local};
    if (cli->json) {
        auto_free char *json = status_json(&view);
        buf_addf(&out, "%s\n", json);
    } else {
        status_text(&view, &out);
    }
    return cli_print(cli, buf_text(&out));
}

const struct cli_verb cmd_status = {
    .name = "status",
    .summary = "how the campaign stands, what waits for what, what to type next",
    .arguments = "",
    .description = "Shows state, owner, waves, pace, an estimate of the time left, what "
                   "is at work, what\n"
                   "waits for what, the last failures, and what needs a human. It reads "
                   "the committed rows\n"
                   "and disturbs nobody; exit 0 whatever the campaign's state.",
    .example = "  slipway status\n"
               "  slipway status --json | jq '.counts'",
    .run = run,
};
