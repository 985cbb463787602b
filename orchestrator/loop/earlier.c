/*
 * earlier.c - see earlier.h.
 *
 * This is asked for every call, so also for every look of a long wait, and the results of a
 * target may come to megabytes: only those are read that are named. An expression that
 * does not name them gets all. What cannot be read is missing there, and the template or
 * the expression says so.
 */
#include "loop/earlier.h"

#include <stdlib.h>
#include <string.h>

#include "expr/members.h"
#include "model/render.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

struct earlier {
    struct store *store;
    int64_t campaign;
    int target;
    json_t *steps;
};

static void add(json_t *steps, const char *step, const char *text)
{
    json_t *result = json_parse(text, strlen(text), SLIPWAY_RESULT_MAX, NULL);
    (void)json_object_set_new(
        steps, step, json_pack("{s:o}", "result", result ? result : json_null()));
}

static void add_named(void *data, const char *name, size_t length)
{
    struct earlier *earlier = data;
    auto_free char *step = xstrndup(name, length);
    auto_free char *text = NULL;
    if (!json_object_get(earlier->steps, step) &&
        !store_result(earlier->store, earlier->campaign, earlier->target, step, &text,
                      NULL))
        add(earlier->steps, step, text);
}

/* steps.NAME.result... */
static int add_template(void *data, const char *path, struct slipway_error *err)
{
    (void)err;
    if (!strncmp(path, "steps.", 6))
        add_named(data, path + 6, strcspn(path + 6, "."));
    return 0;
}

static int add_row(void *data, const struct store_result_row *row)
{
    add(data, row->step, row->json);
    return 0;
}

static bool add_expression(struct earlier *earlier, const char *sql)
{
    return !sql || members_read(sql, "steps", add_named, earlier);
}

json_t *earlier_results(struct store *store, int64_t campaign, int target,
                        const struct operation *op)
{
    struct earlier earlier = {store, campaign, target, json_object()};
    if (!store)
        return earlier.steps;
    if (strstr(op->with, "${steps."))
        (void)render_scan(op->with, add_template, &earlier, NULL);
    if (!add_expression(&earlier, op->expect) || !add_expression(&earlier, op->value))
        (void)store_results(store, campaign, target, add_row, earlier.steps, NULL);
    return earlier.steps;
}
