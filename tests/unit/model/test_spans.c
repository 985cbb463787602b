/*
 * test_spans.c - sets of instants against a set that is just a row of minutes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/timetable.h"

#define MINUTES 240

struct chance {
    uint64_t state;
};

static unsigned draw(struct chance *c, unsigned below)
{
    c->state = c->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(c->state >> 33) % below;
}

static struct spans some_spans(struct chance *c, bool minutes[MINUTES])
{
    struct spans spans = {0};
    memset(minutes, 0, MINUTES * sizeof *minutes);
    for (unsigned i = draw(c, 8); i > 0; i--) {
        unsigned from = draw(c, MINUTES - 40), length = draw(c, 40);
        spans_add(&spans, from, from + length);
        for (unsigned m = from; m < from + length; m++)
            minutes[m] = true;
    }
    spans_settle(&spans);
    return spans;
}

static void assert_same(const struct spans *spans, const bool minutes[MINUTES])
{
    for (int64_t m = 0; m < MINUTES; m++)
        assert_int_equal(spans_contain(spans, m), minutes[m]);
    for (size_t i = 0; i < spans->count; i++) {
        assert_true(spans->items[i].from_ms < spans->items[i].until_ms);
        assert_true(!i || spans->items[i - 1].until_ms < spans->items[i].from_ms);
    }
}

static void sets_of_instants_are_like_rows_of_minutes(void **state)
{
    (void)state;
    struct chance c = {7};
    for (int round = 0; round < 500; round++) {
        bool a[MINUTES], b[MINUTES], either[MINUTES], both[MINUTES], left[MINUTES];
        struct spans x = some_spans(&c, a), y = some_spans(&c, b);
        for (int m = 0; m < MINUTES; m++) {
            either[m] = a[m] || b[m];
            both[m] = a[m] && b[m];
            left[m] = a[m] && !b[m];
        }
        struct spans joined = spans_union(&x, &y), common = spans_intersect(&x, &y),
                     rest = spans_subtract(&x, &y);
        assert_same(&x, a);
        assert_same(&joined, either);
        assert_same(&common, both);
        assert_same(&rest, left);
        struct spans *all[] = {&x, &y, &joined, &common, &rest};
        for (size_t i = 0; i < 5; i++)
            spans_clear(all[i]);
    }
}

static void two_scopes_must_both_be_open_and_a_freeze_beats_them(void **state)
{
    (void)state;
    struct plan_time time = {.horizon_ms = 1000};
    char file[] = "a.ics", customer[] = "customer=acme", campaign[] = "campaign";
    struct plan_calendar parts[] = {
        {.source = file, .scope = customer},
        {.source = file, .scope = customer},
        {.source = file, .scope = campaign},
        {.source = file, .scope = campaign, .freeze = true},
    };
    static const struct span open[] = {{100, 300}, {400, 600}, {200, 500}, {250, 260}};
    int all[4];
    for (int i = 0; i < 4; i++) {
        spans_add(&parts[i].spans, open[i].from_ms, open[i].until_ms);
        all[i] = plan_time_add_calendar(&time, &parts[i]);
        spans_clear(&parts[i].spans);
    }
    assert_int_equal(plan_time_add_timetable(&time, all, 4), 0);
    assert_int_equal(plan_time_add_timetable(&time, all, 4), 0);
    assert_int_equal(plan_time_add_timetable(&time, all + 3, 1), 1);
    plan_time_settle(&time, 50);
    const struct spans *got = &time.timetables[0].open;
    static const struct span want[] = {{200, 250}, {260, 300}, {400, 500}};
    assert_int_equal(got->count, 3);
    assert_memory_equal(got->items, want, sizeof want);
    assert_true(time.timetables[0].bound);
    assert_false(time.timetables[1].bound);
    assert_true(spans_contain(&time.timetables[1].open, 60));
    assert_false(spans_contain(&time.timetables[1].open, 255));

    json_t *json = plan_time_json(&time);
    struct plan_time again = {0};
    assert_int_equal(plan_time_read(json, 0, 0, 50, &again), 0);
    assert_memory_equal(again.timetables[0].open.items, want, sizeof want);
    plan_time_clear(&again);
    assert_int_equal(json_object_set_new(json, "slots", json_pack("[[i]]", 1)), 0);
    assert_int_equal(plan_time_read(json, 1, 0, 50, &again), -1);
    json_decref(json);
    plan_time_clear(&time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_of_instants_are_like_rows_of_minutes),
        cmocka_unit_test(two_scopes_must_both_be_open_and_a_freeze_beats_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
