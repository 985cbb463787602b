/*
 * cmd_plugins.c - slipway plugins: what there is, and what each operation takes. The
 * text comes from the tables that check playbooks, so it cannot be out of date.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "exec/arguments.h"
#include "report/plugins.h"
#include "util/auto.h"
#include "util/text.h"

static int no_such_plugin(const struct cli *cli, const struct plugins_view *view,
                          const char *name)
{
    const char *names[PLUGINS_MAX];
    char clean[128];
    for (size_t i = 0; i < view->count; i++)
        names[i] = view->plugins[i].plugin->name;
    const char *nearest = text_nearest(name, names, view->count);
    return cli_fail(cli, EXIT_ERROR, "no plugin %s%s%s%s; all of them: slipway plugins",
                    text_clean(name, clean, sizeof clean),
                    nearest ? ", did you mean " : "", nearest ? nearest : "",
                    nearest ? "?" : "");
}

/* "ssh" and "ssh.job" both name the plugin ssh; "sleep" is one of builtin's. */
static int index_of(const struct plugins *plugins, const struct plugins_view *view,
                    const char *name)
{
    struct plugins_operation found;
    struct slipway_error err;
    for (size_t i = 0; i < view->count; i++) {
        if (!strcmp(view->plugins[i].plugin->name, name))
            return (int)i;
    }
    if (plugins_find(plugins, name, &found, &err))
        return -1;
    for (size_t i = 0; i < view->count; i++) {
        if (view->plugins[i].plugin == found.plugin)
            return (int)i;
    }
    return -1;
}

static int print(struct cli *cli, const struct plugins *plugins,
                 struct plugins_view *view)
{
    auto_buf struct buf out = {0};
    int index = -1;
    if (cli->argument_count) {
        index = index_of(plugins, view, cli->arguments[0]);
        if (index < 0)
            return no_such_plugin(cli, view, cli->arguments[0]);
    }
    if (cli->json) {
        struct plugins_view chosen = *view;
        if (index >= 0) {
            chosen.plugins = &view->plugins[index];
            chosen.count = 1;
        }
        auto_free char *json = plugins_json(&chosen);
        buf_addf(&out, "%s\n", json);
    } else if (index >= 0) {
        plugins_text_one(view, (size_t)index, &out);
    } else {
        plugins_text(view, &out);
    }
    return cli_print(cli, buf_text(&out));
}

static int run(struct cli *cli)
{
    struct plugin_view list[PLUGINS_MAX];
    struct plugins_view view = {
        .plugins = list, .type_name = arguments_type_name, .colour = cli->colour};
    struct plugins *plugins = NULL;
    int code = cli_plugins(cli, &plugins);
    if (code)
        return code;
    for (; view.count < plugins_count(plugins); view.count++) {
        struct plugin_view *p = &list[view.count];
        p->plugin = plugins_at(plugins, view.count, &p->origin);
        p->bare = !strcmp(p->plugin->name, PLUGINS_BARE);
    }
    code = print(cli, plugins, &view);
    plugins_free(plugins);
    return code;
}

const struct cli_verb cmd_plugins = {
    .name = "plugins",
    .summary = "the plugins, and what each operation takes",
    .arguments = "[PLUGIN]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description = "Lists the plugins that are built in and those from --plugins. With a "
                   "name (ssh, or ssh.job):\n"
                   "every operation with its class, what it needs of an appliance, and "
                   "the keys of `with:`.",
    .example = "  slipway plugins\n"
               "  slipway plugins ssh",
    .run = run,
};
