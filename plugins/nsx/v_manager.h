/*
 * v_manager.h - what an NSX-V manager is and what it says of its upgrade. Everything lies
 * under /api/1.0/appliance-management and is XML.
 */
#ifndef NSX_V_MANAGER_H
#define NSX_V_MANAGER_H

#include "nsx/talk.h"

#define NSX_V "/api/1.0/appliance-management"

/* Components by id, with what they do. */
struct nsx_v_components {
    json_t *all;  /* id -> {"name", "status", "enabled"}             */
    json_t *down; /* ids that are enabled and do not run             */
};

enum nsx_v_phase {
    NSX_V_OTHER, /* a word that is not known */
    NSX_V_IDLE,  /* nothing is under way, or it is complete */
    NSX_V_BUSY,
    NSX_V_FAILED,
};

struct nsx_v_status {
    char word[48]; /* as told */
    enum nsx_v_phase phase;
    char step[96]; /* that is under way or has failed, "" if not told */
    int percent;   /* of steps that are over, -1: not told             */
};

/* Of an upgrade that waits to be started. */
struct nsx_v_information {
    char from[NSX_VERSION_MAX], to[NSX_VERSION_MAX]; /* "" without a bundle */
    json_t *questions;                               /* [{"id", "question", "type"}] */
    json_t *errors, *warnings, *steps;               /* texts */
};

/* A child's clean text, "" if absent; returns `out`. */
const char *nsx_v_child(const struct xml_node *node, const char *name, char *out,
                        size_t size);

/* "6.4.14.20609341" */
enum nsx_answer nsx_v_version_read(struct nsx_talk *talk, char version[NSX_VERSION_MAX]);

/* Zero-initialise; free in every case. */
enum nsx_answer nsx_v_components_read(struct nsx_talk *talk,
                                      struct nsx_v_components *out);
void nsx_v_components_free(struct nsx_v_components *components);
#define auto_v_components __attribute__((cleanup(nsx_v_components_free)))
/* Ids that ran in `baseline` (a result of v_components; NULL: those that are enabled) and
   do not run now; the caller's. */
json_t *nsx_v_missing(const struct nsx_v_components *components, const json_t *baseline);

enum nsx_answer nsx_v_status_read(struct nsx_talk *talk, struct nsx_v_status *out);

/* Zero-initialise; free in every case. A manager without a bundle is NSX_OK. */
enum nsx_answer nsx_v_information_read(struct nsx_talk *talk,
                                       struct nsx_v_information *out);
void nsx_v_information_free(struct nsx_v_information *information);
#define auto_v_information __attribute__((cleanup(nsx_v_information_free)))

#endif
