/*
 * sdk_names.h - from references that vpxd gave to the names that people know.
 */
#ifndef VCSA_SDK_NAMES_H
#define VCSA_SDK_NAMES_H

#include "vcsa/sdk_talk.h"

#define VCSA_SDK_NAMES_MAX 64u /* looked up at once */

struct vcsa_sdk_names {
    struct vcsa_sdk_name {
        char type[64], ref[VSPHERE_REF_MAX];
        char name[VCSA_SHOWN_MAX]; /* clean, "" until it is read */
    } items[VCSA_SDK_NAMES_MAX];
    size_t count;
};

/* Remember to look it up; one that is malformed, known or too many is left out. */
void vcsa_sdk_names_want(struct vcsa_sdk_names *names, const char *type, const char *ref);
/* One question for all of them. What has no name by now stays "". */
enum vsphere_answer vcsa_sdk_names_read(struct vcsa_sdk *sdk,
                                        struct vcsa_sdk_names *names);
/* NULL if it is not known. Borrowed. */
const char *vcsa_sdk_names_find(const struct vcsa_sdk_names *names, const char *ref);

#endif
