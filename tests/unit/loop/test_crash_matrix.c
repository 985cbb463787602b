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

#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/clock.h"
#include "loop/driver.h"
#include "shared_world.h"
#include "store/query.h"
#include "util/crash.h"
#include "world.h"

#define EXIT_CRASHED 99
#define LIFE_TURNS   20000
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

/* ---- the executor: answers when it is asked for them ---- */

struct post {
    struct executor base;
    struct shared_world *world;
    int wanted, fd;
    struct exec_result *answers;
    size_t count, room;
};

/* "vc-0003" of the key */
static int machine_of(const char *key)
{
    return atoi(strstr(key, ".vc-") + 4) - 1;
}

static void post_submit(struct executor *executor, struct exec_request *request)
{
    struct post *post = (struct post *)executor;
    struct shared_machine *m = &post->world->machines[machine_of(request->key)];
    struct shared_answer a = shared_call(m, request, post->wanted);
    *vec_push(post->answers, post->count, post->room) = (struct exec_result){
        .intent = request->intent,
        .verb = request->verb,
        .outcome = request->verb == EXEC_PROBE ? SLIPWAY_DONE : a.outcome,
        .probe = a.probe,
        .verdict = a.green ? EXEC_EXPECT_TRUE : EXEC_EXPECT_FALSE,
        .value = xstrdup(a.value),
        .handle = a.outcome == SLIPWAY_PENDING ? xstrdup("handle") : NULL,
        .sentence = xstrdup(""),
    };
    exec_request_free(request);
}

static size_t post_collect(struct executor *executor, struct exec_result *out, size_t max)
{
    struct post *post = (struct post *)executor;
    size_t count = post->count < 1 || !max ? 0 : 1; /* one by one: more moments */
    if (count) {
        *out = post->answers[0];
        memmove(post->answers, post->answers + 1, --post->count * sizeof *out);
    }
    return count;
}

static size_t post_progress(struct executor *executor, struct exec_progress *out,
                            size_t max)
{
    (void)executor;
    (void)out;
    (void)max;
    return 0;
}

static void post_cancel(struct executor *executor, int64_t intent)
{
    (void)executor;
    (void)intent;
}

static size_t post_busy(struct executor *executor)
{
    return ((struct post *)executor)->count;
}

static int post_fd(struct executor *executor)
{
    return ((struct post *)executor)->fd;
}

static void post_stop(struct executor *executor, int64_t deadline_ms)
{
    (void)executor;
    (void)deadline_ms;
}

static const struct executor_ops post_ops = {
    .submit = post_submit,
    .cancel = post_cancel,
    .collect = post_collect,
    .progress = post_progress,
    .busy = post_busy,
    .fd = post_fd,
    .stop = post_stop,
    .destroy = NULL,
};

/* ---- a campaign and its state directory ---- */

struct story {
    const char *name;
    struct plan_shape shape;
    int fails_at[SHARED_MACHINES]; /* the step that fails on that machine        */
    int fails_times;
    int sick; /* the machine that its change makes sick, from 1; 0: none         */
};

struct bench {
    const struct story *story;
    char dir[64];
    struct plan *plan;
    int64_t campaign;
    struct shared_world *world;
};

static void remove_dir(const char *dir)
{
    DIR *handle = opendir(dir);
    for (struct dirent *entry; handle && (entry = readdir(handle));)
        (void)unlinkat(dirfd(handle), entry->d_name, 0);
    if (handle)
        (void)closedir(handle);
    (void)rmdir(dir);
}

static struct plan *story_plan(const struct story *story)
{
    struct plan *plan = shape_plan(&story->shape);
    for (size_t i = 0; i < plan->playbook.check_count; i++)
        plan->playbook.checks[i].stable = 1;
    for (size_t i = 0; i < plan->playbook.step_count; i++)
        plan->playbook.steps[i].retries = story->shape.retries;
    plan->playbook.checks[0].after_step = plan->playbook.checks[1].after_step =
        (int)plan->playbook.step_count - 1;
    return plan;
}

static void bench_open(struct bench *b, const struct story *story)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    *b = (struct bench){.story = story, .plan = story_plan(story)};
    (void)snprintf(b->dir, sizeof b->dir, "%s/slipway-matrix-XXXXXX",
                   access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    assert_non_null(mkdtemp(b->dir));
    auto_free char *json = plan_to_json(b->plan);
    assert_int_equal(store_create(b->dir, &err), STORE_OK);
    assert_int_equal(store_open_owner(b->dir, "test", &store, &err), STORE_OK);
    assert_int_equal(store_begin(store, &err), STORE_OK);
    (void)store_create_campaign(store, b->plan, json, 1, 1000, "olga", &b->campaign);
    assert_int_equal(store_commit(store, &err), STORE_OK);
    b->world = shared_world_new();
    for (int i = 0; i < SHARED_MACHINES; i++) {
        b->world->machines[i].fails_at = story->fails_at[i];
        b->world->machines[i].fails_times = story->fails_times;
        b->world->machines[i].turns_sick = story->sick == i + 1;
    }
}

static void bench_close(struct bench *b)
{
    (void)munmap(b->world, sizeof *b->world);
    plan_free(b->plan);
    remove_dir(b->dir);
}

/* ---- lives ---- */

static bool is_over(enum campaign_state_id state)
{
    return state == CAMPAIGN_COMPLETED || state == CAMPAIGN_COMPLETED_WITH_FAILURES ||
           state == CAMPAIGN_PAUSED;
}

/* Never returns. */
static void live(const struct bench *b)
{
    struct slipway_error err = {""};
    struct store *store = NULL;
    struct driver *driver = NULL;
    int steps = b->story->shape.change_steps ? b->story->shape.change_steps : 1;
    struct post post = {.base = {&post_ops},
                        .world = b->world,
                        .wanted = steps,
                        .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (store_open_owner(b->dir, "test", &store, &err) ||
        driver_open(store, b->campaign, &driver, &err))
        _exit(2);
    driver_attach(driver, &post.base, NULL);
    if (driver_take_over(driver, "olga", &err))
        _exit(3);
    for (int i = 0; i < LIFE_TURNS; i++) {
        const struct engine *engine = driver_engine(driver);
        if (is_over(engine_state(engine)->campaign)) {
            driver_close(driver);
            store_close(store);
            _exit(0);
        }
        if (!post.count && engine_deadline(engine) < INT64_MAX)
            clock_not_before(engine_deadline(engine)); /* nobody waits */
        if (driver_turn(driver, &err))
            _exit(4);
    }
    (void)fprintf(stderr, "no end after %d turns\n", LIFE_TURNS);
    _exit(5);
}

/* What the life ended with. */
static int run_life(struct bench *b, int point, int hit)
{
    b->world->hits = 0;
    memset(b->world->hit_of, 0, sizeof b->world->hit_of);
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        armed.world = b->world;
        armed.point = point;
        armed.hit = hit;
        crash_set_hook(die_here);
        live(b);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* ---- what must be the same whoever died ---- */

static int add_target(void *data, const struct store_target *t)
{
    buf_addf(data, "%s %s; ", t->name, machine_state(&target_machine, (int)t->state));
    return 0;
}

static void describe(const struct bench *b, bool reverts, struct buf *out)
{
    for (size_t i = 0; i < b->plan->target_count; i++) {
        const struct shared_machine *m = &b->world->machines[i];
        buf_addf(out, "\n  %s: level %d, %s, %s, %d snapshots", b->plan->targets[i].name,
                 m->disk.level, m->disk.sick ? "sick" : "well", m->on ? "on" : "off",
                 m->snapshot_count);
        for (int k = 0; k < EFFECT_KINDS; k++) {
            /* a revert made again leaves it off, so it is switched on again */
            if (reverts || (k != EFFECT_REVERT && k != EFFECT_POWER_ON))
                buf_addf(out, ", %s %d", shared_effect_names[k], m->effects[k]);
        }
        buf_addf(out, ", wrong %d", m->wrong);
    }
}

static void describe_store(const struct bench *b, struct buf *out)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    struct store_chain chain;
    const struct store_target_filter everybody = STORE_ANY_TARGET;
    assert_int_equal(store_open_reader(b->dir, &store, &err), STORE_OK);
    assert_int_equal(store_targets(store, b->campaign, &everybody, add_target, out, &err),
                     STORE_OK);
    assert_int_equal(store_verify_chain(store, b->campaign, &chain, &err), STORE_OK);
    assert_int_equal(chain.bad_seq, 0);
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
    int code = run_life(&b, point, hit);
    if (code == EXIT_CRASHED) {
        code = run_life(&b, -1, 1 + (hit * 5 + point) % 23);
        lives++;
    }
    if (code == EXIT_CRASHED) {
        code = run_life(&b, -1, 0);
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
    assert_int_equal(run_life(&b, 0, 0), 0);
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
