/*
 * secret.c - see secret.h.
 *
 * Secrets are read at the moment of use and not kept: a rotated password works
 * at the next call, and a core of the process holds only what was in use.
 */
#include "exec/secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/locked.h"
#include "util/program.h"
#include "util/text.h"
#include "util/xalloc.h"

#define READ_ROOM (SECRET_MAX + 2u)

void secret_free(struct slipway_secret *secret)
{
    locked_free(secret->bytes);
    *secret = (struct slipway_secret){0};
}

/* Check the bytes and give them memory of their own. */
static int finish(const char *what, const char *bytes, size_t length,
                  struct slipway_secret *out, struct slipway_error *err)
{
    if (length > SECRET_MAX)
        return slipway_error_set(err, -1, "%s: longer than %u bytes; that is no secret",
                                 what, SECRET_MAX);
    if (length && bytes[length - 1] == '\n')
        length--;
    if (!length)
        return slipway_error_set(err, -1, "%s: is empty", what);
    if (memchr(bytes, 0, length))
        return slipway_error_set(err, -1, "%s: holds a NUL byte", what);
    out->bytes = locked_alloc(length + 1);
    memcpy(out->bytes, bytes, length);
    out->length = length;
    return 0;
}

static int check_file(const char *what, const char *path, const struct stat *st,
                      mode_t forbidden, struct slipway_error *err)
{
    if (!S_ISREG(st->st_mode))
        return slipway_error_set(err, -1, "%s: is not a regular file", what);
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return slipway_error_set(err, -1,
                                 "%s: belongs to user %u; it must be owned by user %u or "
                                 "root (chown)",
                                 what, (unsigned)st->st_uid, (unsigned)geteuid());
    if (st->st_mode & forbidden)
        return slipway_error_set(err, -1,
                                 "%s: mode %04o lets others at it; run: chmod 600 %s",
                                 what, (unsigned)(st->st_mode & 07777u), path);
    return 0;
}

/* "secret file PATH", harmless to print. */
static const char *name_file(const char *path, char clean[256], char what[300])
{
    (void)snprintf(what, 300, "secret file %s", text_clean(path, clean, 256));
    return what;
}

/* The same path without links above its last part, or NULL: errno. A link there could be
   another user's, and turned to any file that we may read. */
static char *without_links(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    auto_free char *folder = xstrndup(path, (size_t)(name - path)),
                   *real = realpath(folder, NULL);
    return real ? xasprintf("%s/%s", real, name) : NULL;
}

/* A descriptor of a file that may hold a secret, or -1 with a sentence. */
static int open_file(const char *path, mode_t forbidden, struct slipway_error *err)
{
    char clean[256], what[300];
    (void)name_file(path, clean, what);
    auto_free char *real = without_links(path);
    if (real && program_check_folders(real, what, err))
        return -1;
    /* O_NONBLOCK: a FIFO in its place must not hang the call */
    auto_fd int fd =
        real ? open(real, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd < 0)
        return slipway_error_set(err, -1, "%s: %s", what,
                                 errno == ELOOP
                                     ? "is a symbolic link; name the file itself"
                                     : strerror(errno));
    struct stat st;
    if (fstat(fd, &st))
        return slipway_error_set(err, -1, "%s: %s", what, strerror(errno));
    if (check_file(what, clean, &st, forbidden, err))
        return -1;
    return steal_fd(&fd);
}

/* `out` may be NULL: then nothing is read. */
static int read_file(const char *path, mode_t forbidden, struct slipway_secret *out,
                     struct slipway_error *err)
{
    auto_fd int fd = open_file(path, forbidden, err);
    if (fd < 0 || !out)
        return fd < 0 ? -1 : 0;
    char clean[256], what[300];
    (void)name_file(path, clean, what);
    auto_locked char *bytes = locked_alloc(READ_ROOM);
    size_t length = 0;
    while (length < READ_ROOM) {
        ssize_t got = read(fd, bytes + length, READ_ROOM - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return slipway_error_set(err, -1, "%s: %s", what, strerror(errno));
        if (!got)
            break;
        length += (size_t)got;
    }
    return finish(what, bytes, length, out, err);
}

static int from_file(const json_t *path, struct slipway_secret *out,
                     struct slipway_error *err)
{
    const char *text = json_string_value(path);
    if (!text || *text != '/')
        return slipway_error_set(err, -1, "secret {file}: must be an absolute path");
    return read_file(text, S_IRWXG | S_IRWXO, out, err);
}

static int from_credential(const json_t *name, const struct secret_source *source,
                           struct slipway_secret *out, struct slipway_error *err)
{
    const char *text = json_string_value(name);
    size_t length = text ? strlen(text) : 0;
    bool plain = length && length < 256 && *text != '.';
    for (size_t i = 0; plain && i < length; i++)
        plain = isalnum((unsigned char)text[i]) || strchr("._-", text[i]);
    if (!plain)
        return slipway_error_set(err, -1,
                                 "secret {credential}: must be a plain name of letters, "
                                 "digits, \".\", \"_\" and \"-\"");
    if (!source->credentials_dir || *source->credentials_dir != '/')
        return slipway_error_set(err, -1,
                                 "secret {credential: %s}: $CREDENTIALS_DIRECTORY is not "
                                 "set; add LoadCredential=%s:... to the service",
                                 text, text);
    auto_free char *path = xasprintf("%s/%s", source->credentials_dir, text);
    /* systemd may grant access by an ACL, which shows as group bits */
    return read_file(path, S_IWGRP | S_IRWXO, out, err);
}

static int from_cmd(const json_t *list, const struct secret_source *source,
                    struct slipway_secret *out, struct slipway_error *err)
{
    const char *argv[SECRET_CMD_ARGS_MAX + 1] = {0};
    size_t count = json_array_size(list);
    if (!count || count > SECRET_CMD_ARGS_MAX)
        return slipway_error_set(err, -1, "secret {cmd}: must be a list of 1 to %u words",
                                 SECRET_CMD_ARGS_MAX);
    for (size_t i = 0; i < count; i++) {
        argv[i] = json_string_value(json_array_get(list, i));
        if (!argv[i])
            return slipway_error_set(err, -1, "secret {cmd}: word %zu is no text", i + 1);
    }
    char clean[160], what[200];
    (void)snprintf(what, sizeof what, "secret command %s",
                   text_clean(argv[0], clean, sizeof clean));
    auto_free char *program = NULL;
    struct slipway_error why;
    if (program_resolve(argv[0], &program, &why))
        return slipway_error_set(err, -1, "secret command %s", why.text);
    if (!out)
        return 0;
    auto_locked char *bytes = locked_alloc(READ_ROOM);
    size_t length = 0;
    if (secret_run(program, argv, source, bytes, &length, &why))
        return slipway_error_set(err, -1, "%s: %s", what, why.text);
    return finish(what, bytes, length, out, err);
}

/* `out` NULL: only look whether it could be read. */
static int resolve(const char *reference, const struct secret_source *source,
                   struct slipway_secret *out, struct slipway_error *err)
{
    static const char usage[] =
        "a secret reference is {file: PATH}, {cmd: [PROGRAM, ...]} or {credential: NAME}";
    if (!reference)
        return slipway_error_set(err, -1, "no secret is configured; %s", usage);
    auto_json json_t *json = json_parse(reference, strlen(reference), SECRET_MAX, NULL);
    /* the text itself is not quoted: it may be a password in the wrong place */
    if (json_is_string(json) && !strcmp(json_string_value(json), "agent"))
        return slipway_error_set(
            err, -1, "an SSH agent gives no password and no key file; %s", usage);
    if (!json_is_object(json) || json_object_size(json) != 1)
        return slipway_error_set(err, -1, "%s", usage);
    json_t *member;
    if ((member = json_object_get(json, "file")))
        return from_file(member, out, err);
    if ((member = json_object_get(json, "cmd")))
        return from_cmd(member, source, out, err);
    if ((member = json_object_get(json, "credential")))
        return from_credential(member, source, out, err);
    return slipway_error_set(err, -1, "%s", usage);
}

int secret_resolve(const char *reference, const struct secret_source *source,
                   struct slipway_secret *out, struct slipway_error *err)
{
    return resolve(reference, source, out, err);
}

int secret_examine(const char *reference, const char *credentials_dir,
                   struct slipway_error *err)
{
    struct secret_source source = {.credentials_dir = credentials_dir};
    if (!strcmp(reference, "\"agent\"")) /* only the agent itself could tell */
        return 0;
    return resolve(reference, &source, NULL, err);
}
