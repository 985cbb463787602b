/*
 * path.c - see path.h: a breadth-first search over the releases of the catalogue.
 *
 * Fewest hops win; among ways of the same length each stop in between is the newest
 * release that keeps the way open, because a stop is worth the more the longer it is
 * supported. A stop needs a version, since a playbook is told one.
 */
#include "catalogue/path.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define MEANINGS_MAX 200 /* releases that one text may mean */
#define FAR          INT32_MAX

struct search {
    const struct product *product;
    struct path *path;
    int *distance; /* of each release from the source, in hops */
};

const char *path_verdict_name(enum path_verdict verdict)
{
    static const char *const names[] = {"found", "there", "none", "unknown_target",
                                        "no_version"};
    _Static_assert(ARRAY_LENGTH(names) == PATH_VERDICTS, "one name for each verdict");
    return names[verdict];
}

void path_clear(struct path *path)
{
    for (size_t i = 0; i < path->refused_count; i++)
        free(path->refused[i].why);
    for (size_t i = 0; i < path->remark_count; i++)
        free(path->remarks[i]);
    free(path->refused);
    free(path->remarks);
    free(path->why);
    free(path->unknown.line);
    *path = (struct path){.hop_count = 0};
}

static void remark(struct path *path, char *text)
{
    *vec_push(path->remarks, path->remark_count, path->remark_room) = text;
}

/* A sentence that many steps share is told once. */
static void refuse(struct path *path, const struct release *from,
                   const struct release *to, char *why)
{
    bool told = path->refused_count == PATH_REFUSALS_MAX;
    for (size_t i = 0; i < path->refused_count && !told; i++)
        told = !strcmp(path->refused[i].why, why);
    if (told) {
        free(why);
        return;
    }
    *vec_push(path->refused, path->refused_count, path->refused_room) =
        (struct refusal){from, to, why};
}

/* ---- which releases are meant ---- */

/* Later by version, then by date. */
static bool is_newer(const struct release *a, const struct release *b)
{
    int order =
        a->has_version && b->has_version ? version_compare(&a->version, &b->version) : 0;
    return order ? order > 0 : a->date_ms > b->date_ms;
}

/* The newest of what the text means; NULL if the catalogue has none. */
static const struct release *meant(const struct product *product, const char *text,
                                   struct path *path)
{
    const struct release *found[MEANINGS_MAX];
    char clean[128];
    size_t count = catalogue_find(product, text, found, MEANINGS_MAX);
    if (!count)
        return NULL;
    const struct release *newest = found[0];
    for (size_t i = 1; i < count && i < MEANINGS_MAX; i++)
        newest = is_newer(found[i], newest) ? found[i] : newest;
    if (count > 1)
        remark(path,
               xasprintf("%s may be any of %zu releases; it is taken as the newest "
                         "of them, %s",
                         text_clean(text, clean, sizeof clean), count, newest->name));
    return newest;
}

/* A version that the catalogue does not have: its line is known all the same. */
static bool take_unknown(struct path *path, const char *text)
{
    static char nothing[] = "";
    char line[LINE_TEXT_MAX], clean[128];
    struct release *r = &path->unknown;
    if (!version_parse(text, &r->version))
        return false;
    r->has_version = true;
    r->line = xstrdup(version_line(&r->version, line, sizeof line));
    r->id = r->name = r->date = r->build = r->client_build = nothing;
    r->withdrawn = r->notes = nothing;
    path->source = r;
    remark(path,
           xasprintf("the catalogue does not know %s: whether a target was released "
                     "before it cannot be checked",
                     text_clean(text, clean, sizeof clean)));
    return true;
}

/* ---- the search ---- */

static bool is_stop(const struct search *s, const struct release *r)
{
    return r->has_version || r == s->path->target;
}

static bool can_step(const struct search *s, const struct release *from,
                     const struct release *to, struct hop *hop)
{
    auto_free char *why = path_step(s->product, from, to, hop);
    return !why;
}

/* All releases that are `hops` away and were not reached in fewer. */
static bool widen(struct search *s, int hops)
{
    const struct product *p = s->product;
    struct hop hop;
    bool found = false;
    for (size_t i = 0; i < p->release_count; i++) {
        const struct release *to = &p->releases[i];
        if (s->distance[i] != FAR || to == s->path->source || !is_stop(s, to))
            continue;
        bool near = hops == 1 && can_step(s, s->path->source, to, &hop);
        for (size_t k = 0; k < p->release_count && !near; k++)
            near = s->distance[k] == hops - 1 && can_step(s, &p->releases[k], to, &hop);
        if (near) {
            s->distance[i] = hops;
            found = true;
        }
    }
    return found;
}

/* From the target back to the source, always over the newest stop. */
static void trace(struct search *s, int hops)
{
    const struct product *p = s->product;
    const struct release *to = s->path->target;
    for (int left = hops; left > 0; left--) {
        const struct release *best = left == 1 ? s->path->source : NULL;
        struct hop hop = {.to = to}, candidate;
        for (size_t k = 0; k < p->release_count && left > 1; k++) {
            const struct release *stop = &p->releases[k];
            if (s->distance[k] == left - 1 && can_step(s, stop, to, &candidate) &&
                (!best || is_newer(stop, best)))
                best = stop;
        }
        (void)can_step(s, best, to, &hop);
        s->path->hops[left - 1] = hop;
        to = best;
    }
    s->path->hop_count = (size_t)hops;
}

/* ---- why not otherwise ---- */

static bool is_on_path(const struct path *path, const struct release *r)
{
    for (size_t i = 0; i < path->hop_count; i++) {
        if (path->hops[i].to == r || path->hops[i].from == r)
            return true;
    }
    return r == path->source || r == path->target;
}

/* Each release between the two that is no stop on the way, with the step that fails. */
static void explain_refusals(struct search *s)
{
    struct path *path = s->path;
    struct hop hop;
    char *direct = path_step(s->product, path->source, path->target, &hop);
    if (direct)
        refuse(path, path->source, path->target, direct);
    for (size_t i = 0; i < s->product->release_count; i++) {
        const struct release *r = &s->product->releases[i];
        if (is_on_path(path, r) || !r->has_version || !path->source->has_version ||
            !path->target->has_version ||
            version_compare(&r->version, &path->source->version) <= 0 ||
            version_compare(&r->version, &path->target->version) >= 0)
            continue;
        char *why = path_step(s->product, path->source, r, &hop);
        if (why) {
            refuse(path, path->source, r, why);
            continue;
        }
        why = path_step(s->product, r, path->target, &hop);
        if (why)
            refuse(path, r, path->target, why);
    }
}

/* The reachable release nearest above the target in its line, else the newest one. */
static const struct release *instead(const struct search *s)
{
    const struct product *p = s->product;
    const struct release *target = s->path->target, *above = NULL, *newest = NULL;
    for (size_t i = 0; i < p->release_count; i++) {
        const struct release *r = &p->releases[i];
        if (s->distance[i] == FAR || !r->has_version || r == target)
            continue;
        newest = !newest || is_newer(r, newest) ? r : newest;
        if (!strcmp(r->line, target->line) && is_newer(r, target) &&
            (!above || is_newer(above, r)))
            above = r;
    }
    return above ? above : newest;
}

static void explain_none(struct search *s)
{
    struct path *path = s->path;
    auto_buf struct buf out = {0};
    const struct release *other = instead(s);
    buf_adds(&out, "no way leads from ");
    path_release_words(path->source, &out);
    buf_adds(&out, " to ");
    path_release_words(path->target, &out);
    if (path->refused_count)
        buf_addf(&out, ": %s", path->refused[0].why);
    if (other) {
        buf_adds(&out, "; it can become ");
        path_release_words(other, &out);
    }
    path->verdict = PATH_NONE;
    path->why = buf_take(&out);
}

static void search(struct search *s)
{
    struct path *path = s->path;
    size_t count = s->product->release_count;
    size_t target = (size_t)(path->target - s->product->releases);
    s->distance = xcalloc(count + 1, sizeof *s->distance);
    for (size_t i = 0; i < count; i++)
        s->distance[i] = FAR;
    for (int hops = 1; hops <= PATH_HOPS_MAX && widen(s, hops); hops++) {
    }
    bool found = s->distance[target] != FAR;
    if (found)
        trace(s, s->distance[target]);
    explain_refusals(s);
    if (!found)
        explain_none(s);
    free(s->distance);
}

static void remark_hops(struct path *path)
{
    for (size_t i = 0; i < path->hop_count; i++) {
        const struct hop *hop = &path->hops[i];
        auto_buf struct buf out = {0};
        if (!hop->undated || (!i && path->source == &path->unknown))
            continue;
        path_release_words(hop->to, &out);
        remark(path, xasprintf("%s: a release date is not known, so nobody checked that "
                               "it does not go back in time",
                               buf_text(&out)));
    }
}

/* ---- the question ---- */

static bool is_same(const struct release *a, const struct release *b)
{
    return a == b || (a->has_version && b->has_version && a->version.count == 4 &&
                      !version_compare(&a->version, &b->version));
}

void path_find(const struct product *product, const char *from, const char *to,
               struct path *out)
{
    char clean[128];
    *out = (struct path){.verdict = PATH_FOUND};
    out->target = meant(product, to, out);
    out->source = meant(product, from, out);
    if (!out->source && !take_unknown(out, from)) {
        out->verdict = PATH_NO_VERSION;
        out->why = xasprintf("%s is neither a version nor a release of %s",
                             text_clean(from, clean, sizeof clean), product->name);
    } else if (!out->target) {
        out->verdict = PATH_UNKNOWN_TARGET;
        out->why = xasprintf("the catalogue does not know %s of %s; if it exists, add it "
                             "to a file of versions/",
                             text_clean(to, clean, sizeof clean), product->name);
    } else if (!out->target->has_version) {
        out->verdict = PATH_NONE;
        out->why = xasprintf("the catalogue does not know the appliance version of %s, "
                             "and a playbook must be told one; add it to a file of "
                             "versions/",
                             out->target->name);
    } else if (is_same(out->source, out->target)) {
        out->verdict = PATH_THERE;
        out->why = xasprintf("it is %s already", out->target->name);
    } else {
        struct search s = {.product = product, .path = out};
        search(&s);
        remark_hops(out);
    }
}

void path_words(const struct path *path, struct buf *out)
{
    for (size_t i = 0; i < path->hop_count; i++) {
        buf_addf(out, "%s%s to ", i ? ", then " : "", path->hops[i].playbook);
        path_release_words(path->hops[i].to, out);
    }
}
