/*
 * silence.h - since when has an appliance not answered? For sentences only.
 */
#ifndef SSH_SILENCE_H
#define SSH_SILENCE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct silence {
    pthread_mutex_t mutex;
    struct silent_host *hosts;
    size_t count, room;
};

void silence_init(struct silence *silence);
void silence_destroy(struct silence *silence);

/* It did not answer now; gives the UTC instant since when it has not. */
int64_t silence_note(struct silence *silence, const char *identity);
/* It answered. */
void silence_clear(struct silence *silence, const char *identity);

#endif
