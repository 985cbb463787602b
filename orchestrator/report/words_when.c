/* words_when.c - see words_when.h. */
#include "report/words_when.h"

#include <string.h>

#include "report/words.h"
#include "util/timefmt.h"

#define ANOTHER_NIGHT_MS (12 * 3600 * 1000LL)

void words_instant(struct buf *out, const struct when *when, int64_t at_ms)
{
    char local[64], utc[WORDS_TIME_MAX], in[WORDS_TIME_MAX];
    bool known = when->local && when->zone && strcmp(when->zone, "UTC") != 0 &&
                 !when->local(when->zone, at_ms, local, sizeof local);
    (void)time_minute(at_ms, utc, sizeof utc);
    buf_addf(out, "%s%s%s", known ? local : utc, known ? " (" : "", known ? utc : "");
    if (at_ms > when->now_ms)
        buf_addf(out, "%sin %s", known ? ", " : " (",
                 words_took(at_ms - when->now_ms, in, sizeof in));
    if (known || at_ms > when->now_ms)
        buf_addc(out, ')');
}

/* Half a day and more is no minute's matter: it is another opening then. */
void words_spread(struct buf *out, const struct plan_slot *slot)
{
    char took[WORDS_TIME_MAX];
    if (!slot->spread_ms)
        return;
    (void)words_took(slot->spread_ms, took, sizeof took);
    if (slot->spread_ms < ANOTHER_NIGHT_MS)
        buf_addf(out, ", give or take %s", took);
    else
        buf_addf(out,
                 "; far off, so it may yet become another night: nine of ten forecast "
                 "runs start within %s of it",
                 took);
}

static void add_instant(struct buf *out, const struct when *when, const char *label,
                        int64_t at_ms)
{
    if (!at_ms)
        return;
    buf_adds(out, label);
    words_instant(out, when, at_ms);
}

void words_blocker(struct buf *out, const struct when *when, const struct blocker *b,
                   const struct time_facts *facts)
{
    const struct window_view *w = &facts->window;
    words_clean(out, b->text);
    switch (b->kind) {
    case BLOCKER_FREEZE:
        add_instant(out, when, "; until ", w->frozen_until_ms);
        add_instant(out, when, "; the next start that fits is ", b->next_change_ms);
        break;
    case BLOCKER_WINDOW:
    case BLOCKER_NOTICE:
        add_instant(out, when, "; the next start that fits is ", b->next_change_ms);
        break;
    case BLOCKER_APPROVAL_EXPIRED:
        add_instant(out, when, "; it ended ", facts->approval_ended_ms);
        break;
    default:
        break;
    }
}

void words_window(struct buf *out, const struct when *when,
                  const struct time_facts *facts)
{
    const struct window_view *w = &facts->window;
    char took[WORDS_TIME_MAX];
    switch (w->state) {
    case WINDOW_OPEN:
        add_instant(out, when, "open until ", w->closes_ms);
        add_instant(out, when, "; a start fits until ", w->next_change_ms - 1);
        break;
    case WINDOW_FROZEN:
        add_instant(out, when, "frozen until ", w->frozen_until_ms);
        break;
    case WINDOW_TOO_SHORT:
    case WINDOW_CUT_OFF:
        add_instant(out, when, "open, but only until ", w->closes_ms);
        break;
    case WINDOW_NOTICE:
        buf_adds(out, "its owner was told of a later one");
        break;
    case WINDOW_ENDED:
        buf_adds(out, "the plan's calendars end here");
        break;
    default:
        buf_adds(out, "closed");
    }
    if (w->state != WINDOW_OPEN && w->next_change_ms)
        add_instant(out, when, "; the next start that fits is ", w->next_change_ms);
    else if (w->state != WINDOW_OPEN)
        buf_adds(out, "; no later opening holds it");
    buf_addf(out, "; it needs %s", words_took(w->needed_ms, took, sizeof took));
    if (facts->calendar) {
        buf_adds(out, " - ");
        words_clean(out, facts->calendar_scope);
        buf_adds(out, ": ");
        words_clean(out, facts->calendar);
    }
}

bool words_window_holds(const struct time_facts *facts)
{
    enum window_state state = facts->window.state;
    return state != WINDOW_ANY && state != WINDOW_OPEN && !facts->override_until_ms;
}

void words_time_wait(struct buf *out, const struct when *when, int targets,
                     int64_t next_ms, const char *target)
{
    words_count(out, targets, "target");
    buf_addf(out, " wait%s for an opening", targets == 1 ? "s" : "");
    if (!next_ms) {
        buf_adds(out, "; none comes before the plan's calendars end");
        return;
    }
    add_instant(out, when, "; the next start is ", next_ms);
    if (target) {
        buf_adds(out, ", ");
        words_clean(out, target);
    }
}
