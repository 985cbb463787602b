/*
 * view.h - every object of some types that a server has, page by page.
 */
#ifndef VSPHERE_VIEW_H
#define VSPHERE_VIEW_H

#include "vsphere/properties.h"

/* Show each to `take`, with the properties wished of its type. `types` ends with NULL. */
enum vsphere_answer
vsphere_look_at_all(struct vsphere_talk *talk, const char *const *types,
                    const struct vsphere_wish *wishes, size_t wish_count,
                    void (*take)(void *context, const struct xml_node *object),
                    void *context);

#endif
