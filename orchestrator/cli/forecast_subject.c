/*
 * forecast_subject.c - which plan a forecast is about, and where it stands already
 * (forecast_work.h). Reads only: a campaign that runs is replayed from its records.
 */
#include <string.h>

#include "cli/forecast_work.h"
#include "cli/inputs.h"
#include "cli/plan_file.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

/* ---- a campaign in the state ---- */

static int replay_one(void *data, const struct record *record)
{
    return engine_replay(data, record);
}

static int load_campaign_plan(struct cli *cli, struct store *store, int64_t id,
                              struct forecast_subject *out)
{
    struct slipway_error err = {""};
    auto_free char *text = NULL;
    size_t length = 0;
    int code = store_plan(store, id, &text, &length, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    if (plan_from_json(text, length, &out->plan, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    return EXIT_DONE;
}

static int load_campaign_state(struct cli *cli, struct store *store,
                               const struct store_campaign *campaign,
                               struct forecast_subject *out)
{
    struct slipway_error err = {""};
    if (load_campaign_plan(cli, store, campaign->id, out))
        return EXIT_ERROR;
    if (!campaign->started_ms)
        return EXIT_DONE;
    out->engine = engine_create(out->plan, campaign->seed);
    int code = store_replay(store, campaign->id, 1, replay_one, out->engine, &err);
    return code ? cli_store_failure(cli, code, &err) : EXIT_DONE;
}

/* ---- what earlier campaigns of the playbook came to ---- */

struct history {
    struct store *store;
    const char *playbook;
    struct forecast_subject *out;
};

static int count_campaign(void *data, const struct store_campaign *campaign)
{
    struct history *history = data;
    auto_store_status struct store_status status = {.held = 0};
    struct slipway_error err = {""};
    if (strcmp(campaign->playbook, history->playbook) != 0 ||
        store_status(history->store, campaign->id, campaign->since_ms, &status, &err))
        return 0;
    int failed = status.counts[TARGET_FAILED] + status.counts[TARGET_ROLLED_BACK] +
                 status.counts[TARGET_STRANDED] + status.counts[TARGET_PARKED];
    history->out->failed += failed;
    history->out->settled += failed + status.counts[TARGET_SUCCEEDED];
    return 0;
}

void forecast_subject_history(struct cli *cli, struct forecast_subject *out)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    if (store_open_reader(cli->state_dir, &store, &err))
        return; /* no state, no history */
    struct history history = {store, out->plan->playbook.name, out};
    (void)store_campaigns(store, count_campaign, &history, &err);
}

/* ---- a campaign's files ---- */

static int plan_of(struct cli *cli, const char *path, struct plan **out)
{
    struct plugins *plugins = NULL;
    struct inputs inputs = {0};
    auto_plan_notes struct plan_notes notes = {0};
    int code = cli_plugins(cli, &plugins);
    if (code)
        return code;
    code = inputs_load(cli, path, cli_option(cli, "fleet"), plugins, &inputs);
    inputs_print_problems(&inputs);
    if (!code && !inputs.selected_count)
        code =
            cli_fail(cli, EXIT_DONE, "the selector chooses no appliance: nothing to do");
    else if (!code)
        code = inputs_plan(cli, &inputs, plugins, NULL, out, &notes);
    inputs_clear(&inputs);
    plugins_free(plugins);
    return code;
}

/* ---- which one ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length >= size && !strcmp(text + length - size, end);
}

static int from_state(struct cli *cli, struct forecast_subject *out)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    auto_free char *text = NULL;
    int code = store_open_reader(cli->state_dir, &store, &err);
    if (!code)
        code = store_find_campaign(store, cli->common_campaign, &campaign, &err);
    if (cli->common_campaign && code)
        return cli_store_failure(cli, code, &err);
    if (code || (!cli->common_campaign &&
                 machine_is_final(&campaign_machine, (int)campaign.state)))
        return plan_file_load(cli, NULL, &out->plan, &text);
    return load_campaign_state(cli, store, &campaign, out);
}

int forecast_subject_open(struct cli *cli, const char *path, struct forecast_subject *out)
{
    auto_free char *text = NULL;
    int code;
    *out = (struct forecast_subject){0};
    if (!path)
        code = from_state(cli, out);
    else if (ends_with(path, ".yaml") || ends_with(path, ".yml"))
        code = plan_of(cli, path, &out->plan);
    else
        code = plan_file_load(cli, path, &out->plan, &text);
    if (!code && out->plan)
        forecast_subject_history(cli, out);
    return code;
}

void forecast_subject_close(struct forecast_subject *subject)
{
    engine_destroy(subject->engine);
    plan_free(subject->plan);
    *subject = (struct forecast_subject){0};
}
