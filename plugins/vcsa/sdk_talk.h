/*
 * sdk_talk.h - a logged-in conversation with a vCenter's own vpxd, at /sdk on port 443.
 *
 *     auto_sdk struct vcsa_sdk sdk;
 *     if (!vcsa_sdk_open(&sdk, call, &outcome))
 *         return outcome;
 *     vcsa_sdk_look(&sdk, ...)   or vsphere_send(&sdk.soap, ...)
 *
 * The user is the Single Sign-On user of the fleet file's `rest`. There is one session for
 * each target: opened at the first question, shared by all calls and threads, renewed when
 * vpxd forgot it, ended when idle and with the process. Sessions and requests are those of
 * the plugin vsphere, used as a library.
 */
#ifndef VCSA_SDK_TALK_H
#define VCSA_SDK_TALK_H

#include "vcsa/talk.h"

#include "vsphere/properties.h"

struct vcsa_sdk {
    struct vcsa_talk rest; /* arguments, target, outcome, and the other doors */
    struct vsphere_talk soap;
};

/* False: the sentence was said, and *outcome is what the call comes to. Close it in both
   cases. */
bool vcsa_sdk_open(struct vcsa_sdk *sdk, struct slipway_call *call,
                   enum slipway_outcome *outcome);
void vcsa_sdk_close(struct vcsa_sdk *sdk);
#define auto_sdk __attribute__((cleanup(vcsa_sdk_close)))

/* Read properties (NULL at the end) of one object; `take` sees it once. */
enum vsphere_answer vcsa_sdk_look(struct vcsa_sdk *sdk, const char *type, const char *ref,
                                  const char *const *paths,
                                  void (*take)(void *context, const struct xml_node *),
                                  void *context);

/* Read `wishes` of everything below the root folder, in pages. */
enum vsphere_answer vcsa_sdk_walk(struct vcsa_sdk *sdk, const struct vsphere_wish *wishes,
                                  size_t count,
                                  void (*take)(void *context, const struct xml_node *),
                                  void *context);

/* What an answer other than VSPHERE_OK makes of a call that changed nothing so far. */
enum slipway_outcome vcsa_sdk_outcome(struct vcsa_sdk *sdk, enum vsphere_answer answer);

/* A child's text, cleaned and cut, as JSON; null if there is none. */
json_t *vcsa_sdk_text(const struct xml_node *node, const char *child);

#endif
