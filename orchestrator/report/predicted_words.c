/* predicted_words.c - predicted against actual, for people and scripts (predicted.h). */

#include "report/predicted.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/timefmt.h"

/* ---- for people ---- */

static const char *at(int64_t ms, char *out)
{
    return ms ? time_minute(ms, out, WORDS_TIME_MAX) : "";
}

static void add_heads(struct table *table)
{
    static const char *const heads[] = {
        "wave",    "first start",       "was",   "last end", "was",
        "started", "within the spread", "off by"};
    table->columns = ARRAY_LENGTH(heads);
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(table, heads[i]);
    for (size_t i = 5; i < ARRAY_LENGTH(heads); i++)
        table->right[i] = true;
}

static void add_wave(struct table *table, const struct predicted_wave *w)
{
    char text[WORDS_TIME_MAX];
    table_add(table, w->name);
    table_add(table, at(w->slot_from_ms, text));
    table_add(table, at(w->started_ms, text));
    table_add(table, at(w->slot_until_ms, text));
    table_add(table, at(w->changed_ms, text));
    table_addf(table, "%d of %d", w->started, w->slots);
    if (w->started)
        table_addf(table, "%d of %d", w->within, w->started);
    else
        table_add(table, NULL);
    table_add(table, w->started ? words_took(w->off_ms, text, sizeof text) : NULL);
}

static void add_finish(const struct predicted *p, struct section *section)
{
    char slot[WORDS_TIME_MAX], was[WORDS_TIME_MAX], apart[WORDS_TIME_MAX];
    if (!p->finish_ms) {
        section_line(section, "Predicted finish: %s", at(p->slot_finish_ms, slot));
        return;
    }
    int64_t off_ms = p->finish_ms - p->slot_finish_ms;
    section_line(section, "Predicted finish: %s, actual: %s, %s %s",
                 at(p->slot_finish_ms, slot), at(p->finish_ms, was),
                 words_took(off_ms < 0 ? -off_ms : off_ms, apart, sizeof apart),
                 off_ms < 0 ? "earlier" : "later");
}

static void add_worst(const struct predicted *p, struct section *section)
{
    char slot[WORDS_TIME_MAX], was[WORDS_TIME_MAX];
    for (size_t i = 0; i < p->worst_count; i++) {
        const struct predicted_target *t = &p->targets[p->worst[i]];
        section_line(section, "Far from its slot: %s, %s instead of %s",
                     p->names[p->worst[i]], at(t->started_ms, was),
                     at(t->slot_from_ms, slot));
    }
}

void predicted_section(const struct predicted *p, struct document *out)
{
    if (!p->targets)
        return;
    struct section *section = document_section(out, "Predicted and actual");
    add_finish(p, section);
    if (p->all.started)
        section_line(section,
                     "Starts within the spread of their slot: %d of %d (%d %%; nine in "
                     "ten were expected)",
                     p->all.within, p->all.started, p->all.within * 100 / p->all.started);
    add_worst(p, section);
    add_heads(&section->table);
    for (size_t i = 0; i < p->wave_count; i++)
        add_wave(&section->table, &p->waves[i]);
    if (p->wave_count > 1)
        add_wave(&section->table, &p->all);
}

/* ---- for scripts ---- */

static json_t *wave_json(const struct predicted_wave *w)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:o}", "name", words_json_text(w->name),
        "slot_start", words_json_time(w->slot_from_ms), "slot_end",
        words_json_time(w->slot_until_ms), "start", words_json_time(w->started_ms), "end",
        words_json_time(w->changed_ms), "slots", w->slots, "started", w->started,
        "within_spread", w->within, "off_ms",
        w->started ? json_integer(w->off_ms) : json_null());
}

static json_t *target_json(const struct predicted *p, size_t i)
{
    const struct predicted_target *t = &p->targets[i];
    return json_pack(
        "{s:o, s:o, s:o, s:I, s:o, s:o}", "name", words_json_text(p->names[i]),
        "slot_start", words_json_time(t->slot_from_ms), "slot_end",
        words_json_time(t->slot_until_ms), "spread_ms", (json_int_t)t->spread_ms, "start",
        words_json_time(t->started_ms), "end", words_json_time(t->changed_ms));
}

json_t *predicted_json(const struct predicted *p)
{
    if (!p->targets)
        return json_null();
    json_t *waves = json_array(), *targets = json_array();
    for (size_t i = 0; i < p->wave_count; i++)
        (void)json_array_append_new(waves, wave_json(&p->waves[i]));
    for (size_t i = 0; i < p->target_count; i++)
        (void)json_array_append_new(targets, target_json(p, i));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "zone", words_json_text(p->zone),
                     "slot_finish", words_json_time(p->slot_finish_ms), "finish",
                     words_json_time(p->finish_ms), "all", wave_json(&p->all), "waves",
                     waves, "targets", targets);
}
