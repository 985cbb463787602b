/* names.c - the words for the engine's enumerations, as rows and screens use them. */
#include <stdlib.h>
#include <string.h>

#include "engine/input.h"
#include "engine/record.h"
#include "util/auto.h"

static const char *const kinds[RECORD_KIND_COUNT] = {
    "owner",    "campaign", "wave",     "target",        "step",      "position",
    "baseline", "version",  "snapshot", "snapshot_gone", "reverting", "soak",
    "hold",     "release",  "set",      "acknowledged",  "approved",  "command",
    "rejected", "calendar", "override", "clock",         "window",    "overrun",
    "recovery", "group",
};
static const char *const activities[ACTIVITY_COUNT] = {
    "none",     "step",  "read",   "check",    "recover",   "guard",
    "snapshot", "prune", "revert", "power_on", "power_off",
};
static const char *const moments[MOMENT_COUNT] = {"before", "after", "soak", "restored",
                                                  "started"};
static const char *const verbs[VERB_COUNT] = {
    "approve",  "pause", "unpause", "abort", "promote",  "retry",    "skip",
    "rollback", "hold",  "release", "set",   "calendar", "override",
};

static int find(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++) {
        if (!strcmp(names[i], name))
            return (int)i;
    }
    return -1;
}

#define NAME(table, value) ((size_t)(value) < ARRAY_LENGTH(table) ? (table)[value] : "?")

const char *record_kind_name(enum record_kind kind)
{
    return NAME(kinds, kind);
}

int record_kind_from(const char *name)
{
    return find(kinds, ARRAY_LENGTH(kinds), name);
}

const char *activity_name(enum activity activity)
{
    return NAME(activities, activity);
}

int activity_from(const char *name)
{
    return find(activities, ARRAY_LENGTH(activities), name);
}

const char *moment_name(enum moment moment)
{
    return NAME(moments, moment);
}

int moment_from(const char *name)
{
    return find(moments, ARRAY_LENGTH(moments), name);
}

const char *verb_name(enum verb verb)
{
    return NAME(verbs, verb);
}

int verb_from(const char *name)
{
    return find(verbs, ARRAY_LENGTH(verbs), name);
}

void record_clear(struct record *record)
{
    free(record->text);
    free(record->detail);
    free(record->actor);
    record->text = record->detail = record->actor = NULL;
}
