/*
 * calendar_move_text.c - what moved by an export or would move by an import, for people
 * and as JSON (calendar.h).
 */
#include "report/calendar.h"
#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

#define MOVES_SHOWN 20

static size_t count_kind(const struct calendar_moves *moves, enum calendar_move_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < moves->count; i++)
        count += moves->items[i].kind == kind;
    return count;
}

/* "3 openings moved, 1 new, 2 gone" */
static void add_counts(struct buf *out, const struct calendar_moves *moves,
                       const char *noun)
{
    static const enum calendar_move_kind order[] = {MOVE_MOVED, MOVE_NEW, MOVE_GONE};
    bool first = true;
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        size_t count = count_kind(moves, order[i]);
        if (!count)
            continue;
        if (first)
            words_count(out, (int)count, noun);
        else
            buf_addf(out, ", %zu", count);
        buf_addf(out, " %s", calendar_move_name(order[i]));
        first = false;
    }
    if (first)
        buf_addf(out, "no %s moved", noun);
}

static void write_moves(const struct calendar_moves *moves, bool all,
                        const struct layout *layout)
{
    static const char *const heads[] = {"", "", "before", "after", "in"};
    auto_table struct table table = {.columns = ARRAY_LENGTH(heads)};
    size_t shown = all || moves->count <= MOVES_SHOWN ? moves->count : MOVES_SHOWN;
    bool files = false;
    for (size_t i = 0; i < shown; i++)
        files = files || moves->items[i].file;
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, i == 4 && !files ? NULL : heads[i]);
    for (size_t i = 0; i < shown; i++) {
        const struct calendar_move *move = &moves->items[i];
        table_add(&table, calendar_move_name(move->kind));
        table_add(&table, move->name);
        table_add(&table, *move->before_text ? move->before_text : "-");
        table_add(&table, *move->after_text ? move->after_text : "-");
        table_add(&table, move->file);
    }
    if (shown)
        table_write(&table, 0, table_rows(&table), "  ", layout);
    if (moves->count > shown)
        buf_addf(layout->out, "  … and %zu more: with --json\n", moves->count - shown);
}

static json_t *span_json(const struct span *span)
{
    return span->until_ms
               ? json_pack("{s:o, s:o}", "from", words_json_time(span->from_ms), "until",
                           words_json_time(span->until_ms))
               : json_null();
}

static json_t *moves_json(const struct calendar_moves *moves)
{
    json_t *array = json_array();
    for (size_t i = 0; i < moves->count; i++) {
        const struct calendar_move *move = &moves->items[i];
        json_t *json = json_pack(
            "{s:s, s:o, s:o}", "change", calendar_move_name(move->kind), "before",
            span_json(&move->before), "after", span_json(&move->after));
        if (move->name)
            (void)json_object_set_new(json, "target", words_json_text(move->name));
        if (move->file)
            (void)json_object_set_new(json, "file", words_json_text(move->file));
        (void)json_array_append_new(array, json);
    }
    return array;
}

/* ---- export ---- */

void calendar_export_text(const struct calendar_export_view *view, bool colour,
                          struct buf *out)
{
    struct layout layout = {out, colour};
    auto_buf struct buf text = {0};
    words_count(&text, (int)view->slots, "slot");
    buf_addf(&text, " of %s in ", view->campaign);
    words_count(&text, (int)view->files, "file");
    buf_addf(&text, " under %s", view->folder);
    buf_addf(&text, ", %zu written, %zu as before; ", view->written,
             view->files - view->written);
    add_counts(&text, &view->moves, "slot");
    layout_paragraph(&layout, "", COLOUR_NONE, buf_text(&text));
    write_moves(&view->moves, false, &layout);
}

char *calendar_export_json(const struct calendar_export_view *view)
{
    auto_json json_t *json =
        json_pack("{s:i, s:o, s:o, s:I, s:I, s:I, s:o}", "schema_version",
                  CALENDAR_JSON_SCHEMA, "campaign", words_json_text(view->campaign),
                  "folder", words_json_text(view->folder), "slots",
                  (json_int_t)view->slots, "files", (json_int_t)view->files, "written",
                  (json_int_t)view->written, "moves", moves_json(&view->moves));
    return json_pretty(json);
}

/* ---- import ---- */

static void write_head(const struct calendar_import_view *view,
                       const struct layout *layout)
{
    auto_buf struct buf text = {0};
    buf_addf(&text, "%s", view->file);
    if (view->source)
        buf_addf(&text, " for %s", view->source);
    buf_addf(&text, ", %s", view->freeze ? "a freeze" : "windows");
    if (view->scope)
        buf_addf(&text, " of %s", view->scope);
    if (view->subject)
        buf_addf(&text, ", against %s", view->subject);
    buf_adds(&text, ": ");
    if (view->same)
        buf_adds(&text, "nothing moves");
    else
        add_counts(&text, &view->openings, view->freeze ? "freeze" : "opening");
    layout_paragraph(layout, "", COLOUR_BOLD, buf_text(&text));
}

void calendar_import_text(const struct calendar_import_view *view, bool colour,
                          struct buf *out)
{
    struct layout layout = {out, colour};
    write_head(view, &layout);
    write_moves(&view->openings, false, &layout);
    if (view->subject && !view->same) {
        auto_buf struct buf text = {0};
        add_counts(&text, &view->slots, "reserved slot");
        layout_heading(&layout, "Reserved slots");
        layout_paragraph(&layout, "", COLOUR_NONE, buf_text(&text));
        write_moves(&view->slots, false, &layout);
    }
    if (view->next) {
        buf_addc(out, '\n');
        layout_line(&layout, "", COLOUR_NONE, view->next);
    }
}

char *calendar_import_json(const struct calendar_import_view *view)
{
    auto_json json_t *json = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:o, s:o, s:o}", "schema_version",
        CALENDAR_JSON_SCHEMA, "file", words_json_text(view->file), "source",
        words_json_text(view->source), "scope", words_json_text(view->scope), "against",
        words_json_text(view->subject), "freeze", view->freeze, "changes", !view->same,
        "taken", view->taken, "running", view->running, "openings",
        moves_json(&view->openings), "slots", moves_json(&view->slots), "next",
        words_json_text(view->next));
    return json_pretty(json);
}
