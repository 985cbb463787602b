/*
 * inputs.c - see inputs.h.
 *
 * The fleet is --fleet, or the campaign's `fleet:`, or fleet.yaml beside the
 * campaign, or what `slipway inventory import` put into the state.
 */
#include "cli/inputs.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/inputs_after.h"
#include "cli/linked.h"
#include "cli/versions.h"
#include "exec/arguments.h"
#include "loop/clock.h"
#include "model/playbook.h"
#include "store/inventory.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

/* ---- what a `use:` means ---- */

static int declared(const char *name, const struct slipway_operation *operation,
                    const char *with, enum slipway_class *out, struct slipway_error *err)
{
    int value = name ? repeat_from(name) : 0;
    if (!name) {
        *out = plugins_classify(operation, with);
        return 0;
    }
    if (value < 0)
        return slipway_error_set(
            err, -1, "class must be read, idempotent, reconcilable or opaque");
    if (!operation->classify && (enum slipway_class)value != operation->repeat)
        return slipway_error_set(err, -1, "%s is always %s; leave class away",
                                 operation->name, repeat_name(operation->repeat));
    if (value == SLIPWAY_RECONCILABLE && !operation->probe)
        return slipway_error_set(err, -1,
                                 "%s cannot be asked what became of it, so it is not "
                                 "reconcilable",
                                 operation->name);
    *out = (enum slipway_class)value;
    return 0;
}

static int check_use(void *data, const char *use, const char *with_json,
                     const char *base_dir, const char *declared_class, char **normalised,
                     enum slipway_class *repeat, const char **needs,
                     struct slipway_error *err)
{
    struct plugins_operation found;
    auto_json json_t *with = json_parse(with_json, strlen(with_json), ARGUMENTS_MAX, err);
    auto_json json_t *checked = NULL;
    if (!with || plugins_find(data, use, &found, err) ||
        arguments_check(found.operation, with, base_dir, ARGUMENTS_LINT, &checked, err))
        return -1;
    auto_free char *text = json_canonical(checked);
    if (declared(declared_class, found.operation, text, repeat, err))
        return -1;
    *needs = found.operation->needs;
    *normalised = steal_ptr(&text);
    return 0;
}

static bool is_file(void *data, const char *use, const char *argument)
{
    struct plugins_operation found;
    struct slipway_error err;
    if (plugins_find(data, use, &found, &err))
        return false;
    for (const struct slipway_option *o = found.operation->options; o && o->name; o++) {
        if (!strcmp(o->name, argument))
            return o->type == SLIPWAY_FILE;
    }
    return false;
}

struct operation_catalogue inputs_catalogue(struct plugins *plugins)
{
    return (struct operation_catalogue){
        .check = check_use, .data = plugins, .is_file = is_file};
}

/* ---- files ---- */

static char *folder_of(const char *path)
{
    auto_free char *copy = xstrdup(path);
    return xstrdup(dirname(copy));
}

static void add_rules(const struct time_rules *rules, struct buf *out)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct time_rule *rule = &rules->items[i];
        buf_addf(out, "%s=%s %s\n", rule->label ? rule->label : "",
                 rule->value ? rule->value : "", rule->calendar);
    }
}

/* Versions are left out: a plan compares those one by one. */
static void digest_inventory(const struct fleet *fleet, char digest[SHA256_HEX])
{
    auto_buf struct buf all = {0};
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        const struct appliance *a = &fleet->appliances[i];
        auto_free char *doc = json_canonical(a->doc);
        buf_addf(&all, "%s\n%s\n%s\n%s\n", a->name, a->calendar, a->vm_key, doc);
    }
    buf_addf(&all, "%s\n", fleet->zone ? fleet->zone : "");
    add_rules(&fleet->windows, &all);
    add_rules(&fleet->freezes, &all);
    sha256_hex(buf_text(&all), all.length, digest);
}

static int load_inventory(struct cli *cli, struct inputs *out)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    int code = store_open_reader(cli->state_dir, &store, &err);
    if (!code)
        code = store_load_fleet(store, &out->fleet, &err);
    if (code && code != STORE_MISSING)
        problem_error(&out->problems, &out->campaign.place, "no fleet: %s", err.text);
    else if (code || !out->fleet.appliance_count)
        problem_error(&out->problems, &out->campaign.place,
                      "no fleet: write fleet.yaml beside the campaign, name one with "
                      "--fleet, or import one with: slipway inventory import fleet.yaml");
    if (code || !out->fleet.appliance_count)
        return EXIT_ERROR;
    digest_inventory(&out->fleet, out->fleet_digest);
    return 0;
}

static int load_fleet_of(struct cli *cli, const char *folder, const char *fleet_path,
                         struct inputs *out)
{
    auto_free char *beside = xasprintf("%s/fleet.yaml", folder);
    const char *path = fleet_path              ? fleet_path
                       : out->campaign.fleet   ? out->campaign.fleet
                       : !access(beside, F_OK) ? beside
                                               : NULL;
    if (!path)
        return load_inventory(cli, out);
    out->fleet_file = realpath(path, NULL); /* NULL: load_fleet says why */
    return load_fleet(path, &out->fleet, out->fleet_digest, &out->problems) ? EXIT_ERROR
                                                                            : 0;
}

static int load_playbook_of(struct cli *cli, const char *folder, struct plugins *plugins,
                            struct inputs *out)
{
    struct slipway_error err = {""};
    auto_free char *path = NULL;
    struct operation_catalogue catalogue = inputs_catalogue(plugins);
    if (find_playbook(out->campaign.playbook, folder, &path, &err)) {
        problem_error(&out->problems, &out->campaign.playbook_place, "%s", err.text);
        return EXIT_ERROR;
    }
    (void)cli;
    return load_playbook(path, &catalogue, &out->playbook, &out->notes, &out->problems)
               ? EXIT_ERROR
               : 0;
}

static int select_appliances(struct inputs *out)
{
    struct slipway_error err = {""};
    struct expr_engine *engine = expr_create(&err);
    int code = engine ? campaign_select(&out->campaign, &out->fleet, engine,
                                        &out->selected, &out->selected_count, &err)
                      : -1;
    expr_destroy(engine);
    if (code)
        problem_error(&out->problems, &out->campaign.select_place, "%s", err.text);
    return code ? EXIT_ERROR : 0;
}

/* Whoever would not succeed, or only be half way, is not begun. */
static void leave_out(struct inputs *in)
{
    auto_free bool *hops = versions_need_hops(in);
    auto_free enum out_why *why = xcalloc(in->selected_count + 1, sizeof *why);
    size_t kept = 0;
    for (size_t i = 0; i < in->selected_count; i++)
        why[i] = after_objection(in, in->selected[i]) ? OUT_AFTER
                 : hops[i]                            ? OUT_HOPS
                                                      : OUT_NOT;
    linked_leave_out(in, why);
    for (size_t i = 0; i < in->selected_count; i++) {
        if (why[i])
            *vec_push(in->out, in->out_count, in->out_room) =
                (struct left_out){in->selected[i], why[i]};
        else
            in->selected[kept++] = in->selected[i];
    }
    in->selected_count = kept;
}

int inputs_load(struct cli *cli, const char *campaign_path, const char *fleet_path,
                struct plugins *plugins, struct inputs *out)
{
    auto_free char *folder = folder_of(campaign_path);
    out->now_ms = clock_now_ms();
    out->campaign_file = realpath(campaign_path, NULL);
    if (load_campaign(campaign_path, &out->campaign, &out->problems))
        return EXIT_ERROR;
    /* both, so that one lint shows the mistakes of both */
    int fleet = load_fleet_of(cli, folder, fleet_path, out);
    int playbook = load_playbook_of(cli, folder, plugins, out);
    if (!fleet) {
        fleet_links_settle(&out->fleet, &out->problems);
        after_load(cli, out);
    }
    if (fleet || playbook || select_appliances(out))
        return EXIT_ERROR;
    leave_out(out);
    out->companions = plan_companions(&out->fleet, &out->playbook, out->selected,
                                      out->selected_count, &out->companion_count);
    struct lint_input input = {
        .fleet = &out->fleet,
        .campaign = &out->campaign,
        .playbook = &out->playbook,
        .notes = &out->notes,
        .selected = out->selected,
        .selected_count = out->selected_count,
        .companions = out->companions,
        .companion_count = out->companion_count,
    };
    lint_all(&input, &out->problems);
    inputs_time_load(out);
    return out->problems.errors ? EXIT_ERROR : 0;
}

void inputs_clear(struct inputs *inputs)
{
    campaign_clear(&inputs->campaign);
    fleet_clear(&inputs->fleet);
    playbook_clear(&inputs->playbook);
    playbook_notes_clear(&inputs->notes);
    problems_clear(&inputs->problems);
    inputs_time_clear(&inputs->time);
    free(inputs->campaign_file);
    free(inputs->fleet_file);
    free(inputs->selected);
    free(inputs->companions);
    free(inputs->out);
    after_clear(&inputs->after);
    *inputs = (struct inputs){0};
}

void inputs_print_problems(struct inputs *inputs)
{
    if (!inputs->problems.count)
        return;
    auto_free char *text = problems_text(&inputs->problems);
    /* places speak for themselves as a compiler's do; a file that is not there has none */
    (void)fprintf(stderr, "%s%s", inputs->campaign_file ? "" : "slipway: ", text);
}
