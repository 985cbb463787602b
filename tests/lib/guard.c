/*
 * guard.c - runs one test, and ends whatever it started.
 *
 *   test-guard SECONDS COMMAND [ARGUMENT...]
 *
 * Stories start labs, servers and jobs that detach themselves; a story that is killed or
 * never ends must not leave them to the next one. The guard is the reaper of all
 * descendants, whatever session they opened: orphans become its children and are found
 * in /proc. The command has SECONDS, is then asked to end (SIGTERM, to its process
 * group), and GRACE_SECONDS later everything is killed. The same happens on SIGTERM and
 * SIGINT, and when the guard's own parent dies.
 *
 * Exits with the command's code, 128 + signal if one killed it, 124 if it took too long.
 * What it left behind is named on standard output and killed.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_SECONDS     20
#define LINGER_SECONDS    3 /* who was just told to end may need a moment */
#define CODE_TOO_LONG     124
#define CODE_NOT_STARTED  127
#define PROCESSES_MOST    4096
#define KILL_ROUNDS       50
#define LOOK_AGAIN_MS     50
#define STAT_BYTES_MAX    512
#define COMMAND_BYTES_MAX 120

struct process {
    pid_t pid, parent;
    bool ours;
};

static struct process processes[PROCESSES_MOST];

static bool read_process(pid_t pid, struct process *process)
{
    char path[64], text[STAT_BYTES_MAX] = "", state = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t got = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[got] = '\0';
    /* The name may hold anything, also a bracket: what follows the last one counts. */
    const char *after = strrchr(text, ')');
    int parent = 0;
    if (!after || sscanf(after, ") %c %d", &state, &parent) != 2 || state == 'Z')
        return false;
    *process = (struct process){.pid = pid, .parent = parent};
    return true;
}

/* All living descendants to the front of `processes`; how many. */
static size_t find_descendants(void)
{
    size_t count = 0, found = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry = NULL; proc && (entry = readdir(proc)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && count < PROCESSES_MOST && read_process(pid, &processes[count]))
            count++;
    }
    if (proc)
        (void)closedir(proc);
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = found; i < count; i++) {
            bool ours = processes[i].parent == getpid();
            for (size_t j = 0; j < found && !ours; j++)
                ours = processes[i].parent == processes[j].pid;
            if (!ours)
                continue;
            struct process moved = processes[i];
            processes[i] = processes[found];
            processes[found++] = moved;
            grown = true;
        }
    }
    return found;
}

static void name_process(pid_t pid)
{
    char path[64], text[COMMAND_BYTES_MAX] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        (void)fclose(file);
    for (size_t i = 0; i < got; i++)
        if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~')
            text[i] = ' ';
    (void)printf("# left behind, killed: %d %s\n", (int)pid, text);
}

static void pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static time_t now_s(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void reap_orphans(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static void kill_descendants(bool named)
{
    for (int round = 0; round < KILL_ROUNDS; round++) {
        size_t count = find_descendants();
        for (size_t i = 0; i < count; i++) {
            if (named && round == 0)
                name_process(processes[i].pid);
            (void)kill(processes[i].pid, SIGKILL);
        }
        reap_orphans();
        if (count == 0)
            return;
        pause_ms(LOOK_AGAIN_MS);
    }
}

static void end_leftovers(bool at_once)
{
    for (time_t until = now_s() + LINGER_SECONDS; !at_once && now_s() < until;) {
        reap_orphans();
        if (find_descendants() == 0)
            return;
        pause_ms(LOOK_AGAIN_MS);
    }
    kill_descendants(!at_once);
}

static pid_t start(char **command, const sigset_t *signals)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    (void)setsid();
    /* A shell's background jobs ignore these, and so would the stories about Ctrl-C. */
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    (void)sigprocmask(SIG_UNBLOCK, signals, NULL);
    (void)execvp(command[0], command);
    (void)fprintf(stderr, "test-guard: %s: %s\n", command[0], strerror(errno));
    _exit(CODE_NOT_STARTED);
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool ended(pid_t pid, int *status)
{
    for (pid_t got = 0; (got = waitpid(-1, status, WNOHANG)) > 0;)
        if (got == pid)
            return true;
    return false;
}

/* Until the command has ended by itself or was made to; its code. */
static int attend(pid_t pid, time_t seconds, const sigset_t *signals, bool *asked)
{
    time_t deadline = now_s() + seconds;
    bool late = false;
    int status = 0;
    while (!ended(pid, &status)) {
        int got = sigtimedwait(signals, NULL, &(struct timespec){.tv_sec = 1});
        bool told = got == SIGTERM || got == SIGINT || got == SIGHUP;
        if (now_s() < deadline && !told)
            continue;
        if (*asked && now_s() >= deadline) {
            kill_descendants(false); /* the command too, and collects them all */
            return late ? CODE_TOO_LONG : 128 + SIGKILL;
        }
        if (!*asked) {
            late = !told;
            *asked = true;
            (void)printf("# %s\n", late ? "took too long and was ended" : "was ended");
            (void)kill(-pid, SIGTERM);
            deadline = now_s() + GRACE_SECONDS;
        }
    }
    return late ? CODE_TOO_LONG : code_of(status);
}

int main(int argc, char **argv)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    long seconds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    if (seconds <= 0) {
        (void)fputs("usage: test-guard SECONDS COMMAND [ARGUMENT...]\n", stderr);
        return 64;
    }
    if (sigprocmask(SIG_BLOCK, &signals, NULL) || prctl(PR_SET_CHILD_SUBREAPER, 1) ||
        prctl(PR_SET_PDEATHSIG, SIGTERM)) {
        perror("test-guard");
        return CODE_NOT_STARTED;
    }
    pid_t pid = start(argv + 2, &signals);
    if (pid < 0) {
        perror("test-guard");
        return CODE_NOT_STARTED;
    }
    bool asked = false;
    int code = attend(pid, seconds, &signals, &asked);
    end_leftovers(asked);
    return code;
}
