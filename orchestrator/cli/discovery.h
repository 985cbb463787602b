/*
 * discovery.h - appliances that a manager holds, beside those that are known: what
 * would be added, what is there already, what people have to look at.
 */
#ifndef CLI_DISCOVERY_H
#define CLI_DISCOVERY_H

#include "model/fleet.h"
#include "util/map.h"

/* One that is not proposed, and why. */
struct discovery_note {
    char *machine, *text;
};

struct discovery {
    struct fleet proposals; /* appliances without access: that comes from `defaults` */
    size_t machines_seen;   /* of any kind */
    size_t known;           /* recognised by their uuid */
    struct discovery_note *notes;
    size_t note_count, note_room;

    /* private: whose are a uuid, a name, a host; NULL: proposed */
    struct map marks;
    const struct appliance **owners; /* parallel to `marks` */
    size_t owner_count, owner_room;
};
/* `known` must outlive it. */
void discovery_begin(struct discovery *discovery, const struct fleet *known);
void discovery_clear(struct discovery *discovery);

/* What is asked for. */
struct discovery_wish {
    const char *manager; /* its name */
    const char *folder;  /* only in a folder of this name, NULL: in any */
};

/*
 * Judge one machine of the manager's answer (vsphere.machines) against what is known.
 * What it cannot become is a note; labels that no appliance may have are left out.
 */
void discovery_add(struct discovery *discovery, const struct discovery_wish *wish,
                   const json_t *machine);

#endif
