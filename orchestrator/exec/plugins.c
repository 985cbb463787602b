/*
 * plugins.c - the registry of plugins. See plugins.h.
 *
 * A few dozen names: lookups walk the list. Pinning exists for written-off
 * workers: as long as one may still be inside a plugin, close() must not pull
 * the floor from under it, so the plugins stay open until the process ends.
 */
#include "exec/plugins.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "exec/call.h"
#include "exec/plugins_check.h"
#include "exec/plugins_private.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

struct entry {
    const struct slipway_plugin *plugin;
    char *origin;
    void *state;
    bool open;
};

struct plugins {
    struct entry entries[PLUGINS_MAX];
    size_t count;
    atomic_uint pins;
};

struct plugins *plugins_create(void)
{
    return xcalloc(1, sizeof(struct plugins));
}

void plugins_free(struct plugins *plugins)
{
    if (!plugins || atomic_load(&plugins->pins))
        return;
    plugins_close_all(plugins);
    for (size_t i = 0; i < plugins->count; i++)
        free(plugins->entries[i].origin);
    free(plugins);
}

void plugins_pin(struct plugins *plugins)
{
    atomic_fetch_add(&plugins->pins, 1);
}

void plugins_unpin(struct plugins *plugins)
{
    atomic_fetch_sub(&plugins->pins, 1);
}

int plugins_add(struct plugins *plugins, const struct slipway_plugin *plugin,
                const char *origin, struct slipway_error *err)
{
    if (plugins_check(plugin, origin, err))
        return -1;
    for (size_t i = 0; i < plugins->count; i++) {
        if (!strcmp(plugins->entries[i].plugin->name, plugin->name))
            return slipway_error_set(err, -1, "%s: there is a plugin \"%s\" already (%s)",
                                     origin, plugin->name, plugins->entries[i].origin);
    }
    if (plugins->count == PLUGINS_MAX)
        return slipway_error_set(err, -1, "%s: more than %u plugins", origin,
                                 PLUGINS_MAX);
    plugins->entries[plugins->count++] =
        (struct entry){.plugin = plugin, .origin = xstrdup(origin)};
    return 0;
}

int plugins_add_table(struct plugins *plugins, const struct slipway_plugin *const *table,
                      struct slipway_error *err)
{
    for (; *table; table++) {
        if (plugins_add(plugins, *table, "built in", err))
            return -1;
    }
    return 0;
}

int plugins_open_all(struct plugins *plugins, struct slipway_error *err)
{
    for (size_t i = 0; i < plugins->count; i++) {
        struct entry *entry = &plugins->entries[i];
        struct slipway_error why = {"it does not say why (plugin bug)"};
        if (entry->open)
            continue;
        if (entry->plugin->open &&
            entry->plugin->open(&host_services, &entry->state, &why)) {
            char clean[512];
            plugins_close_all(plugins);
            return slipway_error_set(err, -1, "plugin %s cannot start: %s",
                                     entry->plugin->name,
                                     text_clean(why.text, clean, sizeof clean));
        }
        entry->open = true;
    }
    return 0;
}

void plugins_close_all(struct plugins *plugins)
{
    if (atomic_load(&plugins->pins))
        return;
    for (size_t i = plugins->count; i-- > 0;) {
        struct entry *entry = &plugins->entries[i];
        if (entry->open && entry->plugin->close)
            entry->plugin->close(entry->state);
        entry->open = false;
        entry->state = NULL;
    }
}

void plugins_tidy(const struct plugins *plugins, int64_t now_ms)
{
    for (size_t i = 0; i < plugins->count; i++) {
        const struct entry *entry = &plugins->entries[i];
        if (entry->open && entry->plugin->tidy)
            entry->plugin->tidy(entry->state, now_ms);
    }
}

static const struct entry *find_plugin(const struct plugins *plugins, const char *name,
                                       size_t length)
{
    for (size_t i = 0; i < plugins->count; i++) {
        const char *candidate = plugins->entries[i].plugin->name;
        if (strlen(candidate) == length && !strncmp(candidate, name, length))
            return &plugins->entries[i];
    }
    return NULL;
}

static const struct slipway_operation *find_operation(const struct entry *entry,
                                                      const char *name)
{
    for (size_t i = 0; entry && i < entry->plugin->operation_count; i++) {
        if (!strcmp(entry->plugin->operations[i].name, name))
            return &entry->plugin->operations[i];
    }
    return NULL;
}

/* All names that `use:` could have meant. */
static int not_found(const struct plugins *plugins, const char *use,
                     struct slipway_error *err)
{
    char **names = NULL;
    size_t count = 0, room = 0;
    for (size_t i = 0; i < plugins->count; i++) {
        const struct slipway_plugin *plugin = plugins->entries[i].plugin;
        bool bare = !strcmp(plugin->name, PLUGINS_BARE);
        for (size_t k = 0; k < plugin->operation_count; k++)
            *vec_push(names, count, room) =
                xasprintf("%s%s%s", bare ? "" : plugin->name, bare ? "" : ".",
                          plugin->operations[k].name);
    }
    char clean[128];
    (void)text_clean(use, clean, sizeof clean);
    const char *near = text_nearest(use, (const char *const *)names, count);
    if (near)
        (void)slipway_error_set(err, -1, "no operation \"%s\"; did you mean \"%s\"?",
                                clean, near);
    else
        (void)slipway_error_set(err, -1, "no operation \"%s\"; see: slipway plugins",
                                clean);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return -1;
}

int plugins_find(const struct plugins *plugins, const char *use,
                 struct plugins_operation *out, struct slipway_error *err)
{
    const char *dot = strchr(use, '.');
    const char *name = dot ? dot + 1 : use;
    const struct entry *entry =
        dot ? find_plugin(plugins, use, (size_t)(dot - use))
            : find_plugin(plugins, PLUGINS_BARE, strlen(PLUGINS_BARE));
    const struct slipway_operation *operation = find_operation(entry, name);
    if (!operation)
        return not_found(plugins, use, err);
    *out = (struct plugins_operation){entry->plugin, operation, entry->state};
    return 0;
}

size_t plugins_count(const struct plugins *plugins)
{
    return plugins->count;
}

const struct slipway_plugin *plugins_at(const struct plugins *plugins, size_t index,
                                        const char **origin)
{
    if (origin)
        *origin = plugins->entries[index].origin;
    return plugins->entries[index].plugin;
}

void plugins_examine(const struct plugins *plugins, slipway_find_fn find, void *data)
{
    for (size_t i = 0; i < plugins->count; i++) {
        const struct slipway_plugin *plugin = plugins->entries[i].plugin;
        size_t end = offsetof(struct slipway_plugin, examine) + sizeof plugin->examine;
        if (plugin->size >= end && plugin->examine)
            plugin->examine(find, data);
    }
}

enum slipway_class plugins_classify(const struct slipway_operation *operation,
                                    const char *with)
{
    enum slipway_class repeat =
        operation->classify ? operation->classify(with) : operation->repeat;
    /* an answer outside the contract, or one that would need a probe that is not
       there, gets the class with which the least can go wrong */
    if ((unsigned)repeat > SLIPWAY_OPAQUE ||
        (repeat == SLIPWAY_RECONCILABLE && !operation->probe))
        return SLIPWAY_OPAQUE;
    return repeat;
}
