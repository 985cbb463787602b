/*
 * cmd_approve.c - slipway approve: a human says yes to the plan, to a wave's gate
 * or to a gate step.
 *
 * A plan that was not run yet is entered as a campaign here, so that what is
 * approved is pinned: another plan needs another approval. What is said yes to is
 * shown, and its digest goes with the verb: the engine takes it for no other plan.
 */
#include <string.h>
#include <unistd.h>

#include "calendar/zone.h"
#include "cli/calendar.h"
#include "cli/campaign_enter.h"
#include "cli/cli.h"
#include "cli/plan_file.h"
#include "cli/stale.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "loop/control.h"
#include "report/approval.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/map.h"
#include "util/xalloc.h"

/* A yes that nobody remembers is none. */
#define APPROVAL_LONGEST_MS DURATION_MAX_MS
#define NOON_MS             (12LL * 3600 * 1000)

/* A campaign that is not over: nothing has to be entered. */
static bool is_entered(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    return !store_open_reader(cli->state_dir, &store, &err) &&
           !store_find_campaign(store, cli->common_campaign, &campaign, &err) &&
           !machine_is_final(&campaign_machine, (int)campaign.state);
}

/* The plan file's campaign, if none is in the state that could be meant. */
static int enter_plan(struct cli *cli, bool *entered)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_free char *path = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    int64_t campaign = 0;
    if (cli->common_campaign || access(path, F_OK) || is_entered(cli))
        return EXIT_DONE;
    int code = cli_open_owner(cli, "slipway approve", &store, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    *entered = true;
    return campaign_enter(cli, store, NULL, &campaign);
}

/* ---- what is said yes to ---- */

struct approved {
    struct plan *plan; /* NULL: a gate, not the plan */
    char *text;
    int64_t until_ms; /* when its yes ends or ended; 0: none was given that does */
    bool compare;     /* it has not begun, and nobody looked yet whether it is stale */
};

static int is_plans(void *data, const struct store_event *event)
{
    *(int64_t *)data = event->record->wave < 0 ? event->record->number : 0;
    return event->record->wave < 0; /* the newest one of the plan decides */
}

/* A yes that ends can be given anew while the campaign runs. 0: it does not end. */
static int64_t find_end(struct store *store, int64_t campaign)
{
    struct slipway_error err;
    struct store_event_filter filter = STORE_ANY_EVENT;
    int64_t ends = 0;
    filter.kind = RECORD_APPROVED;
    filter.newest_first = true;
    (void)store_events(store, campaign, &filter, is_plans, &ends, &err);
    return ends;
}

/* Somebody planned again: what they look at is not what would run. */
static int refuse_other_plan(struct cli *cli, const struct plan *plan)
{
    auto_free char *path = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    auto_free char *text = NULL;
    auto_plan struct plan *pinned = NULL;
    char self[512];
    if (cli->common_campaign || access(path, F_OK) ||
        plan_file_load(cli, NULL, &pinned, &text) ||
        !strcmp(pinned->digest, plan->digest))
        return EXIT_DONE;
    (void)cli_command(cli, self, sizeof self);
    return cli_fail(cli, EXIT_STALE,
                    "the pinned plan of %s (%.12s) is not the one of the campaign that "
                    "waits for approval (%s, %.12s): end that one with: %s abort "
                    "--reason TEXT, or approve it all the same with: %s approve "
                    "--campaign %.12s",
                    pinned->campaign, pinned->digest, plan->campaign, plan->digest, self,
                    self, plan->digest);
}

/* The plan of the campaign, if that is what waits for a yes. */
static int find_plan(struct cli *cli, struct approved *out)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    size_t length = 0;
    int code = store_open_reader(cli->state_dir, &store, &err);
    if (!code)
        code = store_find_campaign(store, cli->common_campaign, &campaign, &err);
    if (cli_flag(cli, "show") && !cli->common_campaign &&
        (code || machine_is_final(&campaign_machine, (int)campaign.state)))
        return plan_file_load(cli, NULL, &out->plan, &out->text);
    if (code)
        return cli_store_failure(cli, code, &err);
    out->until_ms =
        campaign.state == CAMPAIGN_UNAPPROVED ? 0 : find_end(store, campaign.id);
    if (campaign.state != CAMPAIGN_UNAPPROVED && !out->until_ms)
        return EXIT_DONE;
    code = store_plan(store, campaign.id, &out->text, &length, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    if (plan_from_json(out->text, length, &out->plan, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    code = refuse_other_plan(cli, out->plan);
    return !code && out->compare && !campaign.started_ms
               ? stale_refuse(cli, store, out->plan)
               : code;
}

static void count_nights(const struct plan *plan, struct approval_view *view)
{
    struct slipway_error err;
    const struct zone *zone = zone_utc();
    auto_map struct map nights = {0};
    const struct plan_time *time = &plan->time;
    if (time->zone && zone_find(time->zone, &zone, &err))
        zone = zone_utc();
    for (size_t i = 0; time->slots && i < plan->target_count; i++) {
        const struct plan_slot *slot = &time->slots[i];
        char key[32];
        if (!slot->from_ms) {
            view->without++;
            continue;
        }
        /* what begins after midnight belongs to the evening before */
        (void)snprintf(
            key, sizeof key, "%lld",
            (long long)(zone_wall(zone, (slot->from_ms - NOON_MS) / 1000) / 86400));
        (void)map_intern(&nights, key);
        if (!view->first_ms || slot->from_ms < view->first_ms)
            view->first_ms = slot->from_ms;
        if (slot->until_ms > view->last_ms)
            view->last_ms = slot->until_ms;
    }
    view->nights = nights.count;
    if (!nights.count)
        return;
    (void)calendar_local(time->zone, view->first_ms, view->first, sizeof view->first);
    (void)calendar_local(time->zone, view->last_ms, view->last, sizeof view->last);
}

static void fill_view(struct cli *cli, const struct plan *plan, int64_t expires_ms,
                      const char *actor, struct approval_view *view)
{
    *view = (struct approval_view){.plan = plan,
                                   .expires_ms = expires_ms,
                                   .actor = actor,
                                   .remark = cli_option(cli, "reason"),
                                   .given = !cli_flag(cli, "show")};
    count_nights(plan, view);
    if (expires_ms)
        (void)calendar_local(plan->time.zone, expires_ms, view->expires,
                             sizeof view->expires);
}

static int print(struct cli *cli, const struct approval_view *view, bool alone)
{
    auto_buf struct buf out = {0};
    char self[512];
    if (cli->json) {
        auto_json json_t *json =
            json_pack("{s:i, s:s, s:b, s:o}", "schema_version", CLI_JSON_SCHEMA, "done",
                      view->given ? "approved" : "nothing", "running",
                      view->given && !alone, "approval", approval_json(view));
        auto_free char *text = json_pretty(json);
        buf_addf(&out, "%s\n", text);
        return cli_print(cli, buf_text(&out));
    }
    approval_text(view, cli->colour, &out);
    (void)cli_command(cli, self, sizeof self);
    if (view->expired)
        buf_addf(&out, "\nnothing starts before it is approved again: %s approve\n",
                 self);
    else if (!view->given && view->expires_ms)
        buf_addf(&out,
                 "\napproved; give it another end with: %s approve --expires DURATION\n",
                 self);
    else if (!view->given)
        buf_addf(&out, "\nnot approved yet: %s approve\n", self);
    else if (alone)
        buf_addf(&out, "\napproved; start it with: %s run\n", self);
    else
        buf_adds(&out, "\napproved\n");
    return cli_print(cli, buf_text(&out));
}

/* ---- the verb ---- */

static int read_expiry(struct cli *cli, int64_t *out_ms)
{
    const char *text = cli_option(cli, "expires");
    int64_t ms = 0;
    *out_ms = 0;
    if (!text)
        return EXIT_DONE;
    if (duration_parse(text, &ms) || ms <= 0 || ms > APPROVAL_LONGEST_MS)
        return cli_fail(cli, EXIT_USAGE,
                        "--expires needs a duration with units, such as 14d, of at most "
                        "366d");
    *out_ms = clock_now_ms() + ms;
    return EXIT_DONE;
}

static int approve_plan(struct cli *cli, struct control_request *request,
                        const struct approved *approved)
{
    const struct plan *plan = approved->plan;
    bool shown = cli_flag(cli, "show");
    struct approval_view view;
    char actor[128];
    bool alone = false;
    int code = EXIT_DONE;
    fill_view(cli, plan,
              shown && approved->until_ms ? approved->until_ms : request->number,
              cli_actor(actor, sizeof actor), &view);
    view.expired = shown && approved->until_ms && approved->until_ms <= clock_now_ms();
    request->detail = plan->digest;
    if (view.given)
        code = cli_reach(cli, request, &alone);
    return code ? code : print(cli, &view, alone);
}

static int approve(struct cli *cli, struct control_request *request)
{
    struct approved approved = {0};
    bool show = cli_flag(cli, "show"), entered = false;
    int code = show ? EXIT_DONE : enter_plan(cli, &entered);
    approved.compare = !show && !entered;
    if (!code)
        code = find_plan(cli, &approved);
    if (!code && approved.plan)
        code = approve_plan(cli, request, &approved);
    else if (!code && show)
        code = cli_fail(cli, EXIT_DONE, "no plan waits for an approval");
    else if (!code)
        code = cli_control(cli, request, "approved");
    plan_free(approved.plan);
    free(approved.text);
    return code;
}

static int run(struct cli *cli)
{
    struct control_request request = {
        .verb = "approve",
        .target = cli_option(cli, "target"),
        .wave = cli_option(cli, "wave"),
        .reason = cli_option(cli, "reason"),
    };
    int code = read_expiry(cli, &request.number);
    if (code)
        return code;
    if (request.target || request.wave)
        return cli_control(cli, &request, "approved");
    return approve(cli, &request);
}

static const struct cli_option options[] = {
    {"wave", "WAVE", "this wave's gate, by name or number from 0", false},
    {"target", "TARGET", "the gate step that this target waits in", false},
    {"expires", "DURATION",
     "of the plan: nothing starts later than this (default: never)", false},
    {"show", NULL, "only show what would be approved", false},
    {"reason", "TEXT", "remark; recorded with who, when and the plan's digest", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_approve = {
    .name = "approve",
    .summary = "say yes: to the plan, to a wave's gate, to a gate step",
    .arguments = "",
    .description = "Without options: the campaign if it waits for approval, else the "
                   "gated wave and all\n"
                   "gate steps that wait. Of a plan it shows what is approved: digest, "
                   "targets, nights.\n"
                   "Who approved what, when, until when and with which remark is "
                   "recorded. Another plan\n"
                   "needs another approval; so does this one after --expires.",
    .example = "  slipway approve --reason 'CHG-4711' --expires 14d\n"
               "  slipway approve --wave second --reason 'canary was quiet'",
    .options = options,
    .run = run,
};
