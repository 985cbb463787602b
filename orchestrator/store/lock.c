/*
 * lock.c - one owner per state directory.
 *
 * The truth is the kernel's lock on DIR/owner.lock (an open file description lock:
 * it ends with the process, whatever kills it, and closing another descriptor does
 * not drop it). What stands in the file only tells a human who it is; after a crash
 * it is stale and harmless. The file is never removed: two processes could then
 * hold locks on two files of one name.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define CONTENT_MAX 4096

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* Whatever stands in the file: hostile until cleaned, nothing if it is no JSON. */
static void read_content(int fd, struct store_owner *out)
{
    char content[CONTENT_MAX];
    ssize_t length = pread(fd, content, sizeof content, 0);
    if (length <= 0)
        return;
    auto_json json_t *doc = json_parse(content, (size_t)length, CONTENT_MAX, NULL);
    const char *host = json_text(doc, "host"), *command = json_text(doc, "command");
    out->pid = (pid_t)json_number(doc, "pid", 0);
    out->since_ms = json_number(doc, "since_ms", 0);
    (void)text_clean(host ? host : "", out->host, sizeof out->host);
    (void)text_clean(command ? command : "", out->command, sizeof out->command);
}

static int write_content(int fd, const char *path, const char *command,
                         struct slipway_error *err)
{
    char host[STORE_HOST_MAX] = "";
    (void)gethostname(host, sizeof host - 1);
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    json_int_t now_ms = (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    auto_json json_t *doc = json_object();
    (void)json_object_set_new(doc, "pid", json_integer(getpid()));
    (void)json_object_set_new(doc, "host", json_safe_string(host, strlen(host)));
    (void)json_object_set_new(doc, "since_ms", json_integer(now_ms));
    (void)json_object_set_new(
        doc, "command", json_safe_string(command, strnlen(command, STORE_COMMAND_MAX)));
    auto_free char *text = json_canonical(doc);
    size_t length = strlen(text);
    if (!ftruncate(fd, 0) && pwrite(fd, text, length, 0) == (ssize_t)length)
        return STORE_OK;
    return slipway_error_set(err, errno == ENOSPC ? STORE_FULL : STORE_ERROR,
                             "%s: cannot be written: %s", path, strerror(errno));
}

static int say_owned(int fd, const char *dir, struct slipway_error *err)
{
    struct store_owner owner = {0};
    char since[32] = "?";
    read_content(fd, &owner);
    if (!owner.pid)
        return slipway_error_set(err, STORE_OWNED, "%s is owned by another slipway", dir);
    return slipway_error_set(
        err, STORE_OWNED, "%s is owned by pid %d on %s since %s (%s)", dir,
        (int)owner.pid, owner.host, time_iso(owner.since_ms, since, sizeof since),
        owner.command);
}

int lock_take(const char *dir, const char *command, int *out, struct slipway_error *err)
{
    auto_free char *path = directory_file(dir, STORE_LOCK_FILE);
    auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return slipway_error_set(err, errno == ENOSPC ? STORE_FULL : STORE_ERROR,
                                 "%s: cannot be opened: %s", path, strerror(errno));
    directory_give(dir, fd);
    struct flock lock = whole_file();
    if (fcntl(fd, F_OFD_SETLK, &lock)) {
        if (errno == EAGAIN || errno == EACCES)
            return say_owned(fd, dir, err);
        return slipway_error_set(err, STORE_ERROR, "%s: cannot be locked: %s", path,
                                 strerror(errno));
    }
    int code = write_content(fd, path, command, err);
    if (!code)
        *out = steal_fd(&fd);
    return code;
}

int store_owner(const char *dir, struct store_owner *out, struct slipway_error *err)
{
    auto_free char *path = directory_file(dir, STORE_LOCK_FILE);
    struct store_owner owner = {0};
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno != ENOENT)
        return slipway_error_set(err, STORE_ERROR, "%s: cannot be opened: %s", path,
                                 strerror(errno));
    if (fd >= 0) {
        struct flock lock = whole_file();
        if (fcntl(fd, F_OFD_GETLK, &lock))
            return slipway_error_set(err, STORE_ERROR, "%s: its lock cannot be read: %s",
                                     path, strerror(errno));
        owner.running = lock.l_type != F_UNLCK;
        read_content(fd, &owner);
    }
    *out = owner;
    return STORE_OK;
}
