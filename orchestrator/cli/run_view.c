/*
 * run_view.c - see run_view.h. On a terminal the picture is redrawn in place and only
 * what went wrong, waves and verbs become lines that stay; in a pipe everything does.
 */
#include "cli/run_view.h"

#include <stdlib.h>
#include <string.h>

#include "cli/run_live.h"
#include "cli/run_words.h"
#include "loop/clock.h"
#include "util/auto.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define TICK_MS 250 /* at most four pictures a second */

struct run_view {
    struct cli *cli;
    struct run_live *live; /* NULL: plain lines */
    struct loop_observer observer;
    int64_t waited_ms; /* the opening that was said to be waited for */
};

static void print_line(struct run_view *view, const struct record *r, const char *text,
                       bool bad)
{
    auto_buf struct buf line = {0};
    char at[32];
    bool red = bad && view->live && view->cli->colour;
    buf_addf(&line, "%s%s  %s%s", red ? "\x1b[31m" : "",
             view->live ? time_clock(r->at_ms, at, sizeof at)
                        : time_iso(r->at_ms, at, sizeof at),
             text, red ? "\x1b[0m" : "");
    if (view->live)
        run_live_print(view->live, buf_text(&line));
    else
        (void)printf("%s\n", buf_text(&line));
}

/* Once for each opening: from here on it sleeps. */
static void tell_waiting(struct run_view *view, const struct engine *engine)
{
    int64_t now_ms = clock_now_ms();
    if (!engine_times(engine)->rules || engine_waiting(engine, now_ms) != ENGINE_WINDOW)
        return;
    struct engine_time_wait wait = engine_time_wait(engine, now_ms);
    if (!wait.next_ms || wait.next_ms == view->waited_ms)
        return;
    auto_buf struct buf line = {0};
    struct record at = {.at_ms = now_ms};
    view->waited_ms = wait.next_ms;
    buf_addf(&line, "%-16s  ", "waiting");
    run_words_wait(engine, now_ms, &line);
    print_line(view, &at, buf_text(&line), false);
}

static void records(void *data, const struct engine *engine, const struct record *list,
                    size_t count)
{
    struct run_view *view = data;
    const char *told = NULL;
    for (size_t i = 0; i < count; i++) {
        auto_buf struct buf line = {0};
        bool bad = false;
        bool said = run_words_line(engine, &list[i], told, &line, &bad);
        if (list[i].kind == RECORD_COMMAND)
            told = list[i].detail;
        /* the picture shows what goes well */
        if (said && (!view->live || bad || list[i].kind != RECORD_TARGET))
            print_line(view, &list[i], buf_text(&line), bad);
    }
    tell_waiting(view, engine);
    if (!view->live)
        (void)fflush(stdout);
}

static void tick(void *data, const struct driver *driver, bool draining)
{
    struct run_view *view = data;
    if (view->live)
        run_live_draw(view->live, driver, draining);
}

struct run_view *run_view_create(struct cli *cli, bool plain)
{
    struct run_view *view = xcalloc(1, sizeof *view);
    view->cli = cli;
    if (!plain && run_live_possible())
        view->live = run_live_open(cli->colour);
    view->observer = (struct loop_observer){.records = records,
                                            .tick = tick,
                                            .data = view,
                                            .tick_ms = view->live ? TICK_MS : 0};
    return view;
}

void run_view_destroy(struct run_view *view)
{
    if (!view)
        return;
    run_live_close(view->live);
    free(view);
}

const struct loop_observer *run_view_observer(struct run_view *view)
{
    return &view->observer;
}

void run_view_end(struct run_view *view, const struct driver *driver, enum loop_end end)
{
    auto_buf struct buf out = {0};
    char self[512];
    run_live_close(view->live);
    view->live = NULL;
    struct run_ending ending = {.driver = driver,
                                .end = end,
                                .command = cli_command(view->cli, self, sizeof self),
                                .now_ms = clock_now_ms(),
                                .colour = view->cli->colour};
    run_words_end(&ending, &out);
    (void)fputs(buf_text(&out), stdout);
    (void)fflush(stdout);
}
