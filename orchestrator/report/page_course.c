/*
 * page_course.c - what really happened to each target (page.h), from the records of its
 * machine and from the effects that were issued. Three passes over rows, whatever the
 * number of targets.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/xalloc.h"

static struct page_course *course_of(struct page_courses *courses, int target)
{
    return target >= 0 && (size_t)target < courses->count ? &courses->items[target]
                                                          : NULL;
}

static void add_moment(struct page_course *course, int64_t at_ms, struct buf *text)
{
    if (course->moment_count >= PAGE_MOMENTS_MAX) {
        course->left_out++;
        return;
    }
    *vec_push(course->moments, course->moment_count, course->moment_room) =
        (struct page_moment){at_ms, buf_take(text)};
}

static bool in_work(int state)
{
    return state == TARGET_SNAPSHOTTING || state == TARGET_CHANGING ||
           state == TARGET_CHECKING || state == TARGET_ROLLING_BACK;
}

static int visit_target(void *data, const struct store_target *t)
{
    struct page_course *course = course_of(data, t->index);
    if (course)
        course->state = t->state;
    return 0;
}

static int visit_move(void *data, const struct store_event *e)
{
    const struct record *r = e->record;
    struct page_course *course = course_of(data, r->target);
    auto_buf struct buf text = {0};
    if (!course)
        return 0;
    if (in_work(r->to) && !in_work(r->from) && !course->began_ms)
        course->began_ms = r->at_ms;
    if (in_work(r->to))
        course->ended_ms = 0;
    else if (in_work(r->from))
        course->ended_ms = r->at_ms;
    words_state(&text, e->to ? e->to : "?");
    if (r->text && *r->text) {
        buf_adds(&text, ": ");
        words_clean(&text, r->text);
    }
    add_moment(course, r->at_ms, &text);
    return 0;
}

/* Checks and readings are many and say nothing while they are green. */
static bool is_worth_telling(const struct store_intent *n)
{
    bool look = n->activity == ACTIVITY_CHECK || n->activity == ACTIVITY_READ ||
                n->activity == ACTIVITY_GUARD;
    return n->outcome && (!look || strcmp(n->outcome, "done") != 0);
}

static int visit_intent(void *data, const struct store_intent *n)
{
    struct page_course *course = course_of(data, n->target);
    char took[WORDS_TIME_MAX];
    auto_buf struct buf text = {0};
    if (!course || !is_worth_telling(n))
        return 0;
    words_activity(&text, n->activity, n->step);
    buf_addf(&text, " %s after %s", n->outcome,
             words_took(n->settled_ms - n->issued_ms, took, sizeof took));
    if (n->sentence && *n->sentence && strcmp(n->outcome, "done") != 0) {
        buf_adds(&text, ": ");
        words_clean(&text, n->sentence);
    }
    add_moment(course, n->settled_ms, &text);
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct page_moment *x = a, *y = b;
    int order = (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
    return order ? order : strcmp(x->text, y->text);
}

int page_courses_load(struct store *store, int64_t campaign, size_t target_count,
                      struct page_courses *out, struct slipway_error *err)
{
    struct store_target_filter all = STORE_ANY_TARGET;
    struct store_event_filter moves = STORE_ANY_EVENT;
    moves.kind = RECORD_TARGET;
    out->items = xcalloc(target_count + 1, sizeof *out->items);
    out->count = target_count;
    int code = store_targets(store, campaign, &all, visit_target, out, err);
    if (!code)
        code = store_events(store, campaign, &moves, visit_move, out, err);
    if (!code)
        code = store_intents(store, campaign, -1, 0, visit_intent, out, err);
    for (size_t i = 0; i < out->count; i++) {
        if (out->items[i].moment_count)
            qsort(out->items[i].moments, out->items[i].moment_count,
                  sizeof *out->items[i].moments, by_time);
    }
    return code;
}

void page_courses_clear(struct page_courses *courses)
{
    for (size_t i = 0; i < courses->count; i++) {
        for (size_t k = 0; k < courses->items[i].moment_count; k++)
            free(courses->items[i].moments[k].text);
        free(courses->items[i].moments);
    }
    free(courses->items);
    *courses = (struct page_courses){0};
}
