/*
 * page_arguments.c - what will be sent to an appliance, for people: the arguments of a
 * step with the campaign's variables in place. What differs from one target to the next,
 * or is only known then, stays visible as ${...}. Secrets are never shown: references
 * stay references, and what is named like a secret is hidden.
 */
#include <string.h>

#include "model/render.h"
#include "report/page_html.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define DEPTH_MAX    12
#define LINES_MAX    400  /* of one step */
#define ARGUMENT_MAX 4000 /* bytes of one value */

struct pen {
    struct buf *out;
    const json_t *vars;
    int lines;
};

static void indent(struct pen *pen, int depth)
{
    buf_addf(pen->out, "%s%*s", pen->lines++ ? "\n" : "", 2 * depth, "");
}

static void add_plain(struct pen *pen, const char *text, size_t length)
{
    auto_free char *piece = xstrndup(text, length);
    auto_buf struct buf redacted = {0};
    page_redact(&redacted, piece);
    page_prose(pen->out, buf_text(&redacted));
}

/* ---- templates ---- */

static const json_t *walk(const json_t *at, const char *path)
{
    while (at && *path) {
        size_t length = strcspn(path, ".");
        auto_free char *segment = xstrndup(path, length);
        size_t digits = strspn(segment, "0123456789");
        if (json_is_array(at))
            at = *segment && !segment[digits] && digits < 7
                     ? json_array_get(at, (size_t)strtoul(segment, NULL, 10))
                     : NULL;
        else
            at = json_object_get(at, segment);
        path += length + (path[length] == '.');
    }
    return at;
}

static const char *last_segment(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static void add_template(struct pen *pen, const char *path)
{
    const json_t *value = !strncmp(path, "vars.", 5) ? walk(pen->vars, path + 5) : NULL;
    auto_buf struct buf text = {0};
    if (value) {
        page_flat(&text, last_segment(path), value);
        page_prose(pen->out, buf_text(&text));
        return;
    }
    buf_adds(pen->out, "<var data-p=\"");
    page_text(pen->out, path);
    buf_adds(pen->out, "\">${");
    page_text(pen->out, path);
    buf_adds(pen->out, "}</var>");
}

static void add_string(struct pen *pen, const char *text)
{
    auto_free char *whole = xstrndup(text, ARGUMENT_MAX);
    const char *p = whole, *plain = whole;
    while (*p) {
        const char *end = !strncmp(p, "${", 2) ? strchr(p, '}') : NULL;
        if (!strncmp(p, "$${", 3)) { /* a literal ${ */
            add_plain(pen, plain, (size_t)(p - plain));
            plain = p + 1;
            p += 3;
        } else if (end && end - p < (long)RENDER_PATH_MAX) {
            auto_free char *path = xstrndup(p + 2, (size_t)(end - p - 2));
            add_plain(pen, plain, (size_t)(p - plain));
            add_template(pen, path);
            plain = p = end + 1;
        } else {
            p++;
        }
    }
    add_plain(pen, plain, (size_t)(p - plain));
}

/* ---- documents ---- */

static bool is_scalar(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

static bool all_scalar(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!is_scalar(json_array_get(list, i)))
            return false;
    }
    return true;
}

static void add_scalar(struct pen *pen, const char *name, const json_t *value)
{
    auto_buf struct buf text = {0};
    if (json_is_string(value) && !page_is_secret_name(name)) {
        add_string(pen, json_string_value(value));
        return;
    }
    page_flat(&text, name, value);
    page_prose(pen->out, buf_text(&text));
}

static void add_list(struct pen *pen, const char *name, const json_t *list)
{
    buf_adds(pen->out, "[");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        buf_adds(pen->out, i ? ", " : "");
        buf_adds(pen->out, json_is_string(item) ? "&quot;" : "");
        add_scalar(pen, name, item);
        buf_adds(pen->out, json_is_string(item) ? "&quot;" : "");
    }
    buf_adds(pen->out, "]");
}

/* One after another, so that documents of any depth are walked by one function. */
static void add_value(struct pen *pen, const char *name, const json_t *value, int depth)
{
    auto_buf struct buf reference = {0};
    const char *key;
    json_t *member;
    if (page_reference(&reference, value)) {
        page_prose(pen->out, buf_text(&reference));
    } else if (is_scalar(value)) {
        add_scalar(pen, name, value);
    } else if (depth > DEPTH_MAX || pen->lines > LINES_MAX) {
        buf_adds(pen->out, "…");
    } else if (json_is_array(value) && all_scalar(value)) {
        add_list(pen, name, value);
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            indent(pen, depth);
            buf_adds(pen->out, "- ");
            add_value(pen, name, json_array_get(value, i), depth + 1);
        }
    } else {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            indent(pen, depth);
            buf_adds(pen->out, "<b>");
            page_text(pen->out, key);
            buf_adds(pen->out, "</b>: ");
            add_value(pen, page_is_secret_name(name) ? name : key, member, depth + 1);
        }
    }
}

void page_arguments_html(const struct plan *plan, const char *with, struct buf *out)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    auto_json json_t *vars =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    struct pen pen = {out, vars, 0};
    if (!json_object_size(json))
        return;
    buf_adds(out, "<pre>");
    add_value(&pen, "", json, 0);
    buf_adds(out, "</pre>");
}

/* ---- what a target fills in ---- */

static int visit_path(void *data, const char *path, struct slipway_error *err)
{
    (void)err;
    if (!strncmp(path, "target.", 7))
        (void)map_intern(data, path + 7);
    return 0;
}

void page_target_paths(const struct plan *plan, struct map *out)
{
    const struct playbook *p = &plan->playbook;
    for (size_t i = 0; i < p->step_count; i++)
        (void)render_scan(p->steps[i].op.with, visit_path, out, NULL);
    for (size_t i = 0; i < p->check_count; i++)
        (void)render_scan(p->checks[i].op.with, visit_path, out, NULL);
    for (size_t i = 0; i < p->read_count; i++)
        (void)render_scan(p->reads[i].with, visit_path, out, NULL);
}

void page_target_value(const json_t *doc, const char *path, struct buf *out)
{
    const json_t *value = walk(doc, path);
    if (value)
        page_flat(out, last_segment(path), value);
    else
        buf_adds(out, "not given");
}
