/*
 * discovery.c - see discovery.h.
 *
 * A machine is known if an appliance names it by one of its uuids. One that only shares a
 * name or an address with an appliance is left to people: slipway neither proposes it a
 * second time nor changes what they wrote. Everything from the manager is checked as if
 * it had been written into a fleet file.
 */
#include "cli/discovery.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "playbook/checks.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define NAME_MAX_BYTES 64
#define NOTES_MAX      1000u

void discovery_clear(struct discovery *discovery)
{
    fleet_clear(&discovery->proposals);
    for (size_t i = 0; i < discovery->note_count; i++) {
        free(discovery->notes[i].machine);
        free(discovery->notes[i].text);
    }
    free(discovery->notes);
    free(discovery->owners);
    map_free(&discovery->marks);
    *discovery = (struct discovery){0};
}

__attribute__((format(printf, 3, 4))) static void
note(struct discovery *discovery, const char *machine, const char *format, ...)
{
    char clean[128];
    if (discovery->note_count >= NOTES_MAX)
        return;
    auto_buf struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    *vec_push(discovery->notes, discovery->note_count, discovery->note_room) =
        (struct discovery_note){.machine =
                                    xstrdup(text_clean(machine, clean, sizeof clean)),
                                .text = buf_take(&text)};
}

/* ---- is it known? ---- */

/* "uuid=5037..." of whoever has it, in one map: case does not matter. */
static char *mark_of(const char *sort, const char *text)
{
    char *mark = text && *text ? xasprintf("%s=%s", sort, text) : NULL;
    for (char *c = mark; c && *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    return mark;
}

static void remember(struct discovery *discovery, const char *sort, const char *text,
                     const struct appliance *owner)
{
    auto_free char *mark = mark_of(sort, text);
    size_t before = discovery->marks.count;
    if (mark && map_intern(&discovery->marks, mark) == before)
        *vec_push(discovery->owners, discovery->owner_count, discovery->owner_room) =
            owner;
}

/* True if somebody has it; `owner` is NULL for one that is proposed. */
static bool has(const struct discovery *discovery, const char *sort, const char *text,
                const struct appliance **owner)
{
    auto_free char *mark = mark_of(sort, text);
    long at = mark ? map_find(&discovery->marks, mark) : -1;
    if (at >= 0)
        *owner = discovery->owners[at];
    return at >= 0;
}

void discovery_begin(struct discovery *discovery, const struct fleet *known)
{
    for (size_t i = 0; i < known->appliance_count; i++) {
        const struct appliance *appliance = &known->appliances[i];
        const json_t *vm = json_object_get(appliance->doc, "vm");
        remember(discovery, "instance", json_text(vm, "instance_uuid"), appliance);
        remember(discovery, "uuid", json_text(vm, "uuid"), appliance);
        remember(discovery, "name", appliance->name, appliance);
        remember(discovery, "host", appliance->host, appliance);
    }
}

/* ---- what would be written ---- */

/* A text that people put into the notes goes before what the manager says. */
static const char *said(const json_t *machine, const char *tag, const char *key)
{
    const char *text = json_text(json_object_get(machine, "tags"), tag);
    return text ? text : key ? json_text(machine, key) : NULL;
}

/* The machine's name as one of an appliance. The caller's. */
static char *name_for(const json_t *machine)
{
    const char *text = said(machine, "name", "name");
    char *name = xstrndup(text ? text : "", strnlen(text ? text : "", NAME_MAX_BYTES));
    for (char *c = name; *c; c++)
        if (!(*c >= '0' && *c <= '9') && !((*c | 32) >= 'a' && (*c | 32) <= 'z') &&
            !strchr("._-", *c))
            *c = '-';
    if (check_name(name))
        return name;
    char *whole = xasprintf("vm-%.60s", name);
    free(name);
    return whole;
}

/* A name is better than an address; a short name resolves only by luck. */
static const char *host_for(const json_t *machine)
{
    const char *host = said(machine, "host", NULL), *ip = json_text(machine, "ip");
    const char *guest = json_text(machine, "guest_host");
    if (!host && guest && strchr(guest, '.') && check_host(guest))
        host = guest;
    if (!host)
        host = ip;
    return host && check_host(host) ? host : NULL;
}

/* The folder below the datacenter's own, else the datacenter. */
static const char *site_for(const json_t *machine)
{
    const json_t *folders = json_object_get(machine, "folders");
    const char *tag = said(machine, "site", NULL);
    const char *below = json_string_value(json_array_get(folders, 2));
    return tag ? tag : below ? below : json_string_value(json_array_get(folders, 0));
}

static bool in_folder(const json_t *machine, const char *name)
{
    const json_t *folders = json_object_get(machine, "folders");
    for (size_t i = 0; i < json_array_size(folders); i++)
        if (!strcmp(json_string_value(json_array_get(folders, i)), name))
            return true;
    return !name;
}

static json_t *labels_for(struct discovery *discovery, const json_t *machine,
                          const char *name)
{
    static const char *const own[] = {"name", "host", "kind", "site", "link_group"};
    json_t *labels = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(machine, "tags"), key, value)
    {
        bool taken = false;
        for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
            taken = taken || !strcmp(own[i], key);
        if (taken)
            continue;
        char clean[80];
        if (check_label(key) && !appliance_is_column(key))
            (void)json_object_set(labels, key, value);
        else
            note(discovery, name, "its notes name a label that no appliance may have: %s",
                 text_clean(key, clean, sizeof clean));
    }
    return labels;
}

static void fill(struct discovery *discovery, const struct discovery_wish *wish,
                 const json_t *machine, char *name, const char *host)
{
    const char *kind = said(machine, "kind", "kind"), *site = site_for(machine);
    const char *group = said(machine, "link_group", NULL);
    const char *instance = json_text(machine, "instance_uuid");
    const char *uuid = instance ? instance : json_text(machine, "uuid");
    json_t *vm = json_pack("{s:s?}", instance ? "instance_uuid" : "uuid", uuid);
    json_t *labels = labels_for(discovery, machine, name);
    struct appliance made = {
        .name = name,
        .host = xstrdup(host),
        .kind = xstrdup(kind ? kind : "linux"),
        .site = xstrdup(site ? site : ""),
        .version = xstrdup(""),
        .link_group = xstrdup(group ? group : ""),
        .calendar = xstrdup(""),
        .manager = xstrdup(wish->manager),
        .vm_key = json_canonical(vm),
        .datastore = xstrdup(""),
        .labels = json_incref(labels),
        .doc = json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", name, "host", host, "kind",
                         kind ? kind : "linux", "labels", labels, "vm", vm),
    };
    struct fleet *out = &discovery->proposals;
    *vec_push(out->appliances, out->appliance_count, out->appliance_room) = made;
}

static void propose(struct discovery *discovery, const struct discovery_wish *wish,
                    const json_t *machine, char *name, const char *host)
{
    remember(discovery, "instance", json_text(machine, "instance_uuid"), NULL);
    remember(discovery, "uuid", json_text(machine, "uuid"), NULL);
    remember(discovery, "name", name, NULL);
    remember(discovery, "host", host, NULL);
    fill(discovery, wish, machine, name, host);
}

void discovery_add(struct discovery *discovery, const struct discovery_wish *wish,
                   const json_t *machine)
{
    const char *text = json_text(machine, "name"), *shown = text ? text : "";
    const char *uuid = json_text(machine, "instance_uuid"), *host = host_for(machine);
    const struct appliance *owner = NULL;
    if (wish->folder && !in_folder(machine, wish->folder))
        return;
    auto_free char *name = name_for(machine);
    bool same_machine = has(discovery, "instance", uuid, &owner) ||
                        has(discovery, "uuid", json_text(machine, "uuid"), &owner);
    if (same_machine && owner)
        discovery->known++;
    else if (same_machine)
        note(discovery, shown,
             "another machine has the same uuid: it is a copy, or registered twice");
    else if (!host)
        note(
            discovery, shown,
            "VMware Tools tell no address: switch it on, or write slipway: host=... into "
            "its notes");
    else if (!uuid && !json_text(machine, "uuid"))
        note(discovery, shown, "the manager does not tell its uuid");
    else if (!has(discovery, "name", name, &owner) &&
             !has(discovery, "host", host, &owner))
        propose(discovery, wish, machine, steal_ptr(&name), host);
    else if (!owner)
        note(discovery, shown,
             "another machine has the same name or address: give it a name of its own "
             "with slipway: name=... in its notes");
    else
        note(discovery, shown,
             "appliance %s has its name or address%s; if it is this machine, give it vm: "
             "{manager: %s, instance_uuid: %s}",
             owner->name, json_object_get(owner->doc, "vm") ? ", and another vm" : "",
             wish->manager, uuid ? uuid : "?");
}
