/*
 * ssh_channel.c - exec requests as real processes, bytes in both directions.
 *
 * As with OpenSSH, the exit status is sent when the process has ended and the
 * channel closes when both outputs are at their end too, so a background child
 * that keeps an output open keeps the channel open. When the client goes away
 * the process lives on with closed pipes. Output is read only while the channel
 * has window, input only while the process takes it: nothing grows.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parts.h"
#include "ssh_parts.h"
#include "vcsash.h"

#include <libssh/server.h>

#define CHUNK       16384u
#define SFTP_SERVER "/usr/lib/openssh/sftp-server"

struct pipes {
    int in[2], out[2], err[2];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void close_pipes(struct pipes *pipes)
{
    int *const ends[] = {&pipes->in[0],  &pipes->in[1],  &pipes->out[0],
                         &pipes->out[1], &pipes->err[0], &pipes->err[1]};
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        close_fd(ends[i]);
}

static int start(struct ssh_process *process, char *const *argv)
{
    struct appliance *appliance = process->connection->appliance;
    struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
    pid_t pid = -1;
    if (process->started)
        return 1;
    if (pipe2(pipes.in, O_CLOEXEC) == 0 && pipe2(pipes.out, O_CLOEXEC) == 0 &&
        pipe2(pipes.err, O_CLOEXEC) == 0)
        pid = appliance_spawn(appliance, argv, pipes.in[0], pipes.out[1], pipes.err[1]);
    if (pid > 0) {
        process->started = true;
        process->pid = pid;
        process->pidfd = pidfd_open(pid, 0);
        process->in = steal_fd(&pipes.in[1]);
        process->out = steal_fd(&pipes.out[0]);
        process->err = steal_fd(&pipes.err[0]);
        (void)fcntl(process->in, F_SETFL, O_NONBLOCK);
        (void)fcntl(process->out, F_SETFL, O_NONBLOCK);
        (void)fcntl(process->err, F_SETFL, O_NONBLOCK);
    }
    close_pipes(&pipes);
    return pid > 0 ? 0 : 1;
}

static int on_exec(ssh_session session, ssh_channel channel, const char *command,
                   void *userdata)
{
    (void)session;
    (void)channel;
    struct ssh_process *process = userdata;
    const struct ssh_connection *connection = process->connection;
    struct vcsash_command run;
    vcsash_command_make(connection->appliance, connection->appliancesh, command, &run);
    int rc = start(process, run.words);
    vcsash_command_free(&run);
    return rc;
}

static int on_shell(ssh_session session, ssh_channel channel, void *userdata)
{
    (void)session;
    (void)channel;
    char *const argv[] = {"/bin/sh", NULL};
    return start(userdata, argv);
}

static int on_subsystem(ssh_session session, ssh_channel channel, const char *name,
                        void *userdata)
{
    struct ssh_process *process = userdata;
    char *const argv[] = {SFTP_SERVER, "-d", process->connection->appliance->dir, NULL};
    if (strcmp(name, "sftp") != 0 || access(SFTP_SERVER, X_OK) != 0)
        return 1;
    if (process->connection->appliancesh) /* sshd starts it through the login shell */
        return on_exec(session, channel, SFTP_SERVER, userdata);
    return start(process, argv);
}

ssh_channel ssh_channel_add(struct ssh_connection *connection)
{
    size_t i = 0;
    while (i < SSH_CHANNELS_MAX && connection->processes[i].used)
        i++;
    if (i == SSH_CHANNELS_MAX)
        return NULL;
    struct ssh_process *process = &connection->processes[i];
    memset(process, 0, sizeof *process);
    process->connection = connection;
    process->channel = ssh_channel_new(connection->session);
    if (!process->channel)
        return NULL;
    process->used = true;
    process->pidfd = process->in = process->out = process->err = -1;
    process->callbacks.userdata = process;
    process->callbacks.channel_exec_request_function = on_exec;
    process->callbacks.channel_shell_request_function = on_shell;
    process->callbacks.channel_subsystem_request_function = on_subsystem;
    ssh_callbacks_init(&process->callbacks);
    ssh_set_channel_callbacks(process->channel, &process->callbacks);
    return process->channel;
}

nfds_t ssh_channels_collect(struct ssh_connection *connection, struct pollfd *fds)
{
    nfds_t count = 0;
    for (size_t i = 0; i < SSH_CHANNELS_MAX; i++) {
        struct ssh_process *process = &connection->processes[i];
        if (!process->used || !process->started)
            continue;
        bool room = ssh_channel_window_size(process->channel) > 0;
        if (process->pidfd >= 0)
            fds[count++] = (struct pollfd){.fd = process->pidfd, .events = POLLIN};
        if (process->in >= 0 && process->input.length)
            fds[count++] = (struct pollfd){.fd = process->in, .events = POLLOUT};
        if (process->out >= 0 && room)
            fds[count++] = (struct pollfd){.fd = process->out, .events = POLLIN};
        if (process->err >= 0 && room)
            fds[count++] = (struct pollfd){.fd = process->err, .events = POLLIN};
    }
    return count;
}

/* Client to process. */
static void pump_input(struct ssh_process *process)
{
    char bytes[CHUNK];
    while (process->input.length < CHUNK) {
        int got = ssh_channel_read_nonblocking(process->channel, bytes, sizeof bytes, 0);
        if (got <= 0)
            break;
        if (process->in >= 0)
            buf_add(&process->input, bytes, (size_t)got);
    }
    if (process->in < 0)
        return;
    while (process->input.length) {
        ssize_t put = write(process->in, process->input.data, process->input.length);
        if (put < 0) {
            if (errno != EAGAIN && errno != EINTR) /* it does not read any more */
                buf_reset(&process->input), close_fd(&process->in);
            return;
        }
        process->input.length -= (size_t)put;
        memmove(process->input.data, process->input.data + put, process->input.length);
    }
    if (ssh_channel_is_eof(process->channel))
        close_fd(&process->in);
}

/* Process to client: one output. */
static void pump_output(struct ssh_process *process, int *fd, bool is_error)
{
    char bytes[CHUNK];
    while (*fd >= 0) {
        size_t room = ssh_channel_window_size(process->channel);
        if (!room)
            return;
        ssize_t got = read(*fd, bytes, room < sizeof bytes ? room : sizeof bytes);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            close_fd(fd);
            return;
        }
        int put = is_error
                      ? ssh_channel_write_stderr(process->channel, bytes, (uint32_t)got)
                      : ssh_channel_write(process->channel, bytes, (uint32_t)got);
        if (put != got)
            close_fd(fd);
    }
}

static void collect_exit(struct ssh_process *process)
{
    siginfo_t info = {0};
    if (process->exited || waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG) ||
        !info.si_pid)
        return;
    process->exited = true;
    process->signalled = info.si_code != CLD_EXITED;
    process->status = info.si_status;
    process_release(process->pid);
    close_fd(&process->pidfd);
}

static void tell_exit(struct ssh_process *process)
{
    if (process->told)
        return;
    process->told = true;
    if (!process->signalled) {
        ssh_channel_request_send_exit_status(process->channel, process->status);
        return;
    }
    const char *name = sigabbrev_np(process->status);
    ssh_channel_request_send_exit_signal(process->channel, name ? name : "KILL", 0, "",
                                         "");
}

static void finish(struct ssh_process *process)
{
    close_fd(&process->in);
    close_fd(&process->out);
    close_fd(&process->err);
    close_fd(&process->pidfd);
    if (process->started && !process->exited)
        process_release(process->pid); /* the stray reaper collects it */
    buf_free(&process->input);
    ssh_remove_channel_callbacks(process->channel, &process->callbacks);
    ssh_channel_free(process->channel);
    memset(process, 0, sizeof *process);
}

static void pump(struct ssh_process *process)
{
    if (ssh_channel_is_closed(process->channel)) {
        finish(process);
        return;
    }
    if (!process->started)
        return;
    /* Exit first: whatever it wrote is in the pipes by now. */
    collect_exit(process);
    pump_input(process);
    pump_output(process, &process->out, false);
    pump_output(process, &process->err, true);
    if (process->exited && process->out < 0 && process->err < 0) {
        ssh_channel_send_eof(process->channel);
        tell_exit(process);
        ssh_channel_close(process->channel);
        finish(process);
    } else if (process->exited) {
        tell_exit(process);
    }
}

void ssh_channels_pump(struct ssh_connection *connection)
{
    for (size_t i = 0; i < SSH_CHANNELS_MAX; i++)
        if (connection->processes[i].used)
            pump(&connection->processes[i]);
}

void ssh_channels_end(struct ssh_connection *connection)
{
    for (size_t i = 0; i < SSH_CHANNELS_MAX; i++)
        if (connection->processes[i].used)
            finish(&connection->processes[i]);
}
