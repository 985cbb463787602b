/*
 * exec_command.c - see exec_command.h.
 *
 * Nothing is searched in a PATH and nothing is given to a shell. When something is not as
 * it must be, nothing was started; the sentence names the argument to correct.
 */
#include "exec/exec_command.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/program.h"
#include "util/text.h"
#include "util/xalloc.h"

static const char SAFE_PATH[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void exec_command_free(struct exec_command *command)
{
    for (size_t i = 0; command->argv[i]; i++)
        free(command->argv[i]);
    for (size_t i = 0; command->environment[i]; i++)
        free(command->environment[i]);
    free(command->program);
    *command = (struct exec_command){0};
}

/* --- checking ------------------------------------------------------------------------- */

static int check_argv(const json_t *argv, struct slipway_error *err)
{
    size_t count = json_array_size(argv);
    if (!count || count > EXEC_ARGUMENTS_MAX)
        return slipway_error_set(
            err, -1, "argv must be a list of 1 to %u texts, the program first",
            EXEC_ARGUMENTS_MAX);
    for (size_t i = 0; i < count; i++)
        if (!json_is_string(json_array_get(argv, i)))
            return slipway_error_set(err, -1, "argv: item %zu is no text", i + 1);
    const char *program = json_string_value(json_array_get(argv, 0));
    if (program[0] != '/' && strncmp(program, "${", 2) != 0) /* resolving checks again */
        return slipway_error_set(err, -1,
                                 "argv: the program must be an absolute path; no PATH is "
                                 "searched");
    return 0;
}

static bool name_acceptable(const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && !name[length] && !(name[0] >= '0' && name[0] <= '9') &&
           strncmp(name, "LD_", 3) != 0 && strncmp(name, "SLIPWAY_", 8) != 0;
}

static int check_environment(const json_t *environment, struct slipway_error *err)
{
    const char *name;
    json_t *value;
    if (json_object_size(environment) > EXEC_ENVIRONMENT_MAX)
        return slipway_error_set(err, -1, "env: more than %u variables",
                                 EXEC_ENVIRONMENT_MAX);
    json_object_foreach((json_t *)(uintptr_t)environment, name, value)
    {
        char clean[128];
        if (!name_acceptable(name) || !json_is_string(value))
            return slipway_error_set(
                err, -1,
                "env: %s must be a text, and its name one of letters, "
                "digits and _, not beginning with LD_ or SLIPWAY_",
                text_clean(name, clean, sizeof clean));
    }
    return 0;
}

int exec_command_check(const json_t *with, struct slipway_error *err)
{
    if (check_argv(json_object_get(with, "argv"), err))
        return -1;
    return check_environment(json_object_get(with, "env"), err);
}

/* --- preparing ------------------------------------------------------------------------ */

/* `text` with every {job} replaced by the folder. */
static char *with_folder(const char *text, const char *folder)
{
    auto_buf struct buf out = {0};
    for (const char *at; folder && (at = strstr(text, EXEC_JOB_MARK));) {
        buf_add(&out, text, (size_t)(at - text));
        buf_adds(&out, folder);
        text = at + sizeof EXEC_JOB_MARK - 1;
    }
    buf_adds(&out, text);
    return buf_take(&out);
}

static void prepare_argv(struct exec_command *command, const json_t *argv,
                         const char *folder)
{
    for (size_t i = 0; i < json_array_size(argv); i++)
        command->argv[i] =
            with_folder(json_string_value(json_array_get(argv, i)), folder);
    const char *slash = strrchr(command->argv[0], '/');
    const char *name = slash && slash[1] ? slash + 1 : command->argv[0];
    (void)text_clean(name, command->name, sizeof command->name);
}

static void prepare_environment(struct exec_command *command,
                                const struct slipway_call *call, const json_t *own,
                                const char *target_name, const char *folder)
{
    const char *name;
    json_t *value;
    size_t count = 0;
    if (!json_object_get(own, "PATH"))
        command->environment[count++] = xstrdup(SAFE_PATH);
    if (!json_object_get(own, "LC_ALL"))
        command->environment[count++] = xstrdup("LC_ALL=C");
    command->environment[count++] = xasprintf("SLIPWAY_INTENT_KEY=%s", call->key);
    command->environment[count++] =
        xasprintf("SLIPWAY_FINGERPRINT=%s", call->fingerprint);
    command->environment[count++] =
        xasprintf("SLIPWAY_TARGET=%s", target_name ? target_name : "");
    json_object_foreach((json_t *)(uintptr_t)own, name, value)
    {
        auto_free char *text = with_folder(json_string_value(value), folder);
        command->environment[count++] = xasprintf("%s=%s", name, text);
    }
}

int exec_command_prepare(const struct slipway_call *call, const json_t *with,
                         const json_t *target, const char *folder,
                         struct exec_command *out, struct slipway_error *err)
{
    if (exec_command_check(with, err))
        return -1;
    prepare_argv(out, json_object_get(with, "argv"), folder);
    prepare_environment(out, call, json_object_get(with, "env"),
                        json_text(target, "name"), folder);
    return program_resolve(out->argv[0], &out->program, err);
}
