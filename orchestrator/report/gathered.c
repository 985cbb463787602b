/*
 * gathered.c - see gathered.h. Texts were cleaned and blotted when they were read; here
 * every line is made harmless for a terminal once more, since stores are copied around.
 */
#include "report/gathered.h"

#include <stdlib.h>
#include <string.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define KIB 1024

static bool is_bundle(const json_t *result)
{
    const json_t *first = json_array_get(json_object_get(result, "files"), 0);
    return json_text(first, "name") && json_text(first, "text");
}

static int visit(void *data, const struct store_result_row *row)
{
    json_t *list = data, *none = NULL;
    if (!strstr(row->json, "\"files\""))
        return 0;
    auto_json json_t *result =
        json_parse(row->json, strlen(row->json), SLIPWAY_RESULT_MAX, NULL);
    if (!is_bundle(result))
        return 0;
    json_t *missing = json_object_get(result, "missing");
    none = missing ? json_incref(missing) : json_array();
    (void)json_array_append_new(list, json_pack("{s:s, s:I, s:O, s:o}", "step", row->step,
                                                "at_ms", (json_int_t)row->at_ms, "files",
                                                json_object_get(result, "files"),
                                                "missing", none));
    return 0;
}

int gathered_load(struct store *store, int64_t campaign, int target, json_t **out,
                  struct slipway_error *err)
{
    auto_json json_t *list = json_array();
    int code = store_results(store, campaign, target, visit, list, err);
    if (!code)
        *out = steal_ptr(&list);
    return code;
}

void gathered_words(const json_t *gathered, struct buf *out)
{
    for (size_t i = 0; i < json_array_size(gathered); i++) {
        const json_t *bundle = json_array_get(gathered, i);
        const json_t *files = json_object_get(bundle, "files");
        json_int_t bytes = 0;
        for (size_t k = 0; k < json_array_size(files); k++)
            bytes += json_number(json_array_get(files, k), "bytes", 0);
        buf_adds(out, i ? "; " : "");
        words_clean(out, json_text(bundle, "step"));
        buf_addf(out, ": %zu file%s, %lld KiB", json_array_size(files),
                 json_array_size(files) == 1 ? "" : "s",
                 (long long)(bytes + KIB - 1) / KIB);
    }
}

static void add_lines(const char *text, struct buf *out)
{
    auto_free char *copy = xstrdup(text);
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (!rest && !*line)
            break; /* what follows the last line feed */
        words_clean(out, line);
        buf_addc(out, '\n');
    }
}

void gathered_text(const json_t *gathered, int64_t now_ms, struct buf *out)
{
    char at[WORDS_TIME_MAX];
    for (size_t i = 0; i < json_array_size(gathered); i++) {
        const json_t *bundle = json_array_get(gathered, i), *one;
        size_t k;
        json_array_foreach(json_object_get(bundle, "files"), k, one)
        {
            const char *name = json_text(one, "name"), *text = json_text(one, "text");
            buf_adds(out, "==> ");
            words_clean(out, name ? name : "?");
            buf_addf(out, " <== %s\n",
                     words_at(json_number(bundle, "at_ms", 0), now_ms, at, sizeof at));
            add_lines(text ? text : "", out);
            buf_addc(out, '\n');
        }
        json_array_foreach(json_object_get(bundle, "missing"), k, one)
        {
            const char *name = json_text(one, "name"), *why = json_text(one, "why");
            buf_adds(out, "==> ");
            words_clean(out, name ? name : "?");
            buf_adds(out, " <== not kept: ");
            words_clean(out, why ? why : "?");
            buf_addc(out, '\n');
        }
    }
}
