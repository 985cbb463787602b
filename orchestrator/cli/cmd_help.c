/*
 * cmd_help.c - slipway help: all verbs, one of them, or the manual page.
 */
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/verbs.h"
#include "util/auto.h"

static int print_man(const struct cli *cli)
{
    auto_buf struct buf out = {0};
    help_man(&out);
    return cli_print(cli, buf_text(&out));
}

static int run(struct cli *cli)
{
    if (cli_flag(cli, "man"))
        return print_man(cli);
    if (!cli->argument_count)
        return help_all(cli, EXIT_DONE);
    const struct cli_verb *verb = cli_find_verb(cli->arguments[0]);
    return verb ? help_verb(cli, verb) : cli_no_such_verb(cli, cli->arguments[0]);
}

static const struct cli_option options[] = {
    {"man", NULL, "print the manual page (roff)", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_help = {
    .name = "help",
    .summary = "all verbs, one of them with an example, or the manual page",
    .arguments = "[VERB]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description =
        "Without a verb: all of them. What help, manual page and completion say "
        "comes from the tables\n"
        "that check the command line.",
    .example = "  slipway help plan\n"
               "  slipway help --man | man -l -",
    .options = options,
    .run = run,
};
