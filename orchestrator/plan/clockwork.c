/* clockwork.c - see clockwork.h. */
#include "plan/clockwork.h"

#include <stdio.h>

#include "util/timefmt.h"

const char *clockwork_local(const struct plan_time *time, local_time_fn local, int64_t ms,
                            char out[LOCAL_TIME_ROOM])
{
    if (!local || local(time->zone, ms, out, LOCAL_TIME_ROOM))
        (void)time_minute(ms, out, LOCAL_TIME_ROOM);
    return out;
}

struct span clockwork_range(const struct plan *plan)
{
    const struct plan_time *time = &plan->time;
    int64_t until_ms = time->deadline_ms  ? time->deadline_ms
                       : time->horizon_ms ? time->horizon_ms
                                          : INT64_MAX;
    if (time->horizon_ms && time->horizon_ms < until_ms)
        until_ms = time->horizon_ms;
    return (struct span){plan->created_ms + time->min_notice_ms, until_ms};
}

int64_t clockwork_reserve_ms(const struct plan_time *time, const struct plan_pace *pace)
{
    return pace->needed_ms > time->cut_off_ms ? pace->needed_ms : time->cut_off_ms;
}

/* What of it lies in the range; nothing of one that is too short to be used. */
static int64_t usable_ms(const struct plan_time *time, const struct span *span,
                         const struct span *range)
{
    int64_t from_ms = span->from_ms > range->from_ms ? span->from_ms : range->from_ms;
    int64_t until_ms =
        span->until_ms < range->until_ms ? span->until_ms : range->until_ms;
    bool used = span->until_ms - span->from_ms >= time->min_opening_ms;
    return used && until_ms > from_ms ? until_ms - from_ms : 0;
}

struct opening clockwork_longest(const struct plan_time *time,
                                 const struct timetable *table, const struct span *range)
{
    struct opening best = {0};
    for (size_t i = spans_find(&table->open, range->from_ms); i < table->open.count;
         i++) {
        const struct span *span = &table->open.items[i];
        int64_t whole_ms = span->until_ms - span->from_ms;
        int64_t usable = usable_ms(time, span, range);
        if (span->from_ms >= range->until_ms)
            break;
        if (usable > best.usable_ms ||
            (usable == best.usable_ms && whole_ms > best.whole_ms))
            best = (struct opening){span->from_ms, whole_ms, usable};
    }
    return best;
}

long long clockwork_turns(const struct plan_time *time, const struct spans *open,
                          const struct span *range, const struct plan_pace *pace,
                          long long enough)
{
    int64_t reserve_ms = clockwork_reserve_ms(time, pace);
    int64_t each_ms = pace->change_ms > 0 ? pace->change_ms : 1;
    long long turns = 0;
    for (size_t i = spans_find(open, range->from_ms); i < open->count && turns < enough;
         i++) {
        int64_t room_ms = usable_ms(time, &open->items[i], range);
        if (open->items[i].from_ms >= range->until_ms)
            break;
        if (room_ms && room_ms >= reserve_ms)
            turns += 1 + (room_ms - reserve_ms) / each_ms;
    }
    return turns < enough ? turns : enough;
}
