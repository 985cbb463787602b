/* plugins_json.c - plugins for scripts (docs/json.md). */
#include <stdio.h>
#include <string.h>

#include "model/playbook.h"
#include "report/plugins.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

#define PLUGINS_JSON_SCHEMA 1

static json_t *options_json(const struct plugins_view *view,
                            const struct slipway_option *options)
{
    json_t *list = json_array();
    for (size_t i = 0; options && options[i].name; i++) {
        const struct slipway_option *o = &options[i];
        json_t *fallback = o->fallback
                               ? json_parse(o->fallback, strlen(o->fallback), 65536, NULL)
                               : NULL;
        (void)json_array_append_new(
            list, json_pack("{s:o, s:s, s:b, s:o, s:o}", "name", words_json_text(o->name),
                            "type", view->type_name(o->type), "required", o->required,
                            "default", fallback ? fallback : json_null(), "help",
                            words_json_text(o->help)));
    }
    return list;
}

static json_t *operations_json(const struct plugins_view *view,
                               const struct plugin_view *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->plugin->operation_count; i++) {
        const struct slipway_operation *o = &p->plugin->operations[i];
        auto_buf struct buf use = {0};
        buf_addf(&use, "%s%s%s", p->bare ? "" : p->plugin->name, p->bare ? "" : ".",
                 o->name);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o, s:s, s:b, s:o, s:o}", "use", buf_text(&use),
                            "summary", words_json_text(o->summary), "class",
                            repeat_name(o->repeat), "class_by_arguments",
                            o->classify != NULL, "needs", words_json_text(o->needs),
                            "options", options_json(view, o->options)));
    }
    return list;
}

char *plugins_json(const struct plugins_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->count; i++) {
        const struct plugin_view *p = &view->plugins[i];
        char interface[32];
        (void)snprintf(interface, sizeof interface, "%u.%u", p->plugin->abi >> 16,
                       p->plugin->abi & 0xffffu);
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "name",
                            words_json_text(p->plugin->name), "version",
                            words_json_text(p->plugin->version), "summary",
                            words_json_text(p->plugin->summary), "origin",
                            words_json_text(p->origin), "interface", interface,
                            "operations", operations_json(view, p)));
    }
    auto_json json_t *doc =
        json_pack("{s:i, s:o}", "schema_version", PLUGINS_JSON_SCHEMA, "plugins", list);
    return json_pretty(doc);
}
