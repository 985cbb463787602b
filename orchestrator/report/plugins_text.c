/*
 * plugins_text.c - plugins for people. A plugin's own words come from outside as much
 * as an appliance's do: layout.h makes them harmless.
 */
#include "model/playbook.h"
#include "report/layout.h"
#include "report/plugins.h"
#include "util/auto.h"
#include "util/text.h"

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

void plugins_text(const struct plugins_view *view, struct buf *out)
{
    struct layout layout = {out, view->colour};
    auto_table struct table table = {.columns = 5, .right = {[2] = true}};
    const char *heads[] = {"plugin", "version", "operations", "from", "what"};
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < view->count; i++) {
        const struct plugin_view *p = &view->plugins[i];
        table_add(&table, p->plugin->name);
        table_add(&table, p->plugin->version);
        table_addf(&table, "%zu", p->plugin->operation_count);
        table_add(&table, p->origin);
        table_add(&table, p->plugin->summary);
    }
    table_write(&table, 0, table_rows(&table), "", &layout);
}

static void write_options(const struct plugins_view *view,
                          const struct slipway_option *options,
                          const struct layout *layout)
{
    for (size_t i = 0; options && options[i].name; i++) {
        const struct slipway_option *option = &options[i];
        auto_buf struct buf text = {0};
        buf_addf(&text, "%s (%s", option->name, view->type_name(option->type));
        if (option->required)
            buf_adds(&text, ", required");
        if (option->fallback)
            buf_addf(&text, ", default %s", option->fallback);
        buf_addc(&text, ')');
        layout_paragraph(layout, "  ", COLOUR_NONE, buf_text(&text));
        if (option->help)
            layout_paragraph(layout, "      ", COLOUR_NONE, option->help);
    }
}

static void write_operation(const struct plugins_view *view, const struct plugin_view *p,
                            const struct slipway_operation *operation,
                            const struct layout *layout)
{
    auto_buf struct buf text = {0};
    buf_addf(&text, "%s%s%s", p->bare ? "" : p->plugin->name, p->bare ? "" : ".",
             operation->name);
    layout_heading(layout, buf_text(&text));
    buf_reset(&text);
    layout_paragraph(layout, "  ", COLOUR_NONE, text_or_empty(operation->summary));
    buf_addf(&text, "%s%s", repeat_name(operation->repeat),
             operation->classify ? ", or as its arguments say (a step may say `class:`)"
                                 : "");
    if (operation->needs)
        buf_addf(&text, "; needs %s", operation->needs);
    layout_paragraph(layout, "  class: ", COLOUR_NONE, buf_text(&text));
    write_options(view, operation->options, layout);
}

void plugins_text_one(const struct plugins_view *view, size_t index, struct buf *out)
{
    struct layout layout = {out, view->colour};
    const struct plugin_view *p = &view->plugins[index];
    auto_buf struct buf text = {0};
    buf_addf(&text, "%s %s (%s): %s", p->plugin->name, text_or_empty(p->plugin->version),
             p->origin, text_or_empty(p->plugin->summary));
    layout_paragraph(&layout, "", COLOUR_NONE, buf_text(&text));
    for (size_t i = 0; i < p->plugin->operation_count; i++)
        write_operation(view, p, &p->plugin->operations[i], &layout);
}
