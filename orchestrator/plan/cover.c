/*
 * cover.c - greedy cover, exact and in linear passes.
 *
 * Greedy takes, again and again, the target that adds most values that nobody shows
 * yet; of equals the first by name. What a target can add only ever shrinks, so one
 * pass over the pool for each possible gain, from the number of labels down to 1,
 * takes the same targets in the same order as the textbook's search for the maximum,
 * which would be quadratic.
 *
 * What is left of the size is dealt out over the combinations of values, one target to
 * each of those that have fewest, so that a common combination does not crowd out a
 * rare one.
 */
#include "plan/cover.h"

#include <stdint.h>
#include <stdlib.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/xalloc.h"

#define NO_VALUE SIZE_MAX

struct cover {
    const struct cover_request *request;
    struct map values; /* "label=value" with the label's number in front */
    size_t *value_of;  /* pool_count x label_count indexes into values */
    bool *shown;       /* by value */
    bool *chosen;
    size_t left;
};

static void cover_clear(struct cover *cover)
{
    map_free(&cover->values);
    free(cover->value_of);
    free(cover->shown);
}
#define auto_cover __attribute__((cleanup(cover_clear)))

static size_t *values_at(const struct cover *cover, size_t i)
{
    return cover->value_of + i * cover->request->label_count;
}

/* Number the values. The key starts with the label's number so that "a" = "b=c" and
   "a=b" = "c" stay apart. */
static void read_values(struct cover *cover, struct cover_result *out)
{
    const struct cover_request *r = cover->request;
    auto_buf struct buf key = {0};
    for (size_t i = 0; i < r->pool_count; i++) {
        for (size_t k = 0; k < r->label_count; k++) {
            const char *value = appliance_attribute(r->picked[r->pool[i]], r->labels[k]);
            values_at(cover, i)[k] = NO_VALUE;
            if (!value)
                continue;
            buf_reset(&key);
            buf_addf(&key, "%c%s=%s", (char)('a' + (int)k), r->labels[k], value);
            size_t known = cover->values.count;
            values_at(cover, i)[k] = map_intern(&cover->values, buf_text(&key));
            out->values[k] += cover->values.count - known;
        }
    }
}

static size_t gain_of(const struct cover *cover, size_t i)
{
    size_t gain = 0;
    for (size_t k = 0; k < cover->request->label_count; k++) {
        size_t value = values_at(cover, i)[k];
        gain += value != NO_VALUE && !cover->shown[value];
    }
    return gain;
}

static void choose(struct cover *cover, size_t i)
{
    cover->chosen[i] = true;
    cover->left--;
    for (size_t k = 0; k < cover->request->label_count; k++) {
        size_t value = values_at(cover, i)[k];
        if (value != NO_VALUE)
            cover->shown[value] = true;
    }
}

static void choose_greedily(struct cover *cover)
{
    for (size_t gain = cover->request->label_count; gain; gain--) {
        for (size_t i = 0; cover->left && i < cover->request->pool_count; i++) {
            if (!cover->chosen[i] && gain_of(cover, i) == gain)
                choose(cover, i);
        }
    }
}

/* One combination of values: its unchosen targets as a list in natural order. */
struct combination {
    size_t first, last; /* pool positions, NO_VALUE: none */
    size_t chosen;
};

struct combinations {
    struct map keys;
    struct combination *items;
    size_t count, room;
    size_t *next; /* by pool position */
};

static void combinations_clear(struct combinations *c)
{
    map_free(&c->keys);
    free(c->items);
    free(c->next);
}
#define auto_combinations __attribute__((cleanup(combinations_clear)))

static void read_combinations(const struct cover *cover, struct combinations *c)
{
    auto_buf struct buf key = {0};
    for (size_t i = 0; i < cover->request->pool_count; i++) {
        buf_reset(&key);
        for (size_t k = 0; k < cover->request->label_count; k++)
            buf_addf(&key, "%zx.", values_at(cover, i)[k]);
        size_t at = map_intern(&c->keys, buf_text(&key));
        if (at == c->count)
            *vec_push(c->items, c->count, c->room) =
                (struct combination){NO_VALUE, NO_VALUE, 0};
        struct combination *item = &c->items[at];
        c->next[i] = NO_VALUE;
        if (cover->chosen[i]) {
            item->chosen++;
        } else if (item->first == NO_VALUE) {
            item->first = item->last = i;
        } else {
            c->next[item->last] = i;
            item->last = i;
        }
    }
}

/* Deal one target to every combination that has at most `level`; drop the empty ones.
   The total work is bounded by pool + combinations: a combination that is passed over
   has been dealt to before. */
static void deal(struct cover *cover, struct combinations *c, size_t level)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct combination item = c->items[i];
        if (cover->left && item.first != NO_VALUE && item.chosen <= level) {
            choose(cover, item.first);
            item.first = c->next[item.first];
            item.chosen++;
        }
        if (item.first != NO_VALUE)
            c->items[kept++] = item;
    }
    c->count = kept;
}

static void spread(struct cover *cover)
{
    auto_combinations struct combinations c = {0};
    c.next = xcalloc(cover->request->pool_count, sizeof *c.next);
    read_combinations(cover, &c);
    for (size_t level = 0; cover->left; level++)
        deal(cover, &c, level);
}

static void report_missed(const struct cover *cover, struct cover_result *out)
{
    for (size_t v = 0; v < cover->values.count; v++) {
        if (!cover->shown[v])
            *vec_push(out->missed, out->missed_count, out->missed_room) =
                xstrdup(cover->values.keys[v] + 1);
    }
}

void cover_choose(const struct cover_request *request, bool *chosen,
                  struct cover_result *out)
{
    auto_cover struct cover cover = {.request = request, .chosen = chosen};
    cover.left =
        request->size < request->pool_count ? request->size : request->pool_count;
    cover.value_of =
        xcalloc(request->pool_count * request->label_count, sizeof *cover.value_of);
    read_values(&cover, out);
    cover.shown = xcalloc(cover.values.count, sizeof *cover.shown);
    for (size_t i = 0; request->kept && cover.left && i < request->pool_count; i++) {
        if (request->kept[i])
            choose(&cover, i);
    }
    choose_greedily(&cover);
    spread(&cover);
    report_missed(&cover, out);
}

void cover_result_clear(struct cover_result *result)
{
    for (size_t i = 0; i < result->missed_count; i++)
        free(result->missed[i]);
    free(result->missed);
    *result = (struct cover_result){0};
}
