/*
 * page_loads.c - how many at one time (page_model.h): targets in work, of each capped
 * label value, and snapshots kept, as planned and as it really was.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_model.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* At the same moment what ends comes first: a slot that follows another does not
   overlap it. */
static int in_time(const void *a, const void *b)
{
    const struct page_level *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->value - y->value;
}

void page_series_make(const struct page_interval *items, size_t count,
                      struct page_series *out)
{
    int value = 0;
    size_t kept = 0;
    *out = (struct page_series){.levels = xcalloc(2 * count + 1, sizeof *out->levels)};
    for (size_t i = 0; i < count; i++) {
        out->levels[out->count++] = (struct page_level){items[i].from, 1};
        out->levels[out->count++] = (struct page_level){items[i].until, -1};
    }
    if (out->count)
        qsort(out->levels, out->count, sizeof *out->levels, in_time);
    for (size_t i = 0; i < out->count; i++) {
        value += out->levels[i].value;
        if (kept && out->levels[kept - 1].at == out->levels[i].at)
            kept--;
        out->levels[kept++] = (struct page_level){out->levels[i].at, value};
        if (value > out->peak) {
            out->peak = value;
            out->peak_at = out->levels[i].at;
        }
    }
    out->count = kept;
}

void page_series_clear(struct page_series *series)
{
    free(series->levels);
    *series = (struct page_series){0};
}

/* ---- targets in work ---- */

/* All that are planned (or happened) of `domain`; -1: of the campaign. */
static size_t gather(const struct page *page, bool real, const int *members, size_t count,
                     struct page_interval *out)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        size_t target = members ? (size_t)members[i] : i;
        if (real)
            found += page_real(page, target, &out[found]);
        else if (page->targets[target].slot)
            out[found++] = page_planned(page, target);
    }
    return found;
}

static void series_of(const struct page *page, bool real, const int *members,
                      size_t count, struct page_series *out)
{
    auto_free struct page_interval *items = xcalloc(count + 1, sizeof *items);
    page_series_make(items, gather(page, real, members, count, items), out);
}

/* ---- domains ---- */

/* Targets by domain: members[start[d] .. start[d + 1]). */
struct membership {
    int *members;
    size_t *start;
};

static struct membership membership_of(const struct plan *plan)
{
    struct membership m = {.start = xcalloc(plan->domain_count + 2, sizeof *m.start)};
    size_t total = 0;
    for (size_t i = 0; i < plan->target_count; i++) {
        for (int k = 0; k < plan->targets[i].domain_count; k++, total++)
            m.start[plan->targets[i].domains[k] + 2]++;
    }
    for (size_t d = 2; d <= plan->domain_count; d++)
        m.start[d] += m.start[d - 1];
    m.members = xcalloc(total + 1, sizeof *m.members);
    for (size_t i = 0; i < plan->target_count; i++) {
        for (int k = 0; k < plan->targets[i].domain_count; k++)
            m.members[m.start[plan->targets[i].domains[k] + 1]++] = (int)i;
    }
    return m;
}

/* Is domain a nearer to its cap than b; of equals the larger one. */
static bool is_worse(const struct page *page, size_t a, size_t b)
{
    const struct plan_cap *x = &page->plan->domains[a], *y = &page->plan->domains[b];
    int64_t left = (int64_t)page->domains[a].planned * (y->max > 0 ? y->max : 1);
    int64_t right = (int64_t)page->domains[b].planned * (x->max > 0 ? x->max : 1);
    return left != right ? left > right
                         : page->domains[a].planned > page->domains[b].planned;
}

static void make_domains(struct page *page)
{
    const struct plan *plan = page->plan;
    struct membership m = membership_of(plan);
    page->worst_domain = -1;
    page->domains = xcalloc(plan->domain_count + 1, sizeof *page->domains);
    for (size_t d = 0; d < plan->domain_count; d++) {
        const int *members = m.members + m.start[d];
        size_t count = m.start[d + 1] - m.start[d];
        struct page_series planned, real;
        series_of(page, false, members, count, &planned);
        series_of(page, true, members, count, &real);
        page->domains[d] = (struct page_domain){planned.peak, real.peak, planned.peak_at};
        page_series_clear(&planned);
        page_series_clear(&real);
        /* link groups are chains of one by nature: they say nothing here */
        if (strncmp(plan->domains[d].key, "link_group=", 11) != 0 &&
            page->domains[d].planned &&
            (page->worst_domain < 0 || is_worse(page, d, (size_t)page->worst_domain)))
            page->worst_domain = (int)d;
    }
    if (page->worst_domain >= 0) {
        size_t d = (size_t)page->worst_domain, count = m.start[d + 1] - m.start[d];
        series_of(page, false, m.members + m.start[d], count, &page->worst_planned);
        series_of(page, true, m.members + m.start[d], count, &page->worst_actual);
    }
    free(m.members);
    free(m.start);
}

/* ---- snapshots ---- */

static int snapshots_each(const struct plan *plan)
{
    int steps = 0;
    if (plan->playbook.rollback != ROLLBACK_SNAPSHOT)
        return 0;
    for (size_t i = 0; i < plan->playbook.step_count; i++)
        steps += plan->playbook.steps[i].phase == PHASE_CHANGE &&
                 plan->playbook.steps[i].snapshot;
    return steps < plan->playbook.max_depth ? steps : plan->playbook.max_depth;
}

static const char *store_name(const struct page *page, size_t target)
{
    const struct plan_target *t = &page->plan->targets[target];
    if (t->datastore_limit >= 0 && (size_t)t->datastore_limit < page->plan->limit_count)
        return page->plan->limits[t->datastore_limit].key;
    return t->manager && *t->manager ? t->manager : "";
}

static int by_name(const void *a, const void *b)
{
    const struct page_store *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* A snapshot stays from the start of the change to the end of the soak. */
static void make_stores(struct page *page)
{
    size_t n = page->plan->target_count;
    auto_map struct map names = {0};
    auto_free size_t *of = xcalloc(n + 1, sizeof *of);
    auto_free struct page_interval *items = xcalloc(n + 1, sizeof *items);
    for (size_t i = 0; i < n; i++)
        of[i] = map_intern(&names, store_name(page, i));
    page->store_count = names.count;
    page->stores = xcalloc(names.count + 1, sizeof *page->stores);
    for (size_t s = 0; s < names.count; s++) {
        struct page_store *store = &page->stores[s];
        size_t found = 0;
        store->name = xstrdup(names.keys[s]);
        for (size_t i = 0; i < n; i++) {
            store->targets += of[i] == s;
            if (of[i] != s || !page->targets[i].slot)
                continue;
            items[found] = page_planned(page, i);
            items[found++].until +=
                page->plan->waves[page->plan->targets[i].wave].soak_ms;
        }
        page_series_make(items, found, &store->planned);
    }
    if (page->store_count)
        qsort(page->stores, page->store_count, sizeof *page->stores, by_name);
}

void page_loads_make(struct page *page)
{
    series_of(page, false, NULL, page->plan->target_count, &page->planned);
    series_of(page, true, NULL, page->plan->target_count, &page->actual);
    make_domains(page);
    page->snapshots_each = snapshots_each(page->plan);
    if (page->snapshots_each)
        make_stores(page);
}

void page_loads_clear(struct page *page)
{
    page_series_clear(&page->planned);
    page_series_clear(&page->actual);
    page_series_clear(&page->worst_planned);
    page_series_clear(&page->worst_actual);
    for (size_t i = 0; i < page->store_count; i++) {
        free(page->stores[i].name);
        page_series_clear(&page->stores[i].planned);
    }
    free(page->stores);
    free(page->domains);
}
