/*
 * subwords.h - verbs whose first argument is a word of their own: `inventory list`,
 * `calendar next`. Which word takes which arguments and options is a table.
 */
#ifndef CLI_SUBWORDS_H
#define CLI_SUBWORDS_H

#include <stddef.h>

#include "cli/cli.h"

#define SUBWORDS_MAX 16

struct subword {
    const char *name;
    int arguments_min, arguments_max; /* behind the word */
    const char *arguments;            /* for the sentence: "one NAME" */
    const char *options;              /* those it takes, each between spaces */
    int (*run)(struct cli *cli);
};

/* Find the word, check what it was given, run it. EXIT_USAGE with a sentence if there
   is no such word, or it does not take what stands there. */
int subwords_run(struct cli *cli, const struct subword *words, size_t count);

#endif
