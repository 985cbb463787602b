/*
 * refused.c - see refused.h. A table of hashes under a lock; entries that are over make
 * room, and a full table forgets its oldest entry. Nothing here fails.
 */
#include "nsx/refused.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nsx/limits.h"
#include "util/auto.h"
#include "util/sha256.h"
#include "util/xalloc.h"

struct entry {
    char hash[SHA256_HEX];
    int64_t at_ms;
};

struct nsx_refused {
    pthread_mutex_t lock;
    struct entry *entries;
    size_t count, room;
};

struct nsx_refused *nsx_refused_new(void)
{
    struct nsx_refused *refused = xcalloc(1, sizeof *refused);
    (void)pthread_mutex_init(&refused->lock, NULL);
    return refused;
}

void nsx_refused_free(struct nsx_refused *refused)
{
    if (!refused)
        return;
    (void)pthread_mutex_destroy(&refused->lock);
    free(refused->entries);
    free(refused);
}

static void hash_of(const char *url, const char *user, const char *password,
                    char out[SHA256_HEX])
{
    auto_free char *who = xasprintf("%s\n%s", url, user);
    sha256_chain(who, password, strlen(password), out);
}

/* Under the lock: drop what is over; the place for `hash`, old or new. */
static struct entry *place_for(struct nsx_refused *refused, const char *hash,
                               int64_t now_ms)
{
    size_t kept = 0, oldest = 0;
    for (size_t i = 0; i < refused->count; i++) {
        if (now_ms - refused->entries[i].at_ms < NSX_REFUSAL_MS)
            refused->entries[kept++] = refused->entries[i];
    }
    refused->count = kept;
    for (size_t i = 0; i < kept; i++) {
        if (!strcmp(refused->entries[i].hash, hash))
            return &refused->entries[i];
        if (refused->entries[i].at_ms < refused->entries[oldest].at_ms)
            oldest = i;
    }
    return kept == NSX_REFUSED_MAX
               ? &refused->entries[oldest]
               : vec_push(refused->entries, refused->count, refused->room);
}

void nsx_refused_add(struct nsx_refused *refused, const char *url, const char *user,
                     const char *password, int64_t now_ms)
{
    char hash[SHA256_HEX];
    hash_of(url, user, password, hash);
    (void)pthread_mutex_lock(&refused->lock);
    struct entry *entry = place_for(refused, hash, now_ms);
    memcpy(entry->hash, hash, sizeof hash);
    entry->at_ms = now_ms;
    (void)pthread_mutex_unlock(&refused->lock);
}

bool nsx_refused_has(struct nsx_refused *refused, const char *url, const char *user,
                     const char *password, int64_t now_ms)
{
    char hash[SHA256_HEX];
    bool found = false;
    hash_of(url, user, password, hash);
    (void)pthread_mutex_lock(&refused->lock);
    for (size_t i = 0; i < refused->count && !found; i++)
        found = !strcmp(refused->entries[i].hash, hash) &&
                now_ms - refused->entries[i].at_ms < NSX_REFUSAL_MS;
    (void)pthread_mutex_unlock(&refused->lock);
    return found;
}
