/*
 * probe_builds.h - the builds that an appliance tells beside its version, and whether they
 * are those that the catalogue of versions knows for it.
 */
#ifndef CLI_PROBE_BUILDS_H
#define CLI_PROBE_BUILDS_H

#include "catalogue/catalogue.h"

struct probe_builds {
    char build[32];        /* of the management (REST, ISO); "" if it told none */
    char client_build[32]; /* of SOAP, vpxd and PowerCLI                        */
};

/* Read them out of a version read's result, `build` and `sdk.build`. */
void probe_builds_read(const char *result, struct probe_builds *out);

/* A sentence if the catalogue has this very version with other builds, else NULL; the
   caller's. Before 7.0 U2 a release has two different builds: each is compared with its
   own. */
char *probe_builds_contradict(const struct catalogue *catalogue, const char *kind,
                              const char *version, const struct probe_builds *told);

#endif
