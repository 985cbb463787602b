/*
 * model/fleet.h - the inventory as plain data.
 */
#ifndef MODEL_FLEET_H
#define MODEL_FLEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLEET_APPLIANCES_MAX 100000
#define FLEET_MANAGERS_MAX   2000
#define FLEET_HOSTS_MAX      64 /* of one manager */
#define TIME_RULES_MAX       20000

/* Where a person wrote something. */
struct place {
    char *file;
    int line, column;
};

struct manager {
    char *name;
    json_t *doc; /* {"name","url","tls","login"}, or {"name","hosts":[...]} with what is
                    the same for all hosts, as plugins get it */
    struct place place;
};

struct appliance {
    char *name, *host, *kind;
    char *site;       /* "" if none */
    char *version;    /* "" if not known */
    char *link_group; /* "" if none */
    char *calendar;   /* absolute path or short form, "" if none */
    char *manager;    /* name, "" if its VM cannot be snapshotted */
    char *vm_key;     /* canonical text of `vm` without the manager, "" if none */
    char *datastore;  /* "" if not written */
    json_t *labels;   /* object of strings */
    json_t *doc;      /* what plugins get: defaults merged in, manager embedded */
    struct place place;
    int calendar_line, calendar_column; /* 0: see place */
};

/* A calendar for everybody with one value of a label: windows in which they may be
   changed, or a freeze in which they may not. */
struct time_rule {
    char *label, *value; /* "site", "rbx"; NULL: everybody */
    char *calendar;      /* absolute path or short form    */
    struct place place;  /* of the calendar's text */
};

struct time_rules {
    struct time_rule *items;
    size_t count, room;
};

/* Licence keys for one product and major version, as they were bought. Which target of a
   campaign gets which key is worked out by the planner. */
#define LICENSE_POOLS_MAX 200

enum license_product { LICENSE_VCENTER, LICENSE_ESXI, LICENSE_PRODUCT_COUNT };

struct license_pool {
    char *name;
    enum license_product product;
    int major;
    char *edition; /* "" if not written */
    json_t *key;   /* secret reference  */
    int64_t count; /* instances (vcenter) or CPUs (esxi) */
    struct place place;
};

const char *license_product_name(enum license_product product);
int license_product_from(const char *name);

struct fleet {
    struct license_pool *license_pools; /* in the order of the file */
    size_t license_pool_count, license_pool_room;
    struct time_rules windows, freezes;
    char *zone; /* of times that are written without one; NULL: they are refused */
    struct place zone_place;
    struct manager *managers;
    size_t manager_count, manager_room;
    struct appliance *appliances;
    size_t appliance_count, appliance_room;
};

void fleet_clear(struct fleet *fleet);
void time_rules_clear(struct time_rules *rules);

/* The text of a domain or label of an appliance: "site", "kind", "version",
   "manager", "link_group", "datastore", or a label's name. NULL if it has none.
   Borrowed. */
const char *appliance_attribute(const struct appliance *appliance, const char *name);

/* True for what a selector sees as a column of every appliance: no label may have that
   name. */
bool appliance_is_column(const char *name);

#endif
