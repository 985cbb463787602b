/* calendar_view.c - what the views of calendar.h own, and its end. */
#include <stdlib.h>

#include "report/calendar.h"

static void opening_clear(struct calendar_opening *opening)
{
    free(opening->summary);
    free(opening->note);
}

void calendar_view_clear(struct calendar_view *view)
{
    for (size_t i = 0; i < view->binding_count; i++) {
        free(view->bindings[i].source);
        free(view->bindings[i].scope);
        free(view->bindings[i].zone);
        free(view->bindings[i].digest);
    }
    for (size_t i = 0; i < view->opening_count; i++)
        opening_clear(&view->openings[i]);
    free(view->bindings);
    free(view->openings);
    free(view->subject);
    free(view->zone);
    free(view->zone_data);
    *view = (struct calendar_view){0};
}

void calendar_check_clear(struct calendar_check_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        free(view->items[i].source);
        free(view->items[i].problem);
        free(view->items[i].zone);
        free(view->items[i].answer.why);
        for (size_t k = 0; k < view->items[i].note_count; k++)
            free(view->items[i].notes[k]);
        free(view->items[i].notes);
        opening_clear(&view->items[i].first_noted);
    }
    for (size_t i = 0; i < view->starved_count; i++) {
        free(view->starved[i].target);
        free(view->starved[i].calendars);
    }
    free(view->items);
    free(view->starved);
    *view = (struct calendar_check_view){0};
}

void calendar_moves_clear(struct calendar_moves *moves)
{
    for (size_t i = 0; i < moves->count; i++) {
        free(moves->items[i].name);
        free(moves->items[i].file);
    }
    free(moves->items);
    *moves = (struct calendar_moves){0};
}

void calendar_export_clear(struct calendar_export_view *view)
{
    calendar_moves_clear(&view->moves);
    free(view->folder);
    free(view->campaign);
    *view = (struct calendar_export_view){0};
}

void calendar_import_clear(struct calendar_import_view *view)
{
    calendar_moves_clear(&view->openings);
    calendar_moves_clear(&view->slots);
    free(view->file);
    free(view->source);
    free(view->scope);
    free(view->subject);
    free(view->next);
    *view = (struct calendar_import_view){0};
}

const char *calendar_move_name(enum calendar_move_kind kind)
{
    static const char *const names[MOVE_KINDS] = {
        [MOVE_NEW] = "new", [MOVE_MOVED] = "moved", [MOVE_GONE] = "gone"};
    return names[kind];
}
