/* page_time.c - see page_time.h: the zone's own sentences are taken apart once for each
   quarter of an hour; the calendar arithmetic after that is plain numbers. */
#include "report/page_time.h"

#include <stdio.h>
#include <string.h>

#include "util/timefmt.h"

#define QUARTER_MS (15 * MINUTE_MS)

const char *const page_weekdays[7] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
const char *const page_months[13] = {"",    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t floor_to(int64_t value, int64_t unit)
{
    int64_t rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}

/* Days since 1970 of a civil date, and back: proleptic Gregorian, eras of 400 years. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_to(y, 400) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct page_date page_date_of(int64_t local_ms)
{
    int64_t days = floor_to(local_ms, DAY_MS) / DAY_MS, z = days + 719468;
    int64_t era = floor_to(z, 146097) / 146097, of_era = z - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t m = (5 * of_year + 2) / 153;
    int month = (int)(m < 10 ? m + 3 : m - 9);
    int64_t weekday = (days % 7 + 11) % 7; /* 1970-01-01 was a Thursday */
    return (struct page_date){(int)(years + era * 400 + (month <= 2)), month,
                              (int)(of_year - (153 * m + 2) / 5 + 1), (int)weekday};
}

/* ---- zones ---- */

static bool ask_zone(const struct page_clock *clock, int64_t at_ms,
                     struct page_zone_entry *entry)
{
    char text[64];
    int year, month, day, hour, minute;
    char name[PAGE_ZONE_NAME_MAX];
    if (!clock->local || !clock->zone || !strcmp(clock->zone, "UTC") ||
        clock->local(clock->zone, at_ms, text, sizeof text) ||
        sscanf(text, "%*3s %d-%d-%d %d:%d %11s", &year, &month, &day, &hour, &minute,
               name) != 6)
        return false;
    int64_t local =
        days_of(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS;
    entry->offset_ms = local - floor_to(at_ms, MINUTE_MS);
    (void)snprintf(entry->name, sizeof entry->name, "%s", name);
    return true;
}

static const struct page_zone_entry *zone_at(struct page_clock *clock, int64_t at_ms)
{
    int64_t quarter = floor_to(at_ms, QUARTER_MS) / QUARTER_MS;
    size_t slots = sizeof clock->cache / sizeof clock->cache[0];
    struct page_zone_entry *entry =
        &clock->cache[(size_t)(quarter & (int64_t)(slots - 1))];
    if (entry->set && entry->quarter == quarter)
        return entry;
    *entry = (struct page_zone_entry){.quarter = quarter, .name = "UTC", .set = true};
    (void)ask_zone(clock, at_ms, entry);
    return entry;
}

int64_t page_local(struct page_clock *clock, int64_t at_ms)
{
    return at_ms + zone_at(clock, at_ms)->offset_ms;
}

const char *page_zone_name(struct page_clock *clock, int64_t at_ms)
{
    return zone_at(clock, at_ms)->name;
}

/* ---- words ---- */

static int hour_of(int64_t local)
{
    return (int)((local - floor_to(local, DAY_MS)) / HOUR_MS);
}

static int minute_of(int64_t local)
{
    return (int)((local - floor_to(local, HOUR_MS)) / MINUTE_MS);
}

const char *page_when(struct page_clock *clock, int64_t at_ms, char out[PAGE_WHEN_MAX])
{
    int64_t local = page_local(clock, at_ms);
    struct page_date d = page_date_of(local);
    if (!at_ms)
        (void)snprintf(out, PAGE_WHEN_MAX, "not known");
    else
        (void)snprintf(out, PAGE_WHEN_MAX, "%s %d %s %d, %02d:%02d %s",
                       page_weekdays[d.weekday], d.day, page_months[d.month], d.year,
                       hour_of(local), minute_of(local), page_zone_name(clock, at_ms));
    return out;
}

const char *page_stamp(struct page_clock *clock, int64_t at_ms, char out[PAGE_WHEN_MAX])
{
    int64_t local = page_local(clock, at_ms);
    struct page_date d = page_date_of(local);
    *out = '\0';
    if (at_ms)
        (void)snprintf(out, PAGE_WHEN_MAX, "%04d-%02d-%02d %s %02d:%02d %s", d.year,
                       d.month, d.day, page_weekdays[d.weekday], hour_of(local),
                       minute_of(local), page_zone_name(clock, at_ms));
    return out;
}

const char *page_until(struct page_clock *clock, int64_t day_ms, int64_t at_ms,
                       char out[PAGE_WHEN_MAX])
{
    int64_t local = page_local(clock, at_ms), day = page_local(clock, day_ms);
    bool same = floor_to(local, DAY_MS) == floor_to(day, DAY_MS) && local >= day;
    if (!at_ms || (!same && (local < day || local - day >= 18 * HOUR_MS)))
        return page_stamp(clock, at_ms, out);
    (void)snprintf(out, PAGE_WHEN_MAX, "%02d:%02d %s", hour_of(local), minute_of(local),
                   page_zone_name(clock, at_ms));
    return out;
}

const char *page_range(struct page_clock *clock, const struct span *span,
                       char out[PAGE_RANGE_MAX])
{
    char from[PAGE_WHEN_MAX], until[PAGE_WHEN_MAX];
    char first[PAGE_ZONE_NAME_MAX];
    page_stamp(clock, span->from_ms, from);
    page_until(clock, span->from_ms, span->until_ms, until);
    (void)snprintf(first, sizeof first, "%s", page_zone_name(clock, span->from_ms));
    /* one zone for both unless it changes in between */
    if (*from && !strcmp(first, page_zone_name(clock, span->until_ms)))
        from[strlen(from) - strlen(first) - 1] = '\0';
    (void)snprintf(out, PAGE_RANGE_MAX, "%s–%s", from, until);
    return out;
}

const char *page_day(int64_t local_ms, char out[PAGE_WHEN_MAX])
{
    struct page_date d = page_date_of(local_ms);
    (void)snprintf(out, PAGE_WHEN_MAX, "%s %d %s", page_weekdays[d.weekday], d.day,
                   page_months[d.month]);
    return out;
}

const char *page_date(int64_t local_ms, char out[PAGE_WHEN_MAX])
{
    struct page_date d = page_date_of(local_ms);
    (void)snprintf(out, PAGE_WHEN_MAX, "%04d-%02d-%02d", d.year, d.month, d.day);
    return out;
}
