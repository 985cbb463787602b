/*
 * exec_child.c - starts a program, feeds and drains it, and ends it in time.
 *
 * How it works: posix_spawn (no fork of a threaded process) with three pipes, a
 * process group of its own, default signals and no other descriptor. One epoll
 * holds the pipes and a pidfd, so that the host's wait, which knows about
 * deadline and cancellation, waits for all of them at once.
 *
 * How it ends: the leader is left unreaped until its group was killed, so that
 * the group's number cannot mean somebody else. A program that is late gets
 * SIGTERM, two seconds, then SIGKILL, and its whole group with it. More output
 * than allowed is read and dropped: an upgrade must not die of its own chatter.
 */
#include "exec/exec_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/auto.h"

enum { INPUT, OUTPUT, ERRORS, PROCESS, FD_COUNT };

struct child {
    struct slipway_call *call;
    const struct exec_job *job;
    struct exec_end *end;
    pid_t pid;
    int fds[FD_COUNT]; /* our ends and the pidfd; -1: closed */
    int epoll;
    size_t fed;
    bool exited;
    int64_t until_ms;
};

void exec_end_free(struct exec_end *end)
{
    buf_free(&end->output);
    buf_free(&end->errors);
    *end = (struct exec_end){0};
}

/* --- starting ----------------------------------------------------------------- */

/* Never 0, 1 or 2, even if ours are closed: dup2 in the child would mix them up. */
static int pipe_high(int ends[2])
{
    int low[2];
    if (pipe2(low, O_CLOEXEC))
        return -1;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
        (void)close(low[i]);
    }
    return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void attributes_of(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawnattr_init(attributes);
    (void)posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
                                                   POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(attributes, 0);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(struct child *child, const int theirs[3])
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    attributes_of(&attributes);
    (void)posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3; i++)
        (void)posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    (void)posix_spawn_file_actions_addchdir_np(&actions, "/");
    int code = posix_spawn(&child->pid, child->job->program, &actions, &attributes,
                           child->job->argv, child->job->environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return code;
}

static void watch(struct child *child, int which, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = which};
    (void)fcntl(child->fds[which], F_SETFL, O_NONBLOCK);
    (void)epoll_ctl(child->epoll, EPOLL_CTL_ADD, child->fds[which], &event);
}

/* 0 or an errno. */
static int start(struct child *child)
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, theirs[3], code = 0;
    for (int i = 0; i < 3 && !code; i++) {
        code = pipe_high(pipes[i]) ? errno : 0;
        theirs[i] = pipes[i][i == INPUT ? 0 : 1];
        child->fds[i] = pipes[i][i == INPUT ? 1 : 0];
    }
    child->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!code && child->epoll < 0)
        code = errno;
    if (!code)
        code = spawn(child, theirs);
    for (int i = 0; i < 3; i++)
        close_fd(&pipes[i][i == INPUT ? 0 : 1]);
    if (code)
        return code;
    child->fds[PROCESS] = (int)syscall(SYS_pidfd_open, child->pid, 0);
    watch(child, INPUT, EPOLLOUT);
    watch(child, OUTPUT, EPOLLIN);
    watch(child, ERRORS, EPOLLIN);
    if (child->fds[PROCESS] >= 0)
        watch(child, PROCESS, EPOLLIN);
    return 0;
}

/* --- moving bytes --------------------------------------------------------------- */

static void feed(struct child *child)
{
    const struct exec_job *job = child->job;
    ssize_t n =
        write(child->fds[INPUT], job->input + child->fed, job->input_length - child->fed);
    if (n > 0)
        child->fed += (size_t)n;
    bool later = n < 0 && (errno == EAGAIN || errno == EINTR);
    if (!later && (n < 0 || child->fed == job->input_length))
        close_fd(&child->fds[INPUT]); /* a program need not read all */
}

static void keep_output(struct child *child, const char *bytes, size_t length)
{
    struct exec_end *end = child->end;
    size_t room = child->job->output_max - end->output.length;
    end->output_cut = end->output_cut || length > room;
    buf_add(&end->output, bytes, length < room ? length : room);
}

static void keep_errors(struct child *child, const char *bytes, size_t length)
{
    struct buf *errors = &child->end->errors;
    buf_add(errors, bytes, length);
    if (errors->length <= 2 * EXEC_ERRORS_KEPT)
        return;
    memmove(errors->data, errors->data + errors->length - EXEC_ERRORS_KEPT,
            EXEC_ERRORS_KEPT);
    errors->length = EXEC_ERRORS_KEPT;
    errors->data[errors->length] = '\0';
}

static void drain(struct child *child, int which)
{
    char chunk[16384];
    ssize_t n = read(child->fds[which], chunk, sizeof chunk);
    if (n > 0 && which == OUTPUT)
        keep_output(child, chunk, (size_t)n);
    else if (n > 0)
        keep_errors(child, chunk, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        close_fd(&child->fds[which]);
}

static void move(struct child *child, int which)
{
    if (which == PROCESS)
        child->exited = true;
    else if (which == INPUT && child->fds[INPUT] >= 0)
        feed(child);
    else if (child->fds[which] >= 0)
        drain(child, which);
}

/* Handle what is ready; false if nothing was. */
static bool turn(struct child *child)
{
    struct epoll_event events[FD_COUNT];
    int count = epoll_wait(child->epoll, events, FD_COUNT, 0);
    for (int i = 0; i < count; i++)
        move(child, events[i].data.fd);
    return count > 0;
}

/* --- waiting and ending ----------------------------------------------------------- */

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Without a pidfd (an old kernel) the wait is cut into slices. */
static int slice_ms(const struct child *child)
{
    int64_t left = child->until_ms - clock_ms();
    int64_t slice = child->fds[PROCESS] >= 0 ? left : left < 50 ? left : 50;
    return slice < 0 ? 0 : slice > 3600000 ? 3600000 : (int)slice;
}

static void look_for_exit(struct child *child)
{
    siginfo_t info = {0};
    if (child->fds[PROCESS] < 0 &&
        !waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT))
        child->exited = info.si_pid == child->pid;
}

static enum exec_how wait_for_exit(struct child *child)
{
    const struct slipway_host *host = child->call->host;
    while (!child->exited) {
        int ready = host->wait_fd(child->call, child->epoll, POLLIN, slice_ms(child));
        if (ready < 0)
            return EXEC_CANCELED;
        (void)turn(child);
        look_for_exit(child);
        if (!child->exited &&
            (clock_ms() >= child->until_ms || host->remaining_ms(child->call) <= 0))
            return EXEC_LATE;
    }
    return EXEC_EXITED;
}

/* Our own wait: the host's would return at once, its deadline is over. */
static void wait_a_little(struct child *child, int64_t ms)
{
    for (int64_t until_ms = clock_ms() + ms; !child->exited && clock_ms() < until_ms;) {
        struct pollfd wait = {.fd = child->epoll, .events = POLLIN};
        (void)poll(&wait, 1, 20);
        (void)turn(child);
        look_for_exit(child);
    }
}

static void drain_rest(struct child *child)
{
    int64_t until_ms = clock_ms() + EXEC_DRAIN_MS;
    while ((child->fds[OUTPUT] >= 0 || child->fds[ERRORS] >= 0) &&
           clock_ms() < until_ms) {
        struct pollfd wait[] = {{.fd = child->fds[OUTPUT], .events = POLLIN},
                                {.fd = child->fds[ERRORS], .events = POLLIN}};
        if (poll(wait, 2, 20) > 0) {
            if (wait[0].revents)
                drain(child, OUTPUT);
            if (wait[1].revents)
                drain(child, ERRORS);
        }
    }
}

static void finish(struct child *child, enum exec_how how)
{
    int status = 0;
    if (how != EXEC_EXITED) {
        (void)kill(-child->pid, SIGTERM);
        wait_a_little(child, EXEC_TERM_MS);
    } else {
        drain_rest(child);
    }
    (void)kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    child->end->how = how;
    if (how == EXEC_EXITED && WIFSIGNALED(status))
        child->end->how = EXEC_SIGNALED;
    child->end->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void run(struct child *child)
{
    const struct exec_job *job = child->job;
    child->until_ms = job->timeout_ms > 0 ? clock_ms() + job->timeout_ms : INT64_MAX;
    int code = start(child);
    if (code)
        *child->end = (struct exec_end){.how = EXEC_NOT_STARTED, .code = code};
    else
        finish(child, wait_for_exit(child));
    for (int i = 0; i < FD_COUNT; i++)
        close_fd(&child->fds[i]);
    close_fd(&child->epoll);
}

/* Writing to a program that does not read raises SIGPIPE in this thread. */
void exec_child_run(struct slipway_call *call, const struct exec_job *job,
                    struct exec_end *end)
{
    struct child child = {
        .call = call, .job = job, .end = end, .fds = {-1, -1, -1, -1}, .epoll = -1};
    sigset_t pipe_set, old;
    const struct timespec now = {0};
    (void)sigemptyset(&pipe_set);
    (void)sigaddset(&pipe_set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
    run(&child);
    if (sigismember(&old, SIGPIPE))
        return;
    while (sigtimedwait(&pipe_set, NULL, &now) == SIGPIPE)
        continue;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}
