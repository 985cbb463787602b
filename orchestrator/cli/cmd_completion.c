/*
 * cmd_completion.c - slipway completion: a script for the shell; and, for that script,
 * the names that only the state knows. Where there is no state there are no names.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/completion.h"
#include "cli/verbs.h"
#include "store/inventory.h"
#include "util/auto.h"
#include "util/text.h"

#define NAMES_MAX 5000 /* more would only make the shell slow */

const char *completion_source(enum word_kind kind)
{
    static const char *const sources[WORD_KINDS] = {
        [WORD_TARGET] = "targets",
        [WORD_APPLIANCE] = "appliances",
        [WORD_CAMPAIGN] = "campaigns",
        [WORD_PLUGIN] = "plugins",
    };
    return sources[kind];
}

/* ---- names ---- */

static int add_name(struct buf *out, const char *name)
{
    char clean[256];
    buf_addf(out, "%s\n", text_clean(name, clean, sizeof clean));
    return 0;
}

static int add_target(void *data, const struct store_target *target)
{
    return add_name(data, target->name);
}

static int add_campaign(void *data, const struct store_campaign *campaign)
{
    return add_name(data, campaign->name);
}

static int add_appliance(void *data, const struct store_appliance *appliance)
{
    return add_name(data, appliance->name);
}

static int print_targets(struct cli *cli, struct buf *out)
{
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    struct store_target_filter filter = STORE_ANY_TARGET;
    struct slipway_error err;
    filter.limit = NAMES_MAX;
    int code = cli_open_reader(cli, &store, &campaign);
    if (!code && store_targets(store, campaign.id, &filter, add_target, out, &err))
        code = cli_fail(cli, EXIT_ERROR, "%s", err.text);
    return code;
}

static int print_campaigns(struct cli *cli, struct buf *out)
{
    auto_store struct store *store = NULL;
    struct slipway_error err;
    int code = cli_open_reader(cli, &store, NULL);
    if (!code && store_campaigns(store, add_campaign, out, &err))
        code = cli_fail(cli, EXIT_ERROR, "%s", err.text);
    return code;
}

static int print_appliances(struct cli *cli, struct buf *out)
{
    static const struct store_appliance_filter all = {0};
    auto_store struct store *store = NULL;
    struct slipway_error err;
    int code = cli_open_reader(cli, &store, NULL);
    if (!code && store_appliances(store, &all, add_appliance, out, &err))
        code = cli_fail(cli, EXIT_ERROR, "%s", err.text);
    return code;
}

static int print_plugins(struct cli *cli, struct buf *out)
{
    struct plugins *plugins = NULL;
    int code = cli_plugins(cli, &plugins);
    for (size_t i = 0; !code && i < plugins_count(plugins); i++)
        (void)add_name(out, plugins_at(plugins, i, NULL)->name);
    plugins_free(plugins);
    return code;
}

/* ---- the verb ---- */

static int print_script(struct buf *out, void (*script)(struct buf *out))
{
    script(out);
    return EXIT_DONE;
}

static int run(struct cli *cli)
{
    const struct {
        const char *word;
        void (*script)(struct buf *out);
        int (*names)(struct cli *cli, struct buf *out);
    } words[] = {
        {"bash", completion_bash, NULL},      {"zsh", completion_zsh, NULL},
        {"fish", completion_fish, NULL},      {"targets", NULL, print_targets},
        {"campaigns", NULL, print_campaigns}, {"appliances", NULL, print_appliances},
        {"plugins", NULL, print_plugins},
    };
    auto_buf struct buf out = {0};
    char clean[128];
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcmp(words[i].word, cli->arguments[0]) != 0)
            continue;
        int code = words[i].script ? print_script(&out, words[i].script)
                                   : words[i].names(cli, &out);
        return code ? code : cli_print(cli, buf_text(&out));
    }
    return cli_fail(cli, EXIT_USAGE, "completion is for bash, zsh and fish, not %s",
                    text_clean(cli->arguments[0], clean, sizeof clean));
}

const struct cli_verb cmd_completion = {
    .name = "completion",
    .summary = "print a completion script for bash, zsh or fish",
    .arguments = "bash|zsh|fish|targets|appliances|campaigns|plugins",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "The script completes verbs, options, files, and the names of targets, "
        "appliances,\n"
        "campaigns and plugins, which it asks for with the other words.",
    .example = "  source <(slipway completion bash)\n"
               "  slipway completion zsh > \"${fpath[1]}/_slipway\"\n"
               "  slipway completion fish > ~/.config/fish/completions/slipway.fish",
    .run = run,
};
