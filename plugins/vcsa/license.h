/*
 * license.h - licences as vpxd keeps them, and who has which.
 *
 *   LicenseManager            keys it knows: total and used
 *   LicenseAssignmentManager  entity ─► licence: the vCenter itself by its instanceUuid,
 *                             hosts by their reference
 *
 * A key is good for one product and one major version. After an upgrade to another major
 * version the old one no longer counts, and the vCenter evaluates for sixty days.
 *
 * Keys are held here only as long as a call lasts, and are wiped; what leaves the plugin
 * is their last five characters.
 */
#ifndef VCSA_LICENSE_H
#define VCSA_LICENSE_H

#include "vcsa/sdk_talk.h"

#define VCSA_LICENSE_KEY_MAX  80u   /* bytes of a key, with NUL             */
#define VCSA_LICENSE_KEYS_MAX 200u  /* keys that are looked at              */
#define VCSA_LICENSED_MAX     5000u /* entities that are looked at          */
#define VCSA_LICENSE_MASK     24u   /* bytes of "*****-ABCDE", with NUL     */

enum vcsa_product { VCSA_PRODUCT_OTHER, VCSA_PRODUCT_VCENTER, VCSA_PRODUCT_ESXI };

struct vcsa_license {
    char key[VCSA_LICENSE_KEY_MAX];
    char edition[80], name[120], product_name[80], version[VCSA_VERSION_MAX]; /* clean */
    char trouble[200]; /* what vpxd says is wrong with it, clean; "" if nothing       */
    enum vcsa_product product;
    long long total, used; /* total 0: no bound; used -1: not told */
    bool evaluation;
    int64_t expires_ms; /* 0: never, or not told */
};

struct vcsa_licensed {
    char entity[VSPHERE_REF_MAX];
    char name[VCSA_SHOWN_MAX];
    struct vcsa_license license;
};

/* A host, for what it needs. */
struct vcsa_license_host {
    char ref[VSPHERE_REF_MAX];
    char name[VCSA_SHOWN_MAX];
    int major; /* of its ESXi, 0: not known */
    long long cpus;
};

struct vcsa_licenses {
    char assignment_manager[VSPHERE_REF_MAX];
    struct vcsa_license *keys; /* that the LicenseManager knows */
    size_t key_count, key_room;
    struct vcsa_licensed *entities;
    size_t entity_count, entity_room;
    struct vcsa_license_host *hosts;
    size_t host_count, host_room;
    bool hosts_known; /* false: more than one answer can hold; only the vCenter's */
    int major;        /* of the installed vCenter */
};
/* Wipes the keys. */
void vcsa_licenses_free(struct vcsa_licenses *licenses);
#define auto_licenses __attribute__((cleanup(vcsa_licenses_free)))

/* What is known now. */
enum vsphere_answer vcsa_licenses_read(struct vcsa_sdk *sdk, struct vcsa_licenses *out);

/* LicenseManagerLicenseInfo, with the properties of its assignment (may be NULL). */
void vcsa_license_decode(const struct xml_node *info, const struct xml_node *assignment,
                         struct vcsa_license *out);

/* Of the vCenter itself; NULL if nothing is assigned to it. Borrowed. */
const struct vcsa_licensed *vcsa_licensed_find(const struct vcsa_licenses *licenses,
                                               const char *entity);
/* A key that the LicenseManager knows; NULL if it does not. Borrowed. */
const struct vcsa_license *vcsa_license_known(const struct vcsa_licenses *licenses,
                                              const char *key);

/* "8.0.3" gives 8; 0 if it begins with no number. */
int vcsa_major(const char *version);
/* "*****-ABCDE". Returns `out`. */
const char *vcsa_license_mask(const char *key, char out[VCSA_LICENSE_MASK]);
/* Is it good for that product in that major version, and not for evaluation? */
bool vcsa_license_fits(const struct vcsa_license *license, enum vcsa_product product,
                       int major);
const char *vcsa_product_name(enum vcsa_product product);

#endif
