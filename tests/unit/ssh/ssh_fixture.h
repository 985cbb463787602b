/*
 * ssh_fixture.h - what the ssh tests share: a server, the plugin's state, a target.
 */
#ifndef TEST_SSH_FIXTURE_H
#define TEST_SSH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_host.h"
#include "ssh/ssh_plugin.h"
#include "sshd_peer.h"

struct fixture {
    struct sshd_peer peer;
    void *state;
    char *target;
};

static inline int fixture_setup(void **out)
{
    struct fixture *fixture = xcalloc(1, sizeof *fixture);
    *out = fixture;
    if (ssh_plugin()->open(fake_host(), &fixture->state, NULL) != 0)
        return -1;
    if (!sshd_peer_available())
        return 0;
    if (sshd_peer_start(&fixture->peer) != 0)
        return -1;
    fixture->target = sshd_peer_target(&fixture->peer);
    return 0;
}

static inline int fixture_teardown(void **out)
{
    struct fixture *fixture = *out;
    ssh_plugin()->close(fixture->state);
    if (fixture->target)
        sshd_peer_stop(&fixture->peer);
    free(fixture->target);
    free(fixture);
    return 0;
}

/* The fixture; skips the test if there is no server. */
static inline struct fixture *need(void **out)
{
    struct fixture *fixture = *out;
    if (!fixture->target)
        skip();
    return fixture;
}

/* A call of `operation` with its own key (NULL: the usual one). */
static inline void prepare(struct fixture *fixture, struct fake_call *call,
                           const char *operation, const char *key, const char *with)
{
    fake_call_init(call, ssh_plugin(), fixture->state, operation, with, fixture->target);
    if (key)
        fake_call_key(call, key);
}

/* Write a file into the fixture's directory; gives its path (see sshd_peer_path). */
static inline const char *fixture_file(const struct fixture *fixture, const char *name,
                                       const char *text)
{
    const char *path = sshd_peer_path(&fixture->peer, name);
    sshd_peer_write(path, text);
    return path;
}

/* A path inside the job directory of `key`. */
static inline const char *job_path(const struct fixture *fixture, const char *key,
                                   const char *name)
{
    auto_free char *relative = xasprintf("jobs/%s/%s", key, name);
    return sshd_peer_path(&fixture->peer, relative);
}

static inline bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Wait until the file exists; false after 60 s. */
static inline bool appears(const char *path)
{
    for (int i = 0; i < 3000 && !exists(path); i++)
        sshd_peer_sleep_ms(20);
    return exists(path);
}

/* The process whose number is the file's first line, once that line is whole: a file is
   there before its text is, and kill(0) would end the test itself. */
static inline pid_t pid_in(const char *path)
{
    pid_t pid = 0;
    for (int i = 0; i < 3000 && pid <= 1; i++) {
        auto_free char *text = exists(path) ? sshd_peer_read(path) : NULL;
        if (text && strchr(text, '\n'))
            pid = (pid_t)strtol(text, NULL, 10);
        else
            sshd_peer_sleep_ms(20);
    }
    if (pid <= 1)
        fail_msg("%s names no process", path);
    return pid;
}

static inline unsigned count_lines(const char *path)
{
    auto_free char *text = sshd_peer_read(path);
    unsigned count = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        count++;
    return count;
}

#endif
