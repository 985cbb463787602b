/*
 * merge.c - see merge.h.
 *
 * An item is known by what names it (a release by its id, an upgrade by its two lines).
 * The same again in the same file is a mistake; in a later file it is what somebody
 * wants, so it takes the place of the first and a sentence remembers both places.
 */
#include "catalogue/merge.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

struct merging merge_open(struct catalogue *catalogue, const char *product,
                          const struct decoder *decoder)
{
    struct product *found = NULL;
    for (size_t i = 0; i < catalogue->product_count && !found; i++) {
        if (!strcmp(catalogue->products[i].name, product))
            found = &catalogue->products[i];
    }
    if (!found) {
        found = vec_push(catalogue->products, catalogue->product_count,
                         catalogue->product_room);
        *found = (struct product){.name = xstrdup(product)};
    }
    return (struct merging){catalogue, found, decoder};
}

void merge_kinds(struct merging *merging, char **kinds, size_t count)
{
    struct product *p = merging->product;
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t k = 0; k < p->kind_count && !known; k++)
            known = !strcmp(p->kinds[k], kinds[i]);
        if (known) {
            free(kinds[i]);
            continue;
        }
        p->kinds = xreallocarray(p->kinds, p->kind_count + 1, sizeof *p->kinds);
        p->kinds[p->kind_count++] = kinds[i];
    }
    free(kinds);
}

/* True if `place` may take the place of `old`, which is remembered if they differ: a copy
   of a file that is installed changes nothing. */
static bool replaces(struct merging *merging, const char *what, bool same,
                     const struct place *old, const struct place *place)
{
    struct catalogue *c = merging->catalogue;
    if (!strcmp(old->file, place->file)) {
        problem_error(merging->decoder->problems, place,
                      "%s is there already, on line %d", what, old->line);
        return false;
    }
    if (same)
        return true;
    *vec_push(c->replaced, c->replaced_count, c->replaced_room) =
        xasprintf("%s:%d replaces %s of %s:%d", place->file, place->line, what, old->file,
                  old->line);
    return true;
}

/*
 * The two ways of each merge_*: exchange the old item for the new one, or add it. What
 * is left over afterwards (the old one, or a new one that may not be) is given back by
 * way of a product of its own, so that only catalogue_clear() knows what items own.
 */
static void swap_bytes(void *a, void *b, size_t size)
{
    auto_free void *keep = xmalloc(size);
    memcpy(keep, a, size);
    memcpy(a, b, size);
    memcpy(b, keep, size);
}

static void drop(struct product product)
{
    struct catalogue rest = {.product_count = 1};
    rest.products = xcalloc(1, sizeof *rest.products);
    rest.products[0] = product;
    catalogue_clear(&rest);
}

static void *copy_of(const void *item, size_t size)
{
    void *copy = xmalloc(size);
    memcpy(copy, item, size);
    return copy;
}

#define DROP(member, number, item)                                                       \
    drop((struct product){.member = copy_of((item), sizeof *(item)), .number = 1})

/* ---- is it the same word? ---- */

static bool same_text(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static bool same_version(bool has_a, const struct version *a, bool has_b,
                         const struct version *b)
{
    return has_a == has_b && (!has_a || (!version_compare(a, b) && a->count == b->count));
}

static bool same_builds(const struct release *a, const struct release *b)
{
    bool same = a->build_count == b->build_count;
    for (size_t i = 0; same && i < a->build_count; i++)
        same = same_text(a->builds[i], b->builds[i]);
    return same;
}

static bool same_release(const struct release *a, const struct release *b)
{
    const char *texts[][2] = {
        {a->name, b->name},           {a->line, b->line},
        {a->date, b->date},           {a->build, b->build},
        {a->withdrawn, b->withdrawn}, {a->client_build, b->client_build},
        {a->notes, b->notes},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        if (!same_text(texts[i][0], texts[i][1]))
            return false;
    }
    return same_builds(a, b) &&
           same_version(a->has_version, &a->version, b->has_version, &b->version) &&
           same_version(a->has_minimum, &a->minimum, b->has_minimum, &b->minimum);
}

/* ---- merging ---- */

void merge_release(struct merging *merging, struct release *release)
{
    struct product *p = merging->product;
    for (size_t i = 0; i < p->release_count; i++) {
        auto_free char *what = xasprintf("release %s", release->id);
        if (strcmp(p->releases[i].id, release->id) != 0)
            continue;
        if (replaces(merging, what, same_release(&p->releases[i], release),
                     &p->releases[i].place, &release->place))
            swap_bytes(&p->releases[i], release, sizeof *release);
        DROP(releases, release_count, release);
        return;
    }
    *vec_push(p->releases, p->release_count, p->release_room) = *release;
}

void merge_line(struct merging *merging, struct line *line)
{
    struct product *p = merging->product;
    if (!line->name || !line->playbook) {
        DROP(lines, line_count, line);
        return;
    }
    for (size_t i = 0; i < p->line_count; i++) {
        auto_free char *what = xasprintf("line %s", line->name);
        if (strcmp(p->lines[i].name, line->name) != 0)
            continue;
        bool same = same_text(p->lines[i].playbook, line->playbook) &&
                    same_text(p->lines[i].note, line->note);
        if (replaces(merging, what, same, &p->lines[i].place, &line->place))
            swap_bytes(&p->lines[i], line, sizeof *line);
        DROP(lines, line_count, line);
        return;
    }
    *vec_push(p->lines, p->line_count, p->line_room) = *line;
}

void merge_upgrade(struct merging *merging, struct upgrade *upgrade)
{
    struct product *p = merging->product;
    if (!upgrade->from || !upgrade->to || !upgrade->playbook) {
        DROP(upgrades, upgrade_count, upgrade);
        return;
    }
    for (size_t i = 0; i < p->upgrade_count; i++) {
        struct upgrade *old = &p->upgrades[i];
        auto_free char *what =
            xasprintf("the upgrade from %s to %s", upgrade->from, upgrade->to);
        if (strcmp(old->from, upgrade->from) != 0 || strcmp(old->to, upgrade->to) != 0)
            continue;
        bool same = same_text(old->playbook, upgrade->playbook) &&
                    same_text(old->note, upgrade->note) &&
                    same_version(old->has_hosts, &old->hosts, upgrade->has_hosts,
                                 &upgrade->hosts);
        if (replaces(merging, what, same, &old->place, &upgrade->place))
            swap_bytes(old, upgrade, sizeof *upgrade);
        DROP(upgrades, upgrade_count, upgrade);
        return;
    }
    *vec_push(p->upgrades, p->upgrade_count, p->upgrade_room) = *upgrade;
}

void merge_exception(struct merging *merging, struct exception *exception)
{
    struct product *p = merging->product;
    if (!exception->from || !exception->to) {
        DROP(exceptions, exception_count, exception);
        return;
    }
    for (size_t i = 0; i < p->exception_count; i++) {
        struct exception *old = &p->exceptions[i];
        auto_free char *what =
            xasprintf("the exception from %s to %s", exception->from, exception->to);
        if (strcmp(old->from, exception->from) != 0 ||
            strcmp(old->to, exception->to) != 0)
            continue;
        bool same =
            old->allowed == exception->allowed && same_text(old->why, exception->why);
        if (replaces(merging, what, same, &old->place, &exception->place))
            swap_bytes(old, exception, sizeof *exception);
        DROP(exceptions, exception_count, exception);
        return;
    }
    *vec_push(p->exceptions, p->exception_count, p->exception_room) = *exception;
}

/* ---- all files together ---- */

static bool has_release(const struct product *p, const char *id)
{
    for (size_t i = 0; i < p->release_count; i++) {
        if (!strcmp(p->releases[i].id, id))
            return true;
    }
    return false;
}

static void check_exceptions(const struct product *p, struct problem_list *problems)
{
    for (size_t i = 0; i < p->exception_count; i++) {
        const struct exception *e = &p->exceptions[i];
        const char *ids[] = {e->from, e->to};
        for (size_t k = 0; k < ARRAY_LENGTH(ids); k++) {
            if (!has_release(p, ids[k]))
                problem_error(problems, &e->place, "no release of %s has the id %s",
                              p->name, ids[k]);
        }
    }
}

void merge_check(const struct catalogue *catalogue, struct problem_list *problems)
{
    for (size_t i = 0; i < catalogue->product_count; i++) {
        const struct product *p = &catalogue->products[i];
        check_exceptions(p, problems);
        for (size_t k = 0; k < p->kind_count; k++) {
            const struct product *first =
                catalogue_product_of_kind(catalogue, p->kinds[k]);
            if (first != p)
                problem_add(problems, PROBLEM_ERROR, p->name, 0, 0,
                            "kind %s belongs to %s already", p->kinds[k], first->name);
        }
    }
}
