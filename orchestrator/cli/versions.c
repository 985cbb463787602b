/*
 * versions.c - see versions.h.
 *
 * A plan is never refused here: the catalogue knows less than the vendor, and somebody
 * may have good reasons. It says what it knows, once for each version, not each target.
 * Only who needs another hop first is left out: it would end half way at best.
 */
#include "cli/versions.h"

#include <stdlib.h>
#include <string.h>

#include "playbook/folder.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

#define GROUPS_TOLD_MAX 12 /* versions that get a note of their own */
#define HOSTS_LABEL     "hosts_oldest"

int versions_load(struct cli *cli, const char *extra, struct catalogue *out)
{
    auto_problems struct problem_list problems = {0};
    int code = catalogue_load_all(extra, out, &problems);
    auto_free char *text = problems_text(&problems);
    (void)fputs(text, stderr);
    if (code)
        return cli_fail(cli, EXIT_ERROR, "the catalogue of versions has errors");
    if (!out->product_count)
        return cli_fail(cli, EXIT_ERROR,
                        "there is no catalogue of versions: neither %s/versions nor "
                        "./versions has a .yaml file; name one with --versions",
                        folder_share());
    return EXIT_DONE;
}

/* ---- notes of a plan ---- */

/* Targets of one kind that have one version, and whose oldest hosts are alike. */
struct group {
    const struct product *product;
    const char *kind, *version;
    const char *hosts; /* label hosts_oldest; "" if nobody told */
    int count;
};

struct asking {
    const struct inputs *inputs;
    struct plan_notes *notes;
    struct catalogue catalogue;
    struct map keys; /* parallel to groups */
    struct group *groups;
    size_t count, room;
    const char *wanted;
    int told, untold;
    int hosts_untold; /* targets of a major upgrade without that label */
};

static void add_target(struct asking *a, const struct appliance *appliance)
{
    const struct product *product =
        catalogue_product_of_kind(&a->catalogue, appliance->kind);
    if (!product || !*appliance->version)
        return;
    const char *hosts = json_text(appliance->labels, HOSTS_LABEL);
    hosts = hosts ? hosts : "";
    auto_free char *key = xasprintf("%s %s %s %s", product->name, appliance->kind,
                                    appliance->version, hosts);
    size_t before = a->keys.count, at = map_intern(&a->keys, key);
    if (at == before)
        *vec_push(a->groups, a->count, a->room) =
            (struct group){product, appliance->kind, appliance->version, hosts, 0};
    a->groups[at].count++;
}

/* "12 targets at 6.5.0" */
static char *who(const struct group *g)
{
    return xasprintf("%d target%s at %s", g->count, g->count == 1 ? "" : "s", g->version);
}

/* True if the catalogue names this playbook for some hop of the product. */
static bool is_known_playbook(const struct product *p, const char *name)
{
    for (size_t i = 0; i < p->line_count; i++) {
        if (!strcmp(p->lines[i].playbook, name))
            return true;
    }
    for (size_t i = 0; i < p->upgrade_count; i++) {
        if (!strcmp(p->upgrades[i].playbook, name))
            return true;
    }
    return false;
}

/* Somebody's own playbook may be right for any hop; a known one is for its own. */
static void note_playbook(struct asking *a, const struct group *g, const struct hop *hop)
{
    const char *name = a->inputs->playbook.name;
    auto_free char *targets = who(g);
    if (!strcmp(name, hop->playbook) || !is_known_playbook(g->product, name))
        return;
    plan_notes_add(a->notes, NOTE_WARNING, -1,
                   "%s: the way to %s is a %s by playbook %s, but this campaign uses %s",
                   targets, a->wanted, hop_kind_name(hop->kind), hop->playbook, name);
}

/* One campaign of those that have to be made, one after the other. */
static void note_campaign(struct asking *a, const struct group *g,
                          const struct path *path, size_t at)
{
    const struct hop *hop = &path->hops[at];
    const char *name = a->inputs->campaign.name;
    char from[VERSION_TEXT_MAX], to[VERSION_TEXT_MAX];
    const char *found =
        at ? version_text(&hop->from->version, from, sizeof from) : g->version;
    bool last = at + 1 == path->hop_count;
    bool this_one = last && !strcmp(hop->playbook, a->inputs->playbook.name);
    (void)version_text(&hop->to->version, to, sizeof to);
    auto_free char *after = at ? xasprintf("after: %s-hop%zu, ", name, at) : xstrdup("");
    if (this_one)
        plan_notes_add(
            a->notes, NOTE_WARNING, -1,
            "  hop %zu of %zu: this campaign, with after: %s-hop%zu, planned again once "
            "they are at %s",
            at + 1, path->hop_count, name, at, found);
    else
        plan_notes_add(a->notes, NOTE_WARNING, -1,
                       "  hop %zu of %zu: %s-hop%zu.yaml, a copy of this campaign with "
                       "campaign: %s-hop%zu, %splaybook: %s and the variables it wants, "
                       "target_version: %s, and to its select AND version_cmp(version, "
                       "'%s') = 0",
                       at + 1, path->hop_count, name, at + 1, name, at + 1, after,
                       hop->playbook, to, found);
}

static void note_hops(struct asking *a, const struct group *g, const struct path *path)
{
    auto_free char *targets = who(g);
    auto_buf struct buf words = {0};
    path_words(path, &words);
    plan_notes_add(a->notes, NOTE_WARNING, -1,
                   "%s need%s %zu hops: %s; a campaign makes one of them, so they are "
                   "left out of this one (slipway path --from %s --to %s). Make a "
                   "campaign for each hop:",
                   targets, g->count == 1 ? "s" : "", path->hop_count, buf_text(&words),
                   g->version, a->wanted);
    for (size_t i = 0; i < path->hop_count; i++)
        note_campaign(a, g, path, i);
}

/* True if the hosts of these targets are too old for what the hop makes of it. */
static bool note_hosts(struct asking *a, const struct group *g, const struct hop *hop)
{
    struct version oldest;
    char least[VERSION_TEXT_MAX];
    if (!hop->hosts)
        return false;
    if (!version_parse(g->hosts, &oldest)) {
        a->hosts_untold += g->count;
        return false;
    }
    if (version_compare(&oldest, hop->hosts) >= 0)
        return false;
    auto_free char *targets = who(g);
    plan_notes_add(a->notes, NOTE_STOP, -1,
                   "%s: their oldest ESXi hosts are %s (label " HOSTS_LABEL "), and %s "
                   "manages none before %s: upgrade those hosts first, as far as the "
                   "present vCenter can manage them, or leave these targets out",
                   targets, g->hosts, hop->to->name,
                   version_text(hop->hosts, least, sizeof least));
    return true;
}

static void note_group(struct asking *a, const struct group *g)
{
    auto_path struct path path = {.hop_count = 0};
    auto_free char *targets = who(g);
    path_find(g->product, g->version, a->wanted, &path);
    if (path.verdict == PATH_FOUND && note_hosts(a, g, &path.hops[0]))
        return;
    bool silent =
        path.verdict == PATH_THERE ||
        (path.verdict == PATH_FOUND && path.hop_count == 1 && !path.remark_count &&
         !strcmp(path.hops[0].playbook, a->inputs->playbook.name));
    if (silent)
        return;
    if (a->told++ >= GROUPS_TOLD_MAX) {
        a->untold++;
        return;
    }
    if (path.verdict == PATH_NONE)
        plan_notes_add(a->notes, NOTE_STOP, -1, "%s: %s", targets, path.why);
    else if (path.verdict != PATH_FOUND)
        plan_notes_add(a->notes, NOTE_WARNING, -1, "%s: not checked: %s", targets,
                       path.why);
    else if (path.hop_count > 1)
        note_hops(a, g, &path);
    else
        note_playbook(a, g, &path.hops[0]);
    for (size_t i = 0; i < path.remark_count && path.verdict == PATH_FOUND; i++)
        plan_notes_add(a->notes, NOTE_WARNING, -1, "%s: %s", targets, path.remarks[i]);
}

static void note_all(struct asking *a)
{
    for (size_t i = 0; i < a->inputs->selected_count; i++)
        add_target(a, &a->inputs->fleet.appliances[a->inputs->selected[i]]);
    for (size_t i = 0; i < a->inputs->out_count; i++) {
        if (a->inputs->out[i].why == OUT_HOPS)
            add_target(a, &a->inputs->fleet.appliances[a->inputs->out[i].appliance]);
    }
    for (size_t i = 0; i < a->count; i++)
        note_group(a, &a->groups[i]);
    if (a->hosts_untold)
        plan_notes_add(a->notes, NOTE_WARNING, -1,
                       "%d target%s of a major upgrade without the label " HOSTS_LABEL
                       ": nobody checked that the new vCenter still manages their hosts",
                       a->hosts_untold, a->hosts_untold == 1 ? "" : "s");
    if (a->untold)
        plan_notes_add(a->notes, NOTE_WARNING, -1,
                       "%d more version%s with something to say about the way to %s",
                       a->untold, a->untold == 1 ? "" : "s", a->wanted);
}

/* One question for each version, not each target. */
static bool needs_hops(struct asking *a, const struct appliance *appliance)
{
    const struct product *product =
        catalogue_product_of_kind(&a->catalogue, appliance->kind);
    if (!product || !*appliance->version)
        return false;
    auto_free char *key = xasprintf("%s %s", product->name, appliance->version);
    size_t before = a->keys.count, at = map_intern(&a->keys, key);
    if (at == before) {
        auto_path struct path path = {.hop_count = 0};
        path_find(product, appliance->version, a->wanted, &path);
        *vec_push(a->groups, a->count, a->room) =
            (struct group){.product = product,
                           .count = path.verdict == PATH_FOUND && path.hop_count > 1};
    }
    return a->groups[at].count;
}

bool *versions_need_hops(const struct inputs *inputs)
{
    struct asking a = {.wanted = json_text(inputs->campaign.vars, "target_version")};
    auto_problems struct problem_list problems = {0};
    bool *needs = xcalloc(inputs->selected_count + 1, sizeof *needs);
    bool known = a.wanted && !catalogue_load_all(NULL, &a.catalogue, &problems);
    for (size_t i = 0; known && i < inputs->selected_count; i++)
        needs[i] = needs_hops(&a, &inputs->fleet.appliances[inputs->selected[i]]);
    free(a.groups);
    map_free(&a.keys);
    catalogue_clear(&a.catalogue);
    return needs;
}

void versions_note(const struct inputs *inputs, struct plan_notes *notes)
{
    struct asking a = {.inputs = inputs,
                       .notes = notes,
                       .wanted = json_text(inputs->campaign.vars, "target_version")};
    auto_problems struct problem_list problems = {0};
    if (!a.wanted)
        return;
    if (!catalogue_load_all(NULL, &a.catalogue, &problems))
        note_all(&a);
    else
        plan_notes_add(notes, NOTE_WARNING, -1,
                       "the catalogue of versions has errors, so no way was checked; "
                       "slipway path --from %s --to %s tells them",
                       a.wanted, a.wanted);
    free(a.groups);
    map_free(&a.keys);
    catalogue_clear(&a.catalogue);
}
