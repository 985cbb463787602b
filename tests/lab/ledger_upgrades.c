/*
 * ledger_upgrades.c - the rules for major upgrades, from the ledger alone.
 *
 *   1. one deployment at a time for an appliance: none begins while a machine that an
 *      earlier one made is on;
 *   2. from the moment that the new machine has the address, old and new are never on
 *      together;
 *   3. in the end exactly one of them is on.
 */
#include <string.h>

#include "ledger_upgrades.h"

static struct ledger_upgrade *find(const struct ledger_upgrades *upgrades,
                                   const char *name, bool *fresh)
{
    for (size_t i = upgrades->count; name && i-- > 0;) {
        struct ledger_upgrade *item = &upgrades->items[i];
        *fresh = strcmp(item->fresh, name) == 0;
        if (*fresh || strcmp(item->old, name) == 0)
            return item;
    }
    return NULL;
}

static char *begin(struct ledger_upgrades *upgrades, const char *old, const json_t *line)
{
    const char *name = json_text(line, "new"), *outcome = json_text(line, "outcome");
    bool fresh = false;
    struct ledger_upgrade *before = find(upgrades, old, &fresh);
    if (!name || (outcome && strcmp(outcome, "refused") == 0))
        return xstrdup("a second deployment was asked for while one was under way");
    bool twice = before && before->under_way && before->fresh_on;
    *vec_push(upgrades->items, upgrades->count, upgrades->room) = (struct ledger_upgrade){
        .old = xstrdup(old), .fresh = xstrdup(name), .old_on = true, .under_way = true};
    return twice ? xstrdup("a second deployment began while one was under way") : NULL;
}

static char *both_on(const struct ledger_upgrade *item)
{
    if (!item->moved || !item->old_on || !item->fresh_on)
        return NULL;
    return xasprintf("%s and %s are on together, with one address", item->old,
                     item->fresh);
}

static char *power(struct ledger_upgrades *upgrades, const char *name, bool on)
{
    bool fresh = false;
    struct ledger_upgrade *item = find(upgrades, name, &fresh);
    if (!item)
        return NULL;
    *(fresh ? &item->fresh_on : &item->old_on) = on;
    return on ? both_on(item) : NULL;
}

char *ledger_upgrades_read(struct ledger_upgrades *upgrades, const char *kind,
                           const json_t *line)
{
    const char *name = json_text(line, "appliance"),
               *outcome = json_text(line, "outcome");
    bool fine = !outcome || strcmp(outcome, "success") == 0, fresh = false;
    if (!name)
        return NULL;
    if (strcmp(kind, "deploy") == 0)
        return begin(upgrades, name, line);
    if (strcmp(kind, "boot") == 0)
        return power(upgrades, name, true);
    bool down = strcmp(kind, "power_off") == 0 || strcmp(kind, "guest_shutdown") == 0;
    if (down && fine)
        return power(upgrades, name, false);
    struct ledger_upgrade *item = find(upgrades, name, &fresh);
    if (item && strcmp(kind, "deploy_end") == 0)
        item->under_way = false;
    if (!item || strcmp(kind, "identity") != 0)
        return NULL;
    item->moved = true;
    return both_on(item);
}

bool ledger_upgrades_excuse(const struct ledger_upgrades *upgrades, const char *name)
{
    bool fresh = false;
    const struct ledger_upgrade *item = find(upgrades, name, &fresh);
    return item && (fresh ? item->old_on : item->fresh_on);
}

void ledger_upgrades_free(struct ledger_upgrades *upgrades)
{
    for (size_t i = 0; i < upgrades->count; i++) {
        free(upgrades->items[i].old);
        free(upgrades->items[i].fresh);
    }
    free(upgrades->items);
}
