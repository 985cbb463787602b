/*
 * storage.c - vcsa.storage: how full the file systems are.
 *
 *   GET monitoring ─► ids storage.used.filesystem.X and storage.totalsize.filesystem.X
 *   GET system/time ─► the query wants its clock, not ours
 *   GET monitoring/query ─► the newest sample of each, in KiB
 *
 * system/storage maps partitions to disks and knows no sizes, so the samples of the
 * appliance's own monitoring are what REST can tell; they are up to five minutes old.
 * /storage/archive is expected to be full (it trims itself) and never counts as too full.
 *
 * Failure: no sample for a file system leaves it out; no samples at all is FAILED.
 */
#include <math.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"
#include "vcsa/services.h"

#define USED         "storage.used.filesystem."
#define TOTAL        "storage.totalsize.filesystem."
#define QUERY_MS     (60 * 60 * 1000) /* samples of the last hour */
#define FILESYSTEMS  32u
#define DATA_PERCENT 80
#define ROOT_PERCENT 85

struct filesystem {
    char name[64];
    double used, total; /* KiB; negative: not known */
};

struct filesystems {
    struct filesystem items[FILESYSTEMS];
    size_t count;
};

static struct filesystem *named(struct filesystems *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (!strcmp(all->items[i].name, name))
            return &all->items[i];
    if (all->count == FILESYSTEMS)
        return NULL;
    struct filesystem *new = &all->items[all->count++];
    *new = (struct filesystem){.used = -1, .total = -1};
    (void)snprintf(new->name, sizeof new->name, "%s", name);
    return new;
}

/* "storage.used.filesystem.log" and its prefix give "log"; NULL for other ids, and for
   names that could not stand in a query. */
static const char *suffix_of(const char *id, const char *prefix)
{
    if (!id || strncmp(id, prefix, strlen(prefix)) != 0)
        return NULL;
    const char *name = id + strlen(prefix);
    size_t fine = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-.");
    return *name && !name[fine] && fine < 64 ? name : NULL;
}

static enum vcsa_answer list(struct vcsa_talk *talk, struct filesystems *all)
{
    auto_json json_t *value = NULL;
    enum vcsa_answer answer = vcsa_get(talk, "/appliance/monitoring", &value);
    for (size_t i = 0; i < json_array_size(value) && i < VCSA_LIST_MAX; i++) {
        const char *name = suffix_of(json_text(json_array_get(value, i), "id"), USED);
        if (name)
            (void)named(all, name);
    }
    return answer;
}

/* Both dialects of one query: names= repeated, or item.names.1= and so on. */
static void add_query(const struct filesystems *all, int64_t now_ms, bool old,
                      struct buf *out)
{
    char from[32], until[32];
    const char *p = old ? "item." : "";
    (void)time_iso(now_ms - QUERY_MS, from, sizeof from);
    (void)time_iso(now_ms, until, sizeof until);
    buf_addf(out,
             "/appliance/monitoring/query?%sinterval=MINUTES5&%sfunction=MAX&"
             "%sstart_time=%s&%send_time=%s",
             p, p, p, from, p, until);
    for (size_t i = 0, n = 1; i < all->count; i++) {
        const char *const prefixes[] = {USED, TOTAL};
        for (size_t j = 0; j < 2; j++, n++) {
            if (old)
                buf_addf(out, "&item.names.%zu=%s%s", n, prefixes[j], all->items[i].name);
            else
                buf_addf(out, "&names=%s%s", prefixes[j], all->items[i].name);
        }
    }
}

/* The newest sample that is a number; the last ones may be empty texts. */
static double newest(const json_t *data)
{
    for (size_t i = json_array_size(data); i-- > 0;) {
        const json_t *item = json_array_get(data, i);
        const char *text = json_string_value(item);
        char *end = NULL;
        double value = text ? strtod(text, &end) : json_number_value(item);
        if ((text ? end != text : json_is_number(item)) && isfinite(value) && value >= 0)
            return value;
    }
    return -1;
}

static void take_samples(const json_t *value, struct filesystems *all)
{
    for (size_t i = 0; i < json_array_size(value) && i < VCSA_LIST_MAX; i++) {
        const json_t *series = json_array_get(value, i);
        const char *id = json_text(series, "name");
        const char *used = suffix_of(id, USED), *total = suffix_of(id, TOTAL);
        struct filesystem *at = used || total ? named(all, used ? used : total) : NULL;
        if (at && used)
            at->used = newest(json_object_get(series, "data"));
        else if (at)
            at->total = newest(json_object_get(series, "data"));
    }
}

static enum vcsa_answer query(struct vcsa_talk *talk, struct filesystems *all)
{
    int64_t now_ms = 0;
    auto_json json_t *value = NULL;
    auto_buf struct buf path = {0}, old = {0};
    enum vcsa_answer answer = vcsa_appliance_now(talk, &now_ms);
    if (answer != VCSA_OK)
        return answer;
    add_query(all, now_ms, false, &path);
    add_query(all, now_ms, true, &old);
    const struct vcsa_request request = {.path = buf_text(&path),
                                         .old_path = buf_text(&old)};
    answer = vcsa_read(talk, &request, &value);
    if (answer == VCSA_OK)
        take_samples(value, all);
    return answer;
}

/* --- judging --------------------------------------------------------------------------- */

static int64_t limit_for(const struct vcsa_talk *talk, const char *name)
{
    bool root = !strcmp(name, "root");
    return root ? json_number(talk->with, "root_percent", ROOT_PERCENT)
                : json_number(talk->with, "data_percent", DATA_PERCENT);
}

/* /storage/core, where updates are staged. Releases up to 6.7 call it by what else is there. */
static bool is_staging(const char *name)
{
    return !strcmp(name, "core") || !strcmp(name, "coredump");
}

static bool trims_itself(const char *name)
{
    return !strcmp(name, "archive");
}

/* True if it could be judged. */
static bool add_one(const struct vcsa_talk *talk, const struct filesystem *at,
                    json_t *result)
{
    if (at->used < 0 || at->total <= 0)
        return false;
    int percent = (int)(at->used * 100.0 / at->total);
    json_int_t free_mb = (json_int_t)((at->total - at->used) / 1024.0);
    (void)json_object_set_new(json_object_get(result, "filesystems"), at->name,
                              json_pack("{s:i, s:I, s:I}", "percent", percent, "free_mb",
                                        free_mb, "total_mb",
                                        (json_int_t)(at->total / 1024.0)));
    if (percent >= limit_for(talk, at->name) && !trims_itself(at->name)) {
        auto_free char *line = xasprintf("%s %d %%", at->name, percent);
        (void)json_array_append_new(json_object_get(result, "over"), json_string(line));
    }
    if (is_staging(at->name))
        (void)json_object_set_new(result, "staging_free_mb", json_integer(free_mb));
    return true;
}

enum slipway_outcome vcsa_op_storage(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_free struct filesystems *all = xcalloc(1, sizeof *all);
    size_t judged = 0;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = list(&talk, all);
    if (answer == VCSA_OK && all->count)
        answer = query(&talk, all);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    auto_json json_t *result =
        json_pack("{s:{}, s:[], s:n}", "filesystems", "over", "staging_free_mb");
    for (size_t i = 0; i < all->count; i++)
        judged += add_one(&talk, &all->items[i], result);
    if (!judged)
        return vcsa_say(
            &talk, SLIPWAY_FAILED,
            "%s: its monitoring has no samples of its file systems; look with df, or "
            "restart the service vmonapi",
            talk.target.name);
    return vcsa_done(&talk, steal_ptr(&result));
}
