/* tokens.c - see tokens.h. */
#include "expr/tokens.h"

#include <ctype.h>
#include <string.h>

bool token_is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

size_t token_word_length(const char *at)
{
    size_t length = 0;
    while (token_is_word(at[length]))
        length++;
    return length;
}

const char *token_skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

const char *token_literal_end(const char *at)
{
    for (at++; (at = strchr(at, '\'')); at += 2) {
        if (at[1] != '\'')
            return at + 1;
    }
    return NULL;
}
