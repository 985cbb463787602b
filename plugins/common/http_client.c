/*
 * http_client.c - the pool of idle libcurl handles.
 *
 * A handle keeps its connection, so handing the same handle to the next request
 * for the same origin and trust saves the TLS handshake. The key names both:
 * a connection that was verified against one pin never serves another. A handle
 * belongs to one thread between take and put. Idle ones are bounded by count
 * (the longest idle goes first) and by time (tidy).
 */
#include "http_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/wiped_memory.h"
#include "util/xalloc.h"

struct idle {
    CURL *curl;
    char *key;
    int64_t since_ms;
};

struct http_client {
    pthread_mutex_t lock;
    struct idle idle[HTTP_IDLE_MAX]; /* oldest first */
    size_t count;
};

static void start_libcurl(void)
{
    (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiped_release, wiped_resize,
                               strdup, calloc);
}

struct http_client *http_client_new(struct slipway_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (pthread_once(&once, start_libcurl)) {
        (void)slipway_error_set(err, -1, "libcurl cannot be started");
        return NULL;
    }
    struct http_client *client = xcalloc(1, sizeof *client);
    (void)pthread_mutex_init(&client->lock, NULL);
    return client;
}

static void idle_close(struct idle *idle)
{
    curl_easy_cleanup(idle->curl);
    free(idle->key);
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->count; i++)
        idle_close(&client->idle[i]);
    (void)pthread_mutex_destroy(&client->lock);
    free(client);
}

/* Take out one entry, keeping the order. */
static struct idle idle_remove(struct http_client *client, size_t at)
{
    struct idle gone = client->idle[at];
    client->count--;
    memmove(&client->idle[at], &client->idle[at + 1],
            (client->count - at) * sizeof client->idle[0]);
    return gone;
}

CURL *http_client_take(struct http_client *client, const char *key)
{
    struct idle found = {0};
    (void)pthread_mutex_lock(&client->lock);
    for (size_t i = client->count; i-- > 0;) {
        if (!strcmp(client->idle[i].key, key)) {
            found = idle_remove(client, i);
            break;
        }
    }
    (void)pthread_mutex_unlock(&client->lock);
    free(found.key);
    return found.curl ? found.curl : curl_easy_init();
}

void http_client_put(struct http_client *client, CURL *curl, const char *key, bool keep,
                     int64_t now_ms)
{
    struct idle evicted = {0};
    if (!keep) {
        curl_easy_cleanup(curl);
        return;
    }
    curl_easy_reset(curl); /* options and their copies go, the connection stays */
    (void)pthread_mutex_lock(&client->lock);
    if (client->count == HTTP_IDLE_MAX)
        evicted = idle_remove(client, 0);
    client->idle[client->count++] =
        (struct idle){.curl = curl, .key = xstrdup(key), .since_ms = now_ms};
    (void)pthread_mutex_unlock(&client->lock);
    idle_close(&evicted);
}

void http_client_tidy(struct http_client *client, int64_t now_ms)
{
    struct idle *stale = xcalloc(HTTP_IDLE_MAX, sizeof *stale);
    size_t count = 0;
    (void)pthread_mutex_lock(&client->lock);
    for (size_t i = client->count; i-- > 0;)
        if (now_ms - client->idle[i].since_ms >= HTTP_IDLE_MS)
            stale[count++] = idle_remove(client, i);
    (void)pthread_mutex_unlock(&client->lock);
    for (size_t i = 0; i < count; i++) /* says goodbye on the wire: not under the lock */
        idle_close(&stale[i]);
    free(stale);
}

int64_t http_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
