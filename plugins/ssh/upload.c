/*
 * upload.c - ssh.upload: a file, complete and durable, or not there.
 *
 *   inspect.sh ── equal ──────────────────────────────► DONE
 *        │ a part of an earlier try, and its hash is that of our first bytes:
 *        │ go on behind it; otherwise from 0
 *        ▼
 *   SFTP into a temporary file beside the destination (its name holds the
 *   content's hash) ── time nearly over ──► PENDING, poll goes on
 *        ▼
 *   finish.sh: hash on the appliance, mode, sync, one rename ──► DONE
 *
 * Nothing but that rename touches the destination, and repeating any part of
 * this converges, so every lost connection is a RETRY.
 */
#include <stdlib.h>
#include <string.h>

#include "ssh/arguments.h"
#include "ssh/channel.h"
#include "ssh/limits.h"
#include "ssh/local_file.h"
#include "ssh/operations.h"
#include "ssh/outcome.h"
#include "ssh/scripts.h"
#include "ssh/sftp.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define MODE_DEFAULT "0644"
#define TAG_LENGTH   16 /* hex digits of the content's hash in the temporary name */

struct upload {
    struct slipway_call *call;
    struct connection *connection;
    struct local_file file;
    const char *to;
    const char *mode; /* NULL if the step gives none */
    char *temporary;
    int64_t resumed_from;
};

static bool mode_valid(const char *mode)
{
    size_t length = strlen(mode);
    return length >= 3 && length <= 4 && strspn(mode, "01234567") == length;
}

int upload_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = arguments_parse(with, err);
    if (!json)
        return -1;
    const char *file = json_text(json, "file"), *to = json_text(json, "to");
    const char *mode = json_text(json, "mode");
    if (!file)
        return slipway_error_set(err, -1, "file must be the path of a local file");
    if (!to || !target_path_valid(to) || to[strlen(to) - 1] == '/')
        return slipway_error_set(err, -1,
                                 "to must be an absolute path of a file, without "
                                 "\"..\"");
    if (json_object_get(json, "mode") && (!mode || !mode_valid(mode)))
        return slipway_error_set(err, -1,
                                 "mode must be octal digits in quotes: \"0644\"");
    return 0;
}

/* Run one of the two scripts; its answer's first word and the rest go to *word
   and *rest (borrowed from *line, which is the caller's). DONE, or an outcome with
   a sentence. */
static enum slipway_outcome ask(struct upload *upload, const char *script,
                                const char *mode, char **line, char **word, char **rest)
{
    struct slipway_call *call = upload->call;
    const char *const argv[] = {"/bin/sh",           "-c",       script,
                                "slipway-upload",    upload->to, upload->temporary,
                                upload->file.sha256, mode};
    struct exec_request request = {.argv = argv, .argc = ARRAY_LENGTH(argv)};
    auto_reply struct exec_reply reply = {0};
    struct slipway_error err;
    enum exec_end end = channel_exec(upload->connection, &request, &reply, &err);
    if (end != EXEC_ENDED)
        return outcome_say(call, channel_outcome(call, end, &reply), "%s: %s",
                           upload->connection->target.host, err.text);
    static const char head[] = "slipway-upload ";
    const char *text = buf_text(&reply.out);
    if (strncmp(text, head, strlen(head)) != 0)
        return outcome_say(call, SLIPWAY_RETRY, "the appliance's answer is damaged");
    text += strlen(head);
    *line = xstrndup(text, strcspn(text, "\n"));
    *word = *line;
    *rest = *line + strcspn(*line, " ");
    if (**rest)
        *(*rest)++ = '\0';
    return SLIPWAY_DONE;
}

static enum slipway_outcome refuse_with(struct slipway_call *call,
                                        enum slipway_outcome outcome, const char *text)
{
    char clean[256];
    return outcome_say(call, outcome, "%s", text_clean(text, clean, sizeof clean));
}

static enum slipway_outcome finished(struct upload *upload)
{
    auto_json json_t *result = json_object();
    (void)json_object_set_new(result, "sha256", json_string(upload->file.sha256));
    (void)json_object_set_new(result, "bytes", json_integer(upload->file.size));
    (void)json_object_set_new(result, "resumed_from", json_integer(upload->resumed_from));
    auto_free char *text = json_canonical(result);
    (void)upload->call->host->set_result(upload->call, text);
    return SLIPWAY_DONE;
}

/* "SIZE SHA" of an earlier part: where to go on, 0 if it is not our beginning. */
static int64_t resume_offset(struct upload *upload, char *rest)
{
    char *end = NULL;
    long long size = strtoll(rest, &end, 10);
    char prefix[SHA256_HEX];
    struct slipway_error err;
    if (end == rest || *end != ' ' || size <= 0 || size > upload->file.size)
        return 0;
    if (local_file_hash(upload->call, &upload->file, size, prefix, &err) != 0)
        return 0;
    return strcmp(prefix, end + 1) == 0 ? size : 0;
}

static enum slipway_outcome put_in_place(struct upload *upload)
{
    auto_free char *line = NULL;
    char *word = NULL, *rest = NULL;
    const char *mode = upload->mode ? upload->mode : MODE_DEFAULT;
    enum slipway_outcome outcome = ask(upload, script_finish, mode, &line, &word, &rest);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (strcmp(word, "OK") == 0)
        return finished(upload);
    if (strcmp(word, "BAD") == 0)
        return outcome_say(
            upload->call, SLIPWAY_RETRY,
            "what arrived has another hash; it was removed and is sent again");
    return refuse_with(upload->call, SLIPWAY_FAILED, rest);
}

/* The next call knows by this that the file has not changed meanwhile. */
static void set_handle(struct upload *upload, int64_t at)
{
    auto_json json_t *handle = json_object();
    (void)json_object_set_new(handle, "sha256", json_string(upload->file.sha256));
    (void)json_object_set_new(handle, "reached", json_integer(at));
    (void)json_object_set_new(handle, "resumed_from", json_integer(upload->resumed_from));
    (void)json_object_set_new(handle, "size", json_integer(upload->file.size));
    (void)json_object_set_new(
        handle, "changed_ns",
        json_integer((json_int_t)upload->file.info.st_mtim.tv_sec * 1000000000 +
                     upload->file.info.st_mtim.tv_nsec));
    (void)json_object_set_new(handle, "inode",
                              json_integer((json_int_t)upload->file.info.st_ino));
    auto_free char *text = json_canonical(handle);
    (void)upload->call->host->set_handle(upload->call, text);
}

static enum slipway_outcome transfer(struct upload *upload, int64_t offset)
{
    struct slipway_call *call = upload->call;
    struct slipway_error err = {.text = ""};
    int64_t reached = offset;
    enum sftp_end end = sftp_write_file(upload->connection, &upload->file,
                                        upload->temporary, offset, &reached, &err);
    switch (end) {
    case SFTP_COMPLETE:
        return put_in_place(upload);
    case SFTP_PAUSED:
        if (reached == offset)
            return outcome_say(
                call, call->host->canceled(call) ? SLIPWAY_CANCELED : SLIPWAY_RETRY,
                "no time was left to send anything");
        set_handle(upload, reached);
        call->host->look_again_in(call, 0);
        return outcome_say(call, SLIPWAY_PENDING, "%lld of %lld bytes are there",
                           (long long)reached, (long long)upload->file.size);
    case SFTP_LOST:
        return outcome_say(call,
                           call->host->canceled(call) ? SLIPWAY_CANCELED : SLIPWAY_RETRY,
                           "%s", err.text);
    case SFTP_REFUSED:
        break;
    }
    return outcome_say(call, SLIPWAY_FAILED, "%s", err.text);
}

static enum slipway_outcome deliver(struct upload *upload)
{
    auto_free char *line = NULL;
    char *word = NULL, *rest = NULL;
    const char *mode = upload->mode ? upload->mode : "";
    enum slipway_outcome outcome = ask(upload, script_inspect, mode, &line, &word, &rest);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (strcmp(word, "EQUAL") == 0)
        return finished(upload);
    if (strcmp(word, "REFUSED") == 0)
        return refuse_with(upload->call, SLIPWAY_REFUSED, rest);
    if (strcmp(word, "NONE") == 0)
        return transfer(upload, 0);
    if (strcmp(word, "TEMP") != 0)
        return outcome_say(upload->call, SLIPWAY_RETRY,
                           "the appliance's answer is damaged");
    int64_t offset = resume_offset(upload, rest);
    if (offset == 0) { /* finish.sh removes what is not ours, then we start anew */
        (void)put_in_place(upload);
        return outcome_say(upload->call, SLIPWAY_RETRY,
                           "a part of another content was in the way and was removed");
    }
    if (!upload->call->handle)
        upload->resumed_from = offset;
    return offset == upload->file.size ? put_in_place(upload) : transfer(upload, offset);
}

/* Hash the file, unless the handle shows that it is the one hashed before. */
static int know_content(struct upload *upload, struct slipway_error *err)
{
    const struct stat *info = &upload->file.info;
    if (upload->call->handle) {
        auto_json json_t *handle = json_parse(
            upload->call->handle, strlen(upload->call->handle), SLIPWAY_HANDLE_MAX, NULL);
        const char *sha = handle ? json_text(handle, "sha256") : NULL;
        json_int_t changed_ns =
            (json_int_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
        upload->resumed_from = handle ? json_number(handle, "resumed_from", 0) : 0;
        if (sha && strlen(sha) == SHA256_HEX - 1 &&
            json_number(handle, "size", -1) == upload->file.size &&
            json_number(handle, "inode", -1) == (json_int_t)info->st_ino &&
            json_number(handle, "changed_ns", -1) == changed_ns) {
            memcpy(upload->file.sha256, sha, SHA256_HEX);
            return 0;
        }
    }
    return local_file_hash(upload->call, &upload->file, upload->file.size,
                           upload->file.sha256, err);
}

/* <directory of to>/.slipway-upload.<hash>.part */
static char *temporary_name(const struct upload *upload)
{
    size_t directory = (size_t)(strrchr(upload->to, '/') - upload->to);
    return xasprintf("%.*s/.slipway-upload.%.*s.part", (int)directory, upload->to,
                     TAG_LENGTH, upload->file.sha256);
}

enum slipway_outcome upload_start(struct slipway_call *call)
{
    struct slipway_error err;
    if (upload_check(call->with, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    auto_json json_t *with = arguments_parse(call->with, &err);
    auto_connection struct connection connection = {0};
    struct upload upload = {.call = call, .connection = &connection};
    upload.to = json_text(with, "to");
    upload.mode = json_text(with, "mode");
    auto_local_file struct local_file file = {.fd = -1};
    int opened = local_file_open(json_text(with, "file"), &file, &err);
    if (opened != 0)
        return outcome_say(call, opened > 0 ? SLIPWAY_RETRY : SLIPWAY_REFUSED, "%s",
                           err.text);
    upload.file = file;
    if (know_content(&upload, &err) != 0)
        return outcome_say(call,
                           call->host->canceled(call) ? SLIPWAY_CANCELED : SLIPWAY_RETRY,
                           "%s", err.text);
    enum slipway_outcome outcome = connection_open(call, &connection, &err);
    if (outcome != SLIPWAY_DONE)
        return outcome_say(call, outcome, "%s", err.text);
    auto_free char *temporary = temporary_name(&upload);
    upload.temporary = temporary;
    return deliver(&upload);
}

enum slipway_outcome upload_poll(struct slipway_call *call)
{
    return upload_start(call);
}
