/*
 * kept.c - see kept.h. The texts themselves are let go at once: a campaign may have kept
 * many, and a report only says where they are.
 */
#include "report/kept.h"

#include <stdlib.h>
#include <string.h>

#include "report/gathered.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

struct candidate {
    int index;
    char *name;
};

struct candidates {
    struct candidate *items;
    size_t count, room;
};

static void candidates_clear(struct candidates *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->items[i].name);
    free(c->items);
}
#define auto_candidates __attribute__((cleanup(candidates_clear)))

static int visit_target(void *data, const struct store_target *t)
{
    struct candidates *c = data;
    bool bad = t->state == TARGET_FAILED || t->state == TARGET_ROLLED_BACK ||
               t->state == TARGET_ROLLING_BACK || t->state == TARGET_STRANDED ||
               t->state == TARGET_PARKED;
    if (bad || t->incarnation > 0 || t->retries > 0)
        *vec_push(c->items, c->count, c->room) =
            (struct candidate){t->index, xstrdup(t->name)};
    return 0;
}

static void add_bundle(struct kept *kept, const char *target, const json_t *bundle)
{
    const json_t *files = json_object_get(bundle, "files");
    const char *step = json_text(bundle, "step");
    struct kept_bundle *item = vec_push(kept->bundles, kept->count, kept->room);
    *item = (struct kept_bundle){.target = xstrdup(target),
                                 .step = xstrdup(step ? step : "?"),
                                 .at_ms = json_number(bundle, "at_ms", 0),
                                 .files = json_array_size(files),
                                 .missing =
                                     json_array_size(json_object_get(bundle, "missing"))};
    for (size_t i = 0; i < item->files; i++) {
        const char *text = json_text(json_array_get(files, i), "text");
        item->bytes += text ? (int64_t)strlen(text) : 0;
    }
}

int kept_load(struct store *store, int64_t campaign, struct kept *out,
              struct slipway_error *err)
{
    auto_candidates struct candidates candidates = {0};
    struct store_target_filter all = STORE_ANY_TARGET;
    int code = store_targets(store, campaign, &all, visit_target, &candidates, err);
    for (size_t i = 0; i < candidates.count && !code; i++) {
        auto_json json_t *gathered = NULL;
        code = gathered_load(store, campaign, candidates.items[i].index, &gathered, err);
        for (size_t k = 0; k < json_array_size(gathered); k++)
            add_bundle(out, candidates.items[i].name, json_array_get(gathered, k));
    }
    return code;
}

void kept_clear(struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        free(kept->bundles[i].target);
        free(kept->bundles[i].step);
    }
    free(kept->bundles);
    *kept = (struct kept){0};
}

/* ---- formats ---- */

void kept_section(const struct kept *kept, struct document *out)
{
    static const char *const heads[] = {"target", "step", "when",
                                        "files",  "size", "not to be had"};
    struct section *section = document_section(out, "Evidence");
    char at[WORDS_TIME_MAX], size[32];
    if (!kept->count)
        return;
    section_line(section, "Logs that were kept before a rollback took them away; to read "
                          "them: slipway why TARGET --logs");
    section->table.columns = ARRAY_LENGTH(heads);
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&section->table, heads[i]);
    for (size_t i = 3; i < ARRAY_LENGTH(heads); i++)
        section->table.right[i] = true;
    for (size_t i = 0; i < kept->count; i++) {
        const struct kept_bundle *b = &kept->bundles[i];
        table_add(&section->table, b->target);
        table_add(&section->table, b->step);
        table_add(&section->table, time_iso(b->at_ms, at, sizeof at));
        table_addf(&section->table, "%zu", b->files);
        table_add(&section->table, words_bytes(b->bytes, size, sizeof size));
        table_addf(&section->table, "%zu", b->missing);
    }
}

json_t *kept_json(const struct kept *kept)
{
    json_t *list = json_array();
    for (size_t i = 0; i < kept->count; i++) {
        const struct kept_bundle *b = &kept->bundles[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "target",
                      words_json_text(b->target), "step", words_json_text(b->step), "at",
                      words_json_time(b->at_ms), "files", (json_int_t)b->files, "bytes",
                      (json_int_t)b->bytes, "missing", (json_int_t)b->missing));
    }
    return list;
}
