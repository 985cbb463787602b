/* forecast_words.c - a rule, and a change of it, in words (see forecast.h). */
#include <string.h>

#include "report/forecast.h"
#include "report/words.h"

static void add_numbers(struct buf *out, const struct forecast_change *change)
{
    if (change->from && change->to)
        buf_addf(out, " %d to %d", change->from, change->to);
    else if (change->to)
        buf_addf(out, " %d", change->to);
    else if (change->from)
        buf_addf(out, " %d", change->from);
}

void forecast_words_change(struct buf *out, const struct forecast_change *change)
{
    const char *kind = change->kind;
    bool value = strchr(change->key, '=') != NULL;
    if (!strcmp(kind, "windows")) {
        bool all = !strcmp(change->key, "campaign");
        buf_adds(out, all            ? "windows of the "
                      : value        ? "windows of "
                      : *change->key ? "windows by "
                                     : "windows");
        words_clean(out, change->key);
    } else if (!strcmp(kind, "window")) {
        buf_adds(out, "one more window, ");
        words_clean(out, change->key);
    } else if (!strcmp(kind, "soak")) {
        buf_adds(out, "soaks of waves");
        if (*change->key)
            buf_addf(out, " %s", change->key);
    } else if (!strcmp(kind, "waves")) {
        buf_adds(out, "waves that wait for each other");
    } else if (!strcmp(kind, "budget")) {
        buf_adds(out, "pauses when a failure budget is used up");
    } else if (!strcmp(kind, "approval")) {
        buf_adds(out, "waiting for approvals");
    } else if (!strcmp(kind, "notice")) {
        buf_adds(out, "notice for owners");
    } else {
        buf_adds(out, kind);
        if (*change->key) {
            buf_addc(out, ' ');
            words_clean(out, change->key);
        }
        add_numbers(out, change);
    }
}
