/*
 * plugins_check.c - see plugins_check.h. What is checked once here need not be
 * asked again on every call: names, tables, the functions that a class needs,
 * defaults that parse.
 */
#include "exec/plugins_check.h"

#include <stddef.h>
#include <string.h>

#include "exec/arguments.h"
#include "exec/plugins.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"

/* Members that came later are looked at only if the plugin has them. */
#define SIZE_OF_1_0    offsetof(struct slipway_plugin, examine)
#define NAME_MAX_BYTES 48u
static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
static const char further[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
static const char dotted[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.";

static bool is_name(const char *name, const char *allowed)
{
    size_t length = name ? strlen(name) : 0;
    return length && length <= NAME_MAX_BYTES && strchr(letters, *name) &&
           strspn(name, allowed) == length;
}

static int check_option(const struct slipway_option *option, const char *operation,
                        struct slipway_error *err)
{
    if (!is_name(option->name, further))
        return slipway_error_set(err, -1, "%s: an option has no proper name", operation);
    if ((unsigned)option->type > SLIPWAY_SECRET)
        return slipway_error_set(err, -1, "%s: option %s has no known type", operation,
                                 option->name);
    if (!option->fallback)
        return 0;
    auto_json json_t *json =
        json_parse(option->fallback, strlen(option->fallback), ARGUMENTS_MAX, NULL);
    if (!json || option->required)
        return slipway_error_set(err, -1, "%s: the default of option %s is %s", operation,
                                 option->name, json ? "never used" : "no JSON");
    return 0;
}

static int check_operation(const struct slipway_operation *operation,
                           struct slipway_error *err)
{
    const char *name = operation->name;
    if (!is_name(name, dotted))
        return slipway_error_set(err, -1, "an operation has no proper name");
    if (!operation->start)
        return slipway_error_set(err, -1, "%s: has no start", name);
    if ((unsigned)operation->repeat > SLIPWAY_OPAQUE)
        return slipway_error_set(err, -1, "%s: has no known class", name);
    if (operation->repeat == SLIPWAY_RECONCILABLE && !operation->probe)
        return slipway_error_set(err, -1, "%s: is RECONCILABLE but has no probe", name);
    const struct slipway_option *option = operation->options;
    for (size_t i = 0; option && option[i].name; i++) {
        if (i >= PLUGINS_OPTIONS)
            return slipway_error_set(err, -1, "%s: more than %u options", name,
                                     PLUGINS_OPTIONS);
        if (check_option(&option[i], name, err))
            return -1;
        for (size_t k = 0; k < i; k++) {
            if (!strcmp(option[k].name, option[i].name))
                return slipway_error_set(err, -1, "%s: option %s twice", name,
                                         option[i].name);
        }
    }
    return 0;
}

static int check_operations(const struct slipway_plugin *plugin,
                            struct slipway_error *err)
{
    if (!plugin->operations || !plugin->operation_count ||
        plugin->operation_count > PLUGINS_OPERATIONS)
        return slipway_error_set(err, -1, "has no operations, or more than %u",
                                 PLUGINS_OPERATIONS);
    for (size_t i = 0; i < plugin->operation_count; i++) {
        if (check_operation(&plugin->operations[i], err))
            return -1;
        for (size_t k = 0; k < i; k++) {
            if (!strcmp(plugin->operations[k].name, plugin->operations[i].name))
                return slipway_error_set(err, -1, "%s: operation twice",
                                         plugin->operations[i].name);
        }
    }
    return 0;
}

int plugins_check(const struct slipway_plugin *plugin, const char *origin,
                  struct slipway_error *err)
{
    unsigned major = plugin->abi >> 16;
    if (major != SLIPWAY_ABI_MAJOR)
        return slipway_error_set(
            err, -1,
            "%s: built for plugin interface %u, this slipway has %u; "
            "build it again with this slipway's headers",
            origin, major, SLIPWAY_ABI_MAJOR);
    if (plugin->size < SIZE_OF_1_0)
        return slipway_error_set(err, -1, "%s: its descriptor of %u bytes is cut off",
                                 origin, plugin->size);
    if (!is_name(plugin->name, further))
        return slipway_error_set(err, -1, "%s: the plugin has no proper name (%s)",
                                 origin, "small letters, digits, \"-\", \"_\"");
    struct slipway_error why;
    if (check_operations(plugin, &why))
        return slipway_error_set(err, -1, "%s: plugin bug: %s: %s", origin, plugin->name,
                                 why.text);
    return 0;
}
