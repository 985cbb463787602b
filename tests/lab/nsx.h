/*
 * nsx.h - between the nsx_*.c: NSX managers, of two families that share nothing but their
 * name. NSX-T: a cluster of three managers behind one address, JSON. NSX-V: one manager, XML.
 *
 * What survives a reboot is on the guest's disk: `version`, and everything else in nsx.json.
 * What does not is in struct nsx, under lab->lock.
 */
#ifndef LAB_NSX_H
#define LAB_NSX_H

#include "parts.h"
#include "util/map.h"

#define NSX_USER     "admin"
#define NSX_T_OLD    "4.1.0.2"
#define NSX_T_NEW    "4.1.2.1"
#define NSX_V_OLD    "6.4.10.18171251"
#define NSX_V_NEW    "6.4.14.20609341"
#define NSX_MANAGERS 3

struct nsx {
    bool html;        /* a proxy speaks in the manager's place           */
    unsigned run;     /* grows with every boot: old timers notice        */
    int64_t began_ms; /* of what is under way, for its progress          */
    int64_t length_ms;
    struct map requests;
    int *counts;
    size_t count, room;
};

struct nsx_call {
    const struct web_request *request;
    struct appliance *appliance;
    struct web_reply *reply;
};

/* ---- nsx_state.c ---- */
/* Give every appliance its version, before the disks are made. */
void nsx_create(struct lab *lab);
int nsx_make_disk(const struct appliance *appliance);
/* It has booted; with lab->lock held, or before anybody is served. */
void nsx_booted(struct appliance *appliance);
void nsx_write_requests(const struct appliance *appliance);
const char *nsx_offer(const struct lab *lab);
/* "nsx-t", "nsx-v"; NSX_NONE for another word. */
enum nsx_kind nsx_kind_of(const char *word);
const char *nsx_kind_name(enum nsx_kind kind);
int nsx_write_campaign(const struct lab *lab);
/* The rest part of the appliance in fleet.yaml. */
void nsx_add_rest(const struct lab *lab, const struct appliance *appliance,
                  struct buf *out);
void nsx_answer(const struct web_request *request, struct web_reply *reply);

/* nsx.json, the caller's; and put it back (consumed). */
json_t *nsx_disk(const struct appliance *appliance);
void nsx_disk_put(const struct appliance *appliance, json_t *disk);
/* One member of it (stolen). */
void nsx_disk_set(const struct appliance *appliance, const char *key, json_t *value);
void nsx_set_version(const struct appliance *appliance, const char *version);
/* Run `fn` on the timer thread with lab->lock held, unless it was rebooted. */
void nsx_after(struct appliance *appliance, int64_t ms, void (*fn)(struct appliance *));
/* Percent of what is under way, by time. */
int nsx_percent(const struct appliance *appliance);
/* True, counting down: this effect's answer is to be lost. */
bool nsx_drops(struct appliance *appliance, const char *method);
/* A line in the ledger; `what` is its kind. */
void nsx_note(const struct appliance *appliance, const char *what, const char *component,
              const char *outcome);

/* True if method and path are these. */
bool nsx_is(const struct nsx_call *call, const char *method, const char *path);
void nsx_text(struct nsx_call *call, unsigned status, const char *type, const char *text);

/* ---- nsx_t.c, nsx_t_fabric.c, nsx_t_upgrade.c ---- */
json_t *nsx_t_first_disk(const struct appliance *appliance, int64_t now);
void nsx_t_answer(struct nsx_call *call);
/* True: the path was answered. */
bool nsx_t_handle_fabric(struct nsx_call *call);
bool nsx_t_handle_upgrade(struct nsx_call *call);
void nsx_t_booted(struct appliance *appliance);
/* The value (stolen). */
void nsx_t_send(struct nsx_call *call, json_t *value);
void nsx_t_error(struct nsx_call *call, unsigned status, int code, const char *text);

/* ---- nsx_v.c, nsx_v_upgrade.c ---- */
json_t *nsx_v_first_disk(const struct appliance *appliance, int64_t now);
void nsx_v_answer(struct nsx_call *call);
bool nsx_v_handle_upgrade(struct nsx_call *call);
void nsx_v_booted(struct appliance *appliance);
void nsx_v_send(struct nsx_call *call, const char *xml);
void nsx_v_error(struct nsx_call *call, unsigned status, const char *text);

#endif
