/*
 * page_groups.c - the rows of the timeline (page_model.h): targets put together by wave,
 * by site and by customer, and what each of them does in each night.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_model.h"
#include "util/auto.h"
#include "util/xalloc.h"

struct name_count {
    const char *name;
    int count;
    size_t index;
};

static int most_first(const void *a, const void *b)
{
    const struct name_count *x = a, *y = b;
    return x->count != y->count ? y->count - x->count : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    const struct name_count *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static const char *name_of(const struct page *page, enum page_grouping_kind kind,
                           size_t target)
{
    const struct plan_target *t = &page->plan->targets[target];
    if (kind == BY_WAVE)
        return page->plan->waves[t->wave].name;
    return kind == BY_SITE ? t->site : page->targets[target].customer;
}

/* Rows from the counted names: the most numerous ones by name, the rest in one. */
static void add_rows(struct page_grouping *g, struct name_count *names, size_t count,
                     bool in_order, size_t *row_of)
{
    size_t own = count > PAGE_ROWS_MAX ? PAGE_ROWS_MAX - 1 : count;
    if (count > own)
        qsort(names, count, sizeof *names, most_first);
    if (own && !in_order)
        qsort(names, own, sizeof *names, by_name);
    g->count = own + (count > own);
    g->names = xcalloc(g->count, sizeof *g->names);
    g->counts = xcalloc(g->count, sizeof *g->counts);
    for (size_t i = 0; i < count; i++) {
        size_t row = i < own ? i : own;
        row_of[names[i].index] = row;
        g->counts[row] += names[i].count;
        if (i < own)
            g->names[row] = xstrdup(names[i].name);
    }
    if (count > own)
        g->names[own] = xasprintf("%zu others", count - own);
}

static void group(struct page *page, enum page_grouping_kind kind)
{
    struct page_grouping *g = &page->groupings[kind];
    size_t n = page->plan->target_count;
    auto_map struct map seen = {0};
    auto_free size_t *index = xcalloc(n + 1, sizeof *index);
    for (size_t i = 0; i < n; i++) {
        /* waves may share a name, so that their number counts */
        auto_free char *key = kind == BY_WAVE
                                  ? xasprintf("%d", page->plan->targets[i].wave)
                                  : xstrdup(name_of(page, kind, i));
        index[i] = map_intern(&seen, key);
    }
    auto_free struct name_count *names = xcalloc(seen.count + 1, sizeof *names);
    auto_free size_t *row_of = xcalloc(seen.count + 1, sizeof *row_of);
    for (size_t i = 0; i < n; i++) {
        struct name_count *name = &names[index[i]];
        name->name = name_of(page, kind, i);
        name->index = index[i];
        name->count++;
    }
    add_rows(g, names, seen.count, kind == BY_WAVE && seen.count <= PAGE_ROWS_MAX,
             row_of);
    for (size_t i = 0; i < n; i++)
        page->targets[i].group[kind] = row_of[index[i]];
}

/* ---- nights ---- */

static void to_local(const struct page *page, const struct spans *utc, struct spans *out)
{
    for (size_t i = 0; i < utc->count; i++)
        spans_add(out, page_local(page->clock, utc->items[i].from_ms),
                  page_local(page->clock, utc->items[i].until_ms));
}

static void add_interval(struct page_interval **list, size_t *count, size_t *room,
                         struct page_interval item)
{
    *vec_push(*list, *count, *room) = item;
}

static void make_axis(struct page *page)
{
    struct page_interval *busy = NULL, *other = NULL, real;
    size_t busy_count = 0, busy_room = 0, other_count = 0, other_room = 0;
    for (size_t i = 0; i < page->plan->target_count; i++) {
        if (page->targets[i].slot)
            add_interval(&busy, &busy_count, &busy_room, page_planned(page, i));
        if (page_real(page, i, &real))
            add_interval(&busy, &busy_count, &busy_room, real);
    }
    for (size_t i = 0; i < page->time->timetable_count; i++) {
        const struct timetable *table = &page->time->timetables[i];
        struct spans local = {0};
        if (table->bound)
            to_local(page, &table->open, &local);
        to_local(page, &table->frozen, &local);
        for (size_t k = 0; k < local.count; k++)
            add_interval(
                &other, &other_count, &other_room,
                (struct page_interval){local.items[k].from_ms, local.items[k].until_ms});
        spans_clear(&local);
    }
    page_axis_make(&(struct page_axis_input){busy, busy_count, other, other_count},
                   &page->axis);
    free(busy);
    free(other);
}

static void count_nights(struct page *page)
{
    for (size_t i = 0; i < page->plan->target_count; i++) {
        struct page_interval real;
        if (page->targets[i].slot)
            page->axis.columns[page_axis_column(&page->axis, page_planned(page, i).from)]
                .planned++;
        if (page_real(page, i, &real))
            page->axis.columns[page_axis_column(&page->axis, real.from)].began++;
    }
    for (size_t i = 0; i < page->axis.count; i++) {
        page->nights += page->axis.columns[i].planned > 0;
        if (page->axis.columns[i].planned > page->axis.columns[page->busiest].planned)
            page->busiest = i;
    }
}

/* ---- cells ---- */

static void grow(struct page_interval *i, struct page_interval with, bool first)
{
    i->from = first || with.from < i->from ? with.from : i->from;
    i->until = first || with.until > i->until ? with.until : i->until;
}

static void add_cells(struct page *page, struct page_grouping *g,
                      enum page_grouping_kind kind)
{
    g->cells = xcalloc(g->count * page->axis.count + 1, sizeof *g->cells);
    for (size_t i = 0; page->axis.count && i < page->plan->target_count; i++) {
        struct page_cell *row =
            &g->cells[page->targets[i].group[kind] * page->axis.count];
        struct page_interval real;
        if (page->targets[i].slot) {
            struct page_interval slot = page_planned(page, i);
            struct page_cell *cell = &row[page_axis_column(&page->axis, slot.from)];
            grow(&cell->plan, slot, !cell->planned++);
        }
        if (page_real(page, i, &real)) {
            struct page_cell *cell = &row[page_axis_column(&page->axis, real.from)];
            grow(&cell->real, real, !cell->began++);
            cell->bad += page->targets[i].state == PAGE_FAILED;
            cell->done += page->targets[i].state == PAGE_DONE;
        }
    }
}

/* ---- openings and freezes of a row ---- */

/* Within what the timeline shows. */
static void cut(const struct page_axis *axis, struct spans *spans)
{
    struct spans shown = {0};
    if (axis->count)
        spans_add(&shown, axis->columns[0].from, axis->columns[axis->count - 1].until);
    spans_settle(spans);
    struct spans inside = spans_intersect(spans, &shown);
    spans_clear(spans);
    spans_clear(&shown);
    *spans = inside;
}

struct local_table {
    struct spans open, frozen;
};

static void merge_table(struct page_grouping *g, size_t row, const struct local_table *t,
                        bool first)
{
    struct spans open = spans_union(&g->open[row], &t->open);
    struct spans some = spans_union(&g->partly[row], &t->frozen);
    struct spans all =
        first ? spans_copy(&t->frozen) : spans_intersect(&g->frozen[row], &t->frozen);
    spans_clear(&g->open[row]);
    spans_clear(&g->partly[row]);
    spans_clear(&g->frozen[row]);
    g->open[row] = open;
    g->partly[row] = some;
    g->frozen[row] = all;
}

static void add_openings(struct page *page, struct page_grouping *g,
                         enum page_grouping_kind kind, const struct local_table *tables)
{
    size_t tables_count = page->time->timetable_count;
    auto_free bool *met = xcalloc(g->count * (tables_count + 1) + 1, sizeof *met);
    auto_free bool *begun = xcalloc(g->count + 1, sizeof *begun);
    static const struct local_table nothing;
    g->open = xcalloc(g->count + 1, sizeof *g->open);
    g->frozen = xcalloc(g->count + 1, sizeof *g->frozen);
    g->partly = xcalloc(g->count + 1, sizeof *g->partly);
    g->any_time = xcalloc(g->count + 1, sizeof *g->any_time);
    for (size_t i = 0; page->has_slots && i < page->plan->target_count; i++) {
        size_t row = page->targets[i].group[kind];
        int table = page->time->slots[i].timetable;
        size_t known = table < 0 ? tables_count : (size_t)table;
        if (known > tables_count || met[row * (tables_count + 1) + known])
            continue;
        met[row * (tables_count + 1) + known] = true;
        merge_table(g, row, table < 0 ? &nothing : &tables[known], !begun[row]);
        begun[row] = true;
        if (table < 0 || !page->time->timetables[known].bound)
            g->any_time[row] = true;
    }
}

void page_groupings_make(struct page *page)
{
    static const char *const nouns[GROUPINGS] = {"wave", "site", "customer"};
    static const char *const titles[GROUPINGS] = {"Waves", "Sites", "Customers"};
    size_t tables_count = page->time->timetable_count;
    auto_free struct local_table *tables = xcalloc(tables_count + 1, sizeof *tables);
    make_axis(page);
    if (page->axis.count)
        count_nights(page);
    for (size_t i = 0; i < tables_count; i++) {
        to_local(page, &page->time->timetables[i].open, &tables[i].open);
        to_local(page, &page->time->timetables[i].frozen, &tables[i].frozen);
        cut(&page->axis, &tables[i].open);
        cut(&page->axis, &tables[i].frozen);
    }
    for (int k = 0; k < GROUPINGS; k++) {
        page->groupings[k].noun = nouns[k];
        page->groupings[k].title = titles[k];
        group(page, (enum page_grouping_kind)k);
        add_cells(page, &page->groupings[k], (enum page_grouping_kind)k);
        add_openings(page, &page->groupings[k], (enum page_grouping_kind)k, tables);
    }
    for (size_t i = 0; i < tables_count; i++) {
        spans_clear(&tables[i].open);
        spans_clear(&tables[i].frozen);
    }
}

void page_groupings_clear(struct page *page)
{
    for (int k = 0; k < GROUPINGS; k++) {
        struct page_grouping *g = &page->groupings[k];
        for (size_t i = 0; i < g->count; i++) {
            free(g->names[i]);
            spans_clear(&g->open[i]);
            spans_clear(&g->frozen[i]);
            spans_clear(&g->partly[i]);
        }
        free(g->names);
        free(g->counts);
        free(g->cells);
        free(g->open);
        free(g->frozen);
        free(g->partly);
        free(g->any_time);
    }
    page_axis_clear(&page->axis);
}
