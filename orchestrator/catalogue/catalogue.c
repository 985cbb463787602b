/*
 * catalogue.c - looking up what was read (catalogue.h), and giving it back.
 *
 * A text may mean several releases: before 7.0 the short versions name a whole series,
 * and SOAP answers three numbers only. All of them are given; whoever asks decides.
 */
#include "catalogue/catalogue.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"

/* ---- giving back ---- */

static void free_all(char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
}

#define FREE_TEXTS(...)                                                                  \
    free_all((char *[]){__VA_ARGS__}, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *))

static void release_clear(struct release *r)
{
    FREE_TEXTS(r->id, r->name, r->line, r->date, r->build, r->client_build, r->withdrawn,
               r->notes, r->place.file);
    free_all(r->builds, r->build_count);
    free(r->builds);
}

static void product_clear(struct product *p)
{
    for (size_t i = 0; i < p->release_count; i++)
        release_clear(&p->releases[i]);
    for (size_t i = 0; i < p->line_count; i++)
        FREE_TEXTS(p->lines[i].name, p->lines[i].playbook, p->lines[i].note,
                   p->lines[i].place.file);
    for (size_t i = 0; i < p->upgrade_count; i++)
        FREE_TEXTS(p->upgrades[i].from, p->upgrades[i].to, p->upgrades[i].playbook,
                   p->upgrades[i].note, p->upgrades[i].place.file);
    for (size_t i = 0; i < p->exception_count; i++)
        FREE_TEXTS(p->exceptions[i].from, p->exceptions[i].to, p->exceptions[i].why,
                   p->exceptions[i].place.file);
    free_all(p->kinds, p->kind_count);
    free(p->kinds);
    free(p->releases);
    free(p->lines);
    free(p->upgrades);
    free(p->exceptions);
    free(p->name);
}

void catalogue_clear(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->product_count; i++)
        product_clear(&catalogue->products[i]);
    free_all(catalogue->replaced, catalogue->replaced_count);
    free(catalogue->products);
    free(catalogue->replaced);
    *catalogue = (struct catalogue){0};
}

/* ---- looking up ---- */

const struct product *catalogue_product(const struct catalogue *catalogue,
                                        const char *name)
{
    for (size_t i = 0; i < catalogue->product_count; i++) {
        if (!strcmp(catalogue->products[i].name, name))
            return &catalogue->products[i];
    }
    return NULL;
}

const struct product *catalogue_product_of_kind(const struct catalogue *catalogue,
                                                const char *kind)
{
    for (size_t i = 0; i < catalogue->product_count; i++) {
        const struct product *p = &catalogue->products[i];
        for (size_t k = 0; k < p->kind_count; k++) {
            if (!strcmp(p->kinds[k], kind))
                return p;
        }
    }
    return NULL;
}

/* "8.0 U3d" and "8.0u3d" are one name. */
static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " ");
        b += strspn(b, " ");
        if (!*a || !*b)
            return *a == *b;
        if (strncasecmp(a, b, 1) != 0)
            return false;
    }
}

static bool has_build(const struct release *r, const char *text)
{
    for (size_t i = 0; i < r->build_count; i++) {
        if (!strcmp(r->builds[i], text))
            return true;
    }
    return *text && (!strcmp(r->build, text) || !strcmp(r->client_build, text));
}

typedef bool (*matches_fn)(const struct release *release, const void *wanted);

static bool by_name(const struct release *r, const void *text)
{
    return same_name(r->id, text) || same_name(r->name, text) || has_build(r, text);
}

static bool by_version(const struct release *r, const void *version)
{
    return r->has_version && !version_compare(&r->version, version);
}

static bool by_beginning(const struct release *r, const void *version)
{
    return r->has_version && version_begins(&r->version, version);
}

static size_t collect(const struct product *product, matches_fn matches,
                      const void *wanted, const struct release **out, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < product->release_count; i++) {
        if (!matches(&product->releases[i], wanted))
            continue;
        if (found < max)
            out[found] = &product->releases[i];
        found++;
    }
    return found;
}

/* True if the catalogue itself writes this version so short. */
static bool is_written_short(const struct product *product, const struct version *version)
{
    for (size_t i = 0; i < product->release_count; i++) {
        const struct release *r = &product->releases[i];
        if (by_version(r, version) && r->version.count == version->count)
            return true;
    }
    return false;
}

size_t catalogue_find(const struct product *product, const char *text,
                      const struct release **out, size_t max)
{
    struct version version;
    size_t found = collect(product, by_name, text, out, max);
    if (found || !version_parse(text, &version))
        return found;
    if (version.count == VERSION_FIELDS || is_written_short(product, &version))
        return collect(product, by_version, &version, out, max);
    return collect(product, by_beginning, &version, out, max);
}
