/*
 * completion.h - completion scripts, made from the verbs' tables.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/words.h"

/* Append the script for a shell. Names that only the state knows are asked of
   `slipway completion targets` and the like, when they are needed. */
void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);
void completion_fish(struct buf *out);

/* The word that `slipway completion` prints names for: "targets"; NULL: names of this
   kind are not asked for. */
const char *completion_source(enum word_kind kind);

#endif
