/*
 * secret_cmd.c - runs the helper of a {cmd} secret.
 *
 * posix_spawn with an argument vector: no shell, an environment of three fixed
 * variables, no inherited descriptor, its own session. Its standard error is
 * discarded, because helpers like to repeat what they were asked for. A helper
 * that takes too long, says too much or fails is killed with its whole process
 * group; its exit status is all that is reported.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/exec.h"
#include "exec/secret.h"
#include "util/auto.h"
#include "util/xalloc.h"

static int spawn(const char *program, const char *const *argv, int out_fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
    (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    (void)posix_spawn_file_actions_addchdir_np(&actions, "/");
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const char *home = getenv("HOME");
    auto_free char *home_variable = xasprintf("HOME=%s", home ? home : "/");
    static char path[] =
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    static char locale[] = "LC_ALL=C";
    char *environment[] = {path, locale, home_variable, NULL};
    int code = posix_spawn(pid, program, &actions, &attributes,
                           (char *const *)(uintptr_t)argv, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return code;
}

/* Wait for the pipe; the call's cancellation and deadline count too. */
static int wait_readable(int fd, int64_t until, const struct secret_source *source)
{
    int64_t left = until - exec_now_ms();
    if (left <= 0)
        return 0;
    if (source->call)
        return source->call->host->wait_fd(source->call, fd, POLLIN, (int)left);
    struct pollfd one = {.fd = fd, .events = POLLIN};
    int ready = poll(&one, 1, (int)left);
    return ready < 0 && errno == EINTR ? POLLIN : ready;
}

/* Read until the end; NULL, or why not. */
static const char *read_output(int fd, int64_t until, const struct secret_source *source,
                               char *out, size_t *length)
{
    for (;;) {
        int ready = wait_readable(fd, until, source);
        if (ready < 0)
            return "was cancelled";
        if (!ready)
            return "took too long";
        ssize_t got = read(fd, out + *length, SECRET_MAX + 2 - *length);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return "its output could not be read";
        if (!got)
            return NULL;
        *length += (size_t)got;
        if (*length > SECRET_MAX + 1)
            return "said more than 64 KiB";
    }
}

/* The exit status, -1 if it was killed or nobody knows. A helper that closed its
   output but does not end gets until `until`. */
static int reap(pid_t pid, int64_t until)
{
    int status = 0;
    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (got < 0 && errno != EINTR)
            return -1;
        if (exec_now_ms() >= until)
            (void)kill(-pid, SIGKILL);
        (void)poll(NULL, 0, 5);
    }
}

int secret_run(const char *program, const char *const *argv,
               const struct secret_source *source, char *out, size_t *length,
               struct slipway_error *err)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC))
        return slipway_error_set(err, -1, "no pipe: %s", strerror(errno));
    auto_fd int read_end = pipe_fds[0], write_end = pipe_fds[1];
    (void)fcntl(read_end, F_SETFL, O_NONBLOCK);
    pid_t pid;
    int64_t until = exec_now_ms() + SECRET_CMD_TIMEOUT_MS;
    int code = spawn(program, argv, write_end, &pid);
    if (code)
        return slipway_error_set(err, -1, "cannot be run: %s", strerror(code));
    (void)close(steal_fd(&write_end));
    const char *why = read_output(read_end, until, source, out, length);
    if (why)
        (void)kill(-pid, SIGKILL);
    int status = reap(pid, until);
    if (why)
        return slipway_error_set(err, -1, "%s", why);
    if (status)
        return slipway_error_set(err, -1, "failed with exit status %d; run it by hand",
                                 status);
    return 0;
}
