/* history.c - see history.h. */
#include "plan/history.h"

#include <stdlib.h>

#include "util/auto.h"
#include "util/xalloc.h"

struct history_samples {
    enum pace_part part;
    char *kind, *version, *id;
    int64_t *took_ms;
    size_t count, room;
};

static struct history_samples *samples_of(struct history *history, enum pace_part part,
                                          const char *kind, const char *version,
                                          const char *id)
{
    /* \x1f stands in no name */
    auto_free char *key =
        xasprintf("%d\x1f%s\x1f%s\x1f%s", (int)part, kind, version, id ? id : "");
    size_t known = history->count, at = map_intern(&history->keys, key);
    if (at == known)
        *vec_push(history->parts, history->count, history->room) =
            (struct history_samples){.part = part,
                                     .kind = xstrdup(kind),
                                     .version = xstrdup(version),
                                     .id = xstrdup_null(id)};
    return &history->parts[at];
}

void history_add(struct history *history, enum pace_part part, const char *kind,
                 const char *version, const char *id, int64_t took_ms)
{
    struct history_samples *s = samples_of(history, part, kind, version, id);
    if (took_ms >= 0 && s->count < HISTORY_SAMPLES_MAX)
        *vec_push(s->took_ms, s->count, s->room) = took_ms;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Of some samples: the smallest one that at least `percent` of all do not exceed. */
static int64_t nearest_rank(const struct history_samples *s, size_t percent)
{
    size_t rank = (s->count * percent + 99) / 100;
    return s->took_ms[rank - 1];
}

static struct plan_history reduce(struct history_samples *s)
{
    struct plan_history out = {.part = s->part,
                               .kind = s->kind,
                               .version = s->version,
                               .id = s->id,
                               .samples = (int)s->count};
    if (!s->count)
        return out;
    qsort(s->took_ms, s->count, sizeof *s->took_ms, ascending);
    out.median_ms = nearest_rank(s, 50);
    out.p95_ms = nearest_rank(s, 95);
    return out;
}

const struct plan_history *history_reduce(struct history *history, size_t *count)
{
    free(history->reduced);
    history->reduced = xcalloc(history->count + 1, sizeof *history->reduced);
    for (size_t i = 0; i < history->count; i++)
        history->reduced[i] = reduce(&history->parts[i]);
    *count = history->count;
    return history->reduced;
}

void history_clear(struct history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        free(history->parts[i].kind);
        free(history->parts[i].version);
        free(history->parts[i].id);
        free(history->parts[i].took_ms);
    }
    free(history->parts);
    free(history->reduced);
    map_free(&history->keys);
    *history = (struct history){0};
}
