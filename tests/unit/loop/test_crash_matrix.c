/*
 * test_crash_matrix.c - every named crash point x every time it is reached: the process
 * dies there, another one takes over and dies too, a third one ends the campaign. The
 * database is real, the world is the one of the dead, and what happened in it must be
 * what happens when nobody dies.
 *
 * A life is a child process; it ends with _exit at its point. The first run counts how
 * often each point is reached. Reverting twice is allowed to whoever died around a
 * revert: it converges, and is counted apart.
 *
 *   LONG=1: every hit; otherwise every thirteenth, from a place that differs by point
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lives.h"
#include "util/crash.h"

#define EXIT_CRASHED 99
#define STRIDE       13

static const char *const points[] = {"step: decided", "commit: before", "commit: after",
                                     "issue: before", "issue: after",   "answers: taken"};
#define POINTS ((int)ARRAY_LENGTH(points))

/* ---- the hook ---- */

static struct {
    struct shared_world *world;
    int point, hit; /* die there; point -1: at any point; hit 0: never */
} armed;

static void die_here(const char *name)
{
    int point = 0;
    while (point < POINTS && strcmp(points[point], name) != 0)
        point++;
    if (point == POINTS)
        abort(); /* a point that the matrix does not know */
    int hit = armed.point < 0 ? ++armed.world->hits : ++armed.world->hit_of[point];
    if (armed.hit == hit && (armed.point < 0 || armed.point == point))
        _exit(EXIT_CRASHED);
}

struct death {
    struct shared_world *world;
    int point, hit;
};

static void arm_hook(void *data)
{
    const struct death *death = data;
    armed.world = death->world;
    armed.point = death->point;
    armed.hit = death->hit;
    crash_set_hook(die_here);
}

static int run_until(struct bench *b, int point, int hit)
{
    struct death death = {b->world, point, hit};
    return run_life(b, arm_hook, &death);
}

/* ---- the matrix ---- */

struct tally {
    int cases, lives, reverts_again;
};

static int reverts_of(const struct bench *b)
{
    int count = 0;
    for (int i = 0; i < SHARED_MACHINES; i++)
        count += b->world->machines[i].effects[EFFECT_REVERT];
    return count;
}

/* Die at (point, hit); the next one dies after some points of its own; then the end. */
static void crash_twice(const struct story *story, int point, int hit,
                        const char *expected, int reverts, struct tally *tally)
{
    struct bench b;
    auto_buf struct buf got = {0};
    bench_open(&b, story);
    int lives = 1;
    int code = run_until(&b, point, hit);
    if (code == EXIT_CRASHED) {
        code = run_until(&b, -1, 1 + (hit * 5 + point) % 23);
        lives++;
    }
    if (code == EXIT_CRASHED) {
        code = run_until(&b, -1, 0);
        lives++;
    }
    if (code)
        fail_msg("%s, %s, hit %d: the last life ended with %d", story->name,
                 points[point], hit, code);
    describe_store(&b, &got);
    describe(&b, false, &got);
    if (strcmp(buf_text(&got), expected) != 0)
        fail_msg("%s, dead at \"%s\", hit %d, and again: got %s\nwanted %s", story->name,
                 points[point], hit, buf_text(&got), expected);
    tally->cases++;
    tally->lives += lives;
    tally->reverts_again += reverts_of(&b) > reverts;
    bench_close(&b);
}

static void every_crash_ends_as_if_it_had_not_been(const struct story *story)
{
    struct bench b;
    struct tally tally = {0};
    int hits[POINTS] = {0};
    auto_buf struct buf expected = {0};
    int stride = getenv("LONG") && !strcmp(getenv("LONG"), "1") ? 1 : STRIDE;
    bench_open(&b, story);
    assert_int_equal(run_until(&b, 0, 0), 0);
    memcpy(hits, b.world->hit_of, sizeof hits);
    describe_store(&b, &expected);
    describe(&b, false, &expected);
    int reverts = reverts_of(&b);
    bench_close(&b);
    print_message("%s: %s\n", story->name, buf_text(&expected));
    for (int point = 0; point < POINTS; point++) {
        assert_true(hits[point] > 0);
        for (int hit = 1 + point % stride; hit <= hits[point]; hit += stride)
            crash_twice(story, point, hit, buf_text(&expected), reverts, &tally);
    }
    print_message("%s: %d crashes, %d lives, %d times a revert was made again\n",
                  story->name, tally.cases, tally.lives, tally.reverts_again);
}

/* ---- the canonical campaigns ---- */

static void all_is_well(void **state)
{
    (void)state;
    static const struct story story = {.name = "all is well",
                                       .shape = {.targets = 3,
                                                 .waves = {1, 2},
                                                 .in_flight = 2,
                                                 .budget = 3,
                                                 .budgets = {1, 2},
                                                 .change_steps = 3,
                                                 .soak_ms = 1000}};
    every_crash_ends_as_if_it_had_not_been(&story);
}

static void one_fails_and_is_tried_again_and_one_is_put_back(void **state)
{
    (void)state;
    static const struct story story = {.name = "one is put back",
                                       .shape = {.targets = 3,
                                                 .waves = {3},
                                                 .in_flight = 3,
                                                 .budget = 3,
                                                 .budgets = {3},
                                                 .change_steps = 2,
                                                 .retries = 1,
                                                 .soak_ms = 1000},
                                       .fails_at = {0, 2, 0},
                                       .fails_times = 2,
                                       .sick = 3};
    every_crash_ends_as_if_it_had_not_been(&story);
}

static void a_linked_pair_is_put_back_together(void **state)
{
    (void)state;
    static const struct story story = {.name = "a linked pair is put back",
                                       .shape = {.targets = 3,
                                                 .waves = {3},
                                                 .in_flight = 3,
                                                 .budget = 3,
                                                 .budgets = {3},
                                                 .linked = {2},
                                                 .soak_ms = 1000},
                                       .sick = 2};
    every_crash_ends_as_if_it_had_not_been(&story);
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(one_fails_and_is_tried_again_and_one_is_put_back),
        cmocka_unit_test(a_linked_pair_is_put_back_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
