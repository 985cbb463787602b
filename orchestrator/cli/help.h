/* help.h - help from the verbs' tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/cli.h"

/* All verbs with their summaries, to stdout (EXIT_DONE) or stderr. */
int help_all(const struct cli *cli, int exit_code);
/* One verb, whole. */
int help_verb(const struct cli *cli);

#endif
