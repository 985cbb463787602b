/* subwords.c - see subwords.h. */
#include "cli/subwords.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

static int check(struct cli *cli, const struct subword *word)
{
    const struct cli_option *options = cli->verb->options;
    const char *verb = cli->verb->name;
    int count = cli->argument_count - 1;
    if (count < word->arguments_min || count > word->arguments_max)
        return cli_fail(cli, EXIT_USAGE, "%s %s takes %s; see: slipway %s --help", verb,
                        word->name, word->arguments, verb);
    for (int i = 0; options[i].name; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, " %s ", options[i].name);
        if (cli->values[i] && !strstr(word->options, key))
            return cli_fail(cli, EXIT_USAGE,
                            "%s %s takes no --%s; see: slipway %s --help", verb,
                            word->name, options[i].name, verb);
    }
    return EXIT_DONE;
}

int subwords_run(struct cli *cli, const struct subword *words, size_t count)
{
    const char *names[SUBWORDS_MAX];
    char clean[128];
    size_t known = count < SUBWORDS_MAX ? count : SUBWORDS_MAX;
    for (size_t i = 0; i < known; i++) {
        names[i] = words[i].name;
        if (strcmp(words[i].name, cli->arguments[0]) != 0)
            continue;
        int code = check(cli, &words[i]);
        return code ? code : words[i].run(cli);
    }
    const char *nearest = text_nearest(cli->arguments[0], names, known);
    return cli_fail(cli, EXIT_USAGE, "%s has no %s%s%s; see: slipway %s --help",
                    cli->verb->name, text_clean(cli->arguments[0], clean, sizeof clean),
                    nearest ? ", did you mean " : "", nearest ? nearest : "",
                    cli->verb->name);
}
