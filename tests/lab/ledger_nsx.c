/*
 * ledger_nsx.c - see ledger_nsx.h. A component is asked for at most once until it has ended,
 * and never again after it has succeeded. Every start that a manager refused counts, because
 * nobody should have sent it.
 */
#include <string.h>

#include "ledger_nsx.h"

static struct ledger_nsx_item *item_of(struct ledger_nsx *nsx, const json_t *line)
{
    const char *appliance = json_text(line, "appliance");
    const char *component = json_text(line, "component");
    auto_free char *key =
        xasprintf("%s/%s", appliance ? appliance : "?", component ? component : "?");
    size_t index = map_intern(&nsx->names, key);
    while (nsx->count <= index)
        *vec_push(nsx->items, nsx->count, nsx->room) = (struct ledger_nsx_item){0};
    return &nsx->items[index];
}

char *ledger_nsx_read(struct ledger_nsx *nsx, const char *kind, const json_t *line)
{
    const char *outcome = json_text(line, "outcome");
    const char *component = json_text(line, "component");
    bool good = outcome && strcmp(outcome, "success") == 0;
    if (strcmp(kind, "nsx_end") == 0) {
        struct ledger_nsx_item *item = item_of(nsx, line);
        item->running = false;
        item->done = good;
        return NULL;
    }
    if (strcmp(kind, "nsx_begin") != 0)
        return NULL;
    struct ledger_nsx_item *item = item_of(nsx, line);
    bool twice = item->running, after = item->done;
    if (!good)
        return xasprintf("the upgrade of %s was asked for, and the manager refused",
                         component ? component : "?");
    item->running = true;
    if (twice || after)
        return xasprintf("the upgrade of %s was started a second time%s", component,
                         after ? ", though it had succeeded" : "");
    return NULL;
}

const char *ledger_nsx_running(const struct ledger_nsx *nsx)
{
    for (size_t i = 0; i < nsx->count; i++)
        if (nsx->items[i].running)
            return nsx->names.keys[i];
    return NULL;
}

void ledger_nsx_free(struct ledger_nsx *nsx)
{
    free(nsx->items);
    map_free(&nsx->names);
}
