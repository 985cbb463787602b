/* arguments.c - see arguments.h. */
#include "ssh/arguments.h"

#include <string.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define WITH_BYTES_MAX (2u * SSH_MIB)

json_t *arguments_parse(const char *with, struct slipway_error *err)
{
    struct slipway_error why;
    auto_json json_t *json = json_parse(with, strlen(with), WITH_BYTES_MAX, &why);
    if (!json) {
        (void)slipway_error_set(err, -1, "`with`: %s", why.text);
        return NULL;
    }
    if (!json_is_object(json)) {
        (void)slipway_error_set(err, -1, "`with` must be a mapping");
        return NULL;
    }
    return steal_ptr(&json);
}

const char **arguments_words(const json_t *list, const char *name, size_t *count,
                             struct slipway_error *err)
{
    size_t size = json_array_size(list);
    if (size == 0 || size > SSH_ARGUMENTS_MAX) {
        (void)slipway_error_set(err, -1, "%s must be a list of 1 to %u texts", name,
                                SSH_ARGUMENTS_MAX);
        return NULL;
    }
    auto_free const char **words = xcalloc(size + 1, sizeof *words);
    for (size_t i = 0; i < size; i++) {
        words[i] = json_string_value(json_array_get(list, i));
        if (!words[i] || (i == 0 && words[0][0] == '\0')) {
            (void)slipway_error_set(err, -1, "%s: item %zu must be a text%s", name, i + 1,
                                    i ? "" : ", the command's name");
            return NULL;
        }
    }
    *count = size;
    return steal_ptr(&words);
}

int64_t arguments_duration(const json_t *with, const char *name, int64_t fallback)
{
    json_int_t value = json_number(with, name, fallback);
    return value < 0 ? fallback : value;
}

bool arguments_variable_valid(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = strlen(name);
    return length > 0 && length <= 128 && strspn(name, allowed) == length &&
           !(name[0] >= '0' && name[0] <= '9');
}

bool arguments_inert(struct slipway_call *call)
{
    if (!(call->flags & SLIPWAY_CALL_READ_ONLY) || call->repeat == SLIPWAY_READ)
        return false;
    call->host->say(call,
                    "ssh.%s changes something and this is a dry run: nothing was sent",
                    call->operation);
    return true;
}
