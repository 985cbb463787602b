/*
 * lives.h - a campaign that is lived by one process after another, in a world that
 * outlives them: a life is a child process, the database is real, the appliances are
 * tests/lib/shared_world.h. Whoever dies how: what happened must be what happens when
 * nobody dies. Include cmocka.h before it.
 */
#ifndef TESTS_LOOP_LIVES_H
#define TESTS_LOOP_LIVES_H

#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/clock.h"
#include "loop/driver.h"
#include "shared_world.h"
#include "store/query.h"
#include "world.h"

#define LIFE_TURNS  20000
#define LIFE_KILLED 128 /* run_life: a signal ended it */

/* ---- the executor: answers when it is asked for them ---- */

struct post {
    struct executor base;
    struct shared_world *world;
    int wanted, fd;
    struct exec_result *answers;
    size_t count, room;
};

/* "vc-0003" of the key */
static inline int machine_of(const char *key)
{
    return atoi(strstr(key, ".vc-") + 4) - 1;
}

static inline void post_submit(struct executor *executor, struct exec_request *request)
{
    struct post *post = (struct post *)executor;
    struct shared_machine *m = &post->world->machines[machine_of(request->key)];
    if (request->verb == EXEC_START && request->repeat != SLIPWAY_READ)
        shared_note_issue(post->world, request->key);
    struct shared_answer a = shared_call(m, request, post->wanted);
    bool job = a.outcome == SLIPWAY_DONE && shared_is_step(request->key, "upgrade1");
    *vec_push(post->answers, post->count, post->room) = (struct exec_result){
        .intent = request->intent,
        .verb = request->verb,
        .outcome = request->verb == EXEC_PROBE ? SLIPWAY_DONE : a.outcome,
        .probe = a.probe,
        .verdict = a.green ? EXEC_EXPECT_TRUE : EXEC_EXPECT_FALSE,
        .result = job ? xstrdup("{\"level\":1}") : NULL,
        .value = xstrdup(a.value),
        .handle = a.outcome == SLIPWAY_PENDING ? xstrdup("handle") : NULL,
        .sentence = xstrdup(""),
    };
    exec_request_free(request);
}

static inline size_t post_collect(struct executor *executor, struct exec_result *out,
                                  size_t max)
{
    struct post *post = (struct post *)executor;
    size_t count = post->count < 1 || !max ? 0 : 1; /* one by one: more moments */
    if (count) {
        *out = post->answers[0];
        memmove(post->answers, post->answers + 1, --post->count * sizeof *out);
    }
    return count;
}

static inline size_t post_progress(struct executor *executor, struct exec_progress *out,
                                   size_t max)
{
    (void)executor;
    (void)out;
    (void)max;
    return 0;
}

static inline void post_cancel(struct executor *executor, int64_t intent)
{
    (void)executor;
    (void)intent;
}

static inline size_t post_busy(struct executor *executor)
{
    return ((struct post *)executor)->count;
}

static inline int post_fd(struct executor *executor)
{
    return ((struct post *)executor)->fd;
}

static inline void post_stop(struct executor *executor, int64_t deadline_ms)
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
    int sick;     /* the machine that its change makes sick, from 1; 0: none         */
    bool chained; /* the second step asks what the first one gave                */
};

struct bench {
    const struct story *story;
    char dir[64];
    struct plan *plan;
    int64_t campaign;
    struct shared_world *world;
};

static inline void remove_dir(const char *dir)
{
    DIR *handle = opendir(dir);
    for (struct dirent *entry; handle && (entry = readdir(handle));)
        (void)unlinkat(dirfd(handle), entry->d_name, 0);
    if (handle)
        (void)closedir(handle);
    (void)rmdir(dir);
}

static inline struct plan *story_plan(const struct story *story)
{
    struct plan *plan = shape_plan(&story->shape);
    for (size_t i = 0; i < plan->playbook.check_count; i++)
        plan->playbook.checks[i].stable = 1;
    for (size_t i = 0; i < plan->playbook.step_count; i++)
        plan->playbook.steps[i].retries = story->shape.retries;
    if (story->chained)
        xreplace(&plan->playbook.steps[2].op.with,
                 "{\"level\":\"${steps.upgrade1.result.level}\"}");
    plan->playbook.checks[0].after_step = plan->playbook.checks[1].after_step =
        (int)plan->playbook.step_count - 1;
    return plan;
}

static inline void bench_open(struct bench *b, const struct story *story)
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

static inline void bench_close(struct bench *b)
{
    (void)munmap(b->world, sizeof *b->world);
    plan_free(b->plan);
    remove_dir(b->dir);
}

/* ---- lives ---- */

static inline bool is_over(enum campaign_state_id state)
{
    return state == CAMPAIGN_COMPLETED || state == CAMPAIGN_COMPLETED_WITH_FAILURES ||
           state == CAMPAIGN_PAUSED;
}

/* What stops a life stands in the shared world, for who looks at it afterwards. */
static inline void life_stops(const struct bench *b, const struct slipway_error *err,
                              int code)
{
    b->world->stopped = *err;
    _exit(code);
}

/* Never returns. */
static inline void live(const struct bench *b)
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
        life_stops(b, &err, 2);
    driver_attach(driver, &post.base, NULL);
    if (driver_take_over(driver, "olga", &err))
        life_stops(b, &err, 3);
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
            life_stops(b, &err, 4);
    }
    (void)slipway_error_set(&err, -1, "no end after %d turns", LIFE_TURNS);
    life_stops(b, &err, 5);
}

/* What the life ended with: 0 the campaign is over, or 2 to 5, or what `arm` made of it.
   `arm` is called in the child, before it opens anything. */
static inline int run_life(struct bench *b, void (*arm)(void *data), void *data)
{
    b->world->hits = 0;
    memset(b->world->hit_of, 0, sizeof b->world->hit_of);
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        if (arm)
            arm(data);
        live(b);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : LIFE_KILLED;
}

/* ---- what must be the same whoever died ---- */

static inline int add_target(void *data, const struct store_target *t)
{
    buf_addf(data, "%s %s; ", t->name, machine_state(&target_machine, (int)t->state));
    return 0;
}

static inline void describe(const struct bench *b, bool reverts, struct buf *out)
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

static inline void describe_store(const struct bench *b, struct buf *out)
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

#endif
