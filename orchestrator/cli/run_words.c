/*
 * run_words.c - see run_words.h.
 *
 * A target is heard of when its change begins, when it is verified, when it is done and
 * whenever something goes wrong; what lies between is in `slipway events`.
 */
#include "cli/run_words.h"

#include <string.h>

#include "calendar/zone.h"
#include "report/words.h"
#include "report/words_when.h"
#include "util/auto.h"
#include "util/text.h"

#define WHO_WIDTH 16

/* ---- one record ---- */

static void add_who(struct buf *out, const char *kind, const char *name)
{
    auto_buf struct buf who = {0};
    buf_adds(&who, kind);
    words_clean(&who, name);
    int pad = WHO_WIDTH - text_columns(buf_text(&who));
    buf_addf(out, "%s%*s  ", buf_text(&who), pad > 0 ? pad : 0, "");
}

static void add_reason(struct buf *out, const char *reason, const char *told)
{
    if (!reason || !*reason || (told && !strcmp(reason, told)))
        return;
    buf_adds(out, ": ");
    words_clean(out, reason);
}

static void add_took(struct buf *out, const char *label, int64_t ms)
{
    char took[WORDS_TIME_MAX];
    if (ms >= 1000)
        buf_addf(out, "%s%s", label, words_took(ms, took, sizeof took));
}

static void add_succeeded(struct buf *out, const struct target_state *t, int64_t at_ms)
{
    buf_adds(out, "succeeded");
    if (t->version_before && t->version_now) {
        buf_adds(out, ", ");
        words_clean(out, t->version_before);
        buf_adds(out, " -> ");
        words_clean(out, t->version_now);
    }
    add_took(out, ", in ", t->first_ms ? at_ms - t->first_ms : 0);
}

static void add_soaking(struct buf *out, const struct target_state *t, int64_t now_ms)
{
    char at[WORDS_TIME_MAX];
    buf_adds(out, "verified");
    if (t->soak_until_ms > now_ms)
        buf_addf(out, ", soaks until %s",
                 words_at(t->soak_until_ms, now_ms, at, sizeof at));
}

static void add_rolled_back(struct buf *out, const struct target_state *t)
{
    buf_adds(out, "rolled back");
    if (t->version_now) {
        buf_adds(out, " to ");
        words_clean(out, t->version_now);
    }
}

static bool is_bad(int state)
{
    return state == TARGET_FAILED || state == TARGET_ROLLING_BACK ||
           state == TARGET_ROLLED_BACK || state == TARGET_STRANDED ||
           state == TARGET_PARKED;
}

static bool target_line(const struct engine *engine, const struct record *r,
                        const char *told, struct buf *out)
{
    const struct plan *plan = engine_plan(engine);
    const struct target_state *t = &engine_state(engine)->targets[r->target];
    auto_buf struct buf what = {0};
    switch ((enum target_state_id)r->to) {
    case TARGET_CHANGING:
        buf_adds(&what, "change begins: step ");
        words_clean(&what,
                    t->position >= 0 ? plan->playbook.steps[t->position].op.id : "?");
        break;
    case TARGET_SOAKING:
        add_soaking(&what, t, r->at_ms);
        break;
    case TARGET_SUCCEEDED:
        add_succeeded(&what, t, r->at_ms);
        break;
    case TARGET_ROLLED_BACK: /* why was said when it began */
        add_rolled_back(&what, t);
        break;
    case TARGET_PENDING:
        if (r->event == TARGET_UNREADY) { /* prepared again in time: nothing to see */
            return false;
        }
        buf_adds(&what, "begins anew");
        break;
    case TARGET_PREPARING:
    case TARGET_READY:
    case TARGET_SNAPSHOTTING:
    case TARGET_CHECKING:
    case TARGET_CLEANING:
        return false;
    default:
        words_state(&what, machine_state(&target_machine, r->to));
        add_reason(&what, r->text, told);
    }
    add_who(out, "", plan->targets[r->target].name);
    buf_adds(out, buf_text(&what));
    return true;
}

static void wave_line(const struct engine *engine, const struct record *r,
                      struct buf *out)
{
    const struct plan_wave *planned = &engine_plan(engine)->waves[r->wave];
    const int *n = engine_state(engine)->waves[r->wave].count_by_state;
    add_who(out, "wave ", planned->name);
    if (r->to == WAVE_OPEN) {
        buf_adds(out, "opens: ");
        words_count(out, planned->count, "target");
    } else if (r->to == WAVE_GATED) {
        buf_adds(out, "waits for approval");
    } else if (r->to == WAVE_DONE) {
        buf_addf(out, "is over: %d of %d succeeded", n[TARGET_SUCCEEDED], planned->count);
    } else {
        buf_adds(out, machine_state(&wave_machine, r->to));
    }
}

/* Who has arrived is nothing to see; where all of it stands is. */
static bool group_line(const struct engine *engine, const struct record *r,
                       const char *told, struct buf *out)
{
    if (r->target >= 0)
        return false;
    add_who(out, "link group ", engine_plan(engine)->units[r->index].name);
    words_state(out, machine_state(&group_machine, r->to));
    add_reason(out, r->text, told);
    return true;
}

static void command_line(const struct engine *engine, const struct record *r,
                         struct buf *out)
{
    add_who(out, "operator", "");
    words_clean(out, r->text);
    if (r->target >= 0) {
        buf_addc(out, ' ');
        words_clean(out, engine_plan(engine)->targets[r->target].name);
    } else if (r->wave >= 0) {
        buf_adds(out, " wave ");
        words_clean(out, engine_plan(engine)->waves[r->wave].name);
    }
    add_reason(out, r->detail, NULL);
}

void run_words_wait(const struct engine *engine, int64_t now_ms, struct buf *out)
{
    const struct plan_time *time = engine_time(engine);
    const struct when when = {now_ms, time->zone, zone_local};
    struct engine_time_wait wait = engine_time_wait(engine, now_ms);
    words_time_wait(out, &when, wait.targets, wait.next_ms,
                    wait.target < 0 ? NULL
                                    : engine_plan(engine)->targets[wait.target].name);
}

static void add_instant(const struct engine *engine, const struct record *r,
                        struct buf *out)
{
    const struct when when = {r->at_ms, engine_time(engine)->zone, zone_local};
    words_instant(out, &when, r->number);
}

/* False: not a record about time, or nothing to see. */
static bool time_line(const struct engine *engine, const struct record *r,
                      struct buf *out)
{
    const char *who = r->target >= 0 ? engine_plan(engine)->targets[r->target].name : "";
    switch (r->kind) {
    case RECORD_OVERRIDE:
        add_who(out, r->target >= 0 ? "" : "OVERRIDE", who);
        buf_adds(out, r->number ? "windows and freezes do not bind until "
                                : "windows and freezes bind again");
        if (r->number)
            add_instant(engine, r, out);
        return true;
    case RECORD_CLOCK:
        add_who(out, "clock", "");
        buf_adds(out, r->number ? "trusted" : "NOT trusted, nothing starts");
        add_reason(out, r->text, NULL);
        return true;
    case RECORD_CALENDAR:
        add_who(out, "calendar", "");
        buf_adds(out, "changed");
        add_reason(out, r->text, NULL);
        return true;
    case RECORD_OVERRUN:
        add_who(out, "", who);
        add_took(out, "ended after its window's close, by ", r->number);
        return true;
    default:
        return false;
    }
}

bool run_words_line(const struct engine *engine, const struct record *r, const char *told,
                    struct buf *out, bool *bad)
{
    *bad = false;
    switch (r->kind) {
    case RECORD_CAMPAIGN:
        add_who(out, "campaign", "");
        words_state(out, machine_state(&campaign_machine, r->to));
        add_reason(out, r->text, told);
        *bad = r->to == CAMPAIGN_PAUSED || r->to == CAMPAIGN_ABORTING;
        break;
    case RECORD_WAVE:
        wave_line(engine, r, out);
        break;
    case RECORD_TARGET:
        *bad = is_bad(r->to);
        if (!target_line(engine, r, told, out))
            return false;
        break;
    case RECORD_GROUP:
        *bad = r->to == GROUP_HALTING || r->to == GROUP_STRANDED || r->to == GROUP_FAILED;
        if (!group_line(engine, r, told, out))
            return false;
        break;
    case RECORD_COMMAND:
        command_line(engine, r, out);
        break;
    case RECORD_REJECTED:
        add_who(out, "rejected", "");
        words_clean(out, r->text);
        *bad = true;
        break;
    default:
        *bad = r->kind == RECORD_OVERRUN || (r->kind == RECORD_CLOCK && !r->number);
        if (!time_line(engine, r, out))
            return false;
    }
    if (r->actor) {
        buf_adds(out, ", by ");
        words_clean(out, r->actor);
    }
    return true;
}
