/*
 * exec_fixture.h - a pool over plugins of the test, and one call at a time.
 */
#ifndef TESTS_EXEC_FIXTURE_H
#define TESTS_EXEC_FIXTURE_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/exec_pool.h"
#include "util/xalloc.h"

struct exec_fixture {
    struct plugins *plugins;
    struct executor *pool;
    FILE *log; /* what the pool logged */
};

/* `options` may leave plugins and log_fd out. */
static inline struct exec_fixture exec_fixture_open(const struct slipway_plugin *plugin,
                                                    struct exec_pool_options options)
{
    struct slipway_error err = {""};
    const struct slipway_plugin *const table[] = {plugin, NULL};
    struct exec_fixture fixture = {plugins_create(), NULL, tmpfile()};
    options.plugins = fixture.plugins;
    options.log_fd = fixture.log ? fileno(fixture.log) : 2;
    if (plugins_add_table(fixture.plugins, plugin ? table : table + 1, &err) ||
        plugins_open_all(fixture.plugins, &err) ||
        !(fixture.pool = exec_pool_create(&options, &err))) {
        (void)fprintf(stderr, "fixture: %s\n", err.text);
        abort();
    }
    return fixture;
}

static inline void exec_fixture_close(struct exec_fixture *fixture)
{
    exec_destroy(fixture->pool);
    plugins_free(fixture->plugins);
    if (fixture->log)
        (void)fclose(fixture->log);
}

/* Everything logged so far; the caller's. */
static inline char *exec_fixture_log(const struct exec_fixture *fixture)
{
    char *text = xcalloc(1, 65536);
    ssize_t got = pread(fileno(fixture->log), text, 65535, 0);
    text[got > 0 ? got : 0] = 0;
    return text;
}

static inline struct exec_request exec_request_of(int64_t intent, enum exec_verb verb,
                                                  const char *use)
{
    char key[64];
    (void)snprintf(key, sizeof key, "campaign.target.step.0.%lld", (long long)intent);
    return (struct exec_request){.intent = intent,
                                 .verb = verb,
                                 .repeat = SLIPWAY_RECONCILABLE,
                                 .timeout_ms = 60000,
                                 .use = xstrdup(use),
                                 .key = xstrdup(key),
                                 .fingerprint = xstrdup("00"),
                                 .with = xstrdup("{}"),
                                 .target = xstrdup("{\"name\":\"vc-0001\"}")};
}

/* Wait until something can be collected; false after half a minute. */
static inline bool exec_wait(struct executor *pool)
{
    struct pollfd fd = {.fd = exec_fd(pool), .events = POLLIN};
    return poll(&fd, 1, 30000) > 0;
}

/* The next result; the caller's. */
static inline struct exec_result exec_next(struct executor *pool)
{
    struct exec_result result = {0};
    while (!exec_collect(pool, &result, 1)) {
        if (!exec_wait(pool)) {
            (void)fprintf(stderr, "fixture: no result came\n");
            abort();
        }
    }
    return result;
}

static inline struct exec_result exec_call(struct executor *pool,
                                           struct exec_request request)
{
    exec_submit(pool, &request);
    return exec_next(pool);
}

#endif
