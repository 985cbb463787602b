/*
 * exec_folder.c - see exec_folder.h.
 *
 * How it works: a job is published by one rename, so its folder is complete or not there.
 * The lock is taken before that and inherited by the job's first process; between the
 * two only slipway itself holds it. A free lock without `started` on the boot on which the
 * job was published therefore says that nothing was run.
 *
 * When it fails: what cannot be read is not judged; the sentence names the file.
 */
#include "exec/exec_folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exec/exec_document.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/text.h"
#include "util/xalloc.h"

#define REQUEST_MAX 8192u
#define BOOT_FILE   "/proc/sys/kernel/random/boot_id"

void exec_job_look_free(struct exec_job_look *look)
{
    json_decref(look->documents);
    *look = (struct exec_job_look){0};
}

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *boot_id(void)
{
    char text[64] = "";
    auto_fd int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    return xstrndup(text, n > 0 ? strcspn(text, "\n") : 0);
}

static bool is_there(const char *folder, const char *name)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    return !access(path, F_OK);
}

/* --- the folder of all jobs -------------------------------------------------------------- */

int exec_job_dir_check(const char *job_dir, bool make, struct slipway_error *err)
{
    struct stat info;
    char clean[256];
    (void)text_clean(job_dir, clean, sizeof clean);
    if (job_dir[0] != '/')
        return slipway_error_set(err, -1, "job_dir: %s: must be an absolute path", clean);
    if (make && mkdir(job_dir, 0700) && errno != EEXIST)
        return slipway_error_set(err, -1, "job_dir: %s: %s", clean, strerror(errno));
    if (lstat(job_dir, &info))
        return slipway_error_set(err, -1, "job_dir: %s: %s", clean, strerror(errno));
    if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() ||
        (info.st_mode & (S_IRWXG | S_IRWXO)))
        return slipway_error_set(err, -1,
                                 "job_dir: %s: must be a folder of slipway's user that "
                                 "nobody else can enter (chmod 700)",
                                 clean);
    return 0;
}

/* --- looking ------------------------------------------------------------------------------ */

static json_t *read_request(const char *folder, struct slipway_error *err)
{
    auto_buf struct buf text = {0};
    auto_free char *path = xasprintf("%s/request", folder);
    struct slipway_error why = {""};
    if (file_read(path, REQUEST_MAX, &text, &why)) {
        (void)slipway_error_set(err, -1, "%s: %s", path, why.text);
        return NULL;
    }
    json_t *request = json_parse(buf_text(&text), text.length, REQUEST_MAX, &why);
    if (!request)
        (void)slipway_error_set(err, -1, "%s: %s", path, why.text);
    return request;
}

/* -1: there is no such lock to be asked. */
static int lives(const char *folder, bool *out)
{
    auto_free char *path = xasprintf("%s/alive", folder);
    auto_fd int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    *out = flock(fd, LOCK_EX | LOCK_NB) != 0;
    return 0;
}

static bool read_status(const char *folder, struct exec_job_look *out)
{
    auto_buf struct buf text = {0};
    exec_job_tail(folder, "status", 32, &text);
    char *end;
    long status = strtol(buf_text(&text), &end, 10);
    if (end == buf_text(&text))
        return false;
    out->status = (int)status;
    return true;
}

static enum exec_job_state judge(const char *folder, bool alive, const char *boot,
                                 struct exec_job_look *out)
{
    /* asked after the lock: what ended in between left its status first */
    if (is_there(folder, "status"))
        return read_status(folder, out) ? EXEC_JOB_ENDED : EXEC_JOB_DIED;
    if (alive)
        return EXEC_JOB_RUNNING;
    if (out->started)
        return EXEC_JOB_DIED;
    auto_free char *now = boot_id();
    return boot && *now && !strcmp(boot, now) ? EXEC_JOB_NEVER : EXEC_JOB_LOST;
}

int exec_job_look(const char *folder, const char *fingerprint, struct exec_job_look *out,
                  struct slipway_error *err)
{
    bool alive = false;
    struct stat info;
    if (lstat(folder, &info) && errno == ENOENT) {
        *out = (struct exec_job_look){.state = EXEC_JOB_ABSENT};
        return 0;
    }
    auto_json json_t *request = read_request(folder, err);
    if (!request)
        return -1;
    const char *asked = json_text(request, "fingerprint");
    *out = (struct exec_job_look){.asked_ms = json_number(request, "asked_ms", 0)};
    if (fingerprint && (!asked || strcmp(asked, fingerprint) != 0)) {
        out->state = EXEC_JOB_FOREIGN;
        return 0;
    }
    if (lives(folder, &alive))
        return slipway_error_set(err, -1, "%s/alive: %s", folder, strerror(errno));
    out->started = is_there(folder, "started");
    out->state = judge(folder, alive, json_text(request, "boot"), out);
    out->documents = json_incref(json_object_get(request, "documents"));
    return 0;
}

/* --- publishing ---------------------------------------------------------------------------- */

static int sync_folder(const char *folder)
{
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : fsync(fd);
}

static int write_request(const char *folder, const char *fingerprint,
                         const json_t *documents, struct slipway_error *err)
{
    auto_free char *boot = boot_id();
    auto_json json_t *names = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)documents, name, value)(void)
        json_object_set_new(names, name, json_true());
    auto_json json_t *request =
        json_pack("{s:s, s:s, s:I, s:O}", "fingerprint", fingerprint, "boot", boot,
                  "asked_ms", (json_int_t)wall_ms(), "documents", names);
    auto_free char *text = json_canonical(request);
    auto_free char *path = xasprintf("%s/request", folder);
    return file_replace(path, text, strlen(text), 0600, err);
}

static int take_lock(const char *folder)
{
    auto_free char *path = xasprintf("%s/alive", folder);
    auto_fd int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB))
        return -1;
    return steal_fd(&fd);
}

int exec_job_publish(const char *from, const char *folder, const char *fingerprint,
                     const json_t *documents, struct slipway_error *err)
{
    if (write_request(from, fingerprint, documents, err))
        return -1;
    auto_fd int lock = take_lock(from);
    auto_free char *above = xstrndup(folder, (size_t)(strrchr(folder, '/') - folder));
    if (lock < 0 || sync_folder(from) || rename(from, folder) || sync_folder(above))
        return slipway_error_set(err, -1, "%s: %s", folder, strerror(errno));
    return steal_fd(&lock);
}

/* --- ending ----------------------------------------------------------------------------------- */

/* Does this process hold the file open? */
static bool holds(const char *pid, const struct stat *wanted)
{
    auto_free char *path = xasprintf("/proc/%s/fd", pid);
    DIR *fds = opendir(path);
    bool found = false;
    for (struct dirent *entry; fds && !found && (entry = readdir(fds));) {
        struct stat info;
        found = isdigit((unsigned char)entry->d_name[0]) &&
                !fstatat(dirfd(fds), entry->d_name, &info, 0) &&
                info.st_dev == wanted->st_dev && info.st_ino == wanted->st_ino;
    }
    if (fds)
        (void)closedir(fds);
    return found;
}

void exec_job_signal(const char *folder, int signal_number)
{
    auto_free char *path = xasprintf("%s/alive", folder);
    struct stat wanted;
    DIR *processes = stat(path, &wanted) ? NULL : opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 1 && pid != getpid() && holds(entry->d_name, &wanted))
            (void)kill(pid, signal_number);
    }
    if (processes)
        (void)closedir(processes);
}

void exec_job_close(const char *folder, const struct exec_job_look *look)
{
    auto_free char *path = xasprintf("%s/status", folder);
    struct slipway_error ignored;
    exec_documents_wipe(look->documents, folder);
    if (look->state == EXEC_JOB_DIED)
        (void)file_replace(path, "stopped\n", 8, 0600, &ignored);
}

void exec_job_remove(const char *folder, const struct exec_job_look *look)
{
    static const char *const files[] = {"request", "alive", "output", "errors"};
    exec_documents_wipe(look->documents, folder);
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        auto_free char *path = xasprintf("%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

void exec_job_tail(const char *folder, const char *name, size_t max, struct buf *out)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    auto_free char *bytes = xmalloc(max + 1);
    auto_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = end > (off_t)max ? end - (off_t)max : 0;
    ssize_t n = fd < 0 ? 0 : pread(fd, bytes, max, from);
    size_t skip = n > 0 && from ? text_cut_start(bytes, (size_t)n) : 0;
    if (n > 0)
        buf_add(out, bytes + skip, (size_t)n - skip);
}
