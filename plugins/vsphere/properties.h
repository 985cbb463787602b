/*
 * properties.h - reading properties of managed objects.
 *
 * One query starts at one object, may walk along properties to others, and
 * names the properties wanted of each type. Answers may come in pages; every
 * object is shown to the caller once, page by page.
 */
#ifndef VSPHERE_PROPERTIES_H
#define VSPHERE_PROPERTIES_H

#include "vsphere/session.h"

#define VSPHERE_PAGES_MAX 1000 /* more is a server that never ends */

/* Wanted of every object of this type. */
struct vsphere_wish {
    const char *type;
    const char *const *paths; /* NULL at the end */
};

/* A way from the start object: its property `path` holds references. */
struct vsphere_walk {
    const char *type; /* of the start object */
    const char *path;
};

struct vsphere_query {
    const char *type, *ref; /* the start object */
    bool skip_start;        /* do not report it itself */
    const struct vsphere_walk *walks;
    size_t walk_count;
    const struct vsphere_wish *wishes;
    size_t wish_count;
    int page; /* objects a page, 0: as the server likes */

    /* Called for each object; the node lives only that long. */
    void (*take)(void *context, const struct xml_node *object);
    void *context;
};

enum vsphere_answer vsphere_retrieve(struct vsphere_talk *talk,
                                     const struct vsphere_query *query);

/* Of an object: its reference and type ("" if malformed). */
const char *vsphere_object_ref(const struct xml_node *object);
bool vsphere_object_is(const struct xml_node *object, const char *type);
/* The value of a property; NULL if it is unset or could not be read. */
const struct xml_node *vsphere_property(const struct xml_node *object, const char *path);
const char *vsphere_property_text(const struct xml_node *object, const char *path);
/* The fault type for which a property could not be read, NULL if it could. */
const char *vsphere_property_missing(const struct xml_node *object, const char *path);

#endif
