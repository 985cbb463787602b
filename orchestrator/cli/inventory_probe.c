/*
 * inventory_probe.c - slipway inventory probe: which version does each appliance say
 * it has?
 *
 * The playbook's ways of reading the version are asked through the same requests and
 * workers as in a run, with SLIPWAY_CALL_READ_ONLY, so the transport refuses whatever
 * would change something. All ways are asked: where they disagree, nothing is recorded.
 * Versions are recorded if nobody owns the state; a running campaign records its own.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/inventory.h"
#include "cli/probe_builds.h"
#include "cli/usual_playbook.h"
#include "exec/exec_pool.h"
#include "loop/clock.h"
#include "loop/request.h"
#include "report/inventory.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define TIMEOUT_DEFAULT_MS 30000
#define VERSION_MAX        256

/* What one appliance answered. */
struct answer {
    char *planned, *seen, *sentence;
    char *last; /* what slipway saw last; NULL: nothing yet */
    int64_t last_ms;
    struct probe_builds builds;
    enum probe_verdict without; /* what there is instead of a version */
    bool disagrees, outside, other_builds;
};

struct asking {
    struct cli *cli;
    struct plan *plan; /* only what requests need: playbook, vars, targets */
    size_t target_room;
    struct answer *answers; /* parallel to the targets */
    size_t answer_count, answer_room;
    struct request_maker maker;
    struct executor *executor;
    int64_t timeout_ms;
};

/* ---- how to read: a playbook and its variables ---- */

static int take_playbook(struct asking *a, struct plugins *plugins, const char *name,
                         const char *folder)
{
    struct slipway_error err = {""};
    auto_problems struct problem_list problems = {0};
    auto_free char *path = NULL;
    struct operation_catalogue catalogue = inputs_catalogue(plugins);
    if (find_playbook(name, folder, &path, &err))
        return cli_fail(a->cli, EXIT_ERROR, "%s", err.text);
    int code = load_playbook(path, &catalogue, &a->plan->playbook, NULL, &problems);
    auto_free char *text = problems_text(&problems);
    (void)fputs(text, stderr);
    return code
               ? cli_fail(a->cli, EXIT_ERROR, "nobody was asked: the playbook has errors")
               : EXIT_DONE;
}

static int take_campaign_file(struct asking *a, struct plugins *plugins, const char *path)
{
    auto_problems struct problem_list problems = {0};
    struct campaign campaign = {0};
    const char *slash = strrchr(path, '/');
    auto_free char *folder =
        slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    int code = load_campaign(path, &campaign, &problems);
    auto_free char *text = problems_text(&problems);
    (void)fputs(text, stderr);
    if (code)
        return cli_fail(a->cli, EXIT_ERROR, "nobody was asked: the campaign has errors");
    free(a->plan->vars);
    a->plan->vars = json_canonical(campaign.vars);
    code = take_playbook(a, plugins, campaign.playbook, folder);
    campaign_clear(&campaign);
    return code;
}

/* The pinned plan of a campaign of the state holds both. */
static int take_state_campaign(struct asking *a, struct store *store)
{
    char self[512];
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign campaign = {0};
    auto_plan struct plan *pinned = NULL;
    auto_free char *text = NULL;
    size_t length = 0;
    int code = store_find_campaign(store, a->cli->common_campaign, &campaign, &err);
    if (code == STORE_NO_SUCH && !a->cli->common_campaign)
        return cli_fail(a->cli, EXIT_ERROR,
                        "this state has no campaign that says how a version is read; "
                        "name a playbook: %s inventory probe --playbook %s",
                        cli_command(a->cli, self, sizeof self),
                        usual_playbook(a->plan->targets[0].doc));
    if (!code)
        code = store_plan(store, campaign.id, &text, &length, &err);
    if (code)
        return cli_store_failure(a->cli, code, &err);
    if (plan_from_json(text, length, &pinned, &err))
        return cli_fail(a->cli, EXIT_ERROR, "%s", err.text);
    free(a->plan->vars);
    a->plan->vars = xstrdup(pinned->vars);
    a->plan->playbook = playbook_copy(&pinned->playbook);
    return EXIT_DONE;
}

static int choose_playbook(struct asking *a, struct plugins *plugins, struct store *store)
{
    const char *named = cli_option(a->cli, "playbook"),
               *campaign = a->cli->common_campaign;
    int code = EXIT_DONE;
    if (named)
        code = take_playbook(a, plugins, named, ".");
    else if (campaign && (strstr(campaign, ".yaml") || strstr(campaign, ".yml")))
        code = take_campaign_file(a, plugins, campaign);
    else
        code = take_state_campaign(a, store);
    if (!code && !a->plan->playbook.read_count)
        code = cli_fail(a->cli, EXIT_ERROR,
                        "playbook %s has no `version:`, so it does not say how one is "
                        "read; name another with --playbook, such as %s",
                        a->plan->playbook.name, usual_playbook(a->plan->targets[0].doc));
    return code;
}

/* ---- whom to ask ---- */

static int add_target(void *data, const struct store_appliance *appliance)
{
    struct asking *a = data;
    *vec_push(a->plan->targets, a->plan->target_count, a->target_room) =
        (struct plan_target){
            .name = xstrdup(appliance->name),
            .site = xstrdup(appliance->site),
            .version = xstrdup(appliance->version),
            .link_group = xstrdup(appliance->link_group),
            .manager = xstrdup(appliance->manager),
            .doc = xstrdup(appliance->doc),
        };
    *vec_push(a->answers, a->answer_count, a->answer_room) =
        (struct answer){.planned = xstrdup(appliance->version),
                        .last = xstrdup_null(appliance->seen_version),
                        .last_ms = appliance->seen_ms};
    return 0;
}

static int add_named(struct asking *a, struct store *store, const char *name)
{
    struct slipway_error err = {""};
    struct store_appliance_filter filter = {.name = name};
    size_t before = a->plan->target_count;
    if (plan_target_index(a->plan, name) >= 0)
        return EXIT_DONE;
    int code = store_appliances(store, &filter, add_target, a, &err);
    if (code)
        return cli_store_failure(a->cli, code, &err);
    return a->plan->target_count > before ? EXIT_DONE
                                          : inventory_no_such(a->cli, store, name);
}

static int choose_appliances(struct asking *a, struct store *store)
{
    struct slipway_error err = {""};
    struct store_appliance_filter filter;
    auto_free char *label = NULL;
    int code = inventory_filter(a->cli, &filter, &label);
    if (!code && a->cli->argument_count > 1 && inventory_is_filtered(&filter))
        code = cli_fail(a->cli, EXIT_USAGE, "give names or filters, not both");
    for (int i = 1; !code && i < a->cli->argument_count; i++)
        code = add_named(a, store, a->cli->arguments[i]);
    if (code || a->cli->argument_count > 1)
        return code;
    code = store_appliances(store, &filter, add_target, a, &err);
    if (code)
        return cli_store_failure(a->cli, code, &err);
    return a->plan->target_count
               ? EXIT_DONE
               : cli_fail(
                     a->cli, EXIT_ERROR,
                     "the inventory has nobody to ask%s; see: slipway inventory list",
                     inventory_is_filtered(&filter) ? " like that" : "");
}

/* ---- asking ---- */

/* Call ids are target * reads + read + 1. */
static void ask(struct asking *a, int target, int read)
{
    int reads = (int)a->plan->playbook.read_count;
    struct exec_request request;
    struct slipway_error err = {""};
    struct action action = {
        .call = CALL_START,
        .call_id = (int64_t)target * reads + read + 1,
        .target = target,
        .activity = ACTIVITY_READ,
        .index = read,
        .timeout_ms = a->timeout_ms,
    };
    if (request_make(&a->maker, &action, &request, &err)) {
        xreplace(&a->answers[target].sentence, err.text);
        a->answers[target].without = PROBE_REFUSED;
        return;
    }
    request.flags = SLIPWAY_CALL_READ_ONLY;
    exec_submit(a->executor, &request);
}

static void take_version(struct asking *a, struct answer *answer, const char *id,
                         const char *version)
{
    char clean[VERSION_MAX];
    (void)a;
    (void)text_clean(version, clean, sizeof clean);
    if (answer->seen && strcmp(answer->seen, clean) != 0) {
        free(answer->sentence);
        answer->sentence = xasprintf("%s says %s, another way of reading says %s", id,
                                     clean, answer->seen);
        answer->disagrees = true;
    } else {
        xreplace(&answer->seen, clean);
    }
}

/* Only who says nothing at all is out of reach. */
static enum probe_verdict without_version(enum slipway_outcome outcome)
{
    switch (outcome) {
    case SLIPWAY_REFUSED:
        return PROBE_REFUSED;
    case SLIPWAY_DONE:
    case SLIPWAY_FAILED:
        return PROBE_NO_VERSION;
    default:
        return PROBE_UNREACHABLE;
    }
}

static void judge(struct asking *a, const struct exec_result *result)
{
    int64_t reads = (int64_t)a->plan->playbook.read_count;
    int64_t target = (result->intent - 1) / reads, read = (result->intent - 1) % reads;
    struct answer *answer = &a->answers[target];
    const char *id = a->plan->playbook.reads[read].id;
    if (result->outcome == SLIPWAY_DONE && result->value && *result->value) {
        take_version(a, answer, id, result->value);
        if (!*answer->builds.build)
            probe_builds_read(result->result, &answer->builds);
    } else if (!answer->sentence) {
        bool done = result->outcome == SLIPWAY_DONE;
        answer->sentence =
            done ? xasprintf("%s: answered, but `value:` finds no version in it", id)
                 : xstrdup(result->sentence);
        answer->without = without_version(result->outcome);
    }
}

static int ask_all(struct asking *a, struct plugins *plugins)
{
    struct slipway_error err = {""};
    struct exec_pool_options options = {.plugins = plugins};
    struct exec_result results[32];
    if (plugins_open_all(plugins, &err) ||
        request_maker_init(&a->maker, a->plan, NULL, 0, &err))
        return cli_fail(a->cli, EXIT_ERROR, "%s", err.text);
    a->executor = exec_pool_create(&options, &err);
    for (int i = 0; a->executor && i < (int)a->plan->target_count; i++) {
        for (int read = 0; read < (int)a->plan->playbook.read_count; read++)
            ask(a, i, read);
    }
    while (a->executor && exec_busy(a->executor)) {
        struct pollfd ready = {.fd = exec_fd(a->executor), .events = POLLIN};
        (void)poll(&ready, 1, 1000);
        size_t count = exec_collect(a->executor, results, ARRAY_LENGTH(results));
        for (size_t i = 0; i < count; i++) {
            judge(a, &results[i]);
            exec_result_free(&results[i]);
        }
    }
    bool made = a->executor != NULL;
    exec_destroy(a->executor);
    plugins_close_all(plugins);
    request_maker_clear(&a->maker);
    return made ? EXIT_DONE : cli_fail(a->cli, EXIT_ERROR, "%s", err.text);
}

/* ---- what it came to ---- */

static enum probe_verdict verdict_of(const struct answer *answer)
{
    if (!answer->seen)
        return answer->without;
    if (answer->disagrees)
        return PROBE_DISAGREE;
    if (answer->outside)
        return PROBE_OUTSIDE;
    if (answer->other_builds)
        return PROBE_BUILDS;
    if (!*answer->planned && !answer->last)
        return PROBE_NEW;
    if (!*answer->planned)
        return PROBE_SAME;
    return strcmp(answer->seen, answer->planned) ? PROBE_DRIFT : PROBE_SAME;
}

/* No catalogue, or one with errors, knows nothing; `slipway path` tells its errors. */
static void compare_builds(struct asking *a)
{
    auto_problems struct problem_list problems = {0};
    auto_catalogue struct catalogue catalogue = {0};
    if (catalogue_load_all(NULL, &catalogue, &problems))
        return;
    for (size_t i = 0; i < a->answer_count; i++) {
        struct answer *answer = &a->answers[i];
        const char *text = a->plan->targets[i].doc;
        auto_json json_t *doc = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
        const char *kind = json_text(doc, "kind");
        if (!answer->seen || answer->disagrees || answer->sentence || !kind)
            continue;
        answer->sentence =
            probe_builds_contradict(&catalogue, kind, answer->seen, &answer->builds);
        answer->other_builds = answer->sentence != NULL;
    }
}

static int visit_target(void *data, const struct store_target *target)
{
    *(enum target_state_id *)data = target->state;
    return 0;
}

/* Is a campaign changing it, so that another version may be slipway's own work? */
static bool is_in_hands(struct store *store, int64_t campaign, const char *name)
{
    struct slipway_error err;
    struct store_target_filter filter = STORE_ANY_TARGET;
    enum target_state_id state = TARGET_PENDING;
    filter.name = name;
    if (store_targets(store, campaign, &filter, visit_target, &state, &err))
        return false; /* it is no target of the campaign */
    return state != TARGET_PENDING && state != TARGET_PREPARING &&
           state != TARGET_READY && state != TARGET_SUCCEEDED &&
           state != TARGET_ROLLED_BACK && state != TARGET_SKIPPED;
}

/* Every version that slipway made was read back and kept, so another one was made by
   somebody else, unless a campaign is at it. */
static void judge_outside(struct store *store, int64_t campaign, const char *name,
                          struct answer *answer)
{
    char at[32];
    if (!answer->seen || !answer->last || answer->disagrees ||
        !strcmp(answer->seen, answer->last))
        return;
    bool ours = campaign && is_in_hands(store, campaign, name);
    answer->outside = !ours;
    free(answer->sentence);
    answer->sentence =
        xasprintf("it was %s when slipway looked last (%s): %s", answer->last,
                  time_iso(answer->last_ms, at, sizeof at),
                  ours ? "a campaign is changing it" : "changed outside slipway");
}

static void was_outside(struct asking *a)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    if (store_open_reader(a->cli->state_dir, &store, &err))
        return;
    (void)store_find_campaign(store, NULL, &campaign, &err);
    for (size_t i = 0; i < a->answer_count; i++)
        judge_outside(store, campaign.id, a->plan->targets[i].name, &a->answers[i]);
}

static int record(struct asking *a, struct slipway_error *err)
{
    auto_store struct store *store = NULL;
    int64_t now_ms = clock_now_ms();
    int code = cli_open_owner(a->cli, "slipway inventory probe", &store, err);
    if (!code)
        code = store_begin(store, err);
    for (size_t i = 0; !code && i < a->answer_count; i++) {
        const struct answer *answer = &a->answers[i];
        if (answer->seen && !answer->disagrees)
            (void)store_seen_version(store, a->plan->targets[i].name, answer->seen,
                                     now_ms);
    }
    return code ? code : store_commit(store, err);
}

static int print(struct asking *a, int recorded, const struct slipway_error *why)
{
    auto_free struct probe_row *rows = xcalloc(a->answer_count + 1, sizeof *rows);
    auto_buf struct buf out = {0};
    struct probe_view view = {
        .rows = rows,
        .count = a->answer_count,
        .playbook = a->plan->playbook.name,
        .recorded = !recorded,
        .not_recorded = why->text,
        .colour = a->cli->colour,
    };
    bool all_answered = true;
    for (size_t i = 0; i < a->answer_count; i++) {
        const struct answer *answer = &a->answers[i];
        const char *known = answer->last ? answer->last : answer->planned;
        rows[i] = (struct probe_row){.name = a->plan->targets[i].name,
                                     .planned = answer->planned,
                                     .known = known,
                                     .seen = answer->seen,
                                     .build = answer->builds.build,
                                     .client_build = answer->builds.client_build,
                                     .verdict = verdict_of(answer),
                                     .sentence = answer->sentence};
        all_answered = all_answered && answer->seen;
    }
    if (a->cli->json) {
        auto_free char *json = inventory_probe_json(&view);
        buf_addf(&out, "%s\n", json);
    } else {
        inventory_probe_text(&view, &out);
    }
    int code = cli_print(a->cli, buf_text(&out));
    return code || all_answered ? code : EXIT_SOME_FAILED;
}

static int choose(struct asking *a, struct plugins *plugins)
{
    auto_store struct store *store = NULL;
    int code = cli_open_reader(a->cli, &store, NULL);
    if (!code)
        code = choose_appliances(a, store);
    return code ? code : choose_playbook(a, plugins, store);
}

static int probe(struct asking *a)
{
    struct slipway_error why = {""};
    struct plugins *plugins = NULL;
    int code = cli_plugins(a->cli, &plugins);
    if (!code)
        code = choose(a, plugins);
    if (!code)
        code = ask_all(a, plugins);
    if (!code) {
        compare_builds(a);
        was_outside(a); /* before the new versions take the old ones' place */
        int recorded = record(a, &why);
        code = print(a, recorded, &why);
    }
    plugins_free(plugins);
    return code;
}

int inventory_probe(struct cli *cli)
{
    const char *timeout = cli_option(cli, "timeout");
    char digest[SHA256_HEX], seed[64];
    struct asking a = {.cli = cli, .timeout_ms = TIMEOUT_DEFAULT_MS};
    if (timeout && (duration_parse(timeout, &a.timeout_ms) || !a.timeout_ms))
        return cli_fail(cli, EXIT_USAGE, "--timeout needs a duration, such as 30s");
    /* keys of calls begin with it; no two probes share one */
    int length = snprintf(seed, sizeof seed, "probe %lld", (long long)clock_now_ms());
    sha256_hex(seed, (size_t)length, digest);
    a.plan = xcalloc(1, sizeof *a.plan);
    a.plan->campaign = xstrdup("inventory");
    a.plan->digest = xstrdup(digest);
    a.plan->vars = xstrdup("{}");
    int code = probe(&a);
    for (size_t i = 0; i < a.answer_count; i++) {
        free(a.answers[i].planned);
        free(a.answers[i].seen);
        free(a.answers[i].sentence);
        free(a.answers[i].last);
    }
    free(a.answers);
    plan_free(a.plan);
    return code;
}
