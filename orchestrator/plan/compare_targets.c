/*
 * compare_targets.c - who is new or gone, whose version or entry changed, and who goes
 * elsewhere: in another wave, at another time.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/comparison.h"
#include "plan/draft.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/xalloc.h"

/* Targets of which the same is to be said. */
struct bundle {
    char *words; /* "changed from 8.0.2 to 8.0.3 outside of slipway" */
    struct name_list names;
};

struct bundles {
    struct map keys;
    struct bundle *items;
    size_t count, room;
};

static void bundles_clear(struct bundles *bundles)
{
    for (size_t i = 0; i < bundles->count; i++) {
        free(bundles->items[i].words);
        name_list_clear(&bundles->items[i].names);
    }
    free(bundles->items);
    map_free(&bundles->keys);
}
#define auto_bundles __attribute__((cleanup(bundles_clear)))

/* Takes the words. */
static void bundle_add(struct bundles *bundles, char *words, const char *name)
{
    size_t known = bundles->count, at = map_intern(&bundles->keys, words);
    if (at == known)
        *vec_push(bundles->items, bundles->count, bundles->room) =
            (struct bundle){.words = words};
    else
        free(words);
    name_list_add(&bundles->items[at].names, name);
}

static void bundles_tell(const struct comparison *c, struct bundles *bundles,
                         enum plan_change change)
{
    for (size_t i = 0; i < bundles->count; i++) {
        struct name_list *list = &bundles->items[i].names;
        size_t count = list->count;
        comparison_add(c, change, "%zu %s %s: %s", count,
                       plural((long long)count, "target", "targets"),
                       bundles->items[i].words, name_list_text(list));
        comparison_count(c, count);
    }
}

#define MEMBERS "link_members" /* of its link group: told by itself */

/* The document without what is compared by itself, or those members alone. */
static char *entry_of(const struct plan_target *target, bool members)
{
    auto_json json_t *doc =
        json_parse(target->doc, strlen(target->doc), JSON_BYTES_MAX, NULL);
    if (!json_is_object(doc))
        return xstrdup(target->doc);
    if (members) {
        const json_t *list = json_object_get(doc, MEMBERS);
        return list ? json_canonical(list) : xstrdup("");
    }
    (void)json_object_del(doc, "version");
    (void)json_object_del(doc, MEMBERS);
    return json_canonical(doc);
}

static bool same_entry(const struct plan_target *was, const struct plan_target *now,
                       bool members)
{
    if (!strcmp(was->doc, now->doc))
        return true;
    auto_free char *a = entry_of(was, members), *b = entry_of(now, members);
    return !strcmp(a, b);
}

static const char *version_words(const char *version)
{
    return *version ? version : "a version that was not known";
}

struct pairing {
    struct map was_names; /* parallel to was->targets */
    int *was_of;          /* by target of the new plan; -1: it is new */
    bool *seen;           /* by target of the old plan */
};

static void pairing_clear(struct pairing *p)
{
    map_free(&p->was_names);
    free(p->was_of);
    free(p->seen);
}
#define auto_pairing __attribute__((cleanup(pairing_clear)))

static void pair(const struct comparison *c, struct pairing *p)
{
    for (size_t i = 0; i < c->was->target_count; i++)
        (void)map_intern(&p->was_names, c->was->targets[i].name);
    p->was_of = xcalloc(c->now->target_count + 1, sizeof *p->was_of);
    p->seen = xcalloc(c->was->target_count + 1, sizeof *p->seen);
    for (size_t i = 0; i < c->now->target_count; i++) {
        long at = map_find(&p->was_names, c->now->targets[i].name);
        p->was_of[i] = (int)at;
        if (at >= 0)
            p->seen[at] = true;
    }
}

/* Who is left out now and was not, or for another reason; who was and is not selected. */
static void gather_absent(const struct comparison *c, struct bundles *gone)
{
    for (size_t i = 0; i < c->now->absent_count; i++) {
        const struct plan_absent *now = &c->now->absent[i];
        const struct plan_absent *was = plan_absent_of(c->was, now->name);
        if (!was || strcmp(was->reason, now->reason) != 0)
            bundle_add(gone, xasprintf("left out, %s", now->reason), now->name);
    }
    for (size_t i = 0; i < c->was->absent_count; i++) {
        const char *name = c->was->absent[i].name;
        if (!plan_absent_of(c->now, name) && plan_target_index(c->now, name) < 0)
            bundle_add(gone, xstrdup("no longer selected"), name);
    }
}

static void tell_membership(const struct comparison *c, const struct pairing *p)
{
    auto_bundles struct bundles fresh = {0}, gone = {0};
    for (size_t i = 0; i < c->now->target_count; i++) {
        if (p->was_of[i] < 0)
            bundle_add(&fresh, xstrdup("new"), c->now->targets[i].name);
    }
    for (size_t i = 0; i < c->was->target_count; i++) {
        if (!p->seen[i] && !plan_absent_of(c->now, c->was->targets[i].name))
            bundle_add(&gone, xstrdup("no longer selected"), c->was->targets[i].name);
    }
    gather_absent(c, &gone);
    bundles_tell(c, &fresh, CHANGE_TARGET_NEW);
    bundles_tell(c, &gone, CHANGE_TARGET_GONE);
}

static const char *role_of(const struct plan *plan, int target)
{
    return plan->targets[target].companion   ? "only along with the link group"
           : plan_unit_of(plan, target) >= 0 ? "changed as part of the link group"
                                             : "changed alone";
}

static void tell_changes(const struct comparison *c, const struct pairing *p)
{
    auto_bundles struct bundles versions = {0}, entries = {0}, roles = {0};
    for (size_t i = 0; i < c->now->target_count; i++) {
        if (p->was_of[i] < 0)
            continue;
        const struct plan_target *was = &c->was->targets[p->was_of[i]];
        const struct plan_target *now = &c->now->targets[i];
        if (strcmp(was->version, now->version) != 0)
            bundle_add(&versions,
                       xasprintf("changed from %s to %s", version_words(was->version),
                                 version_words(now->version)),
                       now->name);
        const char *old_role = role_of(c->was, p->was_of[i]);
        const char *new_role = role_of(c->now, (int)i);
        if (strcmp(old_role, new_role) != 0)
            bundle_add(&roles, xasprintf("%s now, before: %s", new_role, old_role),
                       now->name);
        if (!same_entry(was, now, false))
            bundle_add(&entries, xstrdup("with another entry in the fleet"), now->name);
        else if (!same_entry(was, now, true))
            bundle_add(&roles, xstrdup("in a link group that has other members now"),
                       now->name);
    }
    bundles_tell(c, &versions, CHANGE_VERSION);
    bundles_tell(c, &entries, CHANGE_APPLIANCE);
    bundles_tell(c, &roles, CHANGE_MEMBER);
}

void compare_targets(const struct comparison *c)
{
    auto_pairing struct pairing p = {.was_of = NULL};
    pair(c, &p);
    tell_membership(c, &p);
    tell_changes(c, &p);
}

/* ---- consequences ---- */

static const char *wave_of(const struct plan *plan, size_t target)
{
    return plan->waves[plan->targets[target].wave].name;
}

static void tell_waves(const struct comparison *c, const struct pairing *p)
{
    auto_bundles struct bundles moved = {0};
    for (size_t i = 0; i < c->now->target_count; i++) {
        if (p->was_of[i] < 0)
            continue;
        const char *was = wave_of(c->was, (size_t)p->was_of[i]),
                   *now = wave_of(c->now, i);
        if (strcmp(was, now) != 0)
            bundle_add(&moved, xasprintf("from wave %s to %s", was, now),
                       c->now->targets[i].name);
    }
    bundles_tell(c, &moved, CHANGE_WAVE);
}

static const char *slot_words(const struct comparison *c, int64_t ms,
                              char out[LOCAL_TIME_ROOM])
{
    return ms ? clockwork_local(&c->now->time, c->local, ms, out) : "no slot";
}

static int64_t slot_of(const struct plan *plan, size_t target)
{
    return target < plan->time.slot_count ? plan->time.slots[target].from_ms : 0;
}

static void tell_slots(const struct comparison *c, const struct pairing *p)
{
    char from[LOCAL_TIME_ROOM], to[LOCAL_TIME_ROOM];
    for (size_t i = 0; i < c->now->target_count; i++) {
        if (p->was_of[i] < 0)
            continue;
        int64_t was_ms = slot_of(c->was, (size_t)p->was_of[i]);
        int64_t now_ms = slot_of(c->now, i);
        if (was_ms == now_ms)
            continue;
        comparison_add(c, CHANGE_SLOT, "%s moved from %s to %s", c->now->targets[i].name,
                       slot_words(c, was_ms, from), slot_words(c, now_ms, to));
        struct plan_difference *last = &c->out->items[c->out->count - 1];
        last->count = 1;
        last->target = (int)i;
        last->was_ms = was_ms;
        last->now_ms = now_ms;
    }
}

void compare_slots(const struct comparison *c)
{
    auto_pairing struct pairing p = {.was_of = NULL};
    pair(c, &p);
    tell_waves(c, &p);
    tell_slots(c, &p);
}
