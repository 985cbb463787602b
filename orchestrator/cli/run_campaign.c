/*
 * run_campaign.c - see run_campaign.h.
 */
#include "cli/run_campaign.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "calendar/zone.h"
#include "cli/doctor.h"
#include "cli/run_view.h"
#include "cli/stale.h"
#include "exec/exec_pool.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "report/words_when.h"
#include "util/auto.h"
#include "util/duration.h"

#define CLOCK_TOLERANCE_MS  60000
#define OVERRIDE_DEFAULT_MS 14400000

const struct cli_option run_options[] = {
    {"no-wait", NULL, "exit 5 instead of waiting for a window, soak, gate or hold",
     false},
    {"workers", "N", "calls at the same time (default 64, at most 256)", false},
    {"trust-clock", NULL,
     "vouch for this machine's clock, which nothing synchronises; recorded", false},
    {"override-window", NULL,
     "break the glass: windows, freezes and notice do not bind (needs --reason)", false},
    {"reason", "TEXT", "why the windows are overridden; recorded with who and when",
     false},
    {"for", "DURATION", "how long they are overridden (default 4h, at most 7d)", false},
    {"plain", NULL, "one line per event, also on a terminal", false},
    {"debug", NULL, "log every call", false},
    {"figures", NULL, "say at the end what the run itself cost: calls, CPU, memory",
     false},
    {NULL, NULL, NULL, false},
};

/* Everything of a run that must be taken down again. */
struct running {
    struct plugins *plugins;
    struct executor *executor;
    struct control_server *control;
    struct driver *driver;
};

static void take_down(struct running *r)
{
    control_close(r->control);
    exec_destroy(r->executor);
    driver_close(r->driver);
    plugins_free(r->plugins);
}

/* Windows and holds are instants: say that time is not what it should be. */
static void tell_clock(struct cli *cli)
{
    char behind[32];
    if (clock_drift_ms() < -CLOCK_TOLERANCE_MS)
        (void)cli_fail(
            cli, EXIT_DONE,
            "this machine's clock is %s behind the campaign's last record; time "
            "goes on from there: set the clock and start again",
            duration_format(-clock_drift_ms(), behind, sizeof behind));
}

/* Loud: it stands in the records, in status, in why, and here. */
static int override_windows(struct cli *cli, struct driver *driver)
{
    const char *reason = cli_option(cli, "reason"), *length = cli_option(cli, "for");
    struct slipway_error err = {""};
    int64_t for_ms = OVERRIDE_DEFAULT_MS;
    char actor[128], took[32];
    if (!cli_flag(cli, "override-window"))
        return reason || length ? cli_fail(cli, EXIT_USAGE,
                                           "--reason and --for belong to "
                                           "--override-window")
                                : EXIT_DONE;
    if (!reason || !*reason)
        return cli_fail(cli, EXIT_USAGE, "--override-window needs --reason TEXT");
    if (length && (duration_parse(length, &for_ms) || !for_ms))
        return cli_fail(cli, EXIT_USAGE, "--for needs a duration with units, such as 4h");
    struct command command = {.verb = VERB_OVERRIDE,
                              .target = -1,
                              .wave = -1,
                              .number = clock_now_ms() + for_ms,
                              .reason = reason,
                              .actor = cli_actor(actor, sizeof actor)};
    int code = driver_command(driver, &command, &err);
    if (code == 1)
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    if (code)
        return cli_store_failure(cli, code, &err);
    (void)cli_fail(cli, EXIT_DONE,
                   "windows, freezes and notice do not bind for %s; recorded with your "
                   "name and reason",
                   duration_format(for_ms, took, sizeof took));
    return EXIT_DONE;
}

/* An approval that ended lets nothing start; what is under way is finished all the same,
   and then the loop ends for the same reason. */
static int check_approval(struct cli *cli, const struct driver *driver)
{
    static const enum target_state_id begun[] = {
        TARGET_SNAPSHOTTING, TARGET_CHANGING, TARGET_CHECKING,
        TARGET_SOAKING,      TARGET_CLEANING, TARGET_ROLLING_BACK};
    const struct engine *engine = driver_engine(driver);
    const struct engine_state *state = engine_state(engine);
    int64_t until_ms = engine_times(engine)->approved_until_ms;
    const struct plan *plan = driver_plan(driver);
    const struct when when = {clock_now_ms(), plan->time.zone, zone_local};
    auto_buf struct buf at = {0};
    char self[512];
    int under_way = machine_is_final(&campaign_machine, (int)state->campaign);
    for (size_t i = 0; i < ARRAY_LENGTH(begun); i++)
        under_way += state->count_by_state[begun[i]];
    if (!until_ms || until_ms > when.now_ms || under_way)
        return EXIT_DONE;
    words_instant(&at, &when, until_ms);
    return cli_fail(
        cli, EXIT_STALE,
        "the approval of campaign %s (%.12s) ended at %s and nothing is under "
        "way: look at it with: %s approve --show, and approve it again",
        plan->campaign, plan->digest, buf_text(&at), cli_command(cli, self, sizeof self));
}

/* With fewer no connection can be counted on; between the two it may have to wait. */
static int check_files(struct cli *cli, const struct plan *plan)
{
    struct rlimit limit;
    unsigned long long most = DOCTOR_FILES_EACH * (unsigned long long)plan->in_flight;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return EXIT_DONE;
    unsigned long long have = limit.rlim_cur, needed = DOCTOR_FILES_BASE + most;
    if (have >= needed)
        return EXIT_DONE;
    return cli_fail(cli, have < DOCTOR_FILES_BASE ? EXIT_ERROR : EXIT_DONE,
                    "%llu file descriptors are allowed, and %d in flight may need %llu: "
                    "raise the limit (ulimit -n, or LimitNOFILE= of the unit)%s",
                    have, plan->in_flight, needed,
                    have < DOCTOR_FILES_BASE ? "; nothing was begun" : "");
}

static int set_up(struct cli *cli, struct store *store, int64_t campaign,
                  struct running *r)
{
    struct slipway_error err = {""};
    const char *workers = cli_option(cli, "workers");
    struct exec_pool_options options = {
        .workers = workers ? (unsigned)strtoul(workers, NULL, 10) : 0,
        .log_debug = cli_flag(cli, "debug"),
    };
    if (options.workers > EXEC_WORKERS_MAX)
        return cli_fail(cli, EXIT_USAGE, "at most %u workers", EXEC_WORKERS_MAX);
    int code = cli_plugins(cli, &r->plugins);
    if (code)
        return code;
    if (plugins_open_all(r->plugins, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    code = driver_open(store, campaign, &r->driver, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    code = check_files(cli, driver_plan(r->driver));
    if (!code)
        code = check_approval(cli, r->driver);
    if (code)
        return code;
    tell_clock(cli);
    if (engine_state(driver_engine(r->driver))->started_ms)
        stale_mention(cli, engine_time(driver_engine(r->driver)));
    if (cli_flag(cli, "trust-clock"))
        driver_vouch_for_clock(r->driver);
    code = override_windows(cli, r->driver);
    if (code)
        return code;
    options.plugins = r->plugins;
    r->executor = exec_pool_create(&options, &err);
    if (!r->executor || control_listen(cli->state_dir, &r->control, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    return EXIT_DONE;
}

static int over(const struct engine_state *state)
{
    if (state->count_by_state[TARGET_STRANDED])
        return EXIT_STRANDED_TARGETS;
    return state->campaign == CAMPAIGN_COMPLETED ? EXIT_DONE : EXIT_SOME_FAILED;
}

static int exit_code_of(enum loop_end end, const struct engine_state *state)
{
    switch (end) {
    case LOOP_OVER:
        return over(state);
    case LOOP_PAUSED:
    case LOOP_STUCK:
        return state->count_by_state[TARGET_STRANDED] ? EXIT_STRANDED_TARGETS
                                                      : EXIT_PAUSED;
    case LOOP_UNAPPROVED:
        return EXIT_STALE;
    case LOOP_WAITING:
        return EXIT_WAITING;
    case LOOP_INTERRUPTED:
        return EXIT_INTERRUPTED;
    default:
        return EXIT_ERROR;
    }
}

/* What slipway itself cost, so that nobody has to guess; on stderr, one line. */
static void print_figures(const struct driver *driver)
{
    int64_t calls, records, commits;
    struct rusage usage = {0};
    driver_counters(driver, &calls, &records, &commits);
    (void)getrusage(RUSAGE_SELF, &usage);
    double cpu_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    (void)fprintf(stderr,
                  "figures: calls=%lld records=%lld commits=%lld cpu_ms=%.0f "
                  "cpu_us_per_call=%.0f peak_kib=%ld\n",
                  (long long)calls, (long long)records, (long long)commits, cpu_ms,
                  calls ? cpu_ms * 1e3 / (double)calls : 0, usage.ru_maxrss);
}

static int loop_campaign(struct cli *cli, struct running *r)
{
    struct slipway_error err = {""};
    char actor[128];
    enum loop_end end = LOOP_BROKEN;
    struct run_view *view = run_view_create(cli, cli_flag(cli, "plain"));
    struct loop_options options = {
        .driver = r->driver,
        .executor = r->executor,
        .plugins = r->plugins,
        .control = r->control,
        .observer = run_view_observer(view),
        .no_wait = cli_flag(cli, "no-wait"),
    };
    int code = loop_run(&options, cli_actor(actor, sizeof actor), &end, &err);
    run_view_end(view, r->driver, end);
    if (cli_flag(cli, "figures"))
        print_figures(r->driver);
    run_view_destroy(view);
    if (code) {
        (void)cli_store_failure(cli, code, &err);
        return EXIT_ERROR;
    }
    return exit_code_of(end, engine_state(driver_engine(r->driver)));
}

int run_campaign(struct cli *cli, struct store *store, int64_t campaign)
{
    struct running r = {0};
    loop_block_signals(); /* before any thread is made */
    int code = set_up(cli, store, campaign, &r);
    if (!code)
        code = loop_campaign(cli, &r);
    take_down(&r);
    return code;
}
