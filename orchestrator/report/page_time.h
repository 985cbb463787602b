/*
 * page_time.h - instants as people read them in the campaign's zone, and the nights
 * that the timeline stands on. Private to the page_*.c files.
 *
 * "Local milliseconds" are an instant plus the zone's offset: days and hours can be
 * counted in them. In the hour that a clock repeats they run back; pictures may do so.
 */
#ifndef REPORT_PAGE_TIME_H
#define REPORT_PAGE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/page.h"

#define MINUTE_MS          60000LL
#define HOUR_MS            3600000LL
#define DAY_MS             86400000LL
#define PAGE_WHEN_MAX      48
#define PAGE_RANGE_MAX     104
#define PAGE_COLUMNS_MAX   62 /* nights; a longer campaign is shown by weeks */
#define PAGE_NIGHTS_SCAN   1000
#define PAGE_ZONE_NAME_MAX 12

struct page_clock {
    const char *zone;
    page_zone_fn local;
    struct page_zone_entry {
        int64_t quarter; /* of an hour: offsets change at none but these */
        int64_t offset_ms;
        char name[PAGE_ZONE_NAME_MAX];
        bool set;
    } cache[512];
};

/* Local milliseconds. */
int64_t page_local(struct page_clock *clock, int64_t at_ms);
/* "CET" */
const char *page_zone_name(struct page_clock *clock, int64_t at_ms);
/* "Sat 28 Nov 2026, 23:00 CET"; "not known" for 0. Returns `out`. */
const char *page_when(struct page_clock *clock, int64_t at_ms, char out[PAGE_WHEN_MAX]);
/* "2026-11-28 Sat 23:00 CET": sorts as it reads. "" for 0. */
const char *page_stamp(struct page_clock *clock, int64_t at_ms, char out[PAGE_WHEN_MAX]);
/* "23:00 CET" if on the same day as `day_ms` or in the 18 hours after it, else as
   page_stamp. */
const char *page_until(struct page_clock *clock, int64_t day_ms, int64_t at_ms,
                       char out[PAGE_WHEN_MAX]);
/* "2026-11-28 Sat 23:00–23:55 CET" */
const char *page_range(struct page_clock *clock, const struct span *span,
                       char out[PAGE_RANGE_MAX]);
/* Of local milliseconds: "Sat 28 Nov", "2026-11-28". */
const char *page_day(int64_t local_ms, char out[PAGE_WHEN_MAX]);
const char *page_date(int64_t local_ms, char out[PAGE_WHEN_MAX]);

struct page_date {
    int year, month, day; /* month, day from 1 */
    int weekday;          /* 0: Sunday */
};
struct page_date page_date_of(int64_t local_ms);
extern const char *const page_weekdays[7], *const page_months[13];

/* ---- nights ---- */

struct page_column {
    int64_t from, until; /* local; the part of it that is drawn */
    int64_t day;         /* local midnight of the day (or week) it is named after */
    bool gap;            /* nights without anything were left out before it */
    int planned, began;  /* targets that start in it */
};

struct page_axis {
    struct page_column *columns;
    size_t count;
    bool weeks;
    int64_t cut; /* local time of day at which a night begins */
};

/* The night that a moment belongs to: the first whose drawn part ends after it, or the
   last one. Needs columns. */
size_t page_axis_column(const struct page_axis *axis, int64_t local_ms);
/* In columns, from 0 to axis->count; moments between columns fall on their edge. */
double page_axis_at(const struct page_axis *axis, int64_t local_ms);

/* Something that lasts. */
struct page_interval {
    int64_t from, until; /* local */
};
/* What the nights are chosen from. */
struct page_axis_input {
    const struct page_interval *busy; /* slots and what happened: all are shown */
    size_t busy_count;
    const struct page_interval
        *other; /* openings and freezes: shown where there is room */
    size_t other_count;
};
void page_axis_make(const struct page_axis_input *input, struct page_axis *out);
void page_axis_clear(struct page_axis *axis);

#endif
