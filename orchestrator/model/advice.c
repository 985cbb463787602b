/*
 * advice.c - what the playbook says to do about a failure travels with the sentence of the
 * failure, so that whoever shows the sentence shows the advice.
 *
 * Whoever looks for causes must look at the bare sentence: an advice may quote a message
 * that did not occur.
 */
#include <string.h>

#include "model/playbook.h"
#include "util/xalloc.h"

static const char mark[] = " Advice: ";

char *advice_add(const char *sentence, const char *advice)
{
    size_t length = strlen(sentence);
    bool ended = length && strchr(".!?", sentence[length - 1]);
    return xasprintf("%s%s%s%s", sentence, ended ? "" : ".", mark, advice);
}

/* The last one is ours: an appliance's own words come before it. */
const char *advice_find(const char *sentence, size_t *length)
{
    const char *found = NULL;
    for (const char *at = sentence; (at = strstr(at, mark)); at++)
        found = at;
    *length = found ? (size_t)(found - sentence) : strlen(sentence);
    return found ? found + strlen(mark) : NULL;
}
