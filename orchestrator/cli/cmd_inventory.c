/*
 * cmd_inventory.c - slipway inventory: the fleet that the state remembers.
 *
 * import writes (and so needs to own the state), list and show read, probe asks the
 * appliances themselves (inventory_probe.c). Each word takes only its own options, so
 * that a misplaced one is never silently without effect.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/inventory.h"
#include "cli/subwords.h"
#include "cli/verbs.h"
#include "report/inventory.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

/* ---- what the words share ---- */

int inventory_filter(struct cli *cli, struct store_appliance_filter *out, char **label)
{
    const char *pair = cli_option(cli, "label");
    const char *equals = pair ? strchr(pair, '=') : NULL;
    if (pair && (!*pair || equals == pair))
        return cli_fail(cli, EXIT_USAGE, "--label needs NAME or NAME=VALUE");
    free(*label);
    *label = equals ? xstrndup(pair, (size_t)(equals - pair)) : xstrdup_null(pair);
    *out = (struct store_appliance_filter){
        .name = cli_option(cli, "name"),
        .kind = cli_option(cli, "kind"),
        .site = cli_option(cli, "site"),
        .manager = cli_option(cli, "manager"),
        .version = cli_option(cli, "version"),
        .label = *label,
        .label_value = equals ? equals + 1 : NULL,
    };
    return EXIT_DONE;
}

bool inventory_is_filtered(const struct store_appliance_filter *filter)
{
    return filter->name || filter->kind || filter->site || filter->manager ||
           filter->version || filter->label;
}

static int add_name(void *data, const struct store_appliance *appliance)
{
    (void)map_intern(data, appliance->name);
    return 0;
}

int inventory_no_such(struct cli *cli, struct store *store, const char *name)
{
    static const struct store_appliance_filter all = {0};
    struct slipway_error err;
    auto_map struct map names = {0};
    char clean[128];
    (void)store_appliances(store, &all, add_name, &names, &err);
    (void)text_clean(name, clean, sizeof clean);
    const char *nearest =
        text_nearest(name, (const char *const *)names.keys, names.count);
    if (nearest)
        return cli_fail(cli, EXIT_ERROR,
                        "no appliance %s in the inventory; did you mean %s?", clean,
                        nearest);
    return cli_fail(cli, EXIT_ERROR,
                    "no appliance %s in the inventory; all of them: slipway inventory "
                    "list",
                    clean);
}

/* ---- list ---- */

struct listing {
    struct inventory_table table;
    json_t *json;
};

static int list_one(void *data, const struct store_appliance *appliance)
{
    struct listing *listing = data;
    if (listing->json)
        (void)json_array_append_new(listing->json,
                                    inventory_json_appliance(appliance, false));
    else
        inventory_table_add(&listing->table, appliance);
    return 0;
}

static int list(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_free char *label = NULL;
    auto_buf struct buf out = {0};
    struct store_appliance_filter filter;
    int code = inventory_filter(cli, &filter, &label);
    if (!code)
        code = cli_open_reader(cli, &store, NULL);
    if (code)
        return code;
    struct listing listing = {.json = cli->json ? json_array() : NULL};
    code = store_appliances(store, &filter, list_one, &listing, &err);
    if (code)
        code = cli_store_failure(cli, code, &err);
    else if (cli->json)
        code = cli_print_json(cli, INVENTORY_JSON_SCHEMA, "appliances",
                              json_incref(listing.json));
    else
        inventory_table_text(&listing.table, inventory_is_filtered(&filter), cli->colour,
                             &out);
    inventory_table_clear(&listing.table);
    json_decref(listing.json);
    return code ? code : cli_print(cli, buf_text(&out));
}

/* ---- show ---- */

struct showing {
    struct cli *cli;
    struct buf text;
    json_t *json;
};

static int show_one(void *data, const struct store_appliance *appliance)
{
    struct showing *showing = data;
    if (strcmp(appliance->name, showing->cli->arguments[1]) != 0)
        return 0; /* the name was a pattern */
    if (showing->cli->json)
        showing->json = inventory_json_appliance(appliance, true);
    else
        inventory_show_text(appliance, showing->cli->colour, &showing->text);
    return 0;
}

static int show(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    struct store_appliance_filter filter = {.name = cli->arguments[1]};
    struct showing showing = {.cli = cli};
    int code = cli_open_reader(cli, &store, NULL);
    if (code)
        return code;
    code = store_appliances(store, &filter, show_one, &showing, &err);
    if (code)
        code = cli_store_failure(cli, code, &err);
    else if (showing.json)
        code = cli_print_json(cli, INVENTORY_JSON_SCHEMA, "appliance", showing.json);
    else if (showing.text.length)
        code = cli_print(cli, buf_text(&showing.text));
    else
        code = inventory_no_such(cli, store, cli->arguments[1]);
    buf_free(&showing.text);
    return code;
}

/* ---- the verb ---- */

static const struct subword words[] = {
    {"import", 0, 1, "one FILE", " prune dry-run with from-manager kind folder out ",
     inventory_import},
    {"list", 0, 0, "no argument", " name site kind label version manager ", list},
    {"show", 1, 1, "one NAME", " ", show},
    {"probe", 0, CLI_ARGUMENTS_MAX, "names",
     " name site kind label version manager playbook timeout ", inventory_probe},
};

static int run(struct cli *cli)
{
    return subwords_run(cli, words, ARRAY_LENGTH(words));
}

static const struct cli_option options[] = {
    {"prune", NULL, "import: forget appliances that the file does not name", false},
    {"dry-run", NULL, "import: only show what would change", false},
    {"with", "FILE",
     "import of a table: the fleet.yaml whose managers and defaults it uses (default: "
     "managers of the inventory)",
     false},
    {"from-manager", "NAME",
     "import: only propose what this manager holds and the inventory does not have",
     false},
    {"folder", "NAME", "import from a manager: in folders of this name", false},
    {"out", "FILE", "import from a manager: write the proposal into a new file", false},
    {"name", "GLOB", "list, probe: whose name is like this, as in 'vc-00*'", false},
    {"site", "SITE", "list, probe: of this site", false},
    {"kind", "KIND", "list, probe, import from a manager: of this kind", false},
    {"label", "NAME[=VALUE]", "list, probe: with this label", false},
    {"version", "VERSION", "list, probe: with this version, as seen last", false},
    {"manager", "MANAGER", "list, probe: with a VM of this manager", false},
    {"playbook", "FILE",
     "probe: whose way of reading the version is used (default: that of the campaign)",
     false},
    {"timeout", "DURATION", "probe: for one appliance (default 30s)", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_inventory = {
    .name = "inventory",
    .summary = "the remembered fleet: import, list, show, probe",
    .arguments = "import [FILE] | list | show APPLIANCE | probe [APPLIANCE...]",
    .arguments_min = 1,
    .arguments_max = CLI_ARGUMENTS_MAX,
    .description =
        "import  makes the inventory what a fleet file says (.yaml, .json, or a table as "
        ".csv), as a\n"
        "        whole or not at all, and shows what changed. With --from-manager it "
        "writes nothing:\n"
        "        it asks a manager (of FILE, or of the inventory) which appliances it "
        "holds, and\n"
        "        proposes those that are new as a piece of a fleet file\n"
        "list    shows it, with the versions that were read back since\n"
        "show    shows one appliance whole; secrets are only ever references\n"
        "probe   asks appliances for their version, with reads only, and records it. "
        "The playbook\n"
        "        that tells how is --playbook, or that of --campaign: a campaign of the "
        "state, or\n"
        "        a CAMPAIGN.yaml. Exits 4 if some did not answer.",
    .example = "  slipway inventory import fleet.yaml\n"
               "  slipway inventory import cmdb.csv --with fleet.yaml --dry-run\n"
               "  slipway inventory import --from-manager mgmt-rbx --out new.yaml\n"
               "  slipway inventory list --site rbx --label tier=gold\n"
               "  slipway inventory probe --playbook linux-patch 'vc-0001'",
    .options = options,
    .run = run,
};
