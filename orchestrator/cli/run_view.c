/*
 * run_view.c - see run_view.h. Lines go out as they happen; the live picture is
 * run_live.c's.
 */
#include "cli/run_view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/clock.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

struct run_view {
    struct cli *cli;
    struct loop_observer observer;
};

static void print_target(struct buf *line, const struct engine *engine,
                         const struct record *r)
{
    const struct plan *plan = engine_plan(engine);
    buf_addf(line, "%-16s %s", plan->targets[r->target].name,
             machine_state(&target_machine, r->to));
}

static bool describe(struct buf *line, const struct engine *engine,
                     const struct record *r)
{
    const struct plan *plan = engine_plan(engine);
    switch (r->kind) {
    case RECORD_CAMPAIGN:
        buf_addf(line, "campaign         %s", machine_state(&campaign_machine, r->to));
        return true;
    case RECORD_WAVE:
        buf_addf(line, "wave %-11s %s", plan->waves[r->wave].name,
                 machine_state(&wave_machine, r->to));
        return true;
    case RECORD_TARGET:
        print_target(line, engine, r);
        return true;
    case RECORD_COMMAND:
        buf_addf(line, "operator         %s", r->text ? r->text : "");
        return true;
    case RECORD_REJECTED:
        buf_adds(line, "rejected        ");
        return true;
    default:
        return false;
    }
}

static void records(void *data, const struct engine *engine, const struct record *list,
                    size_t count)
{
    struct run_view *view = data;
    (void)view;
    for (size_t i = 0; i < count; i++) {
        auto_buf struct buf line = {0};
        char clock[32], clean[512];
        if (!describe(&line, engine, &list[i]))
            continue;
        const char *why = list[i].kind == RECORD_COMMAND ? list[i].detail : list[i].text;
        (void)printf("%s  %s%s%s%s%s\n", time_clock(list[i].at_ms, clock, sizeof clock),
                     buf_text(&line), why ? ": " : "",
                     why ? text_clean(why, clean, sizeof clean) : "",
                     list[i].actor ? " by " : "", list[i].actor ? list[i].actor : "");
    }
    (void)fflush(stdout);
}

struct run_view *run_view_create(struct cli *cli, bool plain)
{
    struct run_view *view = xcalloc(1, sizeof *view);
    (void)plain;
    view->cli = cli;
    view->observer = (struct loop_observer){.records = records, .data = view};
    return view;
}

void run_view_destroy(struct run_view *view)
{
    free(view);
}

const struct loop_observer *run_view_observer(struct run_view *view)
{
    return &view->observer;
}

static const char *ending(enum loop_end end)
{
    switch (end) {
    case LOOP_PAUSED:
        return "paused: a human must act";
    case LOOP_UNAPPROVED:
        return "not approved";
    case LOOP_WAITING:
        return "waiting";
    case LOOP_STUCK:
        return "nothing that is left can start";
    case LOOP_INTERRUPTED:
        return "interrupted; nothing is lost";
    case LOOP_BROKEN:
        return "stopped: the state could not be written";
    default:
        return "over";
    }
}

void run_view_end(struct run_view *view, const struct driver *driver, enum loop_end end)
{
    const struct engine_state *s = engine_state(driver_engine(driver));
    char self[512];
    (void)cli_command(view->cli, self, sizeof self);
    (void)printf("campaign %s: %s (%s)\n", driver_plan(driver)->campaign,
                 machine_state(&campaign_machine, (int)s->campaign), ending(end));
    for (int i = 0; i < TARGET_STATE_COUNT; i++) {
        if (s->count_by_state[i])
            (void)printf("  %5d %s\n", s->count_by_state[i],
                         machine_state(&target_machine, i));
    }
    if (end == LOOP_INTERRUPTED || end == LOOP_WAITING)
        (void)printf("go on with: %s resume\n", self);
    if (end == LOOP_PAUSED)
        (void)printf(
            "look with: %s status; go on with: %s unpause --reason TEXT, then: %s "
            "resume\n",
            self, self, self);
    if (end == LOOP_UNAPPROVED)
        (void)printf("approve with: %s approve --reason TEXT\n", self);
    (void)fflush(stdout);
}
