/*
 * inputs_plan.c - from what was read to a plan: everything that is not in the files
 * themselves is put beside them here (inputs.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calendar/zone.h"
#include "cli/inputs.h"
#include "cli/left_out.h"
#include "known/known.h"
#include "plan/history.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

#define PLUGIN_BYTES_MAX (256u * 1024u * 1024u)

/* ---- plugins ---- */

struct plugin_uses {
    struct map names;
    struct plan_plugin_use items[PLUGINS_MAX];
    char digests[PLUGINS_MAX][SHA256_HEX];
};

/* The digest of a plugin's file, a block at a time. */
static int digest_file(const char *path, char digest[SHA256_HEX])
{
    char block[65536];
    size_t total = 0;
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    sha256_hex("", 0, digest);
    while (fd >= 0) {
        char next[SHA256_HEX];
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? -1 : 0;
        total += (size_t)got;
        if (total > PLUGIN_BYTES_MAX)
            return -1;
        sha256_chain(digest, block, (size_t)got, next);
        memcpy(digest, next, SHA256_HEX);
    }
    return -1;
}

static const char *origin_of(const struct plugins *plugins,
                             const struct slipway_plugin *plugin)
{
    const char *origin = "";
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        if (plugins_at(plugins, i, &origin) == plugin)
            return origin;
    }
    return "";
}

static int add_use(const struct plugins *plugins, const char *use,
                   struct plugin_uses *uses, struct slipway_error *err)
{
    struct plugins_operation found;
    if (plugins_find(plugins, use, &found, err))
        return -1;
    size_t known = uses->names.count, at = map_intern(&uses->names, found.plugin->name);
    if (at < known)
        return 0;
    const char *origin = origin_of(plugins, found.plugin);
    bool is_file = origin[0] == '/' || strchr(origin, '/');
    uses->items[at] = (struct plan_plugin_use){.name = found.plugin->name,
                                               .version = found.plugin->version,
                                               .digest = uses->digests[at]};
    if (is_file && digest_file(origin, uses->digests[at]))
        return slipway_error_set(err, -1, "plugin %s cannot be read: %s", origin,
                                 strerror(errno));
    return 0;
}

static int find_plugins(const struct plugins *plugins, const struct playbook *playbook,
                        struct plugin_uses *uses, struct slipway_error *err)
{
    int code = 0;
    for (size_t i = 0; i < playbook->step_count && !code; i++)
        code = add_use(plugins, playbook->steps[i].op.use, uses, err);
    for (size_t i = 0; i < playbook->check_count && !code; i++)
        code = add_use(plugins, playbook->checks[i].op.use, uses, err);
    for (size_t i = 0; i < playbook->read_count && !code; i++)
        code = add_use(plugins, playbook->reads[i].use, uses, err);
    for (size_t i = 0; i < playbook->recovery_op_count && !code; i++)
        code = add_use(plugins, playbook->recovery_ops[i].use, uses, err);
    return code;
}

/* ---- recoveries ---- */

/* Pin what slipway runs by itself against known issues. Without it nothing is lost but
   time; but a night with files that are wrong is not what anybody planned. */
static int arm_recoveries(struct cli *cli, struct inputs *inputs, struct plugins *plugins)
{
    auto_problems struct problem_list problems = {0};
    auto_known struct known_book book = {.issue_count = 0};
    struct operation_catalogue operations = inputs_catalogue(plugins);
    auto_map struct map kinds = {0};
    struct playbook *playbook = &inputs->playbook;
    playbook->recoveries_off =
        inputs->no_recoveries || inputs->campaign.strategy.no_recoveries;
    if (playbook->recoveries_off)
        return EXIT_DONE;
    if (known_load_all(&operations, &book, &problems))
        return cli_fail(cli, EXIT_ERROR,
                        "the files of known issues have %zu error%s; see: slipway "
                        "known-issues test; or plan without: --no-recoveries",
                        problems.errors, problems.errors == 1 ? "" : "s");
    for (size_t i = 0; i < inputs->selected_count; i++)
        (void)map_intern(&kinds, inputs->fleet.appliances[inputs->selected[i]].kind);
    known_arm(&book, (const char *const *)kinds.keys, kinds.count, playbook);
    return EXIT_DONE;
}

/* ---- the plan ---- */

static struct plan_calendars calendars_of(const struct inputs_time *time)
{
    return (struct plan_calendars){.items = time->items,
                                   .count = time->count,
                                   .appliances = time->appliances,
                                   .fleet_windows = time->fleet_windows,
                                   .fleet_freezes = time->fleet_freezes,
                                   .campaign_windows = time->campaign_windows,
                                   .campaign_freezes = time->campaign_freezes,
                                   .horizon_ms = time->horizon_ms,
                                   .zone_data = zone_data_version(),
                                   .local = zone_local};
}

static int make(struct cli *cli, const struct plan_request *request, struct plan **plan,
                struct plan_notes *notes)
{
    struct slipway_error err = {""};
    if (plan_make(request, plan, notes, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    return EXIT_DONE;
}

int inputs_plan(struct cli *cli, struct inputs *inputs, struct plugins *plugins,
                const struct plan *previous, struct plan **plan, struct plan_notes *notes)
{
    struct slipway_error err = {""};
    char actor[128];
    auto_history struct history history = {.count = 0};
    __attribute__((cleanup(inputs_holds_clear))) struct inputs_holds holds = {0};
    auto_free struct plugin_uses *uses = xcalloc(1, sizeof *uses);
    int code = inputs->armed ? EXIT_DONE : arm_recoveries(cli, inputs, plugins);
    if (code)
        return code;
    inputs_history(cli, inputs, &history, &holds);
    auto_absent_list struct absent_list absent = left_out_list(inputs);
    code = find_plugins(plugins, &inputs->playbook, uses, &err);
    struct plan_request request = {
        .fleet = &inputs->fleet,
        .campaign = &inputs->campaign,
        .playbook = &inputs->playbook,
        .selected = inputs->selected,
        .selected_count = inputs->selected_count,
        .absent = absent.items,
        .absent_count = absent.count,
        .holds = holds.items,
        .hold_count = holds.count,
        .calendars = calendars_of(&inputs->time),
        .plugins = uses->items,
        .plugin_count = uses->names.count,
        .previous = previous,
        .now_ms = inputs->now_ms,
        .created_by = cli_actor(actor, sizeof actor),
        .slipway_version = SLIPWAY_VERSION,
        .fleet_digest = inputs->fleet_digest,
        .campaign_file = inputs->campaign_file,
        .fleet_file = inputs->fleet_file,
    };
    request.history = history_reduce(&history, &request.history_count);
    code = code ? cli_fail(cli, EXIT_ERROR, "%s", err.text)
                : make(cli, &request, plan, notes);
    map_free(&uses->names);
    return code;
}
