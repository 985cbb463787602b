/*
 * silence.c - see silence.h. A short list: only appliances that do not answer
 * are in it, and a full list merely forgets the oldest.
 */
#include "ssh/silence.h"

#include <string.h>
#include <time.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

struct silent_host {
    uint64_t hash; /* of the identity: the text itself is not worth keeping */
    int64_t since_ms;
};

void silence_init(struct silence *silence)
{
    *silence = (struct silence){0};
    (void)pthread_mutex_init(&silence->mutex, NULL);
}

void silence_destroy(struct silence *silence)
{
    free(silence->hosts);
    (void)pthread_mutex_destroy(&silence->mutex);
}

static struct silent_host *find(struct silence *silence, uint64_t hash)
{
    for (size_t i = 0; i < silence->count; i++)
        if (silence->hosts[i].hash == hash)
            return &silence->hosts[i];
    return NULL;
}

static void forget(struct silence *silence, struct silent_host *host)
{
    size_t index = (size_t)(host - silence->hosts);
    silence->count--;
    memmove(host, host + 1, (silence->count - index) * sizeof *host);
}

static int64_t utc_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t silence_note(struct silence *silence, const char *identity)
{
    uint64_t hash = text_hash(identity);
    (void)pthread_mutex_lock(&silence->mutex);
    struct silent_host *host = find(silence, hash);
    if (!host) {
        if (silence->count >= SSH_SILENT_HOSTS)
            forget(silence, silence->hosts);
        host = vec_push(silence->hosts, silence->count, silence->room);
        *host = (struct silent_host){.hash = hash, .since_ms = utc_ms()};
    }
    int64_t since_ms = host->since_ms;
    (void)pthread_mutex_unlock(&silence->mutex);
    return since_ms;
}

void silence_clear(struct silence *silence, const char *identity)
{
    uint64_t hash = text_hash(identity);
    (void)pthread_mutex_lock(&silence->mutex);
    struct silent_host *host = find(silence, hash);
    if (host)
        forget(silence, host);
    (void)pthread_mutex_unlock(&silence->mutex);
}
