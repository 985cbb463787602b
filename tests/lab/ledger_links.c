/*
 * ledger_links.c - the rules for linked vCenters, from the ledger alone.
 *
 *   1. only one member of a group installs at a time, and all others are on;
 *   2. a member is snapshotted only while every member is off: else one snapshot knows of
 *      changes that another one does not have;
 *   3. members that were reverted are started only when all of them were reverted: one
 *      that runs beside a partner from before gives its numbers twice;
 *   4. nobody's replication breaks, which is what 2 and 3 are there for.
 *
 * Who belongs together stands in the line `fleet_begin`.
 */
#include <string.h>

#include "ledger_links.h"

static void begin(struct ledger_links *links, const json_t *groups)
{
    const char *group;
    json_t *names;
    json_object_foreach((json_t *)(uintptr_t)groups, group, names)
    {
        size_t number = map_intern(&links->groups, group);
        for (size_t i = 0; i < json_array_size(names); i++) {
            const char *name = json_string_value(json_array_get(names, i));
            if (!name || map_find(&links->names, name) >= 0)
                continue;
            (void)map_intern(&links->names, name);
            *vec_push(links->members, links->count, links->room) =
                (struct ledger_member){.group = number, .on = true};
        }
    }
}

/* A member of the same group, other than `me`, of which this is true; -1: none. */
enum look { LOOK_ON, LOOK_OFF, LOOK_UPDATING, LOOK_REVERTED, LOOK_NOT_REVERTED };

static long find_other(const struct ledger_links *links, size_t me, enum look look)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct ledger_member *member = &links->members[i];
        bool is = look == LOOK_ON         ? member->on
                  : look == LOOK_OFF      ? !member->on
                  : look == LOOK_UPDATING ? member->updating
                  : look == LOOK_REVERTED ? member->reverted
                                          : !member->reverted;
        if (i != me && member->group == links->members[me].group && is)
            return (long)i;
    }
    return -1;
}

static char *sentence(const struct ledger_links *links, long other, const char *before,
                      const char *after)
{
    return other < 0 ? NULL
                     : xasprintf("%s %s %s", before, links->names.keys[other], after);
}

/* It starts: reverted with all the others, or none of them. */
static char *on_start(struct ledger_links *links, size_t me)
{
    struct ledger_member *member = &links->members[me];
    long behind = find_other(links, me, LOOK_NOT_REVERTED);
    long reverted = find_other(links, me, LOOK_REVERTED);
    member->on = true;
    if (member->reverted && behind >= 0)
        return sentence(links, behind, "was started after its revert, and",
                        "was not reverted");
    if (!member->reverted)
        return sentence(links, reverted, "was started, and", "was reverted without it");
    for (size_t i = 0; i < links->count; i++)
        if (links->members[i].group == member->group)
            links->members[i].reverted = false; /* all of them: a new beginning */
    return NULL;
}

static char *on_snapshot(const struct ledger_links *links, size_t me)
{
    if (links->members[me].on)
        return xstrdup("was snapshotted while it is on");
    return sentence(links, find_other(links, me, LOOK_ON), "was snapshotted while",
                    "is on");
}

static char *on_job_start(struct ledger_links *links, size_t me)
{
    long other = find_other(links, me, LOOK_UPDATING);
    links->members[me].updating = true;
    if (other >= 0)
        return sentence(links, other, "an update began while that of",
                        "runs, of the same link group");
    return sentence(links, find_other(links, me, LOOK_OFF), "an update began while",
                    "of the same link group is off");
}

static char *on_revert(struct ledger_links *links, size_t me, const json_t *line)
{
    const char *power = json_text(line, "power");
    struct ledger_member *member = &links->members[me];
    member->updating = member->on = false;
    member->reverted = true;
    return power && strcmp(power, "on") == 0 ? on_start(links, me) : NULL;
}

static char *on_broken(const json_t *line)
{
    const char *partner = json_text(line, "partner");
    return xasprintf("its replication with %s is broken: one of them was reverted alone",
                     partner ? partner : "?");
}

static bool is_one_of(const char *kind, const char *const *kinds)
{
    while (*kinds && strcmp(*kinds, kind) != 0)
        kinds++;
    return *kinds != NULL;
}

static char *on_success(struct ledger_links *links, size_t me, const char *kind,
                        const json_t *line)
{
    static const char *const off[] = {"power_off", "guest_shutdown", NULL};
    static const char *const ends[] = {"update", "reboot", "reset", NULL};
    struct ledger_member *member = &links->members[me];
    if (strcmp(kind, "snapshot_create") == 0)
        return on_snapshot(links, me);
    if (strcmp(kind, "snapshot_revert") == 0)
        return on_revert(links, me, line);
    if (strcmp(kind, "power_on") == 0)
        return on_start(links, me);
    if (is_one_of(kind, off))
        member->on = false;
    if (is_one_of(kind, off) || is_one_of(kind, ends))
        member->updating = false;
    return NULL;
}

char *ledger_links_read(struct ledger_links *links, const char *kind, const json_t *line)
{
    const char *name = json_text(line, "appliance"),
               *outcome = json_text(line, "outcome");
    if (strcmp(kind, "fleet_begin") == 0)
        begin(links, json_object_get(line, "link_groups"));
    for (size_t i = 0; strcmp(kind, "power_loss") == 0 && i < links->count; i++)
        links->members[i].updating = false;
    long me = name ? (long)map_find(&links->names, name) : -1;
    if (me < 0)
        return NULL;
    if (strcmp(kind, "job_start") == 0)
        return on_job_start(links, (size_t)me);
    if (strcmp(kind, "replication_broken") == 0)
        return on_broken(line);
    if (strcmp(kind, "update") == 0)
        links->members[me].updating = false;
    if (outcome && strcmp(outcome, "success") != 0)
        return NULL;
    return on_success(links, (size_t)me, kind, line);
}

void ledger_links_free(struct ledger_links *links)
{
    free(links->members);
    map_free(&links->names);
    map_free(&links->groups);
}
