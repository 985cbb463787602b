/*
 * explain_snapshots.c - what the snapshots of a campaign ask of managers and disks.
 *
 * Bounds, like everything in facts.c: at once are being taken on a manager no more than
 * its limit, than the wave has down, than the wave has targets there; together exist no
 * more than the wave's targets there times the depth, until their soak is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/map.h"
#include "util/natural.h"
#include "util/xalloc.h"

#define PLACES_SHOWN 6

struct place_load {
    const char *name;
    int here;    /* targets of the wave that is being counted */
    int kept;    /* snapshots of those that are kept together */
    int at_once; /* the most of any wave                      */
    int together;
};

struct loads {
    struct map names;
    struct place_load *items;
};

static void loads_clear(struct loads *loads)
{
    map_free(&loads->names);
    free(loads->items);
}
#define auto_loads __attribute__((cleanup(loads_clear)))

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static const char *bytes_text(int64_t bytes, char out[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    bool huge = bytes >= INT64_MAX / 10;
    size_t unit = huge;
    int64_t tenths = (huge ? bytes / 1024 : bytes) * 10;
    for (; tenths >= 10240; unit++) /* the number ends at 8 EiB */
        tenths = (tenths + 512) / 1024;
    if (tenths % 10)
        (void)snprintf(out, 32, "%lld.%lld %s", (long long)tenths / 10,
                       (long long)tenths % 10, units[unit]);
    else
        (void)snprintf(out, 32, "%lld %s", (long long)tenths / 10, units[unit]);
    return out;
}

/* How many can be taken at once in one place of this wave. */
static void close_wave(const struct draft *draft, struct loads *loads, size_t wave,
                       int limit)
{
    int at_once = draft->notes.facts.waves[wave].at_once;
    for (size_t i = 0; i < loads->names.count; i++) {
        struct place_load *load = &loads->items[i];
        int most = smaller(load->here, at_once);
        if (limit >= 0)
            most = smaller(most, limit);
        load->at_once = most > load->at_once ? most : load->at_once;
        load->together = load->kept > load->together ? load->kept : load->together;
        load->here = load->kept = 0;
    }
}

static int limit_of(const struct strategy *strategy, const char *name)
{
    for (size_t i = 0; i < strategy->limit_count; i++) {
        if (!strcmp(strategy->limits[i].name, name))
            return strategy->limits[i].max;
    }
    return -1;
}

static void count_loads(const struct draft *draft, const char *attribute,
                        struct loads *loads)
{
    const struct plan *plan = draft->plan;
    int depth = smaller(plan->playbook.max_depth, draft->notes.facts.snapshots_each);
    int limit = limit_of(draft->strategy, attribute);
    loads->items = xcalloc(draft->count, sizeof *loads->items);
    for (size_t w = 0; w < plan->wave_count; w++) {
        const struct plan_wave *wave = &plan->waves[w];
        for (int i = wave->first; i < wave->first + wave->count; i++) {
            const struct appliance *a = draft_appliance(draft, (size_t)i);
            const char *value = *a->manager ? appliance_attribute(a, attribute) : NULL;
            if (!value)
                continue;
            struct place_load *load = &loads->items[map_intern(&loads->names, value)];
            load->name = value;
            load->here++;
            load->kept += plan_unit_of(plan, i) < 0 ? depth : 1;
        }
        close_wave(draft, loads, w, limit);
    }
}

/* Most loaded first; of equals the first by the plan's order, which qsort needs told. */
static int by_load(const void *a, const void *b)
{
    const struct place_load *x = a, *y = b;
    if (x->together != y->together)
        return x->together > y->together ? -1 : 1;
    if (x->at_once != y->at_once)
        return x->at_once > y->at_once ? -1 : 1;
    return text_natural_cmp(x->name, y->name);
}

static void note_place(struct draft *draft, const char *attribute,
                       const struct place_load *load)
{
    int64_t room = draft->plan->playbook.snapshot_room_bytes; /* 1 PiB at most */
    char bytes[32];
    auto_free char *space = NULL;
    if (!strcmp(attribute, "datastore") && room > 0)
        space = xasprintf(", %s of room asked for at once",
                          bytes_text(room * load->at_once, bytes));
    plan_notes_add(&draft->notes, NOTE_SNAPSHOT, -1,
                   "%s %s: at most %d taken at once, at most %d kept together%s",
                   attribute, load->name, load->at_once, load->together,
                   space ? space : "");
}

static void note_places(struct draft *draft, const char *attribute)
{
    auto_loads struct loads loads = {0};
    count_loads(draft, attribute, &loads);
    size_t count = loads.names.count;
    qsort(loads.items, count, sizeof *loads.items, by_load);
    for (size_t i = 0; i < count && i < PLACES_SHOWN; i++)
        note_place(draft, attribute, &loads.items[i]);
    if (count > PLACES_SHOWN)
        plan_notes_add(&draft->notes, NOTE_SNAPSHOT, -1,
                       "%zu more %ss, none of them with more than the last one",
                       count - PLACES_SHOWN, attribute);
}

static void note_total(struct draft *draft)
{
    const struct playbook *playbook = &draft->plan->playbook;
    const struct plan_facts *facts = &draft->notes.facts;
    auto_names struct name_list steps = {0};
    char ttl[32], room[32];
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (playbook->steps[i].phase == PHASE_CHANGE && playbook->steps[i].snapshot)
            name_list_add(&steps, playbook->steps[i].op.id);
    }
    int linked = 0;
    for (size_t i = 0; i < draft->plan->unit_count; i++)
        linked += draft->plan->units[i].count;
    int targets = (facts->snapshots_total - linked) / facts->snapshots_each;
    auto_free char *alone =
        targets ? xasprintf("%d %s, before %s on each", targets,
                            plural(targets, "target", "targets"), name_list_text(&steps))
                : xstrdup("");
    auto_free char *together =
        linked ? xasprintf("%s%d in link groups, of each one while all are off",
                           targets ? "; " : "", linked)
               : xstrdup("");
    plan_notes_add(&draft->notes, NOTE_SNAPSHOT, -1, "%d in all%s%s: %s%s",
                   facts->snapshots_total,
                   playbook->snapshot_memory ? ", with memory" : "",
                   playbook->snapshot_quiesce ? ", quiesced" : "", alone, together);
    plan_notes_add(&draft->notes, NOTE_SNAPSHOT, -1,
                   "at most %d kept per VM, removed after success and soak; their "
                   "time limit is %s",
                   playbook->max_depth,
                   duration_format(playbook->snapshot_ttl_ms, ttl, sizeof ttl));
    if (playbook->snapshot_room_bytes > 0)
        plan_notes_add(&draft->notes, NOTE_SNAPSHOT, -1,
                       "each asks for %s free on its datastore before it is taken",
                       bytes_text(playbook->snapshot_room_bytes, room));
}

/* A soak that outlasts the snapshots leaves nothing to go back to. */
static void warn_soak(struct draft *draft)
{
    const struct plan *plan = draft->plan;
    char soak[32], ttl[32];
    for (size_t i = 0; i < plan->wave_count; i++) {
        if (plan->waves[i].soak_ms < plan->playbook.snapshot_ttl_ms)
            continue;
        plan_notes_add(&draft->notes, NOTE_WARNING, (int)i,
                       "%s: its soak of %s is not shorter than the time limit of "
                       "its snapshots, %s",
                       plan->waves[i].name,
                       duration_format(plan->waves[i].soak_ms, soak, sizeof soak),
                       duration_format(plan->playbook.snapshot_ttl_ms, ttl, sizeof ttl));
    }
}

void explain_snapshots(struct draft *draft)
{
    const struct plan_facts *facts = &draft->notes.facts;
    if (!facts->snapshots_each) {
        plan_notes_add(&draft->notes, NOTE_SNAPSHOT, -1, "none: %s",
                       draft->plan->playbook.rollback == ROLLBACK_SNAPSHOT
                           ? "no change step of the playbook asks for one"
                           : "the playbook does not roll back by snapshot");
        return;
    }
    if (!facts->snapshots_total)
        return; /* no target has a manager: that is a stop */
    note_total(draft);
    note_places(draft, "manager");
    note_places(draft, "datastore");
    warn_soak(draft);
}
