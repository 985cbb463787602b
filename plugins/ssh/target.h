/*
 * target.h - the `ssh` part of an appliance, checked.
 */
#ifndef SSH_TARGET_H
#define SSH_TARGET_H

#include <jansson.h>
#include <stdbool.h>

#include "slipway/plugin.h"

#define SSH_PORT_DEFAULT    22
#define SSH_USER_DEFAULT    "root"
#define SSH_JOB_DIR_DEFAULT "/var/lib/slipway/jobs"

struct ssh_target {
    json_t *json;     /* owns every text below that is not marked "own" */
    const char *name; /* of the appliance, for sentences                */
    const char *host; /* name or literal address                        */
    const char *user;
    const char *pins;    /* path of the file of pinned host keys           */
    const char *job_dir; /* on the appliance                               */
    int port;
    char *key;      /* own: reference of the private key, or NULL          */
    char *password; /* own: reference of the password, or NULL             */
    char *identity; /* own: equal for calls that may share a session       */
};

/* Read call->target. On failure (-1 with a sentence) *out is empty. */
int target_parse(const struct slipway_call *call, struct ssh_target *out,
                 struct slipway_error *err);
void target_free(struct ssh_target *target);

#define auto_target __attribute__((cleanup(target_free)))

/* True if the name may be handed to the resolver: letters, digits and ".-_:%",
   no leading dash. */
bool target_host_valid(const char *host);
/* True if the name holds no control character, no blank and no leading dash. */
bool target_user_valid(const char *user);
/* True for an absolute path of printable characters without ".." parts. */
bool target_path_valid(const char *path);

#endif
