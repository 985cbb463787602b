/*
 * vcsa.h - between the vcsa_*.c: a vCenter as a machine with two doors.
 *
 * What survives a reboot and goes back with a snapshot is on the guest's disk: `version`,
 * `update_state`, `services` and `health` as for any appliance, everything else in
 * vcsa.json. What does not is in struct vcsa, under lab->lock.
 */
#ifndef LAB_VCSA_H
#define LAB_VCSA_H

#include "rest_parts.h"
#include "util/map.h"

struct vcsa {
    struct sessions vami; /* of port 5480; those of 443 are the appliance's */
    struct sessions sdk;  /* of vpxd */
    struct sdk_page {     /* what did not fit into the last answer of vpxd */
        char token[40];
        char **objects;
        size_t count, next, size;
    } page;
    bool sso_down; /* the proxy on 443 has nobody behind it */
    bool starting; /* services come up one by one */
    bool flapping; /* every other look at the update state lies */
    unsigned looks;
    unsigned run;                /* grows with every boot and revert: old timers notice */
    int64_t began_ms, length_ms; /* of what is under way, for its progress */
    int64_t clock_back_ms, clock_until_ms;
    struct link_member *link; /* link.c */
    struct lab_pem {          /* of the certificates that it told last */
        int64_t expires_ms;
        const char *name;
        char *pem;
    } tls, sts_leaf, sts_root;
    struct map requests;
    int *counts;
    size_t count, room;
};

/* ---- vcsa_state.c ---- */
/* vcsa.json, the caller's; and put it back (consumed). */
json_t *vcsa_disk(const struct appliance *appliance);
void vcsa_disk_put(const struct appliance *appliance, json_t *disk);
void vcsa_disk_set(const struct appliance *appliance, const char *key, json_t *value);
char *vcsa_text(const struct appliance *appliance, const char *file);
void vcsa_put_text(const struct appliance *appliance, const char *file, const char *text);
/* The release table: ISO build (REST) and client build (SOAP). */
const char *vcsa_build(const char *version, bool client);
/* Is the installed version at least this one? */
bool vcsa_at_least(const struct appliance *appliance, const char *version);
/* Has the certificate ended with which it signs tokens? Seen when services start. */
bool vcsa_sts_ended(const struct appliance *appliance);
/* Its clock, which may be wrong. */
int64_t vcsa_now_ms(const struct appliance *appliance);
/* Run `fn` on the timer thread with lab->lock held, unless it was rebooted or reverted. */
void vcsa_after(struct appliance *appliance, int64_t ms, void (*fn)(struct appliance *));
void vcsa_count(struct appliance *appliance, const char *method, const char *path);
/* The offered version that comes after the installed one in its line, NULL: none. */
const char *vcsa_next_version(const struct appliance *appliance);

/* ---- vcsa_update.c: True: the path was answered ---- */
bool vcsa_handle_update(struct rest_call *call);
/* Called at the end of a boot. */
void vcsa_update_booted(struct appliance *appliance);

/* ---- vcsa_install.c ---- */
/* Begin; the disk says what is staged. */
void vcsa_install_begin(struct appliance *appliance, const char *version);
/* Services come up one by one, then the state and the health settle. */
void vcsa_services_begin(struct appliance *appliance, bool at_once);

/* ---- vcsa_inspect.c, vcsa_vcenter.c, vcsa_admin.c: True: the path was answered ---- */
bool vcsa_handle_inspect(struct rest_call *call);
/* Of a file system as monitoring calls it: "log". */
bool vcsa_is_full(const struct faults *faults, const char *filesystem);
bool vcsa_handle_vcenter(struct rest_call *call);
bool vcsa_handle_admin(struct rest_call *call);
/* ---- vcsa_vcenter.c ---- */
/* A self-signed certificate that ends then, as PEM; the caller's. `name`: the DNS name that
   it is for, NULL: none. */
char *vcsa_pem_until(int64_t expires_ms, const char *name);
/* ---- vcsa_lookup.c ---- */
#define LAB_LOOKUP_PATH "/lookupservice/sdk"
bool vcsa_handle_lookup(struct rest_call *call);
/* SHA-1 of the certificate that its doors show, AB:CD:...; and an old one's. */
#define LAB_THUMBPRINT_SIZE 60
void vcsa_thumbprint(const struct appliance *appliance, char out[LAB_THUMBPRINT_SIZE]);
#define LAB_OLD_THUMBPRINT "0B:5E:1E:7E:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
/* ---- vcsa_settings.c ---- */
bool vcsa_handle_settings(struct rest_call *call);

/* ---- vcsa_services.c ---- */
bool vcsa_handle_services(struct rest_call *call);
/* What the lists tell of one, too (vcsa_inspect.c). */
json_t *vcsa_about_unit(const char *name, const char *state);
json_t *vcsa_about_service(const char *name, const char *state);

/* ---- vcsa_schema.c ---- */
/* True if the request is not what the schema says; it was answered. */
bool vcsa_schema_refuses(struct rest_call *call);

/* ---- vcsa_rest.c ---- */
bool vcsa_is(const struct rest_call *call, const char *method, const char *path);
void vcsa_not_allowed(struct rest_call *call, const char *id, const char *text);
/* The body's one parameter: itself in /api, {wrap: it} in /rest; NULL if malformed
   (then it was answered). The caller's. */
json_t *vcsa_body(struct rest_call *call, const char *wrap);

#endif
