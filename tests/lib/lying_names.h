/*
 * lying_names.h - name servers that lie, for one test program: it takes the place of the C
 * library's resolver, for libcurl and for plugins/common/resolve.c, in both directions.
 *
 *     names_are((const struct lying_name[]){
 *         {.name = "vc.test", .addresses = {"127.0.0.2", "127.0.0.1"}},
 *         {.name = "slow.test", .silent = true},        // until names_release()
 *         {.name = "gone.test", .error = EAI_NONAME},
 *         {0}});
 *     ...
 *     names_release();   // before the end: whoever still asks is answered and gone
 *
 * Addresses and names that are not in the table go to the real resolver as literals only, so
 * that no test asks a real name server. Include it in one file of the program.
 */
#ifndef TEST_LYING_NAMES_H
#define TEST_LYING_NAMES_H

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define NAMES_ADDRESSES_MAX 16

struct lying_name {
    const char *name;
    const char *addresses[NAMES_ADDRESSES_MAX]; /* NULL behind the last */
    int error;                                  /* EAI_..., or 0        */
    bool silent;                                /* nobody answers       */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const struct lying_name *table;
    bool released;
    unsigned asked, waiting; /* lookups of the table; those without an answer yet */
} names = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

typedef int names_getaddrinfo(const char *name, const char *service,
                              const struct addrinfo *hints, struct addrinfo **out);

/* The table is borrowed, and ends with {0}. */
static inline void names_are(const struct lying_name *table)
{
    (void)pthread_mutex_lock(&names.lock);
    names.table = table;
    names.released = false;
    names.asked = 0;
    (void)pthread_mutex_unlock(&names.lock);
}

/* The silent ones answer that they do not know; gives back when nobody waits any more. */
static inline void names_release(void)
{
    (void)pthread_mutex_lock(&names.lock);
    names.released = true;
    (void)pthread_cond_broadcast(&names.changed);
    while (names.waiting)
        (void)pthread_cond_wait(&names.changed, &names.lock);
    (void)pthread_mutex_unlock(&names.lock);
}

static inline unsigned names_waiting(void)
{
    (void)pthread_mutex_lock(&names.lock);
    unsigned waiting = names.waiting;
    (void)pthread_mutex_unlock(&names.lock);
    return waiting;
}

static inline unsigned names_asked(void)
{
    (void)pthread_mutex_lock(&names.lock);
    unsigned asked = names.asked;
    (void)pthread_mutex_unlock(&names.lock);
    return asked;
}

/* The row, after its silence. */
static inline const struct lying_name *names_ask(const char *name)
{
    const struct lying_name *found = NULL;
    (void)pthread_mutex_lock(&names.lock);
    for (const struct lying_name *row = names.table; row && row->name; row++)
        if (name && !strcmp(row->name, name))
            found = row;
    names.asked += found != NULL;
    names.waiting++;
    while (found && found->silent && !names.released)
        (void)pthread_cond_wait(&names.changed, &names.lock);
    names.waiting--;
    (void)pthread_cond_broadcast(&names.changed);
    (void)pthread_mutex_unlock(&names.lock);
    return found;
}

static inline names_getaddrinfo *names_real(void)
{
    union {
        void *data;
        names_getaddrinfo *function;
    } real = {.data = dlsym(RTLD_NEXT, "getaddrinfo")};
    return real.function;
}

static inline int names_literal(const char *name, const char *service,
                                const struct addrinfo *hints, struct addrinfo **out)
{
    struct addrinfo numeric = hints ? *hints : (struct addrinfo){0};
    numeric.ai_flags = (numeric.ai_flags & ~AI_ADDRCONFIG) | AI_NUMERICHOST;
    return names_real()(name, service, &numeric, out);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    bool literal = hints && hints->ai_flags & AI_NUMERICHOST;
    const struct lying_name *row = literal ? NULL : names_ask(name);
    struct addrinfo *list = NULL, **end = &list;
    if (!row)
        return names_literal(name, service, hints, out);
    if (row->error || row->silent)
        return row->error ? row->error : EAI_AGAIN;
    for (size_t i = 0; i < NAMES_ADDRESSES_MAX && row->addresses[i]; i++) {
        if (names_literal(row->addresses[i], service, hints, end) != 0)
            continue; /* of a family that was not asked for */
        while (*end)
            end = &(*end)->ai_next;
    }
    *out = list;
    return list ? 0 : EAI_NONAME;
}

typedef int names_getnameinfo(const struct sockaddr *address, socklen_t length,
                              char *host, socklen_t host_size, char *service,
                              socklen_t service_size, int flags);

static inline names_getnameinfo *names_real_back(void)
{
    union {
        void *data;
        names_getnameinfo *function;
    } real = {.data = dlsym(RTLD_NEXT, "getnameinfo")};
    return real.function;
}

/* An address is a name of the table too: its first "address" is its name. */
int getnameinfo(const struct sockaddr *address, socklen_t length, char *host,
                socklen_t host_size, char *service, socklen_t service_size, int flags)
{
    if (flags & NI_NUMERICHOST)
        return names_real_back()(address, length, host, host_size, service, service_size,
                                 flags);
    char text[NI_MAXHOST] = "";
    (void)names_real_back()(address, length, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    const struct lying_name *row = names_ask(text);
    if (!row || row->error || row->silent || !row->addresses[0])
        return row && row->error ? row->error : EAI_NONAME;
    size_t size = strlen(row->addresses[0]) + 1;
    if (size > host_size)
        return EAI_OVERFLOW;
    memcpy(host, row->addresses[0], size);
    return 0;
}

#endif
