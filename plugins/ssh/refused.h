/*
 * refused.h - passwords that an appliance rejected a moment ago.
 *
 * A few failures lock an account, and every poll of every step logs in anew. So a
 * password that was rejected, or had expired, is not sent again for SSH_REFUSED_MS.
 * Another password is tried at once.
 */
#ifndef SSH_REFUSED_H
#define SSH_REFUSED_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct refused {
    pthread_mutex_t mutex;
    struct refused_password *items; /* oldest first */
    size_t count, room;
};

void refused_init(struct refused *refused);
void refused_destroy(struct refused *refused);

/* It was rejected by the account that `identity` names. */
void refused_note(struct refused *refused, const char *identity, const char *password,
                  int64_t now_ms);
/* Was it, less than SSH_REFUSED_MS ago? */
bool refused_recently(struct refused *refused, const char *identity, const char *password,
                      int64_t now_ms);

#endif
