/*
 * t_cluster.h - what the managers of an NSX-T cluster have, each of them, and whether they
 * agree: the evidence of an upgrade, apart from what its coordinator says.
 */
#ifndef NSX_T_CLUSTER_H
#define NSX_T_CLUSTER_H

#include "nsx/talk.h"

struct nsx_t_node {
    char id[NSX_ID_MAX + 1];
    char name[128];
    char version[NSX_VERSION_MAX]; /* as told: 4.1.2.1.0.22667794 */
};

struct nsx_t_nodes {
    char version[NSX_VERSION_MAX]; /* of the manager that answered                     */
    char product[NSX_VERSION_MAX]; /* of the whole product: set last in an upgrade      */
    struct nsx_t_node items[NSX_NODES_MAX];
    size_t count;
    const char *source; /* "nodes": each was asked; "coordinator": it told of them */
};

struct nsx_t_cluster {
    char status[24], control[24]; /* control "": not told       */
    size_t online, offline;
    char away[200];     /* who is offline, by address: "10.0.0.13"; "" if nobody */
    char unstable[200]; /* groups of services that are not STABLE, "" if none */
    bool stable;        /* managers and controllers, and nobody is offline    */
};

enum nsx_answer nsx_t_nodes_read(struct nsx_talk *talk, struct nsx_t_nodes *out);
enum nsx_answer nsx_t_cluster_read(struct nsx_talk *talk, struct nsx_t_cluster *out);

/* Do all of them have this release? If not, `why` says who has what. */
bool nsx_t_nodes_have(const struct nsx_t_nodes *nodes, const char *wanted, char *why,
                      size_t size);

#endif
