/*
 * ledger_upgrades.h - the rules for major upgrades (ledger_report.c asks them).
 */
#ifndef LAB_LEDGER_UPGRADES_H
#define LAB_LEDGER_UPGRADES_H

#include "parts.h"

/* One appliance and the machine that was made to take its place. */
struct ledger_upgrade {
    char *old, *fresh;
    bool old_on, fresh_on, under_way, moved;
};

struct ledger_upgrades {
    struct ledger_upgrade *items;
    size_t count, room;
};

/* What one line breaks, a sentence for the caller; NULL: nothing. */
char *ledger_upgrades_read(struct ledger_upgrades *upgrades, const char *kind,
                           const json_t *line);
/* May this one be off in the end, because its counterpart is on? */
bool ledger_upgrades_excuse(const struct ledger_upgrades *upgrades, const char *name);
void ledger_upgrades_free(struct ledger_upgrades *upgrades);

#endif
