/* names.c - the one table per enumeration that files, rows and screens share. */
#include <string.h>

#include "model/campaign.h"
#include "model/playbook.h"
#include "model/timetable.h"
#include "util/auto.h"

static const char *const phases[] = {"prepare", "change", "rollback", "evidence"};
static const char *const rollbacks[] = {"snapshot", "native", "none"};
static const char *const failures[] = {"fail", "rollback", "park", "continue"};
static const char *const baselines[] = {"compare", "require", "ignore"};
static const char *const severities[] = {"block", "warn"};
static const char *const repeats[] = {"read", "idempotent", "reconcilable", "opaque"};
static const char *const modes[] = {"normal", "strict"};
static const char *const overruns[] = {"finish", "wait"};
static const char *const needed_sources[] = {"timeouts", "worst", "history"};
static const char *const exceeds[] = {"pause", "abort", "rollback_wave"};

static int find(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++) {
        if (!strcmp(names[i], name))
            return (int)i;
    }
    return -1;
}

#define NAMES(type, function, table)                                                     \
    const char *function##_name(enum type value)                                         \
    {                                                                                    \
        return (size_t)value < ARRAY_LENGTH(table) ? table[value] : "?";                 \
    }                                                                                    \
    int function##_from(const char *name)                                                \
    {                                                                                    \
        return find(table, ARRAY_LENGTH(table), name);                                   \
    }

NAMES(phase, phase, phases)
NAMES(rollback_kind, rollback, rollbacks)
NAMES(on_failure, on_failure, failures)
NAMES(baseline_rule, baseline, baselines)
NAMES(failure_severity, severity, severities)
NAMES(slipway_class, repeat, repeats)
NAMES(budget_mode, budget_mode, modes)
NAMES(on_exceed, on_exceed, exceeds)
NAMES(overrun_rule, overrun, overruns)
NAMES(needed_from, needed_source, needed_sources)
