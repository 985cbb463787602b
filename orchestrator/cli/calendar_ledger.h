/*
 * calendar_ledger.h - what calendar export has handed out so far, so that an event keeps
 * its identity, its number rises when it moves, and nothing is written twice.
 *
 * It is a file of the state directory, replaced as a whole. Losing it costs little: the
 * next export begins again at sequence 0, and calendar programs may then keep an event
 * where it was.
 */
#ifndef CLI_CALENDAR_LEDGER_H
#define CLI_CALENDAR_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/timetable.h"
#include "slipway/error.h"

#define LEDGER_NAME        "calendar-export.json"
#define LEDGER_BYTES_MAX   (128u * 1024u * 1024u)
#define LEDGER_ENTRIES_MAX 500000
#define LEDGER_KEPT_DAYS   92 /* after an event is past it is forgotten */

/* One event in one file. */
struct ledger_entry {
    char *by, *group; /* "customer", "acme" */
    char *campaign, *target;
    char *uid;
    char *summary, *description;
    int sequence;
    struct span span;
    int64_t stamp_ms;
    bool cancelled;
    bool seen; /* in this export; not kept */
};

struct ledger {
    struct ledger_entry *items;
    size_t count, room;
    int lock; /* held until ledger_clear() */
};

/* Read it, and keep other exports out. -1 with a sentence. */
int ledger_open(const char *state_dir, struct ledger *out, struct slipway_error *err);
/* Drop what is long past, and write it. */
int ledger_save(const char *state_dir, struct ledger *ledger, int64_t now_ms,
                struct slipway_error *err);
void ledger_clear(struct ledger *ledger);
#define auto_ledger __attribute__((cleanup(ledger_clear)))

#endif
