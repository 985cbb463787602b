/*
 * page_axis.c - the nights that a timeline stands on (page_time.h).
 *
 * A night begins at the hour of the day at which the fewest slots are under way, noon
 * if that is as good: then hardly a slot is cut. Only the hours that are used are
 * drawn, the same ones of each night; nights without anything are left out once there
 * are many. Very long campaigns are drawn by weeks.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_time.h"
#include "util/xalloc.h"

#define SHORT_CAMPAIGN 14 /* nights: all of them are shown */
#define ROOMY          40 /* nights: also those that are only open or frozen */
#define LONG_OPENING   (18 * HOUR_MS) /* says nothing about the hours of work */

enum { NIGHT_OTHER = 1, NIGHT_BUSY = 2 };

static int64_t floor_days(int64_t value, int64_t unit)
{
    int64_t rest = value % unit;
    return (value - (rest < 0 ? rest + unit : rest)) / unit;
}

static int64_t cut_of(const struct page_axis_input *input)
{
    int cuts[24] = {0}, best = 12;
    for (size_t i = 0; i < input->busy_count; i++) {
        const struct page_interval *b = &input->busy[i];
        for (int hour = 0; hour < 24; hour++) {
            int64_t first =
                floor_days(b->from - hour * HOUR_MS, DAY_MS) * DAY_MS + hour * HOUR_MS;
            cuts[hour] += first + DAY_MS < b->until;
        }
    }
    for (int hour = 0; hour < 24; hour++)
        best = cuts[hour] < cuts[best] ? hour : best;
    return best * HOUR_MS;
}

/* ---- which nights ---- */

struct nights {
    int64_t first; /* days since 1970 */
    size_t count;
    unsigned char flags[PAGE_NIGHTS_SCAN];
};

static void flag(struct nights *nights, int64_t cut, const struct page_interval *i,
                 unsigned char bit)
{
    int64_t first = floor_days(i->from - cut, DAY_MS);
    int64_t last = floor_days(i->until - 1 - cut, DAY_MS);
    for (int64_t day = first < nights->first ? nights->first : first;
         day <= last && day < nights->first + (int64_t)nights->count; day++)
        nights->flags[day - nights->first] |= bit;
}

static struct nights nights_of(const struct page_axis_input *input, int64_t cut)
{
    struct nights nights = {.first = INT64_MAX};
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < input->busy_count; i++) {
        int64_t from = floor_days(input->busy[i].from - cut, DAY_MS);
        int64_t until = floor_days(input->busy[i].until - 1 - cut, DAY_MS);
        nights.first = from < nights.first ? from : nights.first;
        last = until > last ? until : last;
    }
    if (last < nights.first)
        return (struct nights){.count = 0};
    nights.count = (size_t)(last - nights.first + 1);
    if (nights.count > PAGE_NIGHTS_SCAN)
        nights.count = PAGE_NIGHTS_SCAN;
    for (size_t i = 0; i < input->busy_count; i++)
        flag(&nights, cut, &input->busy[i], NIGHT_BUSY);
    for (size_t i = 0; i < input->other_count; i++)
        flag(&nights, cut, &input->other[i], NIGHT_OTHER);
    return nights;
}

/* The least flag that a night needs to be shown: 0 all, NIGHT_OTHER, NIGHT_BUSY. */
static int threshold(const struct nights *nights)
{
    size_t some = 0;
    for (size_t i = 0; i < nights->count; i++)
        some += nights->flags[i] != 0;
    if (nights->count <= SHORT_CAMPAIGN)
        return 0;
    return some <= ROOMY ? NIGHT_OTHER : NIGHT_BUSY;
}

/* ---- which hours ---- */

struct band {
    int64_t from, until; /* after the night's beginning */
};

static void widen(struct band *band, const struct page_interval *i, int64_t cut)
{
    int64_t start = floor_days(i->from - cut, DAY_MS) * DAY_MS + cut;
    int64_t from = i->from - start, until = i->until - start;
    if (until > DAY_MS) { /* goes on into the next night */
        from = 0;
        until = DAY_MS;
    }
    band->from = from < band->from ? from : band->from;
    band->until = until > band->until ? until : band->until;
}

static struct band band_of(const struct page_axis_input *input, int64_t cut)
{
    struct band band = {DAY_MS, 0};
    for (size_t i = 0; i < input->busy_count; i++)
        widen(&band, &input->busy[i], cut);
    for (size_t i = 0; i < input->other_count; i++) {
        if (input->other[i].until - input->other[i].from <= LONG_OPENING)
            widen(&band, &input->other[i], cut);
    }
    band.from = band.from / HOUR_MS * HOUR_MS;
    band.until = (band.until + HOUR_MS - 1) / HOUR_MS * HOUR_MS;
    if (band.until - band.from < 2 * HOUR_MS)
        band.until = band.from + 2 * HOUR_MS;
    return band;
}

/* ---- columns ---- */

static void add_nights(const struct nights *nights, struct band band, int least,
                       struct page_axis *out)
{
    bool gap = false;
    out->columns = xcalloc(nights->count, sizeof *out->columns);
    for (size_t i = 0; i < nights->count; i++) {
        int64_t day = (nights->first + (int64_t)i) * DAY_MS, start = day + out->cut;
        if (nights->flags[i] < least) {
            gap = true;
            continue;
        }
        out->columns[out->count++] = (struct page_column){.from = start + band.from,
                                                          .until = start + band.until,
                                                          .day = day,
                                                          .gap = gap};
        gap = false;
    }
}

/* Weeks begin on Monday: day 4 since 1970 was one. */
static void add_weeks(const struct nights *nights, struct page_axis *out)
{
    int64_t first = floor_days(nights->first - 4, 7) * 7 + 4;
    int64_t end = nights->first + (int64_t)nights->count;
    out->weeks = true;
    out->columns = xcalloc((size_t)((end - first) / 7 + 1), sizeof *out->columns);
    for (int64_t day = first; day < end; day += 7)
        out->columns[out->count++] =
            (struct page_column){.from = day * DAY_MS + out->cut,
                                 .until = (day + 7) * DAY_MS + out->cut,
                                 .day = day * DAY_MS};
}

void page_axis_make(const struct page_axis_input *input, struct page_axis *out)
{
    *out = (struct page_axis){.cut = cut_of(input)};
    struct nights nights = nights_of(input, out->cut);
    if (!nights.count)
        return;
    add_nights(&nights, band_of(input, out->cut), threshold(&nights), out);
    if (out->count > PAGE_COLUMNS_MAX) {
        page_axis_clear(out);
        out->cut = cut_of(input);
        add_weeks(&nights, out);
    }
}

void page_axis_clear(struct page_axis *axis)
{
    free(axis->columns);
    *axis = (struct page_axis){0};
}

size_t page_axis_column(const struct page_axis *axis, int64_t local_ms)
{
    size_t low = 0, high = axis->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (axis->columns[middle].until > local_ms)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double page_axis_at(const struct page_axis *axis, int64_t local_ms)
{
    size_t i = page_axis_column(axis, local_ms);
    const struct page_column *c = &axis->columns[i];
    if (local_ms <= c->from)
        return (double)i;
    if (local_ms >= c->until)
        return (double)i + 1;
    return (double)i + (double)(local_ms - c->from) / (double)(c->until - c->from);
}
