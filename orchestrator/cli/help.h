/* help.h - help from the verbs' tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/cli.h"

struct help_exit_code {
    int code;
    const char *text;
};
/* Ends with a NULL text. */
extern const struct help_exit_code help_exit_codes[];

/* All verbs with their summaries, to stdout (EXIT_DONE) or stderr. */
int help_all(const struct cli *cli, int exit_code);
/* One verb, whole. */
int help_verb(const struct cli *cli, const struct cli_verb *verb);

/* The manual page, in roff (man.c). Append. */
void help_man(struct buf *out);

#endif
