/*
 * vcsim.h - start and stop the independent vCenter simulator for tests.
 *
 * vcsim is a program of the govmomi project that nobody here wrote: it is the
 * peer that proves our SOAP client. It is found through $SLIPWAY_VCSIM, then
 * build/tools/vcsim, then PATH. Install the pinned version with
 *     GOBIN=$PWD/build/tools go install github.com/vmware/govmomi/vcsim@v0.38.0
 *
 * Without it, vcsim_path() prints a line that says so and gives NULL, and the test
 * is skipped; where $CI is set, that is a failure instead.
 *
 *     struct vcsim *sim = vcsim_start((const char *const[]){"-vm", "4", NULL});
 *     auto_free char *target = vcsim_target(sim, "\"name\":\"DC0_C0_RP0_VM0\"");
 *     ...
 *     assert_int_equal(vcsim_trace_count(sim, "<Login "), 1);
 *     vcsim_stop(sim);
 *
 * It speaks TLS with a certificate of ours, pinned. Needs libssl.
 */
#ifndef TEST_VCSIM_H
#define TEST_VCSIM_H

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "http_peer.h"

#define VCSIM_USER     "administrator"
#define VCSIM_PASSWORD "right & <proper>"
#define VCSIM_READY_MS 60000
#define VCSIM_ARGS_MAX 32

struct vcsim {
    pid_t pid;
    int port;
    char folder[64];
    char url[64]; /* "https://127.0.0.1:PORT/sdk" */
    char pin[64];
    char password_file[96], wrong_file[96], cert_file[96], key_file[96], trace_file[96],
        log_file[96];
};

extern char **environ;

static inline char *vcsim_in_path(void)
{
    const char *path = getenv("PATH");
    auto_free char *copy = xstrdup(path ? path : "");
    char *rest = copy, *folder;
    while ((folder = strsep(&rest, ":"))) {
        auto_free char *file = xasprintf("%s/vcsim", folder);
        if (!access(file, X_OK))
            return steal_ptr(&file);
    }
    return NULL;
}

/* The caller's; NULL (and a line on stderr) if there is none. */
static inline char *vcsim_path(void)
{
    const char *named = getenv("SLIPWAY_VCSIM");
    if (named && !access(named, X_OK))
        return xstrdup(named);
    if (!access("build/tools/vcsim", X_OK))
        return xstrdup("build/tools/vcsim");
    char *found = vcsim_in_path();
    if (found)
        return found;
    (void)fprintf(stderr, "%s: no vcsim in $SLIPWAY_VCSIM, build/tools or PATH\n",
                  getenv("CI") ? "FAILED" : "SKIPPED");
    if (getenv("CI"))
        exit(1);
    return NULL;
}

static inline void vcsim_write(const char *path, const char *text)
{
    auto_file FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0)
        abort();
}

static inline void vcsim_identity(struct vcsim *sim)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = peer_certificate(key, "IP:127.0.0.1");
    auto_file FILE *cert_file = fopen(sim->cert_file, "we");
    auto_file FILE *key_file = fopen(sim->key_file, "we");
    if (!cert_file || !key_file || !PEM_write_X509(cert_file, cert) ||
        !PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL))
        abort();
    peer_pin_of(key, sim->pin);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static inline char *vcsim_read(const char *path)
{
    auto_buf struct buf text = {0};
    char chunk[65536];
    size_t got;
    auto_file FILE *file = fopen(path, "re");
    while (file && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, got);
    buf_add(&text, "", 0);
    return buf_take(&text);
}

static inline void vcsim_sleep(int ms)
{
    struct timespec pause = {.tv_sec = ms / 1000,
                             .tv_nsec = (long)(ms % 1000) * 1000000L};
    (void)nanosleep(&pause, NULL);
}

/* Wait for the line that names the address. */
static inline bool vcsim_ready(struct vcsim *sim)
{
    for (int waited = 0; waited < VCSIM_READY_MS; waited += 50) {
        auto_free char *log = vcsim_read(sim->log_file);
        const char *at = strstr(log, "127.0.0.1:");
        if (at && strstr(at, "/sdk")) {
            sim->port = (int)strtol(at + strlen("127.0.0.1:"), NULL, 10);
            (void)snprintf(sim->url, sizeof sim->url, "https://127.0.0.1:%d/sdk",
                           sim->port);
            return true;
        }
        if (waitpid(sim->pid, NULL, WNOHANG) != 0)
            return false;
        vcsim_sleep(50);
    }
    return false;
}

/* Ours with another TMPDIR: what vcsim leaves behind goes with our folder. */
static inline char **vcsim_environment(char *tmpdir)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **env = xcalloc(count + 2, sizeof *env);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "TMPDIR=", 7) != 0)
            env[kept++] = environ[i];
    env[kept] = tmpdir;
    return env;
}

static inline void vcsim_spawn(struct vcsim *sim, const char *path,
                               const char *const *extra)
{
    const char *args[VCSIM_ARGS_MAX] = {
        path,           "-l",          "127.0.0.1:0",   "-username",
        VCSIM_USER,     "-password",   VCSIM_PASSWORD,  "-tlscert",
        sim->cert_file, "-tlskey",     sim->key_file,   "-api-version",
        "8.0.3.0",      "-trace-file", sim->trace_file, "-trace"};
    size_t count = 16;
    for (size_t i = 0; extra && extra[i] && count < VCSIM_ARGS_MAX - 1; i++)
        args[count++] = extra[i];
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, sim->log_file,
                                           O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)posix_spawn_file_actions_adddup2(&actions, 1, 2);
    auto_free char *tmpdir = xasprintf("TMPDIR=%s", sim->folder);
    auto_free char **env = vcsim_environment(tmpdir);
    if (posix_spawn(&sim->pid, path, &actions, NULL, (char *const *)args, env))
        abort();
    (void)posix_spawn_file_actions_destroy(&actions);
}

static inline int vcsim_remove(const char *path, const struct stat *info, int kind,
                               struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    (void)remove(path);
    return 0;
}

static inline void vcsim_stop(struct vcsim *sim)
{
    if (!sim)
        return;
    if (sim->pid > 0) {
        (void)kill(sim->pid, SIGTERM);
        (void)waitpid(sim->pid, NULL, 0);
    }
    (void)nftw(sim->folder, vcsim_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(sim);
}

/* NULL if there is no vcsim (said) ; `extra` arguments end with NULL. */
static inline struct vcsim *vcsim_start(const char *const *extra)
{
    auto_free char *path = vcsim_path();
    if (!path)
        return NULL;
    struct vcsim *sim = xcalloc(1, sizeof *sim);
    (void)snprintf(sim->folder, sizeof sim->folder, "%s", "/tmp/slipway-vcsim-XXXXXX");
    if (!mkdtemp(sim->folder))
        abort();
    const struct {
        char *out;
        const char *name;
    } files[] = {{sim->password_file, "password"}, {sim->wrong_file, "wrong"},
                 {sim->cert_file, "cert.pem"},     {sim->key_file, "key.pem"},
                 {sim->trace_file, "trace"},       {sim->log_file, "log"}};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        (void)snprintf(files[i].out, 96, "%s/%s", sim->folder, files[i].name);
    vcsim_write(sim->password_file, VCSIM_PASSWORD "\n");
    vcsim_write(sim->wrong_file, "wrong\n");
    vcsim_identity(sim);
    vcsim_spawn(sim, path, extra);
    if (vcsim_ready(sim))
        return sim;
    auto_free char *log = vcsim_read(sim->log_file);
    (void)fprintf(stderr, "vcsim did not come up: %s\n", log);
    vcsim_stop(sim);
    abort();
}

/* A target document; `vm` is the inside of its vm object. The caller's. */
static inline char *vcsim_target_as(const struct vcsim *sim, const char *vm,
                                    const char *user, const char *password_file)
{
    return xasprintf(
        "{\"name\":\"vc-1\",\"host\":\"127.9.9.9\",\"vm\":{%s},"
        "\"manager\":{\"name\":\"sim\",\"url\":\"%s\",\"tls\":{\"pin\":\"%s\"},"
        "\"login\":{\"user\":\"%s\",\"password\":{\"file\":\"%s\"}}}}",
        vm, sim->url, sim->pin, user, password_file);
}

static inline char *vcsim_target(const struct vcsim *sim, const char *vm)
{
    return vcsim_target_as(sim, vm, VCSIM_USER, sim->password_file);
}

/* How often a text stands in the transcript of what vcsim received and sent. */
static inline unsigned vcsim_trace_count(const struct vcsim *sim, const char *text)
{
    auto_free char *trace = vcsim_read(sim->trace_file);
    unsigned count = 0;
    for (const char *at = trace; (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

#endif
