/*
 * exec_document.c - see exec_document.h.
 *
 * How it works: a copy of the document gets its marks replaced, is written at once and
 * wiped: the secrets are in memory for the time of a write and on disk, in a folder of
 * mode 0700, for the time of the job.
 *
 * When it fails: a mark that names nothing, a secret that cannot be read or a text that
 * the program would not take is a mistake in the playbook or the fleet file. Nothing was
 * started, and what was written so far is the caller's to wipe.
 */
#include "exec/exec_document.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define DEPTH_MAX 16

enum mark { MARK_NONE, MARK_TARGET, MARK_HOST, MARK_SECRET };

struct filling {
    struct slipway_call *call;
    const json_t *target;
    bool ascii;
    const char *name; /* of the document */
    struct slipway_error *err;
};

/* --- names and marks -------------------------------------------------------------------- */

static bool name_acceptable(const char *name)
{
    static const char *const taken[] = {"request", "alive",  "started",
                                        "status",  "output", "errors"};
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789._-");
    for (size_t i = 0; i < ARRAY_LENGTH(taken); i++)
        if (!strcmp(name, taken[i]))
            return false;
    return length && !name[length] && length <= EXEC_DOCUMENT_NAME_MAX && name[0] != '.';
}

/* What a text stands for; *path is behind the mark, or the plain text. */
static enum mark mark_of(const char *text, const char **path)
{
    static const struct {
        const char *word;
        enum mark mark;
    } marks[] = {
        {"@target ", MARK_TARGET}, {"@host ", MARK_HOST}, {"@secret ", MARK_SECRET}};
    *path = text + (text[0] == '@' && text[1] == '@');
    for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
        size_t length = strlen(marks[i].word);
        if (!strncmp(text, marks[i].word, length)) {
            *path = text + length;
            return marks[i].mark;
        }
    }
    return MARK_NONE;
}

int exec_documents_check(const json_t *documents, struct slipway_error *err)
{
    const char *name;
    json_t *value;
    char clean[128];
    if (json_object_size(documents) > EXEC_DOCUMENTS_MAX)
        return slipway_error_set(err, -1, "documents: more than %u", EXEC_DOCUMENTS_MAX);
    json_object_foreach((json_t *)(uintptr_t)documents, name, value)
    {
        if (!name_acceptable(name))
            return slipway_error_set(err, -1,
                                     "documents: %s is no name for one: letters, digits, "
                                     ". _ and -, and none of a job's own files",
                                     text_clean(name, clean, sizeof clean));
        if (!json_is_object(value) && !json_is_array(value))
            return slipway_error_set(err, -1, "documents: %s must be a mapping or a list",
                                     name);
    }
    return 0;
}

/* --- filling in --------------------------------------------------------------------------- */

static const json_t *find(const json_t *target, const char *path)
{
    const json_t *at = target;
    while (at && *path) {
        auto_free char *part = xstrndup(path, strcspn(path, "."));
        at = json_object_get(at, part);
        path += strlen(part);
        path += *path == '.';
    }
    return at;
}

static int lacks(const struct filling *f, const char *path)
{
    char clean[128];
    return slipway_error_set(
        f->err, -1,
        "documents: %s: the appliance has no %s; add it to the fleet "
        "file",
        f->name, text_clean(path, clean, sizeof clean));
}

/* https://HOST:PORT/path: the host alone. */
static json_t *host_of(const char *url)
{
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    size_t length = *start == '[' ? strcspn(start, "]") + 1 : strcspn(start, ":/");
    return json_safe_string(start, length);
}

static int reveal(const struct filling *f, const char *path, const json_t *found,
                  json_t **out)
{
    struct slipway_secret secret = {0};
    auto_free char *reference = json_canonical(found);
    if (f->call->host->secret(f->call, reference, &secret, f->err))
        return -1;
    *out = json_stringn(secret.bytes, secret.length);
    f->call->host->secret_free(&secret);
    if (!*out)
        return slipway_error_set(f->err, -1,
                                 "documents: %s: the secret at %s is no valid UTF-8",
                                 f->name, path);
    return 0;
}

static int replace(const struct filling *f, const char *text, json_t **out)
{
    const char *path;
    enum mark mark = mark_of(text, &path);
    if (mark == MARK_NONE) {
        *out = json_string(path);
        return 0;
    }
    const json_t *found = find(f->target, path);
    if (!found || (mark != MARK_SECRET && !json_is_string(found)))
        return lacks(f, path);
    if (mark == MARK_SECRET)
        return reveal(f, path, found, out);
    *out = mark == MARK_HOST ? host_of(json_string_value(found))
                             : json_string(json_string_value(found));
    return 0;
}

static bool is_ascii(const json_t *text)
{
    const char *p = json_string_value(text);
    while (*p > 0)
        p++;
    return !*p;
}

static int fill_text(const struct filling *f, const json_t *value, json_t **out)
{
    if (replace(f, json_string_value(value), out))
        return -1;
    if (!f->ascii || is_ascii(*out))
        return 0;
    json_decref(*out);
    return slipway_error_set(f->err, -1,
                             "documents: %s: a text or secret in it has other characters "
                             "than ASCII, which this program does not take",
                             f->name);
}

static int fill(const struct filling *f, json_t *at, int depth);

static int fill_member(const struct filling *f, json_t *value, json_t **out, int depth)
{
    *out = NULL;
    return json_is_string(value) ? fill_text(f, value, out) : fill(f, value, depth + 1);
}

/* In place; the copy is ours. */
static int fill(const struct filling *f, json_t *at, int depth)
{
    const char *key;
    json_t *value, *made;
    size_t i;
    void *next;
    if (depth > DEPTH_MAX)
        return slipway_error_set(f->err, -1, "documents: %s: nested too deeply", f->name);
    json_object_foreach_safe(at, next, key, value)
    {
        if (fill_member(f, value, &made, depth))
            return -1;
        if (made)
            (void)json_object_set_new(at, key, made);
    }
    json_array_foreach(at, i, value)
    {
        if (fill_member(f, value, &made, depth))
            return -1;
        if (made)
            (void)json_array_set_new(at, i, made);
    }
    return 0;
}

/* --- files --------------------------------------------------------------------------------- */

static void wipe_texts(json_t *at)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(at))
        explicit_bzero((char *)(uintptr_t)json_string_value(at), json_string_length(at));
    json_object_foreach(at, key, value) wipe_texts(value);
    json_array_foreach(at, i, value) wipe_texts(value);
}

static int write_all(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        length -= (size_t)n;
    }
    return fsync(fd);
}

static int write_file(const char *folder, const char *name, const json_t *document,
                      struct slipway_error *err)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    auto_fd int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_SORT_KEYS);
    size_t length = text ? strlen(text) : 0;
    int code = fd < 0 ? -1 : 0;
    if (text && length > EXEC_DOCUMENT_BYTES_MAX) {
        errno = EFBIG;
        code = -1;
    }
    if (!text || (!code && write_all(fd, text, length)))
        code = -1;
    int why = errno;
    if (text)
        explicit_bzero(text, length);
    free(text);
    return code ? slipway_error_set(err, -1, "%s: %s", path, strerror(why)) : 0;
}

int exec_documents_write(struct slipway_call *call, const json_t *documents,
                         const json_t *target, bool ascii, const char *folder,
                         struct slipway_error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)documents, name, value)
    {
        const struct filling filling = {call, target, ascii, name, err};
        auto_json json_t *copy = json_deep_copy(value);
        int code = fill(&filling, copy, 0);
        if (!code)
            code = write_file(folder, name, copy, err);
        wipe_texts(copy);
        if (code)
            return -1;
    }
    return 0;
}

/* Zeros first: on most file systems they take the place of the bytes. */
static void wipe_file(const char *path)
{
    static const char zeros[4096];
    struct stat info;
    auto_fd int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && !fstat(fd, &info))
        for (off_t left = info.st_size; left > 0; left -= (off_t)sizeof zeros)
            if (write(fd, zeros,
                      left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros) < 0)
                break;
    if (fd >= 0)
        (void)fsync(fd);
    (void)unlink(path);
}

void exec_documents_wipe(const json_t *documents, const char *folder)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)documents, name, value)
    {
        auto_free char *path = xasprintf("%s/%s", folder, name);
        if (name_acceptable(name)) /* it may come out of a folder that the job wrote to */
            wipe_file(path);
    }
}
