/*
 * process.c - start processes that belong to an appliance, and kill them all.
 *
 * A job that slipway starts detaches itself (own session, clean environment,
 * working directory /), so neither its parent, its session nor its environment
 * says which appliance it runs on. A resource limit does: it is inherited over
 * fork and exec and nothing resets it. Each process gets a limit on realtime
 * CPU time (which no ordinary process consumes) whose value is the tag.
 * Killing walks /proc and compares, until a walk finds nothing more.
 *
 * The lab is the subreaper of what it starts: detached processes become its
 * children and must be collected, except those that a connection waits for.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "parts.h"

#define TAG_BASE    (UINT64_C(0x51) << 52) /* far above any limit that is really used */
#define KILL_ROUNDS 200

static struct {
    pthread_mutex_t lock;
    pid_t *pids;
    size_t count, room;
} claimed = {.lock = PTHREAD_MUTEX_INITIALIZER};

uint64_t process_tag(const struct lab *lab, int appliance_index)
{
    uint64_t low = (uint32_t)appliance_index + 1u;
    uint64_t run = lab->instance;
    return TAG_BASE | run << 16 | low;
}

/* Runs between vfork and exec: system calls only. */
static _Noreturn void become(const struct process_start *start)
{
    struct rlimit limit = {start->tag, start->tag};
    struct sigaction dflt = {.sa_handler = SIG_DFL};
    sigset_t none;
    sigemptyset(&none);
    (void)setsid();
    sigaction(SIGPIPE, &dflt, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (guard_enter() == 0 && setrlimit(RLIMIT_RTTIME, &limit) == 0 &&
        chdir(start->directory) == 0 && dup2(start->in, 0) >= 0 &&
        dup2(start->out, 1) >= 0 && dup2(start->err, 2) >= 0)
        execve(start->argv[0], start->argv, start->envp);
    _exit(126);
}

pid_t process_spawn(const struct process_start *start)
{
    WITH_LOCK(&claimed.lock);
    pid_t pid = vfork();
    if (pid == 0)
        become(start);
    if (pid > 0)
        *vec_push(claimed.pids, claimed.count, claimed.room) = pid;
    return pid;
}

void process_release(pid_t pid)
{
    WITH_LOCK(&claimed.lock);
    for (size_t i = 0; i < claimed.count; i++) {
        if (claimed.pids[i] == pid) {
            claimed.pids[i] = claimed.pids[--claimed.count];
            return;
        }
    }
}

static bool is_claimed(pid_t pid)
{
    for (size_t i = 0; i < claimed.count; i++)
        if (claimed.pids[i] == pid)
            return true;
    return false;
}

void process_reap_strays(void)
{
    for (;;) {
        WITH_LOCK(&claimed.lock);
        siginfo_t info = {0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid)
            return;
        /* A claimed one is collected by its own thread very soon, and hides
           the others until then: come back later. */
        if (is_claimed(info.si_pid))
            return;
        (void)waitpid(info.si_pid, NULL, WNOHANG);
    }
}

/* Kill one process if it carries the tag; true if it did. */
static bool kill_if_tagged(pid_t pid, uint64_t tag, uint64_t mask)
{
    struct rlimit limit;
    if (prlimit(pid, RLIMIT_RTTIME, NULL, &limit))
        return false;
    if ((limit.rlim_max & mask) != (tag & mask))
        return false;
    return kill(pid, SIGKILL) == 0;
}

static bool is_zombie(const char *pid)
{
    auto_free char *name = xasprintf("%s/stat", pid);
    auto_free char *text = tree_read("/proc", name, "");
    const char *end = strrchr(text, ')');
    return !end || end[1] != ' ' || end[2] == 'Z' || end[2] == 'X';
}

static size_t kill_round(uint64_t tag, uint64_t mask)
{
    size_t killed = 0;
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid != getpid() && kill_if_tagged(pid, tag, mask) &&
            !is_zombie(entry->d_name))
            killed++;
    }
    if (proc)
        (void)closedir(proc);
    return killed;
}

void process_kill_tagged(uint64_t tag, uint64_t mask)
{
    for (int round = 0; round < KILL_ROUNDS && kill_round(tag, mask); round++)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}
