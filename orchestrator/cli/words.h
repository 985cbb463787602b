/*
 * words.h - what the placeholders of the verbs' tables mean, so that help, man page and
 * completion agree with the verbs without being told twice.
 *
 *   "import FILE | list | show APPLIANCE"   alternatives, words and placeholders
 *   "text|json"                             words only
 *   "[PLAN.json]", "FILE...", "NAME[=VALUE]" a placeholder
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "cli/cli.h"

/* What can stand for a placeholder. */
enum word_kind {
    WORD_OTHER, /* only the user knows */
    WORD_FILE,
    WORD_FOLDER,
    WORD_TARGET,
    WORD_APPLIANCE,
    WORD_CAMPAIGN,
    WORD_PLUGIN,
    WORD_VERB,
    WORD_KINDS
};

/* Of all placeholders in the text; WORD_OTHER if there is none, or several kinds. */
enum word_kind word_kind(const char *placeholders);
/* The words to be typed, separated by blanks; the caller's. "" if there are none. */
char *word_choices(const char *placeholders);

/* The text without those words, as in "FILE" of "import FILE"; the caller's. */
char *word_placeholders(const char *placeholders);

/* "usage: VERB ALTERNATIVE" for each alternative: calls with each of them trimmed. */
void word_alternatives(const char *arguments, void (*visit)(void *data, const char *one),
                       void *data);

#endif
