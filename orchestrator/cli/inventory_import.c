/*
 * inventory_import.c - slipway inventory import: the inventory becomes what a file says,
 * as a whole or not at all (cli/inventory.h).
 *
 * What changes is told by name. With --dry-run nothing is written, so that it can be
 * looked at before it is taken.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/inventory.h"
#include "cli/inventory_diff.h"
#include "loop/clock.h"
#include "playbook/fleet_table.h"
#include "playbook/load.h"
#include "report/inventory.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define auto_fleet __attribute__((cleanup(fleet_clear)))

/* What an import comes to. */
struct import {
    struct cli *cli;
    struct fleet fleet;
    struct inventory_changes changes;
    struct store_import counts;
    int total; /* appliances of the inventory afterwards */
    bool prune, dry_run;
};

static void import_clear(struct import *import)
{
    fleet_clear(&import->fleet);
    inventory_changes_clear(&import->changes);
}

/* ---- reading the file ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length > size && !strcmp(text + length - size, end);
}

/* Managers that a table may name: those of the state, if there is one. */
static void known_managers(struct cli *cli, struct fleet *out)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    if (!store_open_reader(cli->state_dir, &store, &err))
        (void)store_load_fleet(store, out, &err);
}

static int read_fleet(struct import *import, struct problem_list *problems)
{
    struct cli *cli = import->cli;
    const char *path = cli->arguments[1], *with = cli_option(cli, "with");
    auto_fleet struct fleet known = {0};
    if (!ends_with(path, ".csv"))
        return load_fleet(path, &import->fleet, NULL, problems);
    if (!with)
        known_managers(cli, &known);
    return load_fleet_table(path, with, &known, &import->fleet, problems);
}

static int load(struct import *import)
{
    auto_problems struct problem_list problems = {0};
    if (cli_option(import->cli, "with") && !ends_with(import->cli->arguments[1], ".csv"))
        return cli_fail(import->cli, EXIT_USAGE,
                        "--with is for a table (.csv): other files have managers and "
                        "defaults of their own");
    int code = read_fleet(import, &problems) ? EXIT_ERROR : EXIT_DONE;
    auto_free char *text = problems_text(&problems);
    (void)fputs(text, stderr);
    return code ? cli_fail(import->cli, code,
                           "nothing was imported: %zu error%s in the file",
                           problems.errors, problems.errors == 1 ? "" : "s")
                : code;
}

/* ---- telling ---- */

static int print(struct import *import)
{
    struct cli *cli = import->cli;
    auto_buf struct buf out = {0};
    if (cli->json) {
        auto_json json_t *json =
            inventory_import_json(&import->counts, import->prune, import->total);
        (void)json_object_set_new(json, "changes",
                                  inventory_changes_json(&import->changes));
        (void)json_object_set_new(json, "dry_run", json_boolean(import->dry_run));
        auto_free char *text = json_pretty(json);
        buf_addf(&out, "%s\n", text);
        return cli_print(cli, buf_text(&out));
    }
    inventory_import_text(&import->counts, cli->arguments[1], import->prune,
                          import->total, &out);
    inventory_changes_text(&import->changes, cli->colour, &out);
    if (import->dry_run)
        buf_adds(&out, "nothing was written (--dry-run)\n");
    return cli_print(cli, buf_text(&out));
}

static int count_one(void *data, const struct store_appliance *appliance)
{
    (void)appliance;
    ++*(int *)data;
    return 0;
}

static int count_all(struct store *store, int *out, struct slipway_error *err)
{
    static const struct store_appliance_filter all = {0};
    return store_appliances(store, &all, count_one, out, err);
}

/* ---- only looking ---- */

/* The same counts that the store would give. */
static void count_changes(struct import *import, int before)
{
    const size_t *counts = import->changes.counts;
    int named = (int)import->fleet.appliance_count;
    import->counts = (struct store_import){
        .added = (int)counts[CHANGE_ADDED],
        .changed = (int)counts[CHANGE_CHANGED],
        .same = named - (int)(counts[CHANGE_ADDED] + counts[CHANGE_CHANGED]),
        .removed = (int)counts[CHANGE_REMOVED],
        .managers = (int)import->fleet.manager_count,
    };
    import->total = before + import->counts.added - import->counts.removed;
}

static int look(struct import *import)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    int before = 0;
    int code = store_open_reader(import->cli->state_dir, &store, &err);
    if (code == STORE_MISSING) {
        inventory_diff_nothing(&import->fleet, &import->changes);
        code = STORE_OK;
    } else if (!code) {
        code = count_all(store, &before, &err);
        if (!code)
            code = inventory_diff(store, &import->fleet, import->prune, &import->changes,
                                  &err);
    }
    if (code)
        return cli_store_failure(import->cli, code, &err);
    count_changes(import, before);
    return print(import);
}

/* ---- writing ---- */

static int take(struct import *import)
{
    struct cli *cli = import->cli;
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    int code = store_create(cli->state_dir, &err);
    if (!code)
        code = cli_open_owner(cli, "slipway inventory import", &store, &err);
    if (code == STORE_OWNED)
        return cli_fail(cli, EXIT_NOT_OWNER,
                        "%s; import again when it has ended (what runs uses its pinned "
                        "plan, not the inventory)",
                        err.text);
    if (!code)
        code =
            inventory_diff(store, &import->fleet, import->prune, &import->changes, &err);
    if (!code)
        code = store_import_fleet(store, &import->fleet, import->prune, clock_now_ms(),
                                  &import->counts, &err);
    if (!code)
        code = count_all(store, &import->total, &err);
    return code ? cli_store_failure(cli, code, &err) : print(import);
}

/* Options that only one of the two ways of importing takes. */
static int check_options(struct cli *cli, bool from_manager)
{
    static const char *const of_file[] = {"prune", "dry-run", "with"};
    static const char *const of_manager[] = {"kind", "folder", "out"};
    for (size_t i = 0; i < ARRAY_LENGTH(of_file); i++) {
        const char *wrong = from_manager ? of_file[i] : of_manager[i];
        if (cli_flag(cli, wrong) || cli_option(cli, wrong))
            return cli_fail(cli, EXIT_USAGE, "import %s --from-manager takes no --%s",
                            from_manager ? "with" : "without", wrong);
    }
    return !from_manager && cli->argument_count < 2
               ? cli_fail(cli, EXIT_USAGE, "import takes one FILE, or --from-manager")
               : EXIT_DONE;
}

int inventory_import(struct cli *cli)
{
    const char *manager = cli_option(cli, "from-manager");
    if (check_options(cli, manager != NULL))
        return EXIT_USAGE;
    if (manager)
        return inventory_discover(cli, manager);
    struct import import = {
        .cli = cli, .prune = cli_flag(cli, "prune"), .dry_run = cli_flag(cli, "dry-run")};
    int code = load(&import);
    if (!code)
        code = import.dry_run ? look(&import) : take(&import);
    import_clear(&import);
    return code;
}
