/*
 * plan_notes.c - see plan_notes.h. Texts come from files that people wrote, so they
 * are neutralised here, once for every reader.
 */
#include "model/plan_notes.h"

#include <stdarg.h>
#include <stdlib.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"

const char *note_kind_name(enum note_kind kind)
{
    static const char *const names[] = {"wave",       "target", "budget",   "domain",
                                        "link_group", "limit",  "snapshot", "time",
                                        "stop",       "warning"};
    _Static_assert(ARRAY_LENGTH(names) == NOTE_KIND_COUNT, "one name for each kind");
    return (size_t)kind < ARRAY_LENGTH(names) ? names[kind] : "?";
}

void plan_notes_add(struct plan_notes *notes, enum note_kind kind, int wave,
                    const char *format, ...)
{
    auto_buf struct buf raw = {0}, clean = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&raw, format, args);
    va_end(args);
    text_sanitize(&clean, buf_text(&raw), raw.length, NOTE_TEXT_MAX);
    *vec_push(notes->items, notes->count, notes->room) =
        (struct plan_note){.kind = kind, .wave = wave, .text = buf_take(&clean)};
}

void plan_notes_whom(struct plan_notes *notes, const char *const *names, size_t count)
{
    struct plan_note *note = &notes->items[notes->count - 1];
    note->targets = xcalloc(count, sizeof *note->targets);
    note->target_count = count;
    for (size_t i = 0; i < count; i++)
        note->targets[i] = xstrdup(names[i]);
}

/* Counting sort, because it is stable: slot 0 is wave 0, the last slot is -1. */
void plan_notes_sort(struct plan_notes *notes)
{
    size_t waves = 0;
    for (size_t i = 0; i < notes->count; i++) {
        if (notes->items[i].wave >= 0 && (size_t)notes->items[i].wave >= waves)
            waves = (size_t)notes->items[i].wave + 1;
    }
    struct plan_note *sorted = xcalloc(notes->count, sizeof *sorted);
    auto_free size_t *next = xcalloc(waves + 2, sizeof *next);
#define SLOT(note) ((note).wave < 0 ? waves : (size_t)(note).wave)
    for (size_t i = 0; i < notes->count; i++)
        next[SLOT(notes->items[i]) + 1]++;
    for (size_t i = 1; i <= waves; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < notes->count; i++)
        sorted[next[SLOT(notes->items[i])]++] = notes->items[i];
#undef SLOT
    free(notes->items);
    notes->items = sorted;
    notes->room = notes->count ? notes->count : 1;
}

void plan_facts_clear(struct plan_facts *facts)
{
    free(facts->waves);
    free(facts->peaks);
    free(facts->units);
    *facts = (struct plan_facts){0};
}

void plan_notes_clear(struct plan_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        for (size_t k = 0; k < notes->items[i].target_count; k++)
            free(notes->items[i].targets[k]);
        free(notes->items[i].targets);
        free(notes->items[i].text);
    }
    free(notes->items);
    free(notes->marks);
    plan_facts_clear(&notes->facts);
    *notes = (struct plan_notes){0};
}
