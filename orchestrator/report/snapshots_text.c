/* snapshots_text.c - the snapshots for people (text) and for scripts (JSON). */
#include "report/layout.h"
#include "report/snapshots.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

static bool is_there(const struct snapshot_row *row)
{
    return !row->removed_ms && row->seen != SNAPSHOT_FOREIGN &&
           row->seen != SNAPSHOT_STRAY;
}

/* ---- text ---- */

static void write_head(const struct snapshot_list *list, const struct layout *layout)
{
    auto_buf struct buf text = {0};
    int there = 0, overdue = 0, foreign = 0;
    for (size_t i = 0; i < list->count; i++) {
        there += is_there(&list->rows[i]);
        overdue += snapshot_is_overdue(&list->rows[i], list->now_ms);
        foreign += list->rows[i].seen == SNAPSHOT_FOREIGN;
    }
    words_count(&text, there, "snapshot");
    buf_adds(&text, " of slipway");
    if (overdue)
        buf_addf(&text, ", %d past %s time limit", overdue,
                 overdue == 1 ? "its" : "their");
    if (foreign)
        buf_addf(&text, ", and %d of somebody else", foreign);
    buf_adds(&text, list->probed
                        ? "; the managers were asked"
                        : "; as recorded, the managers were not asked (--probe)");
    layout_paragraph(layout, "", overdue ? COLOUR_YELLOW : COLOUR_NONE, buf_text(&text));
}

static void add_seen(const struct snapshot_row *row, struct buf *out)
{
    char size[32];
    if (row->size_bytes >= 0)
        buf_addf(out, ", %s", words_bytes(row->size_bytes, size, sizeof size));
    if (row->seen == SNAPSHOT_MISSING)
        buf_adds(out, "; the manager does not have it any more");
    if (row->seen == SNAPSHOT_THERE && row->removed_ms)
        buf_adds(out, "; but the manager still has it");
}

static void add_known(const struct snapshot_list *list, const struct snapshot_row *row,
                      struct buf *out)
{
    char at[WORDS_TIME_MAX], age[WORDS_TIME_MAX];
    buf_addf(out, ", taken %s (%s ago)",
             words_at(row->taken_ms, list->now_ms, at, sizeof at),
             words_took(list->now_ms - row->taken_ms, age, sizeof age));
    if (row->step)
        buf_addf(out, " before step %s", row->step);
    if (row->version)
        buf_addf(out, " at version %s", row->version);
    if (row->removed_ms) {
        buf_addf(out, "; gone since %s",
                 words_at(row->removed_ms, list->now_ms, at, sizeof at));
        return;
    }
    buf_addf(out, ", %d of %d on this VM", row->depth, row->of);
    buf_addf(out,
             snapshot_is_overdue(row, list->now_ms) ? "; OVERDUE since %s"
                                                    : "; time limit %s",
             words_at(row->due_ms, list->now_ms, at, sizeof at));
}

static void write_row(const struct snapshot_list *list, const struct snapshot_row *row,
                      const struct layout *layout)
{
    auto_buf struct buf text = {0};
    bool unknown = row->seen == SNAPSHOT_FOREIGN || row->seen == SNAPSHOT_STRAY;
    bool loud = unknown || snapshot_is_overdue(row, list->now_ms) ||
                row->seen == SNAPSHOT_MISSING;
    buf_addf(&text, "%s  %s (%s", row->target_name, row->name,
             *row->reference ? row->reference : "in doubt");
    if (*row->manager)
        buf_addf(&text, " at %s", row->manager);
    buf_addc(&text, ')');
    if (row->seen == SNAPSHOT_FOREIGN)
        buf_adds(&text, ": somebody else's; slipway does not touch it");
    else if (row->seen == SNAPSHOT_STRAY)
        buf_adds(&text, ": bears our name, but no record knows it; look before removing");
    else
        add_known(list, row, &text);
    add_seen(row, &text);
    layout_paragraph(layout, loud ? "  ! " : "  - ", loud ? COLOUR_YELLOW : COLOUR_NONE,
                     buf_text(&text));
}

void snapshots_text(const struct snapshot_list *list, bool colour, struct buf *out)
{
    struct layout layout = {out, colour};
    write_head(list, &layout);
    for (size_t i = 0; i < list->count; i++)
        write_row(list, &list->rows[i], &layout);
    for (size_t i = 0; i < list->note_count; i++) {
        auto_buf struct buf text = {0};
        buf_addf(&text, "%s: %s", list->notes[i].target_name, list->notes[i].text);
        layout_paragraph(&layout, "  ! ", COLOUR_RED, buf_text(&text));
    }
}

/* ---- JSON ---- */

static json_t *row_json(const struct snapshot_list *list, const struct snapshot_row *row)
{
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"campaign", words_json_text(row->campaign_name)},
        {"target", words_json_text(row->target_name)},
        {"manager", words_json_text(row->manager)},
        {"name", words_json_text(row->name)},
        {"reference", words_json_text(row->reference)},
        {"version", words_json_text(row->version)},
        {"step", words_json_text(row->step)},
        {"depth", row->depth ? json_integer(row->depth) : json_null()},
        {"of", row->depth ? json_integer(row->of) : json_null()},
        {"taken", words_json_time(row->taken_ms)},
        {"time_limit", words_json_time(row->due_ms)},
        {"overdue", json_boolean(snapshot_is_overdue(row, list->now_ms))},
        {"removed", words_json_time(row->removed_ms)},
        {"size_bytes",
         row->size_bytes >= 0 ? json_integer(row->size_bytes) : json_null()},
        {"seen", json_string(snapshot_seen_name(row->seen))},
    };
    json_t *o = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        (void)json_object_set_new(o, members[i].key, members[i].value);
    return o;
}

char *snapshots_json(const struct snapshot_list *list)
{
    json_t *rows = json_array(), *notes = json_array();
    for (size_t i = 0; i < list->count; i++)
        (void)json_array_append_new(rows, row_json(list, &list->rows[i]));
    for (size_t i = 0; i < list->note_count; i++)
        (void)json_array_append_new(
            notes,
            json_pack("{s:o, s:o}", "target", words_json_text(list->notes[i].target_name),
                      "text", words_json_text(list->notes[i].text)));
    auto_json json_t *o =
        json_pack("{s:i, s:o, s:b, s:o, s:o}", "schema_version", SNAPSHOTS_JSON_SCHEMA,
                  "at", words_json_time(list->now_ms), "probed", list->probed,
                  "snapshots", rows, "notes", notes);
    return json_pretty(o);
}
