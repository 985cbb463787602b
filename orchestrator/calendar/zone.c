/*
 * zone.c - see zone.h. Zones are kept in a list that only grows (some hundred names
 * exist), under a lock; once there, a zone never changes, so readers need no lock.
 *
 * Looking up is a binary search in the shifts. From wall time to an instant, the shifts
 * around it are walked: the first stretch that ends after the wall time, counted by its
 * own offset, has it, or begins after it: then the time lies in the gap before it.
 */
#include "calendar/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "calendar/civil.h"
#include "calendar/limits.h"
#include "calendar/windows_zones.h"
#include "calendar/zone_file.h"
#include "calendar/zone_rules.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
    struct zone **items;
    size_t count, room;
} kept;

static char utc_name[] = "UTC";
static const struct zone utc = {.name = utc_name, .before = {0, "UTC"}};

void zone_add_shift(struct zone *zone, int64_t at_s, const struct clock_setting *to)
{
    if (zone->count && at_s <= zone->shifts[zone->count - 1].at_s)
        return;
    *vec_push(zone->shifts, zone->count, zone->room) = (struct shift){at_s, *to};
}

void zone_clear(struct zone *zone)
{
    free(zone->name);
    free(zone->shifts);
    *zone = (struct zone){0};
}

bool zone_steady(const struct zone *zone)
{
    return !zone->count ||
           zone->shifts[zone->count - 1].at_s < civil_days(2020, 1, 1) * DAY_S;
}

const struct zone *zone_utc(void)
{
    return &utc;
}

const char *zone_name(const struct zone *zone)
{
    return zone->name ? zone->name : "";
}

/* Number of shifts at or before the instant. */
static size_t shifts_before(const struct zone *zone, int64_t instant_s)
{
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->shifts[middle].at_s <= instant_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct clock_setting *setting(const struct zone *zone, size_t stretch)
{
    return stretch ? &zone->shifts[stretch - 1].to : &zone->before;
}

int64_t zone_wall(const struct zone *zone, int64_t instant_s)
{
    return instant_s + setting(zone, shifts_before(zone, instant_s))->offset_s;
}

int64_t zone_instant(const struct zone *zone, int64_t wall_s)
{
    size_t stretch = shifts_before(zone, wall_s - OFFSET_MAX_S - 1);
    for (;; stretch++) {
        int64_t instant = wall_s - setting(zone, stretch)->offset_s;
        if (stretch < zone->count && instant >= zone->shifts[stretch].at_s)
            continue;
        if (stretch && instant < zone->shifts[stretch - 1].at_s)
            return wall_s - setting(zone, stretch - 1)->offset_s;
        return instant;
    }
}

static const struct zone *kept_zone(const char *name)
{
    for (size_t i = 0; i < kept.count; i++) {
        if (!strcmp(kept.items[i]->name, name))
            return kept.items[i];
    }
    return NULL;
}

/* Read the file and keep the zone; NULL with what is wrong. Called with the lock. */
static const struct zone *load(const char *name, const char **wrong)
{
    auto_buf struct buf bytes = {0};
    struct zone zone;
    *wrong = "";
    if (zone_file_read(name, ZONE_FILE_MAX, &bytes))
        return NULL;
    *wrong = tzif_read((const unsigned char *)buf_text(&bytes), bytes.length, &zone);
    if (*wrong)
        return NULL;
    zone.name = xstrdup(name);
    struct zone *own = xmalloc(sizeof *own);
    *own = zone;
    *vec_push(kept.items, kept.count, kept.room) = own;
    return own;
}

/* The zone of a plain name; NULL: there is none ("" in *wrong) or its file is bad. */
static const struct zone *get(const char *name, const char **wrong)
{
    *wrong = "";
    if (!strcmp(name, "UTC"))
        return &utc;
    if (!zone_name_plain(name))
        return NULL;
    (void)pthread_mutex_lock(&lock);
    const struct zone *zone = kept_zone(name);
    if (!zone)
        zone = load(name, wrong);
    (void)pthread_mutex_unlock(&lock);
    return zone;
}

static int refuse(const char *name, struct slipway_error *err)
{
    char clean[ZONE_NAME_MAX * 4], similar[ZONE_NAME_MAX + 1];
    (void)text_clean(name, clean, sizeof clean);
    const char *iana = windows_zone(name);
    if (!iana && *zone_similar(name, similar, sizeof similar))
        iana = similar;
    const char *none;
    if (!get("Etc/UTC", &none))
        return slipway_error_set(err, -1,
                                 "%s: there are no time zones in %s; install tzdata",
                                 clean, zone_directory());
    if (iana)
        return slipway_error_set(err, -1, "%s: no such time zone; did you mean %s?",
                                 clean, iana);
    return slipway_error_set(
        err, -1, "%s: no such time zone; write an IANA name such as Europe/Paris", clean);
}

int zone_find(const char *name, const struct zone **out, struct slipway_error *err)
{
    const char *wrong;
    const struct zone *zone = get(name, &wrong);
    if (zone) {
        *out = zone;
        return 0;
    }
    if (*wrong)
        return slipway_error_set(err, -1,
                                 "%s: the file of this time zone in %s cannot be used: "
                                 "%s; install tzdata again",
                                 name, zone_directory(), wrong);
    return refuse(name, err);
}

const struct zone *zone_of_program(const char *tzid)
{
    const char *none;
    const struct zone *zone = get(tzid, &none);
    const char *iana = zone || *tzid == '/' ? NULL : windows_zone(tzid);
    if (iana)
        return get(iana, &none);
    if (*tzid != '/')
        return zone;
    /* the longest tail that is a name: three words before two */
    for (const char *at = tzid; !zone && (at = strchr(at, '/')); at++)
        zone = get(at + 1, &none);
    return zone;
}

int zone_local(const char *name, int64_t instant_ms, char *out, size_t size)
{
    const char *wrong;
    const struct zone *zone = get(name, &wrong);
    const struct zone *used = zone ? zone : &utc;
    int64_t instant = instant_ms / 1000 - (instant_ms % 1000 < 0);
    const struct clock_setting *clock = setting(used, shifts_before(used, instant));
    int64_t wall = instant + clock->offset_s, day = civil_day_of(wall);
    struct civil date = civil_date(day);
    int minutes = (int)((wall - day * DAY_S) / 60);
    (void)snprintf(out, size, "%s %04d-%02d-%02d %02d:%02d %s",
                   civil_weekday_name(civil_weekday(day)), date.year, date.month,
                   date.day, minutes / 60, minutes % 60, clock->abbreviation);
    return zone ? 0 : -1;
}

int zone_resolve(const char *name, int year, int month, int day, int hour, int minute,
                 int second, int64_t *out_ms, struct slipway_error *err)
{
    const struct zone *zone = &utc; /* until it is found */
    if (zone_find(name, &zone, err))
        return -1;
    if (!civil_exists(year, month, day) || year < YEAR_FIRST || year > YEAR_LAST ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return slipway_error_set(err, -1, "%04d-%02d-%02d %02d:%02d:%02d: no such time",
                                 year, month, day, hour, minute, second);
    int64_t wall = civil_days(year, month, day) * DAY_S + hour * 3600 + minute * 60;
    *out_ms = zone_instant(zone, wall + second) * 1000;
    return 0;
}

/* The word behind "version" in the first line, or the whole line. */
static void keep_version(const struct buf *file, char *out, size_t size)
{
    static const char head[] = "# version ";
    const char *text = buf_text(file);
    if (!strncmp(text, head, sizeof head - 1))
        text += sizeof head - 1;
    size_t length = strcspn(text, " \r\n");
    for (size_t i = 0; i < length; i++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", text[i]))
            return;
    }
    if (length < size)
        (void)snprintf(out, size, "%.*s", (int)length, text);
}

const char *zone_data_version(void)
{
    static char version[32];
    static bool known;
    (void)pthread_mutex_lock(&lock);
    if (!known) {
        auto_buf struct buf file = {0};
        known = true;
        if (!zone_file_read("tzdata.zi", ZONE_LIST_MAX, &file) ||
            !zone_file_read("+VERSION", ZONE_LIST_MAX, &file))
            keep_version(&file, version, sizeof version);
    }
    (void)pthread_mutex_unlock(&lock);
    return version;
}
