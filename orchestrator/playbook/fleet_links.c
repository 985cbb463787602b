/*
 * fleet_links.c - each member of a link group is told who the others are; see load.h.
 *
 * Plugins get one appliance at a time, and an appliance knows its partners: with the
 * members in its document the two can be compared before anything is changed. A plan that
 * pinned the documents gets stale when somebody joins or leaves the group.
 */
#include <stdlib.h>
#include <string.h>

#include "playbook/load.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/natural.h"
#include "util/xalloc.h"

#define LINK_MEMBERS_MAX 64 /* of one group; no SSO domain has nearly as many */

#define PNID "pnid" /* the label that says under which name its partners know it */

struct link {
    json_t *members;
    size_t count;
    const struct appliance *last;
};

struct links {
    struct map names;
    struct link *items; /* parallel to names */
    size_t count, room;
};

static void links_clear(struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        json_decref(links->items[i].members);
    free(links->items);
    map_free(&links->names);
}
#define auto_links __attribute__((cleanup(links_clear)))

static json_t *member_json(const struct appliance *a)
{
    const char *pnid = json_text(a->labels, PNID);
    json_t *member = json_pack("{s:s, s:s}", "name", a->name, "host", a->host);
    if (pnid)
        (void)json_object_set_new(member, PNID, json_string(pnid));
    return member;
}

static void add_member(struct links *links, const struct appliance *a)
{
    size_t at = map_intern(&links->names, a->link_group);
    if (at == links->count)
        *vec_push(links->items, links->count, links->room) =
            (struct link){.members = json_array()};
    struct link *link = &links->items[at];
    link->last = a;
    if (link->count++ < LINK_MEMBERS_MAX)
        (void)json_array_append_new(link->members, member_json(a));
}

/* The order of the file says nothing, and must not change a plan. */
static int by_name(const void *a, const void *b)
{
    const struct appliance *const *x = a, *const *y = b;
    return text_natural_cmp((*x)->name, (*y)->name);
}

void fleet_links_settle(struct fleet *fleet, struct problem_list *problems)
{
    auto_links struct links links = {.count = 0};
    auto_free struct appliance **linked =
        xcalloc(fleet->appliance_count + 1, sizeof(struct appliance *));
    size_t count = 0;
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        if (*fleet->appliances[i].link_group)
            linked[count++] = &fleet->appliances[i];
    }
    qsort(linked, count, sizeof(struct appliance *), by_name);
    for (size_t i = 0; i < count; i++)
        add_member(&links, linked[i]);
    for (size_t i = 0; i < count; i++) {
        long at = map_find(&links.names, linked[i]->link_group);
        (void)json_object_set(linked[i]->doc, "link_members", links.items[at].members);
    }
    for (size_t i = 0; i < links.count; i++) {
        if (links.items[i].count > LINK_MEMBERS_MAX)
            problem_error(problems, &links.items[i].last->place,
                          "link_group %s has %zu members, and at most %d can be linked",
                          links.names.keys[i], links.items[i].count, LINK_MEMBERS_MAX);
    }
}
