/*
 * call.h - the host's side of one plugin call. Internal to exec/.
 *
 * The worker's thread owns everything here except `canceled`, which anybody may
 * set (together with writing to cancel_fd, so that a waiting call wakes up).
 */
#ifndef EXEC_CALL_H
#define EXEC_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "exec/exec.h"
#include "exec/log.h"

struct call {
    struct exec_request request;
    struct slipway_call plugin; /* what the plugin sees; private_data = this */
    int64_t started_ms;
    int64_t deadline_ms;
    int cancel_fd; /* an eventfd, the worker's; -1: nobody can cancel */
    atomic_bool canceled;

    /* What the plugin said. */
    char *result; /* canonical JSON, secrets still inside */
    char *handle;
    char *sentence;        /* clean */
    int64_t look_again_ms; /* 0: did not say */
    bool misused;          /* a service refused what it was given: plugin bug */
    bool starved;          /* no file descriptor was left to read a secret with */
    int64_t progress_ms;   /* when progress was passed on last */

    /* What the pool gave. */
    const struct log *log;
    const char *credentials_dir;
    void (*on_progress)(struct call *call, int percent, const char *text);
};

/* The services that plugins get. */
extern const struct slipway_host host_services;

/* The call behind what a plugin holds; NULL outside of calls (open). */
struct call *call_of(const struct slipway_call *plugin);

/* Set the sentence: secrets marked out, sanitised, cut. */
__attribute__((format(printf, 2, 3))) void call_say(struct call *call, const char *format,
                                                    ...);

/* The strings. */
void call_free(struct call *call);

#endif
