/*
 * secret.h - from a secret reference to the secret, and back to nothing.
 *
 *   {"file": "/abs/path"}     regular, ours or root's, no bits for others
 *   {"cmd": ["/abs/prog"...]} its standard output; no shell, clean environment
 *   {"credential": "name"}    a file of $CREDENTIALS_DIRECTORY (systemd)
 *   "agent"                   keys stay in the agent: there is nothing to read
 */
#ifndef EXEC_SECRET_H
#define EXEC_SECRET_H

#include "slipway/plugin.h"

#define SECRET_MAX            (64u * 1024u) /* bytes */
#define SECRET_CMD_TIMEOUT_MS 10000
#define SECRET_CMD_ARGS_MAX   32u

struct secret_source {
    const char *credentials_dir; /* NULL: there are no credentials */
    struct slipway_call *call;   /* its deadline and cancellation bound a command; NULL is
                                    fine */
};

/* 0, or -1 with a sentence that tells what to do and never holds the secret. One
   trailing newline is removed; empty secrets and NUL bytes are refused. */
int secret_resolve(const char *reference, const struct secret_source *source,
                   struct slipway_secret *out, struct slipway_error *err);

/* Could it be read? Owner, mode and kind are looked at as when it is resolved, but no
   secret is read and no command run. 0, or -1 with a sentence. */
int secret_examine(const char *reference, const char *credentials_dir,
                   struct slipway_error *err);

/* Wipe and give back; NULL members are fine. */
void secret_free(struct slipway_secret *secret);

/* Run a helper (secret_cmd.c), the file `program`, which program_resolve() gave: its
   output to `out` (SECRET_MAX + 2 bytes). */
int secret_run(const char *program, const char *const *argv,
               const struct secret_source *source, char *out, size_t *length,
               struct slipway_error *err);

#endif
