/* tally.c - see tally.h. Quantiles are nearest ranks; nothing can fail. */
#include "forecast/tally.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* ---- numbers in order ---- */

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void tally_sort(int64_t *numbers, size_t count, bool zero_is_never)
{
    for (size_t i = 0; zero_is_never && i < count; i++)
        numbers[i] = numbers[i] ? numbers[i] : INT64_MAX;
    if (count)
        qsort(numbers, count, sizeof *numbers, by_value);
    for (size_t i = 0; zero_is_never && i < count; i++)
        numbers[i] = numbers[i] == INT64_MAX ? 0 : numbers[i];
}

int64_t tally_quantile(const int64_t *sorted, size_t count, int percent)
{
    if (!count)
        return 0;
    size_t rank = (count * (size_t)percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static struct forecast_counts counts_of(int64_t *numbers, size_t count)
{
    tally_sort(numbers, count, false);
    return (struct forecast_counts){(int)tally_quantile(numbers, count, 10),
                                    (int)tally_quantile(numbers, count, 50),
                                    (int)tally_quantile(numbers, count, 90)};
}

/* ---- runs ---- */

void tally_create(struct tally *tally, size_t run_count,
                  const struct forecast_period *periods, size_t period_count,
                  size_t first_of_week)
{
    *tally = (struct tally){.periods = periods,
                            .period_count = period_count,
                            .first_of_week = first_of_week,
                            .run_count = run_count};
    tally->runs = xcalloc(run_count + 1, sizeof *tally->runs);
    tally->starts = xcalloc(run_count * period_count + 1, sizeof *tally->starts);
}

void tally_clear(struct tally *tally)
{
    free(tally->runs);
    free(tally->starts);
    *tally = (struct tally){0};
}

/* The period that an instant lies in; period_count: none. */
static size_t period_of(const struct tally *tally, int64_t at_ms)
{
    size_t low = 0, high = tally->period_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tally->periods[middle].until_ms > at_ms)
            high = middle;
        else
            low = middle + 1;
    }
    return low < tally->period_count && tally->periods[low].from_ms <= at_ms
               ? low
               : tally->period_count;
}

static void count_starts(const struct tally *tally, const struct forecast_run *run,
                         unsigned short *row)
{
    for (size_t i = 0; i < run->target_count; i++) {
        size_t period = period_of(tally, run->targets[i].started_ms);
        if (run->targets[i].started_ms && period < tally->period_count &&
            row[period] < UINT16_MAX)
            row[period]++;
    }
}

void tally_add(struct tally *tally, size_t index, const struct forecast_run *run)
{
    unsigned short *row = &tally->starts[index * tally->period_count];
    struct tally_run *r = &tally->runs[index];
    *r = (struct tally_run){.finish_ms = run->finish_ms,
                            .failed = run->failed,
                            .rolled_back = run->rolled_back,
                            .pauses = run->pauses};
    count_starts(tally, run, row);
    for (size_t i = 0; i < tally->period_count; i++)
        r->nights += row[i] > 0;
}

/* ---- the outlook ---- */

/* Starts in the periods [first, end), per run, in order. */
static struct forecast_counts starts_in(const struct tally *tally, size_t first,
                                        size_t end, int64_t *room)
{
    for (size_t r = 0; r < tally->run_count; r++) {
        room[r] = 0;
        for (size_t i = first; i < end; i++)
            room[r] += tally->starts[r * tally->period_count + i];
    }
    return counts_of(room, tally->run_count);
}

static int usual_in(const unsigned short *usual, size_t first, size_t end)
{
    int sum = 0;
    for (size_t i = first; i < end; i++)
        sum += usual[i];
    return sum;
}

static struct forecast_period period_from(const struct tally *tally,
                                          const unsigned short *usual, size_t first,
                                          size_t end, int64_t deadline_ms, int64_t *room)
{
    return (struct forecast_period){
        .from_ms = tally->periods[first].from_ms,
        .until_ms = tally->periods[end - 1].until_ms,
        .usual = usual_in(usual, first, end),
        .starts = starts_in(tally, first, end, room),
        .before_deadline = !deadline_ms || tally->periods[first].from_ms < deadline_ms,
    };
}

/* One past the last period in which anybody starts in any run. */
static size_t last_used(const struct tally *tally, const unsigned short *usual)
{
    for (size_t i = tally->period_count; i > 0; i--) {
        for (size_t r = 0; r < tally->run_count; r++) {
            if (tally->starts[r * tally->period_count + i - 1])
                return i;
        }
        if (usual[i - 1])
            return i;
    }
    return 0;
}

static void add_periods(const struct tally *tally, const struct forecast_run *usual_run,
                        int64_t deadline_ms, struct forecast_outlook *out)
{
    auto_free unsigned short *usual = xcalloc(tally->period_count + 1, sizeof *usual);
    auto_free int64_t *room = xcalloc(tally->run_count + 1, sizeof *room);
    count_starts(tally, usual_run, usual);
    size_t end = last_used(tally, usual);
    out->periods = xcalloc(end + 1, sizeof *out->periods);
    out->weeks = xcalloc(end / 7 + 3, sizeof *out->weeks);
    for (size_t i = 0; i < end; i++)
        out->periods[out->period_count++] =
            period_from(tally, usual, i, i + 1, deadline_ms, room);
    for (size_t i = 0; i < end;) {
        size_t next = i < tally->first_of_week ? tally->first_of_week : i + 7;
        next = next < end ? next : end;
        out->weeks[out->week_count++] =
            period_from(tally, usual, i, next, deadline_ms, room);
        i = next;
    }
}

/* "customer=acme, site=rbx" */
static char *belongs_to(const struct plan *plan, int target)
{
    const struct plan_target *t = &plan->targets[target];
    auto_buf struct buf text = {0};
    for (int i = 0; i < t->domain_count; i++)
        buf_addf(&text, "%s%s", i ? ", " : "", plan->domains[t->domains[i]].key);
    return text.length ? buf_take(&text) : xstrdup("");
}

static void add_last(const struct plan *plan, const struct forecast_run *usual,
                     struct forecast_outlook *out)
{
    int picked[FORECAST_LAST_SHOWN];
    size_t count = 0;
    for (int i = 0; i < (int)usual->target_count; i++) {
        size_t at = count;
        while (at &&
               usual->targets[i].started_ms > usual->targets[picked[at - 1]].started_ms)
            at--;
        if (at == FORECAST_LAST_SHOWN || !usual->targets[i].started_ms)
            continue;
        count += count < FORECAST_LAST_SHOWN;
        memmove(&picked[at + 1], &picked[at], (count - 1 - at) * sizeof *picked);
        picked[at] = i;
    }
    for (size_t i = 0; i < count; i++)
        out->last[out->last_count++] = (struct forecast_last){
            xstrdup(plan->targets[picked[i]].name), belongs_to(plan, picked[i]),
            usual->targets[picked[i]].started_ms, usual->targets[picked[i]].ended_ms};
}

static void add_ends(const struct tally *tally, int64_t deadline_ms,
                     struct forecast_outlook *out)
{
    auto_free int64_t *ends = xcalloc(tally->run_count + 1, sizeof *ends);
    for (size_t i = 0; i < tally->run_count; i++) {
        ends[i] = tally->runs[i].finish_ms;
        out->unfinished += !ends[i];
        out->in_time += ends[i] && (!deadline_ms || ends[i] <= deadline_ms);
    }
    tally_sort(ends, tally->run_count, true);
    out->p50_ms = tally_quantile(ends, tally->run_count, 50);
    out->p90_ms = tally_quantile(ends, tally->run_count, 90);
}

static struct forecast_counts member(const struct tally *tally, size_t offset)
{
    auto_free int64_t *room = xcalloc(tally->run_count + 1, sizeof *room);
    for (size_t i = 0; i < tally->run_count; i++) {
        int number;
        memcpy(&number, (const char *)&tally->runs[i] + offset, sizeof number);
        room[i] = number;
    }
    return counts_of(room, tally->run_count);
}

void tally_outlook(const struct tally *tally, const struct plan *plan,
                   const struct forecast_run *usual, int64_t deadline_ms,
                   struct forecast_outlook *out)
{
    *out = (struct forecast_outlook){.runs = (int)tally->run_count,
                                     .never = usual->never,
                                     .usual_ms = usual->finish_ms};
    add_ends(tally, deadline_ms, out);
    out->nights = member(tally, offsetof(struct tally_run, nights));
    out->failed = member(tally, offsetof(struct tally_run, failed));
    out->rolled_back = member(tally, offsetof(struct tally_run, rolled_back));
    out->pauses = member(tally, offsetof(struct tally_run, pauses));
    add_periods(tally, usual, deadline_ms, out);
    add_last(plan, usual, out);
}
