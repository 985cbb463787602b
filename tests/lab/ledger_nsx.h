/*
 * ledger_nsx.h - what must never be done to an NSX manager, judged line by line.
 */
#ifndef LAB_LEDGER_NSX_H
#define LAB_LEDGER_NSX_H

#include "parts.h"
#include "util/map.h"

struct ledger_nsx {
    struct map names; /* "vc-0001/MP" */
    struct ledger_nsx_item {
        bool running, done;
    } * items;
    size_t count, room;
};

/* Take one line, and say what is wrong with it: a sentence, the caller's; NULL: all is well,
   or it is not about an NSX manager. */
char *ledger_nsx_read(struct ledger_nsx *nsx, const char *kind, const json_t *line);
/* The first upgrade (by index) that is still running, as "vc-0001/MP"; NULL: none. */
const char *ledger_nsx_running(const struct ledger_nsx *nsx);
void ledger_nsx_free(struct ledger_nsx *nsx);

#endif
