/*
 * options.c - the command line: common options anywhere, then the verb's own,
 * from its table. getopt_long does the parsing; this file builds its table.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/help.h"
#include "report/layout.h"
#include "util/auto.h"
#include "util/text.h"

enum common {
    COMMON_STATE,
    COMMON_CAMPAIGN,
    COMMON_PLUGINS,
    COMMON_JSON,
    COMMON_NO_COLOUR,
    COMMON_HELP,
    COMMON_COUNT
};

const struct cli_option cli_common_options[] = {
    [COMMON_STATE] = {"state", "DIR",
                      "state directory (default .slipway, or $SLIPWAY_STATE)", false},
    [COMMON_CAMPAIGN] = {"campaign", "CAMPAIGN",
                         "name, id or digest of a campaign (default: the "
                         "newest)",
                         false},
    [COMMON_PLUGINS] = {"plugins", "DIR", "load further plugins from here", false},
    [COMMON_JSON] = {"json", NULL, "print JSON with a schema version", false},
    [COMMON_NO_COLOUR] = {"no-color", NULL, "no colours, also on a terminal", false},
    [COMMON_HELP] = {"help", NULL, "show this help", false},
    [COMMON_COUNT] = {NULL, NULL, NULL, false},
};

static int option_index(const struct cli_option *options, const char *name)
{
    for (int i = 0; options && options[i].name; i++) {
        if (!strcmp(options[i].name, name))
            return i;
    }
    return -1;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    int index = option_index(cli->verb->options, name);
    return index < 0 ? NULL : cli->values[index];
}

bool cli_flag(const struct cli *cli, const char *name)
{
    return cli_option(cli, name) != NULL;
}

#define OWN_BASE 1000

static size_t add_options(struct option *out, size_t at, const struct cli_option *options,
                          int base)
{
    for (int i = 0; options && options[i].name && at < CLI_OPTIONS_MAX + COMMON_COUNT;
         i++)
        out[at++] = (struct option){options[i].name,
                                    options[i].value ? required_argument : no_argument,
                                    NULL, base + i};
    return at;
}

static void take_common(struct cli *cli, int which, bool *help, bool *colour)
{
    switch (which) {
    case COMMON_STATE:
        cli->state_dir = optarg;
        break;
    case COMMON_CAMPAIGN:
        cli->common_campaign = optarg;
        break;
    case COMMON_PLUGINS:
        cli->plugins_dir = optarg;
        break;
    case COMMON_JSON:
        cli->json = true;
        break;
    case COMMON_NO_COLOUR:
        *colour = false;
        break;
    default:
        *help = true;
    }
}

/* "did you mean" for an option that is not there. */
static int unknown_option(const struct cli *cli, const char *word)
{
    const char *names[CLI_OPTIONS_MAX + COMMON_COUNT];
    size_t count = 0;
    for (int i = 0; cli->verb && cli->verb->options && cli->verb->options[i].name; i++)
        names[count++] = cli->verb->options[i].name;
    for (int i = 0; i < COMMON_COUNT; i++)
        names[count++] = cli_common_options[i].name;
    char clean[128];
    const char *nearest = text_nearest(word + strspn(word, "-"), names, count);
    return cli_fail(cli, EXIT_USAGE, "no option %s%s%s; see: slipway %s%s--help",
                    text_clean(word, clean, sizeof clean),
                    nearest ? ", did you mean --" : "", nearest ? nearest : "",
                    cli->verb ? cli->verb->name : "", cli->verb ? " " : "");
}

static bool wants_colour(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
           strcmp(term, "dumb") != 0;
}

#define COLUMNS_MAX 1000

/* $COLUMNS if somebody exports it, else what the terminal says; 0: nobody looks. */
static int columns_of_output(void)
{
    const char *said = getenv("COLUMNS");
    char *end = NULL;
    long columns = said ? strtol(said, &end, 10) : 0;
    struct winsize size;
    if (said && end != said && !*end && columns > 0 && columns <= COLUMNS_MAX)
        return (int)columns;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        return 0;
    return size.ws_col;
}

const struct cli_verb *cli_find_verb(const char *name)
{
    for (size_t i = 0; cli_verbs[i]; i++) {
        if (!strcmp(cli_verbs[i]->name, name))
            return cli_verbs[i];
    }
    return NULL;
}

int cli_no_such_verb(const struct cli *cli, const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (; count < ARRAY_LENGTH(names) && cli_verbs[count]; count++)
        names[count] = cli_verbs[count]->name;
    char clean[128];
    const char *nearest = text_nearest(name, names, count);
    return cli_fail(cli, EXIT_USAGE, "no verb %s%s%s; see: slipway --help",
                    text_clean(name, clean, sizeof clean),
                    nearest ? ", did you mean " : "", nearest ? nearest : "");
}

static int check_arguments(const struct cli *cli)
{
    const struct cli_verb *verb = cli->verb;
    if (cli->argument_count < verb->arguments_min)
        return cli_fail(cli, EXIT_USAGE, "%s needs %s; see: slipway %s --help",
                        verb->name, verb->arguments, verb->name);
    if (cli->argument_count > verb->arguments_max)
        return cli_fail(cli, EXIT_USAGE, "%s takes %s; see: slipway %s --help",
                        verb->name, *verb->arguments ? verb->arguments : "no arguments",
                        verb->name);
    for (int i = 0; verb->options && verb->options[i].name; i++) {
        if (verb->options[i].required && !cli->values[i])
            return cli_fail(cli, EXIT_USAGE,
                            "%s needs --%s %s: it is recorded with the event", verb->name,
                            verb->options[i].name,
                            verb->options[i].value ? verb->options[i].value : "");
    }
    return EXIT_DONE;
}

/* The verb is the first word that is no option; options may stand before it. *strange
   is one of those that is not known, because its value may be taken for the verb. */
static const char *first_word(int argc, char **argv, const char **strange)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            return argv[i];
        int index = option_index(cli_common_options, argv[i] + strspn(argv[i], "-"));
        if (index < 0 && !strchr(argv[i], '='))
            *strange = argv[i];
        i += index >= 0 && cli_common_options[index].value != NULL;
    }
    return NULL;
}

static int parse(struct cli *cli, int argc, char **argv, bool *help)
{
    struct option options[CLI_OPTIONS_MAX + COMMON_COUNT + 1] = {{0}};
    size_t count = add_options(options, 0, cli_common_options, 1);
    (void)add_options(options, count, cli->verb ? cli->verb->options : NULL, OWN_BASE);
    opterr = 0;
    for (;;) {
        int found = getopt_long(argc, argv, ":h", options, NULL);
        if (found == -1)
            break;
        if (found == 'h')
            *help = true;
        else if (found == ':')
            return cli_fail(cli, EXIT_USAGE, "%s needs a value", argv[argc - 1]);
        else if (found == '?')
            return unknown_option(cli, argv[optind - 1]);
        else if (found >= OWN_BASE)
            cli->values[found - OWN_BASE] = optarg ? optarg : "";
        else
            take_common(cli, found - 1, help, &cli->colour);
    }
    /* the verb itself is the first of what is left */
    for (int i = optind + 1; i < argc; i++) {
        if (cli->argument_count == CLI_ARGUMENTS_MAX)
            return cli_fail(cli, EXIT_USAGE, "too many arguments, at most %d",
                            CLI_ARGUMENTS_MAX);
        cli->arguments[cli->argument_count++] = argv[i];
    }
    return EXIT_DONE;
}

int cli_main(int argc, char **argv, const struct slipway_plugin *const *plugins)
{
    const char *state = getenv("SLIPWAY_STATE");
    struct cli cli = {.plugin_table = plugins,
                      .colour = wants_colour(),
                      .state_dir = state && *state ? state : CLI_STATE_DEFAULT};
    const char *strange = NULL;
    const char *name = first_word(argc, argv, &strange);
    bool help = false;
    layout_set_width(columns_of_output());
    if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")))
        return cli_print(&cli, "slipway " SLIPWAY_VERSION "\n");
    cli.verb = name ? cli_find_verb(name) : NULL;
    if (name && !cli.verb)
        return strange ? unknown_option(&cli, strange) : cli_no_such_verb(&cli, name);
    int code = parse(&cli, argc, argv, &help);
    if (code)
        return code;
    if (!cli.verb)
        return help_all(&cli, help ? EXIT_DONE : EXIT_USAGE);
    if (help)
        return help_verb(&cli, cli.verb);
    code = check_arguments(&cli);
    return code ? code : cli.verb->run(&cli);
}
