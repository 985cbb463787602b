/*
 * plugins.h - what plugins there are and what they take, for people and for scripts.
 */
#ifndef REPORT_PLUGINS_H
#define REPORT_PLUGINS_H

#include <jansson.h>
#include <stdbool.h>

#include "slipway/plugin.h"
#include "util/buf.h"

struct plugin_view {
    const struct slipway_plugin *plugin;
    const char *origin; /* "built in" or the file */
    bool bare;          /* its operations are used without its name */
};

struct plugins_view {
    const struct plugin_view *plugins;
    size_t count;
    const char *(*type_name)(enum slipway_type type);
    bool colour;
};

/* Append a table of all, or one whole. */
void plugins_text(const struct plugins_view *view, struct buf *out);
void plugins_text_one(const struct plugins_view *view, size_t index, struct buf *out);
/* All of them whole; the caller's. */
char *plugins_json(const struct plugins_view *view);

#endif
