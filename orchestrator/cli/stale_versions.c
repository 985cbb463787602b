/*
 * stale_versions.c - versions that were read back after a plan was made: somebody
 * upgraded outside of it (stale_lines.h).
 */
#include <string.h>

#include "cli/stale_lines.h"
#include "store/inventory.h"
#include "util/auto.h"
#include "util/map.h"

struct seeing {
    const struct plan *plan;
    struct map targets; /* name -> index */
    struct buf text;
    size_t count;
};

static int see(void *data, const struct store_appliance *a)
{
    struct seeing *s = data;
    if (!a->seen_version || a->seen_ms <= s->plan->created_ms)
        return 0;
    long index = map_find(&s->targets, a->name);
    if (index < 0 || !strcmp(s->plan->targets[index].version, a->seen_version))
        return 0;
    const char *planned = s->plan->targets[index].version;
    if (s->count++ < STALE_NAMED_MAX)
        buf_addf(&s->text, "%s%s %s -> %s", s->text.length ? ", " : "", a->name,
                 *planned ? planned : "unknown", a->seen_version);
    return 0;
}

void stale_versions(struct store *store, const struct plan *plan,
                    struct stale_lines *lines)
{
    static const struct store_appliance_filter all = {0};
    struct slipway_error err;
    struct seeing seeing = {.plan = plan};
    for (size_t i = 0; i < plan->target_count; i++)
        (void)map_intern(&seeing.targets, plan->targets[i].name);
    if (!store_appliances(store, &all, see, &seeing, &err) && seeing.count)
        stale_moved(lines, "%zu target%s changed %s version outside of this plan: %s%s",
                    seeing.count, seeing.count == 1 ? "" : "s",
                    seeing.count == 1 ? "its" : "their", buf_text(&seeing.text),
                    seeing.count > STALE_NAMED_MAX ? ", ..." : "");
    buf_free(&seeing.text);
    map_free(&seeing.targets);
}
