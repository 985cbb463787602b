/*
 * step.c - may one release become another one in a single step? (path.h: path_step)
 *
 * The answer is a hop or one sentence. What the catalogue does not know never forbids
 * anything; the hop is marked instead.
 */
#include <string.h>

#include "catalogue/path.h"
#include "util/auto.h"
#include "util/xalloc.h"

const char *hop_kind_name(enum hop_kind kind)
{
    static const char *const names[] = {"patch", "major upgrade"};
    _Static_assert(ARRAY_LENGTH(names) == HOP_KIND_COUNT, "one name for each kind");
    return names[kind];
}

void path_release_words(const struct release *r, struct buf *out)
{
    char version[VERSION_TEXT_MAX];
    if (!r->has_version)
        buf_adds(out, r->name);
    else if (!*r->name)
        buf_adds(out, version_text(&r->version, version, sizeof version));
    else
        buf_addf(out, "%s (%s)", version_text(&r->version, version, sizeof version),
                 r->name);
}

static char *words(const struct release *release)
{
    auto_buf struct buf out = {0};
    path_release_words(release, &out);
    return buf_take(&out);
}

static const struct exception *exception_of(const struct product *p,
                                            const struct release *from,
                                            const struct release *to)
{
    for (size_t i = 0; i < p->exception_count; i++) {
        const struct exception *e = &p->exceptions[i];
        if (!strcmp(e->from, from->id) && !strcmp(e->to, to->id))
            return e;
    }
    return NULL;
}

static char *patch_step(const struct product *p, const struct release *from,
                        const struct release *to, struct hop *hop)
{
    char version[VERSION_TEXT_MAX];
    for (size_t i = 0; i < p->line_count; i++) {
        const struct line *line = &p->lines[i];
        if (strcmp(line->name, to->line) != 0)
            continue;
        if (to->has_minimum && from->has_version &&
            version_compare(&from->version, &to->minimum) < 0) {
            auto_free char *target = words(to), *source = words(from);
            return xasprintf("%s accepts no source below %s, so not %s", target,
                             version_text(&to->minimum, version, sizeof version), source);
        }
        *hop = (struct hop){
            .kind = HOP_PATCH, .playbook = line->playbook, .note = line->note};
        return NULL;
    }
    return xasprintf("the catalogue has no playbook that patches %s %s", p->name,
                     to->line);
}

static char *upgrade_step(const struct product *p, const struct release *from,
                          const struct release *to, struct hop *hop)
{
    for (size_t i = 0; i < p->upgrade_count; i++) {
        const struct upgrade *u = &p->upgrades[i];
        if (strcmp(u->from, from->line) != 0 || strcmp(u->to, to->line) != 0)
            continue;
        *hop = (struct hop){.kind = HOP_UPGRADE,
                            .playbook = u->playbook,
                            .note = u->note,
                            .hosts = u->has_hosts ? &u->hosts : NULL};
        return NULL;
    }
    return xasprintf("there is no upgrade from %s %s to %s in one step", p->name,
                     from->line, to->line);
}

/* Within versions that are written alike ("5.5") only the date tells the order. */
static bool is_older(const struct release *to, const struct release *from)
{
    return to->has_version && from->has_version &&
           version_compare(&to->version, &from->version) < 0;
}

static char *back_in_time(const struct release *from, const struct release *to)
{
    auto_free char *target = words(to), *source = words(from);
    return xasprintf("%s was released on %s, before %s of %s: back in time", target,
                     to->date, source, from->date);
}

char *path_step(const struct product *p, const struct release *from,
                const struct release *to, struct hop *hop)
{
    auto_free char *target = words(to), *source = words(from);
    const struct exception *exception = exception_of(p, from, to);
    bool dated = *from->date && *to->date;
    if (*to->withdrawn)
        return xasprintf("%s was withdrawn: %s", target, to->withdrawn);
    if (exception && !exception->allowed)
        return xasprintf("%s does not become %s: %s", source, target, exception->why);
    if (is_older(to, from))
        return xasprintf("%s is older than %s, and nothing goes back", target, source);
    struct hop found = {.from = from};
    char *why = strcmp(from->line, to->line) ? upgrade_step(p, from, to, &found)
                                             : patch_step(p, from, to, &found);
    if (why)
        return why;
    if (!exception && dated && to->date_ms < from->date_ms)
        return back_in_time(from, to);
    found.from = from;
    found.to = to;
    found.undated = !exception && !dated;
    *hop = found;
    return NULL;
}
