/*
 * ledger_links.h - what must never be done to linked vCenters, judged line by line.
 */
#ifndef LAB_LEDGER_LINKS_H
#define LAB_LEDGER_LINKS_H

#include "parts.h"
#include "util/map.h"

struct ledger_member {
    size_t group;
    bool on, updating, reverted;
};

struct ledger_links {
    struct map names; /* of members */
    struct ledger_member *members;
    size_t count, room;
    struct map groups;
};

/* Take one line, and say what is wrong with it: 0 or 1 sentence, the caller's; NULL: all
   is well, or it is not about a linked vCenter. */
char *ledger_links_read(struct ledger_links *links, const char *kind, const json_t *line);
void ledger_links_free(struct ledger_links *links);

#endif
