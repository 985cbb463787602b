/*
 * job_parts.c - see job_parts.h.
 *
 * `main` is a few lines of shell that the supervisor runs: exports, then one
 * exec. A script is run through the interpreter of its "#!" line, named here, so
 * that a file system mounted noexec does not matter. Every value passes through
 * quote_word(); names are checked, never quoted.
 */
#include "ssh/job_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ssh/arguments.h"
#include "ssh/limits.h"
#include "ssh/quote.h"
#include "util/auto.h"
#include "util/descriptors.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define INTERPRETER_MAX 200u

/* What env holds stands in plan and database; these belong into secret_env. */
static bool is_secret_name(const char *name)
{
    static const char *const ends[] = {"PASSWORD", "PASSWD",  "PASSPHRASE", "SECRET",
                                       "TOKEN",    "API_KEY", "PRIVATE_KEY"};
    size_t length = strlen(name);
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        size_t end = strlen(ends[i]);
        if (length >= end && !strcasecmp(name + length - end, ends[i]))
            return true;
    }
    return false;
}

static int check_names(const json_t *object, const char *what, bool texts,
                       struct slipway_error *err)
{
    const char *name;
    json_t *value;
    if (object && !json_is_object(object))
        return slipway_error_set(err, -1, "%s must be a mapping", what);
    if (json_object_size(object) > SSH_ENV_MAX)
        return slipway_error_set(err, -1, "%s has more than %u entries", what,
                                 SSH_ENV_MAX);
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        char clean[80];
        if (!arguments_variable_valid(name))
            return slipway_error_set(err, -1, "%s: \"%s\" is no name of a variable", what,
                                     text_clean(name, clean, sizeof clean));
        bool scalar = json_is_string(value) || json_is_integer(value);
        if (texts && !scalar)
            return slipway_error_set(err, -1, "%s.%s must be a text or a number", what,
                                     name);
        if (texts && is_secret_name(name))
            return slipway_error_set(err, -1,
                                     "%s.%s: a secret does not belong into a playbook; "
                                     "give a reference to it in secret_env",
                                     what, name);
    }
    return 0;
}

int job_parts_check(const json_t *with, struct slipway_error *err)
{
    const json_t *script = json_object_get(with, "script");
    const json_t *argv = json_object_get(with, "argv");
    const json_t *verify = json_object_get(with, "verify");
    size_t count;
    if (!script == !argv)
        return slipway_error_set(err, -1, "give either `script` or `argv`");
    if (script && !json_is_string(script))
        return slipway_error_set(err, -1, "script must be the path of a file");
    if (argv) {
        auto_free const char **words = arguments_words(argv, "argv", &count, err);
        if (!words)
            return -1;
    }
    if (verify) {
        auto_free const char **words =
            arguments_words(json_object_get(verify, "argv"), "verify.argv", &count, err);
        if (!words)
            return -1;
    }
    if (check_names(json_object_get(with, "env"), "env", true, err) != 0)
        return -1;
    return check_names(json_object_get(with, "secret_env"), "secret_env", false, err);
}

static void add_export(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "export %s=", name);
    quote_word(out, value);
    buf_addc(out, '\n');
}

static void add_environment(struct buf *main, const json_t *env)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)env, name, value)
    {
        char number[32];
        (void)snprintf(number, sizeof number, "%lld",
                       (long long)json_integer_value(value));
        add_export(main, name, json_is_string(value) ? json_string_value(value) : number);
    }
}

static int add_secrets(struct slipway_call *call, struct buf *out,
                       const json_t *references, struct slipway_error *err)
{
    const char *name;
    json_t *reference;
    json_object_foreach((json_t *)(uintptr_t)references, name, reference)
    {
        struct slipway_secret secret = {0};
        auto_free char *text = json_canonical(reference);
        struct slipway_error why;
        if (call->host->secret(call, text, &secret, &why) != 0)
            return slipway_error_set(err, -1, "secret_env.%s: %s", name, why.text);
        add_export(out, name, secret.bytes);
        call->host->secret_free(&secret);
    }
    return 0;
}

static int read_script(const char *path, struct buf *out, struct slipway_error *err)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 && descriptors_short(errno))
        return slipway_error_set(err, 1, "script %s: " DESCRIPTORS_SHORT, path);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return slipway_error_set(err, -1, "script %s cannot be read as a file", path);
    if (info.st_size <= 0 || info.st_size > SSH_SCRIPT_MAX)
        return slipway_error_set(err, -1, "script %s is empty or larger than %u bytes",
                                 path, SSH_SCRIPT_MAX);
    char bytes[16 * 1024];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        buf_add(out, bytes, (size_t)got);
        if (out->length > SSH_SCRIPT_MAX)
            return slipway_error_set(err, -1, "script %s grows while it is read", path);
    }
    if (got < 0)
        return slipway_error_set(err, -1, "script %s: %s", path, strerror(errno));
    return 0;
}

/* "#!/bin/bash -e" gives '/bin/bash' '-e'; no such line gives '/bin/sh'. As the
   kernel does it: all that follows the interpreter is one argument. */
static int add_interpreter(struct buf *main, const struct buf *script,
                           struct slipway_error *err)
{
    char line[INTERPRETER_MAX + 1];
    const char *text = buf_text(script);
    size_t length = strcspn(text, "\r\n");
    if (strncmp(text, "#!", 2) != 0) {
        buf_adds(main, "/bin/sh");
        return 0;
    }
    if (length > INTERPRETER_MAX)
        return slipway_error_set(err, -1, "the script's first line is too long");
    (void)snprintf(line, sizeof line, "%.*s", (int)length - 2, text + 2);
    char *interpreter = line + strspn(line, " \t");
    char *end = interpreter + strcspn(interpreter, " \t");
    char *argument = end + strspn(end, " \t");
    for (size_t left = strlen(argument); left && strchr(" \t", argument[left - 1]);
         left--)
        argument[left - 1] = '\0';
    *end = '\0';
    if (interpreter[0] != '/')
        return slipway_error_set(err, -1, "the script's first line names no interpreter");
    quote_word(main, interpreter);
    if (argument[0]) {
        buf_addc(main, ' ');
        quote_word(main, argument);
    }
    return 0;
}

void job_parts_exec(struct buf *main, const char *const *words, size_t count)
{
    buf_adds(main, "cd /\nexec ");
    quote_words(main, words, count);
    buf_addc(main, '\n');
}

static int add_command(const json_t *with, struct runner_job *job,
                       struct slipway_error *err)
{
    const char *path = json_text(with, "script");
    if (!path) {
        size_t count;
        auto_free const char **words =
            arguments_words(json_object_get(with, "argv"), "argv", &count, err);
        if (!words)
            return -1;
        job_parts_exec(&job->main, words, count);
        return 0;
    }
    int read = read_script(path, &job->script, err);
    if (read != 0)
        return read;
    buf_adds(&job->main, "cd /\nexec ");
    if (add_interpreter(&job->main, &job->script, err) != 0)
        return -1;
    buf_adds(&job->main, " \"$SLIPWAY_JOB_DIR/cmd\"\n");
    return 0;
}

int job_parts_build(struct slipway_call *call, const json_t *with, struct runner_job *job,
                    struct slipway_error *err)
{
    int64_t timeout_ms = arguments_duration(with, "timeout", 0);
    job->timeout_s = (timeout_ms + 999) / 1000;
    add_environment(&job->main, json_object_get(with, "env"));
    if (add_secrets(call, &job->secret, json_object_get(with, "secret_env"), err) != 0)
        return -1;
    return add_command(with, job, err);
}
