/*
 * link.c - linked vCenters: groups whose members replicate one directory to each other.
 *
 * Every member numbers its own changes (its USN) and remembers how far it has seen the
 * others'. Both are on its disk, so a snapshot keeps them and a revert brings old ones back.
 *
 *   running ──► its number grows now and then
 *   a pair that is up ──► each takes what it lacks of the other's, a few changes a tick
 *   a boot ──► some changes at once, and no exchange until the directory has settled
 *
 * A change is known by its number and by the incarnation that made it, and a member's
 * history says which incarnation made which numbers. When a partner has seen a change that
 * is not in the member's history, the member was reverted without its partner: it gives the
 * same numbers to other changes. From then on the two never agree again, and both disks say
 * so, until both are reverted to before that.
 *
 * Everything here is under lab->lock.
 */
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "vcsa.h"

#define TICK_MS        1000
#define TICK_LEAST_MS  50
#define CHANGE_MS      4000
#define BOOT_CHANGES   6
#define TAKEN_PER_TICK 20
#define FIRST_NUMBER   4000
#define FORGOTTEN      30 /* changes that a member alone does not know any more */
#define HELD_BACK      17 /* what the fault replication_lag leaves untaken, at least */

struct change {
    int incarnation;
    json_int_t number;
};

struct link_member {
    json_int_t number;      /* of its last change */
    struct change *history; /* who began to make changes after which number */
    size_t history_count, history_room;
    struct change seen[LAB_LINK_MAX]; /* by place in the group */
    bool broken[LAB_LINK_MAX];
    int64_t change_ms, settled_ms;
    bool dirty;
};

struct link_group {
    char name[16];
    struct appliance **members;
    int count;
};

/* ---- who is in which ---- */

void link_create(struct lab *lab)
{
    lab->links = xcalloc((size_t)lab->link_count, sizeof *lab->links);
    for (int g = 0; g < lab->link_count; g++) {
        struct link_group *group = &lab->links[g];
        (void)snprintf(group->name, sizeof group->name, "sso-%02d", g + 1);
        group->count = lab->link_size;
        group->members = xcalloc((size_t)group->count, sizeof(struct appliance *));
        for (int i = 0; i < group->count; i++) {
            struct appliance *member = &lab->appliances[g * lab->link_size + i];
            group->members[i] = member;
            member->link = group;
            member->vcsa->link = xcalloc(1, sizeof *member->vcsa->link);
        }
    }
}

const char *link_name(const struct appliance *appliance)
{
    return appliance->link ? appliance->link->name : NULL;
}

json_t *link_groups(const struct lab *lab)
{
    json_t *groups = lab->link_count ? json_object() : json_null();
    for (int g = 0; g < lab->link_count; g++) {
        json_t *names = json_array();
        for (int i = 0; i < lab->links[g].count; i++)
            json_array_append_new(names, json_string(lab->links[g].members[i]->name));
        json_object_set_new(groups, lab->links[g].name, names);
    }
    return groups;
}

static int place_of(const struct appliance *appliance)
{
    return appliance->index % appliance->link->count;
}

/* Its directory answers: services that are stopped or starting do not. */
static bool is_up(const struct appliance *appliance)
{
    return appliance->vm.power == POWER_ON && atomic_load(&appliance->up) &&
           !appliance->vcsa->sso_down;
}

/* ---- the disk ---- */

static json_t *change_json(const struct change *change)
{
    return json_pack("[i, I]", change->incarnation, change->number);
}

static struct change change_of(const json_t *pair)
{
    return (struct change){.incarnation =
                               (int)json_integer_value(json_array_get(pair, 0)),
                           .number = json_integer_value(json_array_get(pair, 1))};
}

static void save(struct appliance *appliance)
{
    struct link_member *member = appliance->vcsa->link;
    const struct link_group *group = appliance->link;
    auto_json json_t *disk = json_pack("{s:I, s:[], s:{}, s:[]}", "number",
                                       member->number, "history", "seen", "broken");
    for (size_t i = 0; i < member->history_count; i++)
        json_array_append_new(json_object_get(disk, "history"),
                              change_json(&member->history[i]));
    for (int i = 0; i < group->count; i++) {
        const char *name = group->members[i]->name;
        if (group->members[i] != appliance)
            json_object_set_new(json_object_get(disk, "seen"), name,
                                change_json(&member->seen[i]));
        if (member->broken[i])
            json_array_append_new(json_object_get(disk, "broken"), json_string(name));
    }
    auto_free char *text = json_canonical(disk);
    vcsa_put_text(appliance, "link.json", text);
    member->dirty = false;
}

static void add_history(struct link_member *member, struct change change)
{
    *vec_push(member->history, member->history_count, member->history_room) = change;
}

static void load(struct appliance *appliance)
{
    struct link_member *member = appliance->vcsa->link;
    const struct link_group *group = appliance->link;
    auto_free char *text = vcsa_text(appliance, "link.json");
    auto_json json_t *disk = json_parse(text, strlen(text), LAB_TEXT_MAX, NULL);
    const json_t *history = json_object_get(disk, "history");
    const json_t *broken = json_object_get(disk, "broken");
    member->number = json_number(disk, "number", FIRST_NUMBER);
    member->history_count = 0;
    for (size_t i = 0; i < json_array_size(history); i++)
        add_history(member, change_of(json_array_get(history, i)));
    for (int i = 0; i < group->count; i++) {
        const char *name = group->members[i]->name;
        member->seen[i] = change_of(json_object_get(json_object_get(disk, "seen"), name));
        member->broken[i] = false;
        for (size_t j = 0; j < json_array_size(broken); j++)
            if (strcmp(json_string_value(json_array_get(broken, j)), name) == 0)
                member->broken[i] = true;
    }
}

void link_make_disk(struct appliance *appliance)
{
    if (!appliance->link)
        return;
    struct link_member *member = appliance->vcsa->link;
    bool alone = appliance->faults.reverted_alone;
    member->number = FIRST_NUMBER - (alone ? FORGOTTEN : 0);
    add_history(member, (struct change){0, 0});
    for (int i = 0; i < appliance->link->count; i++)
        member->seen[i] = (struct change){0, FIRST_NUMBER};
    save(appliance);
}

void link_revert_alone(struct appliance *appliance)
{
    if (!appliance->link)
        return;
    appliance->vcsa->link->number -= FORGOTTEN;
    save(appliance);
}

/* ---- waking up ---- */

void link_woke(struct appliance *appliance, bool booted)
{
    if (!appliance->link)
        return;
    const struct lab *lab = appliance->endpoint.lab;
    struct link_member *member = appliance->vcsa->link;
    load(appliance);
    const struct change *last = &member->history[member->history_count - 1];
    if (!member->history_count || last->incarnation != appliance->incarnation)
        add_history(member, (struct change){appliance->incarnation, member->number});
    member->number += booted ? BOOT_CHANGES : 0;
    member->settled_ms = lab_now_ms() + (booted ? lab_scaled(lab, lab->boot_ms) * 2 : 0);
    save(appliance);
}

/* ---- the exchange ---- */

/* The incarnation that made this change, -1: it is not in the history. */
static int maker_of(const struct link_member *member, json_int_t number)
{
    if (number > member->number)
        return -1;
    for (size_t i = member->history_count; i-- > 0;)
        if (member->history[i].number < number || !member->history[i].number)
            return member->history[i].incarnation;
    return -1;
}

static void break_apart(struct appliance *taker, struct appliance *source)
{
    taker->vcsa->link->broken[place_of(source)] = true;
    source->vcsa->link->broken[place_of(taker)] = true;
    taker->vcsa->link->dirty = source->vcsa->link->dirty = true;
    ledger_add(taker->endpoint.lab, "replication_broken",
               json_pack("{s:s, s:s, s:s}", "appliance", source->name, "partner",
                         taker->name, "outcome", "error"));
}

static bool is_broken(const struct appliance *a, const struct appliance *b)
{
    return a->vcsa->link->broken[place_of(b)] || b->vcsa->link->broken[place_of(a)];
}

static json_int_t lag_of(const struct appliance *taker, const struct appliance *source)
{
    json_int_t gap =
        source->vcsa->link->number - taker->vcsa->link->seen[place_of(source)].number;
    if (is_broken(taker, source))
        return gap > 0 ? gap : 1 - gap;
    return taker->faults.replication_lag ? gap + HELD_BACK : gap;
}

/* `taker` learns some of what `source` did. */
static void take(struct appliance *taker, struct appliance *source)
{
    const struct link_member *from = source->vcsa->link;
    struct link_member *to = taker->vcsa->link;
    struct change *seen = &to->seen[place_of(source)];
    if (is_broken(taker, source))
        return;
    if (maker_of(from, seen->number) != seen->incarnation) {
        break_apart(taker, source);
        return;
    }
    json_int_t gap = from->number - seen->number;
    if (!gap || taker->faults.replication_lag)
        return;
    seen->number += gap < TAKEN_PER_TICK ? gap : TAKEN_PER_TICK;
    seen->incarnation = maker_of(from, seen->number);
    to->dirty = true;
}

static bool is_settled(const struct appliance *appliance, int64_t now)
{
    return is_up(appliance) && now >= appliance->vcsa->link->settled_ms;
}

/* A number is on its disk before anybody is told of it, as after a power loss it must. */
static void make_changes(struct appliance *appliance, int64_t now)
{
    struct link_member *member = appliance->vcsa->link;
    if (!is_up(appliance) || now < member->change_ms)
        return;
    const struct lab *lab = appliance->endpoint.lab;
    member->change_ms = now + lab_scaled(lab, CHANGE_MS) + 100;
    member->number++;
    save(appliance);
}

static void exchange(struct link_group *group, int64_t now)
{
    for (int i = 0; i < group->count; i++)
        make_changes(group->members[i], now);
    for (int i = 0; i < group->count; i++)
        for (int j = 0; j < group->count; j++)
            if (i != j && is_settled(group->members[i], now) &&
                is_settled(group->members[j], now))
                take(group->members[i], group->members[j]);
    for (int i = 0; i < group->count; i++)
        if (group->members[i]->vcsa->link->dirty)
            save(group->members[i]);
}

static void tick(void *argument)
{
    struct lab *lab = argument;
    WITH_LOCK(&lab->lock);
    int64_t now = lab_now_ms(), next = lab_scaled(lab, TICK_MS);
    for (int g = 0; g < lab->link_count; g++)
        exchange(&lab->links[g], now);
    timer_after(next > TICK_LEAST_MS ? next : TICK_LEAST_MS, tick, lab);
}

void link_start(struct lab *lab)
{
    if (lab->link_count)
        timer_after(1, tick, lab);
}

/* ---- what they tell ---- */

/* The addresses at which vCenters know each other. */
static json_t *partners_of(const struct appliance *appliance)
{
    json_t *names = json_array();
    for (int i = 0; i < appliance->link->count; i++)
        if (appliance->link->members[i] != appliance)
            json_array_append_new(names, json_string(appliance->link->members[i]->name));
    return names;
}

void link_send_nodes(struct rest_call *call)
{
    const struct link_group *group = call->appliance->link;
    json_t *nodes = json_array();
    for (int i = 0; i < group->count; i++)
        json_array_append_new(nodes, json_pack("{s:s, s:s, s:o}", "node",
                                               group->members[i]->name, "type",
                                               "VCSA_EMBEDDED", "replication_partners",
                                               partners_of(group->members[i])));
    rest_send(call, 200, nodes);
}

static json_t *status_of(const struct appliance *node, const struct appliance *partner)
{
    bool both = is_up(node) && is_up(partner);
    json_t *status = json_pack("{s:s, s:s, s:b, s:b}", "node", node->name,
                               "replication_partner", partner->name, "partner_available",
                               is_up(partner), "status_available", both);
    if (!both)
        return status; /* the other two are only told with a status */
    json_object_set_new(status, "replicating", json_boolean(!is_broken(node, partner)));
    json_object_set_new(status, "change_lag", json_integer(lag_of(node, partner)));
    return status;
}

void link_send_replication(struct rest_call *call)
{
    const struct link_group *group = call->appliance->link;
    json_t *list = json_array();
    for (int i = 0; i < group->count; i++)
        for (int j = 0; j < group->count; j++)
            if (i != j)
                json_array_append_new(list,
                                      status_of(group->members[i], group->members[j]));
    rest_send(call, 200, list);
}
