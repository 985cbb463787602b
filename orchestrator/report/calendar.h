/*
 * calendar.h - calendars for people: what binds whom, when it opens, what moved.
 *
 * Everything is plain data: whoever fills it knows zones and files; here instants come
 * with their local text. All strings are owned; calendar_view_clear() and its like free
 * them.
 */
#ifndef REPORT_CALENDAR_H
#define REPORT_CALENDAR_H

#include <jansson.h>
#include <stdbool.h>

#include "model/timetable.h"
#include "util/buf.h"

#define CALENDAR_JSON_SCHEMA 1
#define CALENDAR_LOCAL_MAX   64 /* bytes of "Sat 2026-11-28 23:00 CET" */

/* One time in which something may be changed. */
struct calendar_opening {
    struct span span; /* what is left of it, freezes taken away */
    char from[CALENDAR_LOCAL_MAX], until[CALENDAR_LOCAL_MAX];
    char *summary; /* of the event; NULL: none */
    bool cut;      /* a freeze took a part of it                   */
    bool too_short;
    char *note; /* the clock changes in it, and what follows; NULL: no */
};

/* One calendar and whom it binds. */
struct calendar_binding {
    char *source, *scope, *zone;
    char *digest; /* hex; NULL: not known */
    bool freeze;
    bool now;        /* open, or frozen, this moment */
    int64_t next_ms; /* when that changes; 0: never before the horizon */
    char next[CALENDAR_LOCAL_MAX];
    size_t spans;   /* up to the horizon */
    size_t targets; /* of the plan; 0 also for a bare source */
};

struct calendar_view {
    char *subject; /* "campaign vcsa (plan 1a2b3c4d)", "vc-0003", a source */
    char *zone;    /* in which local times are given */
    char *zone_data;
    int64_t now_ms;
    int64_t horizon_ms; /* 0: none                                         */
    int64_t needed_ms;  /* must fit into an opening; 0: nobody knows       */
    bool always;        /* no window binds it: open but for freezes        */
    bool of_plan;       /* bindings carry numbers of targets               */
    size_t unbound;     /* targets of the plan without any calendar        */
    struct calendar_binding *bindings;
    size_t binding_count, binding_room;
    struct calendar_opening *openings;
    size_t opening_count, opening_room;
};
void calendar_view_clear(struct calendar_view *view);
#define auto_calendar_view __attribute__((cleanup(calendar_view_clear)))

/* calendar_text.c */
void calendar_show_text(const struct calendar_view *view, bool colour, struct buf *out);
void calendar_next_text(const struct calendar_view *view, bool colour, struct buf *out);
/* calendar_json.c; the caller's. Members of both. */
char *calendar_view_json(const struct calendar_view *view);

/* ---- check ---- */

/* Open or closed at an instant, and why. */
struct calendar_answer {
    bool open;
    char *why;         /* one sentence */
    int64_t change_ms; /* 0: never before the horizon */
    char change[CALENDAR_LOCAL_MAX];
};

struct calendar_checked {
    char *source;
    char *problem; /* "FILE:LINE: sentence"; NULL: fine */
    char *zone;
    size_t openings;
    int64_t shortest_ms, longest_ms; /* of the openings */
    size_t noted;                    /* openings in which the clock changes */
    struct calendar_opening first_noted;
    char **notes; /* what somebody should know: "line 12: ..." */
    size_t note_count, note_room;
    bool target;                 /* a target with all that binds it, no single source */
    bool asked;                  /* --at */
    char at[CALENDAR_LOCAL_MAX]; /* that instant in its zone */
    struct calendar_answer answer;
};

/* A target that its calendars never let in. */
struct calendar_starved {
    char *target;
    int64_t needed_ms, longest_ms; /* longest opening before the deadline; 0: none */
    char *calendars;
};

struct calendar_check_view {
    int64_t at_ms; /* of --at, else now */
    int64_t horizon_ms;
    struct calendar_checked *items;
    size_t count, room;
    bool planned; /* --plan: starved is meant */
    size_t targets;
    int64_t deadline_ms;          /* 0: the horizon is meant */
    char end[CALENDAR_LOCAL_MAX]; /* that, in the zone of the plan */
    struct calendar_starved *starved;
    size_t starved_count, starved_room;
};
void calendar_check_clear(struct calendar_check_view *view);
#define auto_calendar_check __attribute__((cleanup(calendar_check_clear)))

/* calendar_check_text.c */
void calendar_check_text(const struct calendar_check_view *view, bool colour,
                         struct buf *out);
char *calendar_check_json(const struct calendar_check_view *view);

/* ---- what moves: export and import ---- */

enum calendar_move_kind { MOVE_NEW, MOVE_MOVED, MOVE_GONE, MOVE_KINDS };
const char *calendar_move_name(enum calendar_move_kind kind);

/* An opening or a reserved slot, before and after. Both have no text where they do not
   exist. */
struct calendar_move {
    enum calendar_move_kind kind;
    char *name; /* of the target; NULL: an opening */
    char *file; /* exported to; NULL: not exported  */
    struct span before, after;
    char before_text[3 * CALENDAR_LOCAL_MAX], after_text[3 * CALENDAR_LOCAL_MAX];
};
struct calendar_moves {
    struct calendar_move *items;
    size_t count, room;
};
void calendar_moves_clear(struct calendar_moves *moves);

struct calendar_export_view {
    char *folder;
    char *campaign;
    size_t slots, files, written;
    struct calendar_moves moves;
};
void calendar_export_clear(struct calendar_export_view *view);
/* calendar_move_text.c */
void calendar_export_text(const struct calendar_export_view *view, bool colour,
                          struct buf *out);
char *calendar_export_json(const struct calendar_export_view *view);

struct calendar_import_view {
    char *file;    /* read from */
    char *source;  /* stands for; NULL: a new one */
    char *scope;   /* "customer=acme" */
    char *subject; /* the plan or campaign it was compared with; NULL: with none */
    bool freeze;
    bool same; /* nothing would change */
    bool taken;
    bool running;   /* handed to a campaign under way */
    bool replanned; /* `slots` are where they would go, else where the next room is */
    struct calendar_moves openings;
    struct calendar_moves slots;
    char *next; /* what to do next; NULL: nothing */
};
void calendar_import_clear(struct calendar_import_view *view);
void calendar_import_text(const struct calendar_import_view *view, bool colour,
                          struct buf *out);
char *calendar_import_json(const struct calendar_import_view *view);

#endif
