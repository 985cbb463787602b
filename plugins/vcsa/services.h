/*
 * services.h - what runs on an appliance, and whether it is what ran before.
 */
#ifndef VCSA_SERVICES_H
#define VCSA_SERVICES_H

#include "vcsa/talk.h"

struct vcsa_services {
    json_t *list;    /* [{"id","startup","state","health"}] */
    json_t *started; /* ids that are STARTED */
    json_t *down;    /* ids that should run and do not, or are DEGRADED */
    const char *source;
};

enum vcsa_answer vcsa_services_read(struct vcsa_talk *talk, struct vcsa_services *out);
void vcsa_services_free(struct vcsa_services *services);
#define auto_services __attribute__((cleanup(vcsa_services_free)))

/*
 * Against a baseline (an earlier result of vcsa.services, or NULL): the ids that ran
 * then and do not now, and those that are down now and were not then. Without a baseline:
 * those that are down. Services that are started by hand only are left out. The caller's.
 */
json_t *vcsa_services_missing(const struct vcsa_services *services,
                              const json_t *baseline);

/* "vpxd, sps and 3 more" of a list of texts, clean. */
const char *vcsa_names_line(const json_t *names, char *out, size_t size);

#endif
