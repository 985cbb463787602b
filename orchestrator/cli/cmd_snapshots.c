/*
 * cmd_snapshots.c - slipway snapshots: every snapshot that slipway owns, in all
 * campaigns; with --probe also what the managers say. Reads only.
 */
#include "cli/cli.h"
#include "cli/snapshots_probe.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "report/snapshots.h"
#include "util/auto.h"

static int select_snapshots(struct cli *cli, struct store *store,
                            struct store_snapshot_filter *filter)
{
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign campaign = {0};
    const char *target = cli_option(cli, "target");
    *filter =
        (struct store_snapshot_filter){.target = -1, .gone_too = cli_flag(cli, "all")};
    if (!target && !cli->common_campaign)
        return EXIT_DONE;
    int code = store_find_campaign(store, cli->common_campaign, &campaign, &err);
    if (!code && target)
        code = store_target_index(store, campaign.id, target, &filter->target, &err);
    filter->campaign = campaign.id;
    return code ? cli_store_failure(cli, code, &err) : EXIT_DONE;
}

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_snapshots struct snapshot_list list = {0};
    auto_buf struct buf out = {0};
    struct store_snapshot_filter filter;
    int code = cli_open_reader(cli, &store, NULL);
    if (!code)
        code = select_snapshots(cli, store, &filter);
    if (code)
        return code;
    code = snapshots_load(store, &filter, clock_now_ms(), &list, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    if (cli_flag(cli, "probe") && snapshots_probe(cli, store, &list))
        return EXIT_ERROR;
    if (cli->json) {
        auto_free char *json = snapshots_json(&list);
        buf_addf(&out, "%s\n", json);
    } else {
        snapshots_text(&list, cli->colour, &out);
    }
    return cli_print(cli, buf_text(&out));
}

static const struct cli_option options[] = {
    {"probe", NULL, "ask the managers too, with reads only: sizes, missing, foreign",
     false},
    {"all", NULL, "also those that are gone", false},
    {"target", "TARGET", "only of this target", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_snapshots = {
    .name = "snapshots",
    .summary = "every snapshot that slipway owns, their age and time limit",
    .arguments = "",
    .description = "Lists the snapshots that slipway took and has not removed, of all "
                   "campaigns: where, since\n"
                   "when, before which step, how many on one VM, and until when it must "
                   "be gone. With --probe\n"
                   "the managers say which are there, how large, and what else is on "
                   "those VMs.",
    .example = "  slipway snapshots\n"
               "  slipway snapshots --probe --target vc-0017",
    .options = options,
    .run = run,
};
