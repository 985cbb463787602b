/*
 * calendar.h - what the words of `slipway calendar` share: what is meant by SOURCE,
 * TARGET or nothing, and how its times are shown.
 */
#ifndef CLI_CALENDAR_H
#define CLI_CALENDAR_H

#include "calendar/calendar.h"
#include "cli/cli.h"
#include "loop/driver.h"
#include "model/plan.h"
#include "report/calendar.h"
#include "util/sha256.h"

#define CALENDAR_NEXT_DEFAULT 8
#define CALENDAR_SHOW_NEXT    5
#define CALENDAR_COUNT_MAX    10000

/* What is asked about: a bare calendar, or a plan, and perhaps one target of it. */
struct calendar_subject {
    char *name; /* for people */
    int64_t now_ms;
    struct calendar *bare; /* NULL: a plan is meant */
    char *source;          /* of the bare one: absolute path, or the short form */
    char digest[SHA256_HEX];
    struct plan *plan; /* NULL: a bare one is meant; borrowed from the driver if there is
                          one */
    const struct plan_time *time; /* the plan's, or what became of it while it ran */
    int target;                   /* -1: the whole plan */
    struct store *store;
    struct driver *driver; /* NULL: a plan that was not started */
    enum campaign_state_id state;
    bool begun; /* it was started once */
};

/* `word`: a file, a short form, a PLAN.json, a target of the plan; NULL: the campaign
   of the state, or the plan that is pinned there. An exit code, explained. */
int calendar_subject_open(struct cli *cli, const char *word,
                          struct calendar_subject *out);
/* Only the plan: a PLAN.json or NULL as above. */
int calendar_subject_plan(struct cli *cli, const char *path,
                          struct calendar_subject *out);
void calendar_subject_close(struct calendar_subject *subject);
#define auto_calendar_subject __attribute__((cleanup(calendar_subject_close)))

/* True if the word is a file or a short form rather than a target's name. */
bool calendar_is_source(const char *word);
/* Open a source with --zone for times without one; *source gets how it is called from
   now on (the absolute path, or the form). -1 with a sentence. */
int calendar_source_open(const struct cli *cli, const char *word, struct calendar **out,
                         char **source, char digest[SHA256_HEX],
                         struct slipway_error *err);

/* "Sat 2026-11-28 23:00 CET"; in UTC if the zone is not known. Returns `out`. */
const char *calendar_local(const char *zone, int64_t at_ms, char *out, size_t size);
/* "Sat 2026-11-28 23:00 CET to Sun 03:00 CET (2026-11-28 22:00Z)" */
const char *calendar_local_span(const char *zone, const struct span *span, char *out,
                                size_t size);
/* A number option of the verb; `fallback` without it. An exit code. */
int calendar_number(const struct cli *cli, const char *name, int fallback, int *out);

/* calendar_fill.c: what binds, and the next `count` openings. */
int calendar_fill(const struct calendar_subject *subject, size_t count,
                  struct calendar_view *view, struct slipway_error *err);
/* The zone in which the owner of subject->target reads a clock. Borrowed. */
const char *calendar_target_zone(const struct calendar_subject *subject);
/* What the change of the clock does to an opening; NULL: nothing. The caller's. */
char *calendar_clock_note(const char *zone, const struct span *span);
/* "customer=acme and site=rbx": whose calendars a timetable is made of; the caller's. */
char *calendar_scopes(const struct plan_time *time, int timetable, bool freezes);

typedef void (*calendar_text_fn)(const struct calendar_view *view, bool colour,
                                 struct buf *out);
/* Show the subject of the line with --count openings, `usual` without it. */
int calendar_look(struct cli *cli, int usual, calendar_text_fn text);

/* The words: cmd_calendar_WORD.c. */
int calendar_show(struct cli *cli);
int calendar_next(struct cli *cli);
int calendar_check(struct cli *cli);
int calendar_export(struct cli *cli);
int calendar_import(struct cli *cli);

#endif
