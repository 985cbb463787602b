/*
 * render.c - see render.h.
 *
 * One walk over the document serves both uses: expansion (a context is given) and
 * scanning (a visitor is given). Each string value is cut into literal pieces and
 * templates; the pieces are collected in a buffer that is capped, so that a short
 * playbook cannot ask for a document without end. Any failure frees the half-made
 * document and leaves one sentence.
 */
#include "model/render.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

struct walk {
    const json_t *context; /* NULL while scanning */
    render_visit visit;
    void *data;
    size_t bytes; /* of all expanded strings so far */
    struct slipway_error *err;
};

static const char path_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

static const char *const roots[] = {"vars", "target", "steps"};

static bool has_root(const char *path)
{
    size_t length = strcspn(path, ".");
    for (size_t i = 0; i < ARRAY_LENGTH(roots); i++) {
        if (strlen(roots[i]) == length && !strncmp(roots[i], path, length))
            return true;
    }
    return false;
}

/* No empty segment: not at the front, at the end or in the middle. */
static bool has_segments(const char *path)
{
    size_t length = strlen(path);
    return length && path[0] != '.' && path[length - 1] != '.' && !strstr(path, "..");
}

/* Copy the path that follows "${" at `text`; -1 if it is malformed. */
static int read_path(const char *text, char path[RENDER_PATH_MAX],
                     struct slipway_error *err)
{
    char clean[128];
    size_t length = strspn(text, path_characters);
    if (text[length] != '}' || length >= RENDER_PATH_MAX) {
        auto_free char *start = xstrndup(text, strcspn(text, "}"));
        return slipway_error_set(err, -1,
                                 "template ${%s is not a path such as ${vars.repo}: only "
                                 "letters, digits, _ - and . may stand before the }",
                                 text_clean(start, clean, sizeof clean));
    }
    memcpy(path, text, length);
    path[length] = '\0';
    if (!has_segments(path) || !has_root(path) || !strchr(path, '.'))
        return slipway_error_set(err, -1,
                                 "template ${%s} must begin with vars., target. or "
                                 "steps. and name a member",
                                 text_clean(path, clean, sizeof clean));
    return 0;
}

static const json_t *list_item(const json_t *list, const char *segment)
{
    size_t digits = strspn(segment, "0123456789");
    if (!digits || segment[digits] || digits > 6)
        return NULL;
    return json_array_get(list, (size_t)strtoul(segment, NULL, 10));
}

static const json_t *look_up(const json_t *context, const char *path)
{
    const json_t *at = context;
    while (at && *path) {
        size_t length = strcspn(path, ".");
        auto_free char *segment = xstrndup(path, length);
        at = json_is_array(at) ? list_item(at, segment) : json_object_get(at, segment);
        path += length + (path[length] == '.');
    }
    return at;
}

static const json_t *value_of(struct walk *walk, const char *path)
{
    const json_t *value = look_up(walk->context, path);
    if (!value)
        (void)slipway_error_set(walk->err, -1, "${%s} has no value here", path);
    return value;
}

/* Append a scalar; a list, a mapping or null has no place inside a longer text. */
static int add_scalar(struct walk *walk, struct buf *out, const char *path)
{
    const json_t *value = value_of(walk, path);
    if (!value)
        return -1;
    if (json_is_string(value)) {
        buf_add(out, json_string_value(value), json_string_length(value));
        return 0;
    }
    if (json_is_number(value) || json_is_boolean(value)) {
        auto_free char *text = json_canonical(value);
        buf_adds(out, text);
        return 0;
    }
    return slipway_error_set(walk->err, -1,
                             "${%s} is %s, which cannot stand inside a longer text; let "
                             "the template be the whole value",
                             path,
                             json_is_array(value)    ? "a list"
                             : json_is_object(value) ? "a mapping"
                                                     : "null");
}

static int add_template(struct walk *walk, struct buf *out, const char *path)
{
    if (walk->visit && walk->visit(walk->data, path, walk->err) != 0)
        return -1;
    return walk->context ? add_scalar(walk, out, path) : 0;
}

static int too_long(struct walk *walk)
{
    return slipway_error_set(walk->err, -1,
                             "the arguments are longer than %u bytes once their "
                             "templates are expanded",
                             RENDER_BYTES_MAX);
}

/* Expand every template of one text into `out`. */
static int expand(struct walk *walk, const char *text, struct buf *out)
{
    while (*text) {
        char path[RENDER_PATH_MAX];
        if (!strncmp(text, "$${", 3)) {
            buf_adds(out, "${");
            text += 3;
        } else if (!strncmp(text, "${", 2)) {
            if (read_path(text + 2, path, walk->err) != 0 ||
                add_template(walk, out, path) != 0)
                return -1;
            text += strlen(path) + 3;
        } else {
            size_t plain = strcspn(text + 1, "$") + 1;
            buf_add(out, text, plain);
            text += plain;
        }
        if (walk->bytes + out->length > RENDER_BYTES_MAX)
            return too_long(walk);
    }
    return 0;
}

/* True if the text is exactly one template; its path in `path`. */
static bool is_one_template(const char *text, char path[RENDER_PATH_MAX])
{
    const char *end = strchr(text, '}');
    return !strncmp(text, "${", 2) && end && !end[1] && !read_path(text + 2, path, NULL);
}

static json_t *render_text(struct walk *walk, const char *text)
{
    char path[RENDER_PATH_MAX];
    if (walk->context && is_one_template(text, path)) {
        const json_t *value = value_of(walk, path);
        if (!value)
            return NULL;
        auto_free char *canonical = json_canonical(value);
        walk->bytes += strlen(canonical);
        if (walk->bytes > RENDER_BYTES_MAX) {
            (void)too_long(walk);
            return NULL;
        }
        return json_deep_copy(value);
    }
    auto_buf struct buf out = {0};
    if (expand(walk, text, &out) != 0)
        return NULL;
    walk->bytes += out.length;
    return json_stringn(buf_text(&out), out.length);
}

static json_t *render_value(struct walk *walk, const json_t *value);

static json_t *render_list(struct walk *walk, const json_t *list)
{
    auto_json json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = render_value(walk, json_array_get(list, i));
        if (!item)
            return NULL;
        (void)json_array_append_new(out, item);
    }
    return steal_ptr(&out);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that the first complaint is the same on every run. */
static json_t *render_object(struct walk *walk, const json_t *object)
{
    auto_json json_t *out = json_object();
    size_t count = 0;
    auto_free const char **names = xcalloc(json_object_size(object) + 1, sizeof *names);
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at))
        names[count++] = json_object_iter_key(at);
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        json_t *value = render_value(walk, json_object_get(object, names[i]));
        if (!value)
            return NULL;
        (void)json_object_set_new(out, names[i], value);
    }
    return steal_ptr(&out);
}

static json_t *render_value(struct walk *walk, const json_t *value)
{
    if (json_is_string(value))
        return render_text(walk, json_string_value(value));
    if (json_is_array(value))
        return render_list(walk, value);
    if (json_is_object(value))
        return render_object(walk, value);
    return json_deep_copy(value);
}

static json_t *parse(const char *with_json, struct slipway_error *err)
{
    return json_parse(with_json, strlen(with_json), RENDER_BYTES_MAX, err);
}

char *render_with(const char *with_json, const json_t *context, struct slipway_error *err)
{
    auto_json json_t *with = parse(with_json, err);
    if (!with)
        return NULL;
    struct walk walk = {.context = context, .err = err};
    auto_json json_t *out = render_value(&walk, with);
    return out ? json_canonical(out) : NULL;
}

int render_scan(const char *with_json, render_visit visit, void *data,
                struct slipway_error *err)
{
    auto_json json_t *with = parse(with_json, err);
    if (!with)
        return -1;
    struct walk walk = {.visit = visit, .data = data, .err = err};
    auto_json json_t *out = render_value(&walk, with);
    return out ? 0 : -1;
}

int operation_fingerprint(const char *use, const char *with_json, char out[SHA256_HEX])
{
    auto_json json_t *with = parse(with_json, NULL);
    if (!with)
        return -1;
    auto_free char *canonical = json_canonical(with);
    auto_buf struct buf bytes = {0};
    buf_add(&bytes, use, strlen(use) + 1);
    buf_adds(&bytes, canonical);
    sha256_hex(bytes.data, bytes.length, out);
    return 0;
}
