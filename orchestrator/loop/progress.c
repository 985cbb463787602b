/* progress.c - see progress.h. One entry for each target; what stands in its row already is
 * not written again. */
#include "loop/progress.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define PROGRESS_EVERY_MS 1000

struct entry {
    int64_t intent; /* of the activity it was said of */
    int percent;
    char *text; /* NULL: nothing */
    bool due;
};

struct progress_book {
    struct entry *entries;
    size_t count, due;
    int64_t written_ms;
};

struct progress_book *progress_open(size_t target_count)
{
    struct progress_book *book = xcalloc(1, sizeof *book);
    book->entries = xcalloc(target_count ? target_count : 1, sizeof *book->entries);
    book->count = target_count;
    return book;
}

void progress_close(struct progress_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->count; i++)
        free(book->entries[i].text);
    free(book->entries);
    free(book);
}

/* A new intent's row begins empty. */
static bool is_news(const struct entry *e, int64_t intent, int percent, const char *text)
{
    if (!text || !e->text || e->intent != intent)
        return text || (e->text && e->intent == intent);
    return e->percent != percent || strcmp(e->text, text) != 0;
}

void progress_note(struct progress_book *book, const struct engine_state *state,
                   int target, int percent, const char *text)
{
    if (target < 0 || (size_t)target >= book->count)
        return;
    struct entry *e = &book->entries[target];
    int64_t intent = state->targets[target].activity.intent;
    if (!is_news(e, intent, percent, text))
        return;
    book->due += !e->due;
    free(e->text);
    *e = (struct entry){.intent = intent,
                        .percent = text ? percent : -1,
                        .text = xstrdup_null(text),
                        .due = true};
}

bool progress_is_due(struct progress_book *book, int64_t now_ms)
{
    if (now_ms - book->written_ms < PROGRESS_EVERY_MS)
        return false;
    book->written_ms = now_ms;
    return true;
}

static bool is_still_true(const struct target_state *t, const struct entry *e)
{
    return t->activity.intent == e->intent &&
           (t->activity.state == STEP_ISSUED || t->activity.state == STEP_RUNNING);
}

int progress_write(struct progress_book *book, const struct engine_state *state,
                   struct store *store, int64_t campaign, struct slipway_error *err)
{
    if (!book->due)
        return STORE_OK;
    int code = store_begin(store, err);
    if (code)
        return code;
    for (size_t i = 0; i < book->count; i++) {
        struct entry *e = &book->entries[i];
        if (e->due && is_still_true(&state->targets[i], e))
            (void)store_progress(store, campaign, (int)i, e->percent, e->text);
        e->due = false;
    }
    book->due = 0;
    return store_commit(store, err);
}
