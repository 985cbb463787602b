/*
 * sshd_peer.h - a real OpenSSH server for one test: its own address on
 * 127.0.0.0/8, port, host key, user key and log, as the current user.
 *
 *     struct sshd_peer peer;
 *     sshd_peer_start(&peer);
 *     auto_free char *target = sshd_peer_target(&peer);
 *     ...
 *     sshd_peer_stop(&peer);
 *
 * The appliance's boot id is a file of the test (sshd_peer_boot), its job
 * directory is <peer.dir>/jobs. Without /usr/sbin/sshd sshd_peer_available()
 * says so on stderr and gives false: the test then skips.
 */
#ifndef TEST_SSHD_PEER_H
#define TEST_SSHD_PEER_H

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/xalloc.h"

#define SSHD_PEER_PROGRAM "/usr/sbin/sshd"
#define SSHD_PEER_BOOT_1  "11111111-2222-4333-8444-555555555555"
#define SSHD_PEER_BOOT_2  "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

extern char **environ;

struct sshd_peer {
    char dir[96];     /* everything of it is in here */
    char address[32]; /* 127.x.y.z */
    int port;
    pid_t pid;
    char user[64];
};

static inline void sshd_peer_sleep_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static inline bool sshd_peer_available(void)
{
    if (access(SSHD_PEER_PROGRAM, X_OK) == 0)
        return true;
    (void)fprintf(stderr, "SKIPPED: " SSHD_PEER_PROGRAM " is not installed\n");
    return false;
}

/* Run a program, stdin from /dev/null, output to `log` (appended); its wait status. */
static inline int sshd_peer_run(const char *log, const char *const *argv)
{
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status = -1;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_APPEND,
                                           0600);
    (void)posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv,
                     environ) == 0)
        (void)waitpid(pid, &status, 0);
    (void)posix_spawn_file_actions_destroy(&files);
    return status;
}

/* <dir>/name; four results are kept at a time. */
static inline const char *sshd_peer_path(const struct sshd_peer *peer, const char *name)
{
    static _Thread_local char paths[4][256];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", peer->dir, name);
    return path;
}

/* The content of a file, "" if there is none. The caller's. */
static inline char *sshd_peer_read(const char *path)
{
    auto_buf struct buf text = {0};
    auto_file FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t got;
    while (file && (got = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_add(&text, bytes, got);
    buf_adds(&text, "");
    return buf_take(&text);
}

static inline void sshd_peer_write(const char *path, const char *text)
{
    auto_file FILE *file = fopen(path, "we");
    if (file)
        (void)fputs(text, file);
}

static inline int sshd_peer_free_port(const char *address)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t size = sizeof name;
    auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)inet_pton(AF_INET, address, &name.sin_addr);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &size) != 0)
        return -1;
    return ntohs(name.sin_port);
}

static inline bool sshd_peer_listens(const struct sshd_peer *peer)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)peer->port)};
    auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)inet_pton(AF_INET, peer->address, &name.sin_addr);
    return connect(fd, (struct sockaddr *)&name, sizeof name) == 0;
}

/* What `cat /proc/sys/kernel/random/boot_id` says on this appliance from now on. */
static inline void sshd_peer_boot(const struct sshd_peer *peer, const char *boot_id)
{
    auto_free char *line = xasprintf("%s\n", boot_id);
    sshd_peer_write(sshd_peer_path(peer, "boot_id"), line);
}

static inline void sshd_peer_keygen(const struct sshd_peer *peer, const char *type,
                                    const char *name)
{
    const char *const argv[] = {
        "ssh-keygen", "-q", "-t", type, "-N", "", "-f", sshd_peer_path(peer, name), NULL};
    (void)sshd_peer_run(sshd_peer_path(peer, "keygen.log"), argv);
}

/* The first two words of a public key file: "type base64". The caller's. */
static inline char *sshd_peer_public(const struct sshd_peer *peer, const char *name)
{
    auto_free char *text = sshd_peer_read(sshd_peer_path(peer, name));
    char *blank = strchr(text, ' ');
    char *end = blank ? strpbrk(blank + 1, " \n") : NULL;
    if (end)
        *end = '\0';
    return steal_ptr(&text);
}

/* Pin the public key file `name` for this peer in known_hosts (replacing it). */
static inline void sshd_peer_pin(const struct sshd_peer *peer, const char *name)
{
    auto_free char *key = sshd_peer_public(peer, name);
    auto_free char *line = xasprintf("[%s]:%d %s\n", peer->address, peer->port, key);
    sshd_peer_write(sshd_peer_path(peer, "known_hosts"), line);
}

/* HOME is the peer's: bash as a login shell under sshd reads the ~/.bashrc of whoever runs
   the tests, which may do anything, take its time, and wait for a lock that a killed one
   left. */
static inline void sshd_peer_configure(const struct sshd_peer *peer, const char *host_key,
                                       const char *more)
{
    auto_free char *text =
        xasprintf("Port %d\nListenAddress %s\nHostKey %s/%s\nPidFile none\n"
                  "AuthorizedKeysFile %s/authorized_keys\nStrictModes no\nUsePAM no\n"
                  "PermitRootLogin yes\nPasswordAuthentication no\n"
                  "KbdInteractiveAuthentication no\nUseDNS no\nMaxStartups 200\n"
                  "Subsystem sftp internal-sftp\nLogLevel VERBOSE\n"
                  "SetEnv HOME=%s SLIPWAY_BOOT_ID_FILE=%s/boot_id\n%s\n",
                  peer->port, peer->address, peer->dir, host_key, peer->dir, peer->dir,
                  peer->dir, more);
    sshd_peer_write(sshd_peer_path(peer, "sshd_config"), text);
}

/* Start (again) with the configuration as it is. */
static inline int sshd_peer_spawn(struct sshd_peer *peer)
{
    posix_spawn_file_actions_t files;
    const char *const argv[] = {
        SSHD_PEER_PROGRAM, "-D", "-e", "-f", sshd_peer_path(peer, "sshd_config"), NULL};
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&files, 1, sshd_peer_path(peer, "sshd.log"),
                                           O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)posix_spawn_file_actions_adddup2(&files, 1, 2);
    int failed = posix_spawn(&peer->pid, argv[0], &files, NULL,
                             (char *const *)(uintptr_t)argv, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    for (int i = 0; !failed && i < 500; i++) {
        if (sshd_peer_listens(peer))
            return 0;
        sshd_peer_sleep_ms(20);
    }
    return -1;
}

/* Keys, pins, authorized key, server. -1 if it does not come up. */
static inline int sshd_peer_start_with(struct sshd_peer *peer, const char *host_key_type,
                                       const char *more)
{
    *peer = (struct sshd_peer){0};
    const char *base = getenv("TMPDIR");
    (void)snprintf(peer->dir, sizeof peer->dir, "%s/slipway-ssh-XXXXXX",
                   base ? base : "/tmp");
    if (!mkdtemp(peer->dir))
        return -1;
    const struct passwd *me = getpwuid(getuid());
    (void)snprintf(peer->user, sizeof peer->user, "%s", me ? me->pw_name : "root");
    (void)snprintf(peer->address, sizeof peer->address, "127.82.%d.%d",
                   (int)(getpid() >> 8 & 255), (int)(getpid() & 127) + 1);
    peer->port = sshd_peer_free_port(peer->address);
    if (getuid() == 0)
        (void)mkdir("/run/sshd", 0755);
    sshd_peer_keygen(peer, host_key_type, "host_key");
    sshd_peer_keygen(peer, "ed25519", "user_key");
    auto_free char *authorized = sshd_peer_public(peer, "user_key.pub");
    sshd_peer_write(sshd_peer_path(peer, "authorized_keys"), authorized);
    sshd_peer_pin(peer, "host_key.pub");
    sshd_peer_boot(peer, SSHD_PEER_BOOT_1);
    sshd_peer_configure(peer, "host_key", more);
    return sshd_peer_spawn(peer);
}

static inline int sshd_peer_start(struct sshd_peer *peer)
{
    return sshd_peer_start_with(peer, "ed25519", "");
}

/* The target document. The caller's. */
static inline char *sshd_peer_target(const struct sshd_peer *peer)
{
    return xasprintf("{\"name\":\"vc-1\",\"host\":\"%s\",\"ssh\":{\"user\":\"%s\","
                     "\"port\":%d,\"key\":{\"file\":\"%s/user_key\"},"
                     "\"hostkey\":\"%s/known_hosts\",\"job_dir\":\"%s/jobs\"}}",
                     peer->address, peer->user, peer->port, peer->dir, peer->dir,
                     peer->dir);
}

/* How often the server's log says this. */
static inline unsigned sshd_peer_log_count(const struct sshd_peer *peer, const char *text)
{
    auto_free char *log = sshd_peer_read(sshd_peer_path(peer, "sshd.log"));
    unsigned count = 0;
    for (const char *p = log; (p = strstr(p, text)) != NULL; p += strlen(text))
        count++;
    return count;
}

static inline pid_t sshd_peer_parent(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    auto_free char *stat = sshd_peer_read(path);
    const char *close = strrchr(stat, ')');
    return close && strlen(close) > 4 ? (pid_t)strtol(close + 4, NULL, 10) : -1;
}

/* Send this signal to the server's processes that serve a connection. How many got it. */
static inline unsigned sshd_peer_signal(const struct sshd_peer *peer, int number)
{
    unsigned signalled = 0;
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 1)
            continue;
        pid_t parent = sshd_peer_parent(pid);
        if (parent != peer->pid && sshd_peer_parent(parent) != peer->pid)
            continue;
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
        auto_free char *name = sshd_peer_read(path);
        if (strncmp(name, "sshd", 4) == 0 && kill(pid, number) == 0)
            signalled++;
    }
    if (proc)
        (void)closedir(proc);
    return signalled;
}

/* Cut every connection. */
static inline unsigned sshd_peer_cut(const struct sshd_peer *peer)
{
    return sshd_peer_signal(peer, SIGKILL);
}

/* Server and connections are gone; files stay. sshd_peer_spawn() brings it back. */
static inline void sshd_peer_down(struct sshd_peer *peer)
{
    if (peer->pid <= 0)
        return;
    (void)sshd_peer_cut(peer);
    (void)kill(peer->pid, SIGKILL);
    (void)waitpid(peer->pid, NULL, 0);
    peer->pid = 0;
}

static inline void sshd_peer_stop(struct sshd_peer *peer)
{
    sshd_peer_down(peer);
    const char *const argv[] = {"rm", "-rf", peer->dir, NULL};
    (void)sshd_peer_run("/dev/null", argv);
}

#endif
