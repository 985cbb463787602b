/* result.c - see result.h. */
#include "ssh/result.h"

#include <string.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"

/* The part of a stream that is kept. */
struct part {
    const char *text;
    size_t length;
};

static struct part part_of(const struct buf *buf, size_t max, bool tail)
{
    struct part part = {.text = buf_text(buf), .length = buf->length};
    if (part.length <= max)
        return part;
    size_t from = part.length - max;
    part.length = max;
    if (!tail)
        return part;
    from += text_cut_start(part.text + from, max);
    part.text += from;
    part.length = buf->length - from;
    return part;
}

static json_t *lines_of(struct part part)
{
    json_t *lines = json_array();
    const char *end = part.text + part.length;
    for (const char *p = part.text; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        (void)json_array_append_new(lines, json_safe_string(p, (size_t)(stop - p)));
        p = stop + 1;
    }
    return lines;
}

void result_set_output(struct slipway_call *call, const char *name, int number,
                       const struct buf *out, const struct buf *err, size_t max,
                       bool tail)
{
    for (size_t kept = max; kept >= SSH_KIB; kept /= 2) {
        struct part stdout_part = part_of(out, kept, tail);
        struct part stderr_part = part_of(err, kept, tail);
        auto_json json_t *json = json_object();
        (void)json_object_set_new(json, name, json_integer(number));
        (void)json_object_set_new(json, "stdout",
                                  json_safe_string(stdout_part.text, stdout_part.length));
        (void)json_object_set_new(json, "stderr",
                                  json_safe_string(stderr_part.text, stderr_part.length));
        (void)json_object_set_new(json, "lines", lines_of(stdout_part));
        if (stdout_part.length < out->length || stderr_part.length < err->length)
            (void)json_object_set_new(json, "truncated", json_true());
        auto_free char *text = json_canonical(json);
        if (strlen(text) <= SLIPWAY_RESULT_MAX && call->host->set_result(call, text) == 0)
            return;
    }
}

const char *result_last_line(const struct buf *text, char *out, size_t size)
{
    const char *start = buf_text(text), *end = start + text->length;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    const char *line = end;
    while (line > start && line[-1] != '\n')
        line--;
    auto_buf struct buf clean = {0};
    text_sanitize(&clean, line, (size_t)(end - line), size > 8 ? size - 8 : 0);
    (void)snprintf(out, size, "%s", buf_text(&clean));
    return out;
}
