/*
 * loop.c - see loop.h.
 */
#include "loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "loop/clock.h"
#include "util/auto.h"

#define BUSY_WAIT_MS       1000  /* look at progress at least this often             */
#define QUIET_WAIT_MS      60000 /* nothing is out: look at the clock, sleep on      */
#define CHECKPOINT_AT      (16 * 1024 * 1024)
#define DETACH_PATIENCE_MS 500 /* a second signal: calls get this long to return    */

struct loop {
    const struct loop_options *options;
    int epoll, signals;
    bool draining, detached;
    int64_t tick_ms;
};

/* A hang-up that nohup told us to ignore stays ignored: blocked for a signalfd it would
   arrive all the same. */
static void signal_set(sigset_t *set)
{
    struct sigaction hang_up = {0};
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
    (void)sigaction(SIGHUP, NULL, &hang_up);
    if (hang_up.sa_handler != SIG_IGN)
        (void)sigaddset(set, SIGHUP);
}

void loop_block_signals(void)
{
    sigset_t set;
    signal_set(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static int watch(struct loop *loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_loop(struct loop *loop, struct slipway_error *err)
{
    sigset_t set;
    signal_set(&set);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    bool failed =
        loop->epoll < 0 || loop->signals < 0 || watch(loop, loop->signals) ||
        watch(loop, exec_fd(loop->options->executor)) ||
        (loop->options->control && watch(loop, control_fd(loop->options->control)));
    if (failed)
        return slipway_error_set(err, -1, "cannot set up the loop: %s", strerror(errno));
    return 0;
}

static void take_signals(struct loop *loop)
{
    struct signalfd_siginfo info;
    while (read(loop->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        loop->detached = loop->draining;
        loop->draining = true;
        driver_drain(loop->options->driver);
    }
}

/* Until the engine wants to be called. Nothing is polled while only a window or a soak
   is waited for; a minute is short enough to see that the clock was stepped. */
static int wait_ms(const struct loop *loop)
{
    const struct loop_options *o = loop->options;
    int64_t most_ms = exec_busy(o->executor) ? BUSY_WAIT_MS : QUIET_WAIT_MS;
    int64_t left_ms = engine_deadline(driver_engine(o->driver));
    left_ms = left_ms == INT64_MAX ? most_ms : left_ms - clock_now_ms();
    if (o->observer && o->observer->tick_ms && left_ms > o->observer->tick_ms)
        left_ms = o->observer->tick_ms;
    return left_ms < 0 ? 0 : left_ms > most_ms ? (int)most_ms : (int)left_ms;
}

static void tick(struct loop *loop, bool now)
{
    const struct loop_observer *observer = loop->options->observer;
    if (!observer || !observer->tick || !observer->tick_ms)
        return;
    if (!now && clock_now_ms() - loop->tick_ms < observer->tick_ms)
        return;
    loop->tick_ms = clock_now_ms();
    observer->tick(observer->data, loop->options->driver, loop->draining);
}

/* True if the loop should end, with *end set. */
static bool is_over(struct loop *loop, enum loop_end *end)
{
    const struct loop_options *o = loop->options;
    if (loop->detached || (loop->draining && exec_busy(o->executor) == 0)) {
        *end = LOOP_INTERRUPTED;
        return true;
    }
    if (loop->draining)
        return false;
    const struct engine *engine = driver_engine(o->driver);
    /* as it last looked: what time allowed since then its next step begins */
    switch (engine_waiting(engine, engine_now(engine))) {
    case ENGINE_BUSY:
        return false;
    case ENGINE_OVER:
        *end = LOOP_OVER;
        return true;
    case ENGINE_PAUSED:
        *end = LOOP_PAUSED;
        return true;
    case ENGINE_APPROVAL:
        *end = LOOP_UNAPPROVED;
        return true;
    case ENGINE_STUCK:
        *end = LOOP_STUCK;
        return true;
    default: /* soak, gate, window, clock, hold: it goes on by itself, or by a verb */
        *end = LOOP_WAITING;
        return o->no_wait;
    }
}

static int turn(struct loop *loop, struct slipway_error *err)
{
    const struct loop_options *o = loop->options;
    take_signals(loop);
    int code = o->control ? control_serve(o->control, o->driver, err) : 0;
    if (!code)
        code = driver_turn(o->driver, err);
    if (!code && store_wal_bytes(driver_store(o->driver)) > CHECKPOINT_AT)
        code = store_checkpoint(driver_store(o->driver), err);
    return code;
}

static int run(struct loop *loop, enum loop_end *end, struct slipway_error *err)
{
    for (;;) {
        int code = turn(loop, err);
        if (code)
            return code;
        tick(loop, false);
        if (is_over(loop, end))
            break;
        struct epoll_event events[4];
        (void)epoll_wait(loop->epoll, events, ARRAY_LENGTH(events), wait_ms(loop));
    }
    tick(loop, true);
    return 0;
}

int loop_run(const struct loop_options *options, const char *actor, enum loop_end *end,
             struct slipway_error *err)
{
    struct loop loop = {.options = options, .epoll = -1, .signals = -1};
    int code = open_loop(&loop, err);
    *end = LOOP_BROKEN;
    if (!code) {
        driver_attach(options->driver, options->executor, options->plugins);
        if (options->observer)
            driver_observe(options->driver, options->observer->records,
                           options->observer->data);
        code = driver_take_over(options->driver, actor, err);
    }
    if (!code)
        code = run(&loop, end, err);
    if (code)
        *end = LOOP_BROKEN;
    /* calls still out are in doubt; the next owner asks about them */
    exec_stop(options->executor, exec_now_ms() + DETACH_PATIENCE_MS);
    if (loop.epoll >= 0)
        (void)close(loop.epoll);
    if (loop.signals >= 0)
        (void)close(loop.signals);
    return code;
}
