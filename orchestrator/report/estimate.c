/*
 * estimate.c - see estimate.h.
 *
 * A wave takes (targets left) x (pace) and then its soak. The pace is what one target
 * takes, divided by how many run side by side; the open wave is believed to go on as it
 * went in the last hour once ENOUGH targets say how fast that is, because domains and
 * limits hold back more than the in-flight limit shows.
 */
#include "report/estimate.h"

#define ENOUGH  5
#define HOUR_MS 3600000LL

static int64_t pace_of(const struct estimate_wave *wave, const struct estimate_pace *pace)
{
    int side_by_side =
        wave->total < pace->in_flight_max ? wave->total : pace->in_flight_max;
    int64_t planned = pace->mean_active_ms / (side_by_side > 0 ? side_by_side : 1);
    if (!wave->open || pace->verified_last_hour < ENOUGH)
        return planned;
    int64_t span = pace->now_ms - wave->since_ms;
    span = span < 0 ? 0 : span > HOUR_MS ? HOUR_MS : span;
    int64_t seen = span / pace->verified_last_hour;
    return seen > planned ? seen : planned;
}

static int64_t wave_left_ms(const struct estimate_wave *wave,
                            const struct estimate_pace *pace)
{
    if (wave->done)
        return 0;
    if (!wave->left) {
        int64_t soak = wave->soak_end_ms - pace->now_ms;
        return soak > 0 ? soak : 0;
    }
    int64_t work = wave->left * pace_of(wave, pace);
    int64_t least = pace->mean_active_ms / 2; /* the last ones are half way on average */
    return (work > least ? work : least) + wave->soak_ms;
}

int64_t estimate_left_ms(const struct estimate_wave *waves, size_t count,
                         const struct estimate_pace *pace)
{
    int64_t sum = 0;
    bool work = false;
    for (size_t i = 0; i < count; i++) {
        work = work || (!waves[i].done && waves[i].left);
        sum += wave_left_ms(&waves[i], pace);
    }
    return work && !pace->mean_active_ms ? -1 : sum;
}
