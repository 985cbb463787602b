/*
 * manual_group.c - a link group, put back by hand: all of its members or none, and nobody
 * powered on before the last one was reverted. See manual.h.
 */
#include <stdlib.h>

#include "report/manual_parts.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/xalloc.h"

static void add_names(struct buf *out, const struct manual_facts *f, bool off_only)
{
    bool first = true;
    for (size_t i = 0; i < f->member_count; i++) {
        if (off_only && !f->members[i].off)
            continue;
        buf_adds(out, first ? "" : ", ");
        words_clean(out, f->members[i].name);
        first = false;
    }
}

static const struct manual_member *without_snapshot(const struct manual_facts *f)
{
    for (size_t i = 0; i < f->member_count; i++) {
        if (!f->members[i].snapshot)
            return &f->members[i];
    }
    return NULL;
}

static bool any_is(const struct manual_facts *f, bool changed)
{
    for (size_t i = 0; i < f->member_count; i++) {
        if (changed ? f->members[i].changed : f->members[i].off)
            return true;
    }
    return false;
}

/* The barrier was not finished: there is nothing to take back. */
static void undo_barrier(const struct manual_facts *f, struct manual *out)
{
    auto_buf struct buf text = {0};
    buf_adds(&text, "nothing of link group ");
    words_clean(&text, f->link_group);
    buf_adds(&text, " is changed: do not revert anybody");
    manual_add(out, MANUAL_UNDO, &text);
    if (any_is(f, false)) {
        buf_adds(&text, "power on those that slipway shut down: ");
        add_names(&text, f, true);
        manual_add(out, MANUAL_UNDO, &text);
    }
    buf_adds(&text, "remove those snapshots of ours that were taken");
    manual_add(out, MANUAL_UNDO, &text);
}

static void refuse_undo(const struct manual_facts *f, const struct manual_member *bare,
                        struct manual *out)
{
    auto_buf struct buf text = {0};
    words_clean(&text, bare->name);
    buf_adds(&text, " of link group ");
    words_clean(&text, f->link_group);
    buf_adds(&text, " has no snapshot of ours left: revert nobody of it; finish the "
                    "change, or restore all of them from backups of one moment");
    manual_add(out, MANUAL_UNDO, &text);
}

static void revert_all(const struct manual_facts *f, struct manual *out)
{
    auto_buf struct buf text = {0};
    buf_adds(&text, "it shares replicated state with link group ");
    words_clean(&text, f->link_group);
    buf_adds(&text, ": all of it goes back, or nobody; shut down ");
    add_names(&text, f, false);
    buf_adds(&text, ", and see that all of them are off");
    manual_add(out, MANUAL_UNDO, &text);
    for (size_t i = 0; i < f->member_count; i++) {
        const struct manual_member *member = &f->members[i];
        struct manual_facts one = {.doc = member->doc,
                                   .target = member->name,
                                   .snapshot = member->snapshot,
                                   .reference = member->reference};
        words_clean(&text, member->name);
        buf_adds(&text, ": ");
        manual_add_revert(&text, &one);
        manual_add(out, MANUAL_UNDO, &text);
    }
    buf_adds(&text, "only when all of them are reverted, power them on");
    manual_add(out, MANUAL_UNDO, &text);
    buf_adds(&text, "read each one's version back, and see on each that replication with "
                    "all partners is at 0 changes behind");
    manual_add(out, MANUAL_UNDO, &text);
    buf_adds(&text, "remove those snapshots once all of them are healthy");
    manual_add(out, MANUAL_UNDO, &text);
}

void manual_undo_group(const struct manual_facts *f, struct manual *out)
{
    const struct manual_member *bare = without_snapshot(f);
    if (bare && any_is(f, true))
        refuse_undo(f, bare, out);
    else if (bare)
        undo_barrier(f, out);
    else
        revert_all(f, out);
}
