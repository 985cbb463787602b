/*
 * loop.h - the one thread that owns engine, store, timers and operators' verbs.
 *
 * It sleeps in epoll until a result, a verb, a signal or the engine's next
 * deadline is there. The first SIGINT or SIGTERM drains (what is issued is
 * collected, nothing new starts), the second detaches at once; either way
 * `slipway resume` goes on.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>

#include "loop/control.h"
#include "loop/driver.h"

enum loop_end {
    LOOP_OVER,   /* completed or aborted                            */
    LOOP_PAUSED, /* a human must act                                */
    LOOP_UNAPPROVED,
    LOOP_WAITING,     /* with no_wait: window, soak, gate or hold        */
    LOOP_STUCK,       /* what is left cannot start                       */
    LOOP_INTERRUPTED, /* drained or detached: resumable                  */
    LOOP_BROKEN,      /* the store failed: the sentence says how         */
};

struct loop_observer {
    /* records of each commit */
    driver_observer records;
    /* at least every tick_ms; draining: the first signal came */
    void (*tick)(void *data, const struct driver *driver, bool draining);
    void *data;
    int tick_ms; /* 0: no ticks */
};

struct loop_options {
    struct driver *driver;
    struct executor *executor;
    const struct plugins *plugins;        /* what the executor runs                   */
    struct control_server *control;       /* NULL: no verbs while it runs */
    const struct loop_observer *observer; /* NULL: nobody looks */
    bool no_wait;
};

/* Block the signals that the loop takes; before any thread is made. */
void loop_block_signals(void);

/* Take the campaign over and run it. Codes of store.h with LOOP_BROKEN. */
int loop_run(const struct loop_options *options, const char *actor, enum loop_end *end,
             struct slipway_error *err);

#endif
