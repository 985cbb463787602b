/* advice.c - see advice.h. */
#include "report/advice.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/text.h"

#define PURPOSE_AT_MOST 56 /* columns: a longer command has its purpose below it */

/* "SELF verb [ARGUMENT] rest" */
static void add(const struct advice_facts *f, struct advice *out, const char *verb,
                const char *argument, const char *rest, const char *purpose)
{
    auto_buf struct buf line = {0};
    if (out->count == ADVICE_MAX)
        return;
    buf_addf(&line, "%s %s", f->command, verb);
    if (argument) {
        buf_addc(&line, ' ');
        words_quoted(&line, argument);
    }
    buf_adds(&line, rest);
    out->lines[out->count++] = (struct advice_line){buf_take(&line), purpose};
}

#define REASON " --reason TEXT"

static void on_targets(const struct advice_facts *f, struct advice *out)
{
    if (f->stranded) {
        add(f, out, "why", f->stranded, "", "what is known, and how to put it back");
        add(f, out, "rollback", f->stranded, REASON, "try the rollback again");
        add(f, out, "skip", f->stranded, REASON, "it was settled by hand");
    }
    if (f->parked) {
        add(f, out, "why", f->parked, "", "what is known, and how to finish or undo it");
        add(f, out, "retry", f->parked, REASON, "go on with it; doubts are asked first");
        if (!f->stranded)
            add(f, out, "skip", f->parked, REASON, "it was settled by hand");
    }
    if (f->gate_target)
        add(f, out, "approve --target", f->gate_target, "", "open its gate");
    if (f->held)
        add(f, out, "release", f->held, "", "end its hold");
}

static bool retryable(const struct advice_facts *f)
{
    return f->counts[TARGET_FAILED] + f->counts[TARGET_ROLLED_BACK] > 0;
}

static void on_running(const struct advice_facts *f, struct advice *out)
{
    if (f->gated_wave)
        add(f, out, "approve --wave", f->gated_wave, "", "open the wave");
    if (!f->owned)
        add(f, out, "resume", NULL, "", "go on: nobody is running it now");
    on_targets(f, out);
    if (retryable(f))
        add(f, out, "retry", NULL, REASON, "try failed and rolled-back ones again");
}

static void on_paused(const struct advice_facts *f, struct advice *out)
{
    on_targets(f, out);
    if (retryable(f))
        add(f, out, "retry", NULL, REASON, "try failed and rolled-back ones again");
    add(f, out, "unpause", NULL, REASON, "failures so far no longer count");
    if (!f->owned)
        add(f, out, "resume", NULL, "", "then go on");
    add(f, out, "abort", NULL, REASON, "or start nothing more, for good");
}

static void on_over(const struct advice_facts *f, struct advice *out)
{
    on_targets(f, out);
    if (retryable(f) && f->state != CAMPAIGN_ABORTED) {
        add(f, out, "retry", NULL, REASON, "try failed and rolled-back ones again");
        if (!f->owned)
            add(f, out, "resume", NULL, "", "then go on");
    }
    add(f, out, "report", NULL, "", "everything that happened");
}

void advise(const struct advice_facts *f, struct advice *out)
{
    switch (f->state) {
    case CAMPAIGN_UNAPPROVED:
        add(f, out, "approve", NULL, REASON, "it must not start before");
        if (!f->owned)
            add(f, out, "resume", NULL, "", "then start it");
        break;
    case CAMPAIGN_READY:
        add(f, out, "resume", NULL, "", "start it");
        break;
    case CAMPAIGN_RUNNING:
        on_running(f, out);
        break;
    case CAMPAIGN_PAUSED:
        on_paused(f, out);
        break;
    case CAMPAIGN_ABORTING:
        on_targets(f, out);
        if (!f->owned)
            add(f, out, "resume", NULL, "", "bring what is in flight to an end");
        break;
    default:
        on_over(f, out);
    }
}

void advice_clear(struct advice *advice)
{
    for (size_t i = 0; i < advice->count; i++)
        free(advice->lines[i].command);
    advice->count = 0;
}

void advice_write(const struct advice *advice, const char *indent, struct buf *out)
{
    int widest = 0;
    bool below = false; /* a narrow terminal: all alike, that reads best */
    for (size_t i = 0; i < advice->count; i++) {
        int width = text_columns(advice->lines[i].command);
        below = below ||
                (int)strlen(indent) + width + 2 + text_columns(advice->lines[i].purpose) >
                    layout_width();
        widest = width > widest && width <= PURPOSE_AT_MOST ? width : widest;
    }
    for (size_t i = 0; i < advice->count; i++) {
        const struct advice_line *line = &advice->lines[i];
        int width = text_columns(line->command);
        if (width > PURPOSE_AT_MOST || (below && layout_width() < LAYOUT_WIDTH))
            buf_addf(out, "%s%s\n%s    %s\n", indent, line->command, indent,
                     line->purpose);
        else
            buf_addf(out, "%s%s%*s  %s\n", indent, line->command, widest - width, "",
                     line->purpose);
    }
}
