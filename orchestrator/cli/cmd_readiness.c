/*
 * cmd_readiness.c - slipway readiness: who is ready for a change, and why the others are
 * not. Reads only what the campaign's prepare steps found.
 */
#include "cli/cli.h"
#include "cli/page_file.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "report/readiness.h"
#include "util/auto.h"

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    auto_readiness struct readiness readiness = {.plan = NULL};
    auto_buf struct buf out = {0};
    const char *path = cli_option(cli, "out");
    int code = cli_open_reader(cli, &store, &campaign);
    if (code)
        return code;
    code = readiness_load(store, &campaign, clock_now_ms(), &readiness, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    if (cli->json) {
        auto_free char *json = readiness_json(&readiness);
        buf_addf(&out, "%s\n", json);
    } else if (cli_flag(cli, "csv")) {
        readiness_csv(&readiness, &out);
    } else {
        readiness_text(&readiness, cli->colour && !path, &out);
    }
    return path ? page_file_write(cli, path, &out) : cli_print(cli, buf_text(&out));
}

static const struct cli_option options[] = {
    {"csv", NULL, "one line per target, for spreadsheets", false},
    {"out", "FILE", "write it there instead of to stdout", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_readiness = {
    .name = "readiness",
    .summary = "who is ready for a change, and why the others are not",
    .arguments = "",
    .description =
        "Tells what the prepare steps of a campaign found: who is not ready, by "
        "what, and what to do;\n"
        "who is ready with warnings; who is ready. Made for campaigns with the "
        "playbook fleet-check,\n"
        "which only looks and can run every night; it reads any other campaign "
        "too.",
    .example = "  slipway plan nightly.yaml && slipway run && slipway readiness\n"
               "  slipway readiness --csv --out ready.csv",
    .options = options,
    .run = run,
};
