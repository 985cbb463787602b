/*
 * own.h - what is this vCenter's own: its names, and the certificate that it shows.
 *
 * For registrations that others made long ago: which of them lead here, and do they still
 * expect the certificate that is really shown?
 */
#ifndef VCSA_OWN_H
#define VCSA_OWN_H

#include "vcsa/talk.h"

#define VCSA_HOST_MAX 256u

struct vcsa_own {
    char names[3]
              [VCSA_HOST_MAX]; /* of the fleet file (two) and its own; "" if not known */
    char port[8];              /* of the fleet file, 443 if it names none */
    char
        thumbprint[HTTP_THUMBPRINT_SIZE]; /* SHA-1 as AB:CD:...; "" if nobody shows one */
};

/* Never fails: what cannot be read is "". Port 443 must be on. */
void vcsa_own_read(struct vcsa_talk *talk, struct vcsa_own *out);

/* Does this URL lead to the vCenter's front door: its host, and port 443 (none, or that of
   the fleet file)? Behind other ports others may show certificates of their own. */
bool vcsa_own_serves(const struct vcsa_own *own, const char *url);

/* Is this thumbprint (any case, colons or none) the one that is shown? */
bool vcsa_own_shows(const struct vcsa_own *own, const char *thumbprint);

#endif
