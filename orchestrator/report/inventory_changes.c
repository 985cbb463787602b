/* inventory_changes.c - see inventory_changes.h. */
#include "report/inventory_changes.h"

#include <stdlib.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/xalloc.h"

const char *change_kind_name(enum change_kind kind)
{
    static const char *const names[] = {"added", "changed", "removed"};
    _Static_assert(ARRAY_LENGTH(names) == CHANGE_KINDS, "one name for each kind");
    return names[kind];
}

struct inventory_change *inventory_changes_add(struct inventory_changes *changes,
                                               enum change_kind kind, const char *name)
{
    struct inventory_change *change =
        vec_push(changes->items, changes->count, changes->room);
    *change = (struct inventory_change){.kind = kind, .appliance = xstrdup(name)};
    changes->counts[kind]++;
    return change;
}

void inventory_change_field(struct inventory_change *change, const char *name,
                            const char *from, const char *to)
{
    *vec_push(change->fields, change->count, change->room) =
        (struct change_field){xstrdup(name), xstrdup_null(from), xstrdup_null(to)};
}

void inventory_changes_clear(struct inventory_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct inventory_change *change = &changes->items[i];
        for (size_t k = 0; k < change->count; k++) {
            free(change->fields[k].name);
            free(change->fields[k].from);
            free(change->fields[k].to);
        }
        free(change->fields);
        free(change->appliance);
    }
    free(changes->items);
    *changes = (struct inventory_changes){.count = 0};
}

/* ---- as text ---- */

static void add_field(const struct change_field *f, struct buf *out)
{
    buf_addf(out, "%s%s ", out->length ? "; " : "", f->name);
    if (!f->from || !f->to) {
        buf_adds(out, "changed");
        return;
    }
    words_clean(out, *f->from ? f->from : "(none)");
    buf_adds(out, " -> ");
    words_clean(out, *f->to ? f->to : "(none)");
}

static void write_change(const struct inventory_change *change,
                         const struct layout *layout)
{
    static const char *const leads[] = {"+ ", "~ ", "- "};
    static const enum layout_colour colours[] = {COLOUR_NONE, COLOUR_YELLOW, COLOUR_RED};
    auto_buf struct buf fields = {0}, line = {0};
    for (size_t i = 0; i < change->count; i++)
        add_field(&change->fields[i], &fields);
    buf_adds(&line, change->appliance);
    if (fields.length)
        buf_addf(&line, ": %s", buf_text(&fields));
    layout_paragraph(layout, leads[change->kind], colours[change->kind], buf_text(&line));
}

void inventory_changes_text(const struct inventory_changes *changes, bool colour,
                            struct buf *out)
{
    struct layout layout = {out, colour};
    size_t shown[CHANGE_KINDS] = {0};
    if (changes->into_nothing)
        return;
    for (size_t i = 0; i < changes->count; i++) {
        const struct inventory_change *change = &changes->items[i];
        if (shown[change->kind]++ < CHANGES_SHOWN)
            write_change(change, &layout);
    }
    for (int kind = 0; kind < CHANGE_KINDS; kind++) {
        if (shown[kind] > CHANGES_SHOWN)
            buf_addf(out, "  … and %zu more %s; all of them: --json\n",
                     shown[kind] - CHANGES_SHOWN,
                     change_kind_name((enum change_kind)kind));
    }
}

/* ---- as JSON ---- */

static json_t *fields_json(const struct inventory_change *change)
{
    json_t *list = json_array();
    for (size_t i = 0; i < change->count; i++) {
        const struct change_field *f = &change->fields[i];
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o}", "field", words_json_text(f->name), "from",
                            words_json_text(f->from && *f->from ? f->from : NULL), "to",
                            words_json_text(f->to && *f->to ? f->to : NULL)));
    }
    return list;
}

json_t *inventory_changes_json(const struct inventory_changes *changes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < changes->count; i++) {
        const struct inventory_change *change = &changes->items[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:o}", "change", change_kind_name(change->kind), "name",
                      words_json_text(change->appliance), "fields", fields_json(change)));
    }
    return list;
}
