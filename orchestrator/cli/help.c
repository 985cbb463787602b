/* help.c - see help.h. */
#include "cli/help.h"

#include <string.h>

#include "util/text.h"

static void add_options(struct buf *out, const struct cli_option *options)
{
    for (int i = 0; options && options[i].name; i++) {
        char left[64];
        (void)snprintf(left, sizeof left, "--%s%s%s", options[i].name,
                       options[i].value ? " " : "",
                       options[i].value ? options[i].value : "");
        buf_addf(out, "  %-22s %s%s\n", left, options[i].help,
                 options[i].required ? " (required)" : "");
    }
}

int help_all(const struct cli *cli, int exit_code)
{
    auto_buf struct buf out = {0};
    buf_adds(
        &out,
        "slipway " SLIPWAY_VERSION
        " - rolling upgrades of appliance fleets: in waves, with a snapshot before\n"
        "every change, put back by itself when checks fail, resumable at any time.\n\n"
        "Usage: slipway [--state DIR] VERB [ARGUMENTS] [OPTIONS]\n\nVerbs:\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        buf_addf(&out, "  %-11s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    buf_adds(&out, "\nCommon options:\n");
    add_options(&out, cli_common_options);
    buf_adds(&out,
             "\nExit codes: 0 done, 1 error, 2 plan would change something, 3 paused,\n"
             "4 finished with failures, 5 waiting, 6 stale or not approved, 7 owned by "
             "another\n"
             "slipway, 8 stranded targets, 64 usage, 130 interrupted (resumable).\n\n"
             "Help on one verb, with an example: slipway VERB --help\n");
    if (exit_code == EXIT_DONE)
        return cli_print(cli, buf_text(&out));
    (void)fputs(buf_text(&out), stderr);
    return exit_code;
}

int help_verb(const struct cli *cli)
{
    const struct cli_verb *verb = cli->verb;
    auto_buf struct buf out = {0};
    buf_addf(&out, "Usage: slipway %s%s%s [OPTIONS]\n\n%s\n", verb->name,
             *verb->arguments ? " " : "", verb->arguments, verb->description);
    if (verb->options) {
        buf_adds(&out, "\nOptions:\n");
        add_options(&out, verb->options);
    }
    buf_adds(&out, "\nCommon options:\n");
    add_options(&out, cli_common_options);
    buf_addf(&out, "\nExample:\n%s\n", verb->example);
    return cli_print(cli, buf_text(&out));
}
