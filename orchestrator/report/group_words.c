/* group_words.c - see group_words.h. */
#include "report/group_words.h"

#include "report/words.h"
#include "util/auto.h"

#define MEMBERS_SHOWN 6

struct names {
    struct buf first, last; /* all but the last one shown; that one */
    int count;
};

struct others {
    const struct store_target *target;
    struct names late, changing, parked;
};

static void names_clear(struct names *names)
{
    buf_free(&names->first);
    buf_free(&names->last);
}

static void others_clear(struct others *o)
{
    names_clear(&o->late);
    names_clear(&o->changing);
    names_clear(&o->parked);
}
#define auto_others __attribute__((cleanup(others_clear)))

static void add_name(struct names *names, const char *name)
{
    if (names->count++ >= MEMBERS_SHOWN)
        return;
    if (names->last.length)
        buf_addf(&names->first, "%s%s", names->first.length ? ", " : "",
                 buf_text(&names->last));
    buf_reset(&names->last);
    words_clean(&names->last, name);
}

/* "vc-1, vc-2 and vc-3" */
static void say_names(struct names *names, struct buf *out)
{
    bool more = names->count > MEMBERS_SHOWN;
    if (names->first.length)
        buf_addf(out, "%s%s", buf_text(&names->first), more ? ", " : " and ");
    buf_adds(out, buf_text(&names->last));
    if (more)
        buf_addf(out, " and %d more", names->count - MEMBERS_SHOWN);
}

static bool is_late(const struct store_target *t)
{
    return t->unit_state == GROUP_GATHERING
               ? t->state == TARGET_PENDING || t->state == TARGET_PREPARING
               : !t->arrived;
}

static int visit(void *data, const struct store_target *t)
{
    struct others *o = data;
    if (t->index == o->target->index)
        return 0;
    if (t->state == TARGET_PARKED || t->state == TARGET_STRANDED)
        add_name(&o->parked, t->name);
    if (is_late(t))
        add_name(&o->late, t->name);
    if (t->state == TARGET_CHANGING || t->state == TARGET_CHECKING)
        add_name(&o->changing, t->name);
    return 0;
}

/* What the others have to become; NULL: nobody waits for anybody then. */
static const char *awaited(enum group_state_id state)
{
    static const char *const words[GROUP_STATE_COUNT] = {
        [GROUP_GATHERING] = "prepared",
        [GROUP_GUARDING] = "looked at",
        [GROUP_SHUTTING_DOWN] = "shut down",
        [GROUP_SNAPSHOTTING] = "snapshotted",
        [GROUP_STARTING] = "started",
        [GROUP_PROVING] = "as well as before",
        [GROUP_HALTING] = "at rest",
        [GROUP_POWERING_OFF] = "shut down",
        [GROUP_REVERTING] = "reverted",
        [GROUP_RESTARTING] = "started",
        [GROUP_RESTORING] = "as well as before",
    };
    return words[state];
}

static void add_group(struct buf *out, const struct store_target *t)
{
    buf_adds(out, " link group ");
    words_clean(out, t->link_group ? t->link_group : "?");
}

static void say_changing(const struct store_target *t, struct others *o, struct buf *out)
{
    if (t->state == TARGET_SOAKING) {
        buf_adds(out, t->companion ? "is not changed; waits for the others of"
                                   : "verified; waits for the others of");
        add_group(out, t);
    } else {
        buf_adds(out, "protected; waits its turn in");
        add_group(out, t);
    }
    if (o->changing.count) { /* never more than one */
        buf_adds(out, ": ");
        say_names(&o->changing, out);
        buf_adds(out, " is changing");
    }
}

static bool waits(const struct store_target *t)
{
    if (t->unit_state == GROUP_CHANGING)
        return t->state == TARGET_SNAPSHOTTING || t->state == TARGET_SOAKING;
    return t->unit_state == GROUP_GATHERING ? t->state == TARGET_READY : t->arrived;
}

static void say(const struct store_target *t, struct others *o, struct buf *out)
{
    const char *what = awaited(t->unit_state);
    if (o->parked.count && t->state != TARGET_PARKED) {
        buf_adds(out, "waits for ");
        say_names(&o->parked, out);
        buf_adds(out, " of");
        add_group(out, t);
        buf_adds(out, ", where a human has to act");
    } else if (t->unit_state == GROUP_CHANGING) {
        say_changing(t, o, out);
    } else if (what && o->late.count) {
        buf_adds(out, "waits for ");
        say_names(&o->late, out);
        buf_adds(out, " of");
        add_group(out, t);
        buf_addf(out, " to be %s", what);
    }
}

int group_words(struct store *store, int64_t campaign, const struct store_target *target,
                struct buf *out, struct slipway_error *err)
{
    auto_others struct others others = {.target = target};
    if (target->unit < 0 || !waits(target))
        return STORE_OK;
    int code = store_members(store, campaign, target->unit, visit, &others, err);
    if (!code)
        say(target, &others, out);
    return code;
}
