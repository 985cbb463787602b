/*
 * arguments.c - see arguments.h.
 *
 * One function per type, found through a table. Each takes a borrowed value and
 * gives a new one in normal form, or a sentence; the walk puts the key in front.
 * YAML's scalars are untyped text, so numbers and booleans are accepted as text
 * where the option says that one is meant.
 */
#include "exec/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define TEMPLATE "${"

struct context {
    const char *base_dir;
    enum arguments_stage stage;
};

typedef int (*normalise)(const json_t *value, const struct context *context, json_t **out,
                         struct slipway_error *err);

static json_t *shared(const json_t *json)
{
    return json_incref((json_t *)(uintptr_t)json);
}

static int to_string(const json_t *value, const struct context *context, json_t **out,
                     struct slipway_error *err)
{
    (void)context;
    if (json_is_integer(value)) {
        *out = json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return 0;
    }
    if (!json_is_string(value))
        return slipway_error_set(err, -1, "must be text (put it in quotes)");
    *out = shared(value);
    return 0;
}

static int to_integer(const json_t *value, const struct context *context, json_t **out,
                      struct slipway_error *err)
{
    (void)context;
    if (json_is_integer(value)) {
        *out = shared(value);
        return 0;
    }
    const char *text = json_string_value(value);
    size_t sign = text && *text == '-';
    size_t digits = text ? strspn(text + sign, "0123456789") : 0;
    errno = 0;
    long long number = digits ? strtoll(text, NULL, 10) : 0;
    if (!digits || text[sign + digits] || errno)
        return slipway_error_set(err, -1, "must be a whole number");
    *out = json_integer(number);
    return 0;
}

static int to_boolean(const json_t *value, const struct context *context, json_t **out,
                      struct slipway_error *err)
{
    (void)context;
    const char *text = json_string_value(value);
    bool yes = json_is_true(value) || (text && !strcmp(text, "true"));
    if (!yes && !json_is_false(value) && !(text && !strcmp(text, "false")))
        return slipway_error_set(err, -1, "must be true or false");
    *out = json_boolean(yes);
    return 0;
}

static int to_duration(const json_t *value, const struct context *context, json_t **out,
                       struct slipway_error *err)
{
    int64_t ms;
    if (json_is_integer(value) && context->stage == ARGUMENTS_RUN) {
        ms = json_integer_value(value);
        if (ms < 0 || ms > DURATION_MAX_MS)
            return slipway_error_set(err, -1, "is no duration: %" PRId64 " ms", ms);
        *out = json_integer(ms);
        return 0;
    }
    const char *text = json_string_value(value);
    if (!text || duration_parse(text, &ms))
        return slipway_error_set(err, -1,
                                 "must be a duration with units, such as 90s or 1h30m");
    *out = json_integer(ms);
    return 0;
}

static int to_list(const json_t *value, const struct context *context, json_t **out,
                   struct slipway_error *err)
{
    if (!json_is_array(value))
        return slipway_error_set(err, -1, "must be a list");
    auto_json json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *item = NULL;
        struct slipway_error why;
        if (to_string(json_array_get(value, i), context, &item, &why))
            return slipway_error_set(err, -1, "item %zu %s", i + 1, why.text);
        (void)json_array_append_new(list, item);
    }
    *out = steal_ptr(&list);
    return 0;
}

static int to_object(const json_t *value, const struct context *context, json_t **out,
                     struct slipway_error *err)
{
    (void)context;
    if (!json_is_object(value))
        return slipway_error_set(err, -1, "must be a mapping");
    *out = shared(value);
    return 0;
}

static int to_any(const json_t *value, const struct context *context, json_t **out,
                  struct slipway_error *err)
{
    (void)context;
    (void)err;
    *out = shared(value);
    return 0;
}

static int to_file(const json_t *value, const struct context *context, json_t **out,
                   struct slipway_error *err)
{
    const char *path = json_string_value(value);
    if (!path || !*path)
        return slipway_error_set(err, -1, "must be a path");
    /* a path that begins with a template may yet become absolute */
    bool later = context->stage == ARGUMENTS_LINT && !strncmp(path, TEMPLATE, 2);
    if (*path == '/' || later) {
        *out = shared(value);
        return 0;
    }
    if (!context->base_dir)
        return slipway_error_set(err, -1, "must be an absolute path here");
    while (!strncmp(path, "./", 2))
        path += 2;
    *out = json_sprintf("%s/%s", context->base_dir, path);
    return *out ? 0 : slipway_error_set(err, -1, "is no path (malformed UTF-8)");
}

static int to_command(const json_t *value, const struct context *context, json_t **out,
                      struct slipway_error *err)
{
    const char *program = json_string_value(json_array_get(value, 0));
    if (!program || *program != '/')
        return slipway_error_set(
            err, -1,
            "cmd must be a list that begins with the absolute path of "
            "a program");
    return to_list(value, context, out, err);
}

static int to_secret(const json_t *value, const struct context *context, json_t **out,
                     struct slipway_error *err)
{
    static const struct {
        const char *key;
        normalise to;
    } kinds[] = {{"file", to_file}, {"cmd", to_command}, {"credential", to_string}};
    const char *text = json_string_value(value);
    if (text && !strcmp(text, "agent")) {
        *out = shared(value);
        return 0;
    }
    for (size_t i = 0; json_object_size(value) == 1 && i < ARRAY_LENGTH(kinds); i++) {
        const json_t *member = json_object_get(value, kinds[i].key);
        json_t *normal = NULL;
        if (!member)
            continue;
        if (kinds[i].to(member, context, &normal, err))
            return -1;
        *out = json_object();
        return json_object_set_new(*out, kinds[i].key, normal);
    }
    /* what was written there is not repeated: it may be the secret itself */
    return slipway_error_set(
        err, -1,
        "must be a reference to a secret, never its text: {file: PATH}, "
        "{cmd: [PROGRAM, ...]}, {credential: NAME} or agent");
}

static const struct {
    const char *name;
    normalise to;
} types[] = {
    [SLIPWAY_STRING] = {"text", to_string},
    [SLIPWAY_INTEGER] = {"integer", to_integer},
    [SLIPWAY_BOOLEAN] = {"boolean", to_boolean},
    [SLIPWAY_DURATION] = {"duration", to_duration},
    [SLIPWAY_LIST] = {"list", to_list},
    [SLIPWAY_OBJECT] = {"mapping", to_object},
    [SLIPWAY_ANY] = {"any", to_any},
    [SLIPWAY_FILE] = {"file", to_file},
    [SLIPWAY_SECRET] = {"secret reference", to_secret},
};

const char *arguments_type_name(enum slipway_type type)
{
    return (size_t)type < ARRAY_LENGTH(types) ? types[type].name : "invalid";
}

bool arguments_has_template(const json_t *json)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(json))
        return strstr(json_string_value(json), TEMPLATE) != NULL;
    if (json_is_object(json)) {
        json_object_foreach((json_t *)(uintptr_t)json, key, value)
        {
            if (arguments_has_template(value))
                return true;
        }
    }
    if (json_is_array(json)) {
        json_array_foreach((json_t *)(uintptr_t)json, i, value)
        {
            if (arguments_has_template(value))
                return true;
        }
    }
    return false;
}

/* A reference that people wrote elsewhere: in the campaign or the fleet. Never one out of
   a result, where an appliance could name a file or a program of ours. */
static bool is_written_elsewhere(const char *text)
{
    const char *end = text ? strchr(text, '}') : NULL;
    return end && !end[1] &&
           (!strncmp(text, TEMPLATE "vars.", 7) || !strncmp(text, TEMPLATE "target.", 9));
}

static int convert(const struct slipway_option *option, const json_t *value,
                   const struct context *context, json_t **out, struct slipway_error *err)
{
    const char *text = json_string_value(value);
    if (json_is_null(value))
        return slipway_error_set(err, -1, "is empty; give a value or leave the key out");
    /* files are made absolute at once, while it is known where they were written */
    if (context->stage == ARGUMENTS_LINT && text && strstr(text, TEMPLATE) &&
        option->type != SLIPWAY_FILE &&
        (option->type != SLIPWAY_SECRET || is_written_elsewhere(text))) {
        *out = shared(value);
        return 0;
    }
    return types[option->type].to(value, context, out, err);
}

static int convert_all(const struct slipway_operation *operation, const json_t *with,
                       const struct context *context, json_t *normal,
                       struct slipway_error *err)
{
    const struct slipway_option *option = operation->options;
    for (; option && option->name; option++) {
        json_t *value = json_object_get(with, option->name), *made = NULL;
        auto_json json_t *fallback = NULL;
        /* a default is the plugin's own text: relative files and bare
           milliseconds mean there what they mean in a playbook */
        if (!value && option->fallback)
            value = fallback = json_parse(option->fallback, strlen(option->fallback),
                                          ARGUMENTS_MAX, err);
        if (!value && option->required)
            return slipway_error_set(err, -1, "%s: is missing (%s%s%s)", option->name,
                                     arguments_type_name(option->type),
                                     option->help ? ": " : "",
                                     option->help ? option->help : "");
        struct slipway_error why;
        if (!value)
            continue;
        if (convert(option, value, context, &made, &why))
            return slipway_error_set(err, -1, "%s: %s", option->name, why.text);
        (void)json_object_set_new(normal, option->name, made);
    }
    return 0;
}

static int refuse_unknown(const struct slipway_operation *operation, const json_t *with,
                          struct slipway_error *err)
{
    const char *names[PLUGINS_OPTIONS];
    size_t count = 0;
    for (const struct slipway_option *o = operation->options;
         o && o->name && count < PLUGINS_OPTIONS; o++)
        names[count++] = o->name;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)with, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = !strcmp(names[i], key);
        if (known)
            continue;
        char clean[96];
        auto_buf struct buf hint = {0};
        const char *near = text_nearest(key, names, count);
        for (size_t i = 0; i < count && !near && hint.length < 300; i++)
            buf_addf(&hint, "%s %s", i ? "," : "; known:", names[i]);
        return slipway_error_set(err, -1, "%s: unknown argument%s%s%s",
                                 text_clean(key, clean, sizeof clean),
                                 near ? "; did you mean \"" : buf_text(&hint),
                                 near    ? near
                                 : count ? ""
                                         : "; it takes none",
                                 near ? "\"?" : "");
    }
    return 0;
}

/* The operation's own opinion, about arguments that are final. */
static int ask_operation(const struct slipway_operation *operation, const json_t *normal,
                         const struct context *context, struct slipway_error *err)
{
    if (!operation->check ||
        (context->stage == ARGUMENTS_LINT && arguments_has_template(normal)))
        return 0;
    auto_free char *text = json_canonical(normal);
    struct slipway_error why = {"are refused without saying why (plugin bug)"};
    char clean[SLIPWAY_ERROR_MAX];
    if (!operation->check(text, &why))
        return 0;
    return slipway_error_set(err, -1, "%s", text_clean(why.text, clean, sizeof clean));
}

int arguments_check(const struct slipway_operation *operation, const json_t *with,
                    const char *base_dir, enum arguments_stage stage, json_t **out,
                    struct slipway_error *err)
{
    const struct context context = {base_dir, stage};
    if (with && !json_is_object(with))
        return slipway_error_set(err, -1, "the arguments must be a mapping");
    auto_json json_t *normal = json_object();
    if (refuse_unknown(operation, with, err) ||
        convert_all(operation, with, &context, normal, err) ||
        ask_operation(operation, normal, &context, err))
        return -1;
    auto_free char *text = json_canonical(normal);
    if (strlen(text) > ARGUMENTS_MAX)
        return slipway_error_set(err, -1, "the arguments are larger than %u bytes",
                                 ARGUMENTS_MAX);
    *out = steal_ptr(&normal);
    return 0;
}

int arguments_secret(const char *what, const json_t *reference, const char *base_dir,
                     json_t **out, struct slipway_error *err)
{
    const struct context context = {base_dir, ARGUMENTS_RUN};
    struct slipway_error why;
    if (to_secret(reference, &context, out, &why))
        return slipway_error_set(err, -1, "%s: %s", what, why.text);
    return 0;
}
