/*
 * tokens.h - the pieces of an expression's text, for whoever reads it without evaluating it.
 */
#ifndef EXPR_TOKENS_H
#define EXPR_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

/* A character of a word: letters, digits, _ */
bool token_is_word(char c);
/* Bytes of the word that begins here; 0: none does. */
size_t token_word_length(const char *at);
const char *token_skip_space(const char *at);
/* Behind the literal whose apostrophe stands here; NULL if it does not end. */
const char *token_literal_end(const char *at);

#endif
