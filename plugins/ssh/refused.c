/*
 * refused.c - see refused.h. Only a hash of account and password is kept. A full list
 * forgets the oldest: then a password may be sent once more, which is harmless.
 */
#include "ssh/refused.h"

#include <string.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/sha256.h"
#include "util/xalloc.h"

struct refused_password {
    char hash[SHA256_HEX];
    int64_t at_ms;
};

void refused_init(struct refused *refused)
{
    *refused = (struct refused){0};
    (void)pthread_mutex_init(&refused->mutex, NULL);
}

void refused_destroy(struct refused *refused)
{
    free(refused->items);
    (void)pthread_mutex_destroy(&refused->mutex);
}

static void forget_first(struct refused *refused)
{
    refused->count--;
    memmove(refused->items, refused->items + 1, refused->count * sizeof *refused->items);
}

void refused_note(struct refused *refused, const char *identity, const char *password,
                  int64_t now_ms)
{
    struct refused_password fresh = {.at_ms = now_ms};
    sha256_chain(identity, password, strlen(password), fresh.hash);
    (void)pthread_mutex_lock(&refused->mutex);
    if (refused->count >= SSH_REFUSED_PASSWORDS)
        forget_first(refused);
    *vec_push(refused->items, refused->count, refused->room) = fresh;
    (void)pthread_mutex_unlock(&refused->mutex);
}

bool refused_recently(struct refused *refused, const char *identity, const char *password,
                      int64_t now_ms)
{
    char hash[SHA256_HEX];
    bool found = false;
    sha256_chain(identity, password, strlen(password), hash);
    (void)pthread_mutex_lock(&refused->mutex);
    while (refused->count && now_ms - refused->items[0].at_ms >= SSH_REFUSED_MS)
        forget_first(refused);
    for (size_t i = 0; i < refused->count && !found; i++)
        found = strcmp(refused->items[i].hash, hash) == 0;
    (void)pthread_mutex_unlock(&refused->mutex);
    return found;
}
