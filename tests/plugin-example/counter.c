/*
 * counter - a whole plugin in one file, built outside of slipway's tree.
 *
 *   cc -shared -fPIC -I/usr/include -o counter.so counter.c
 *   slipway plugins --plugins DIRECTORY
 *
 * It speaks to no appliance: its world is a number in memory. What it shows is
 * the contract. `counter.add` is RECONCILABLE: it remembers the key of every
 * intent that it carried out, so its probe can tell. `counter.down` takes several
 * looks. `counter.read` only reads. It needs nothing but slipway/plugin.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slipway/plugin.h"

#ifndef COUNTER_ABI /* the tests build one with a wrong number */
#define COUNTER_ABI SLIPWAY_ABI
#endif

#define KEYS_MAX 1024
#define KEY_SIZE 161

/* What open() makes. Calls come from many threads at once. */
struct counter {
    pthread_mutex_t lock;
    long value;
    size_t count;
    char keys[KEYS_MAX][KEY_SIZE];
};

static int has_key(const struct counter *counter, const char *key)
{
    for (size_t i = 0; i < counter->count; i++) {
        if (!strcmp(counter->keys[i], key))
            return 1;
    }
    return 0;
}

/* The host checked the arguments and wrote them in canonical JSON, so a plugin
   with one number to read can do without a JSON library. */
static long number(const char *with, const char *name)
{
    char member[32];
    snprintf(member, sizeof member, "\"%s\":", name);
    const char *at = strstr(with, member);
    return at ? strtol(at + strlen(member), NULL, 10) : 0;
}

static void give_value(struct slipway_call *call, long value)
{
    char json[64];
    snprintf(json, sizeof json, "{\"value\":%ld}", value);
    call->host->set_result(call, json);
}

/* One effect, at once. */
static enum slipway_outcome add_start(struct slipway_call *call)
{
    struct counter *counter = call->state;
    pthread_mutex_lock(&counter->lock);
    if (counter->count == KEYS_MAX) {
        pthread_mutex_unlock(&counter->lock);
        call->host->say(call, "the counter remembers %d additions at most", KEYS_MAX);
        return SLIPWAY_REFUSED;
    }
    counter->value += number(call->with, "by");
    snprintf(counter->keys[counter->count++], KEY_SIZE, "%s", call->key);
    long value = counter->value;
    pthread_mutex_unlock(&counter->lock);
    give_value(call, value);
    return SLIPWAY_DONE;
}

/* What became of an intent: asked after a crash or a lost answer. Only reads. */
static enum slipway_probe add_probe(struct slipway_call *call)
{
    struct counter *counter = call->state;
    pthread_mutex_lock(&counter->lock);
    int happened = has_key(counter, call->key);
    long value = counter->value;
    pthread_mutex_unlock(&counter->lock);
    if (!happened)
        return SLIPWAY_PROBE_NOT_STARTED;
    give_value(call, value);
    return SLIPWAY_PROBE_DONE;
}

static enum slipway_outcome read_start(struct slipway_call *call)
{
    struct counter *counter = call->state;
    pthread_mutex_lock(&counter->lock);
    long value = counter->value;
    pthread_mutex_unlock(&counter->lock);
    give_value(call, value);
    return SLIPWAY_DONE;
}

/* Something that takes a while: never wait for it, answer PENDING with a handle
   that says all that the next look needs. */
static enum slipway_outcome down_to(struct slipway_call *call, long left)
{
    char handle[32];
    if (left <= 0) {
        give_value(call, 0);
        return SLIPWAY_DONE;
    }
    snprintf(handle, sizeof handle, "%ld", left);
    call->host->set_handle(call, handle);
    call->host->look_again_in(call, 100);
    call->host->say(call, "%ld to go", left);
    return SLIPWAY_PENDING;
}

static enum slipway_outcome down_start(struct slipway_call *call)
{
    return down_to(call, number(call->with, "from"));
}

static enum slipway_outcome down_poll(struct slipway_call *call)
{
    return down_to(call, strtol(call->handle, NULL, 10) - 1);
}

static int down_check(const char *with, struct slipway_error *err)
{
    long from = number(with, "from");
    if (from >= 0 && from <= 1000)
        return 0;
    return slipway_error_set(err, -1, "from: %ld is not between 0 and 1000", from);
}

static int counter_open(const struct slipway_host *host, void **state,
                        struct slipway_error *err)
{
    (void)host;
    struct counter *counter = calloc(1, sizeof *counter);
    if (!counter)
        return slipway_error_set(err, -1, "out of memory");
    pthread_mutex_init(&counter->lock, NULL);
    *state = counter;
    return 0;
}

static void counter_close(void *state)
{
    free(state);
}

static const struct slipway_option add_options[] = {
    {.name = "by", .type = SLIPWAY_INTEGER, .fallback = "1", .help = "how much to add"},
    {.name = NULL},
};

static const struct slipway_option down_options[] = {
    {.name = "from", .type = SLIPWAY_INTEGER, .required = true, .help = "where to begin"},
    {.name = NULL},
};

static const struct slipway_operation operations[] = {
    {.name = "add",
     .summary = "add to the counter, once per intent",
     .repeat = SLIPWAY_RECONCILABLE,
     .options = add_options,
     .start = add_start,
     .probe = add_probe},
    {.name = "read",
     .summary = "the counter's value",
     .repeat = SLIPWAY_READ,
     .start = read_start},
    {.name = "down",
     .summary = "count down, one look at a time",
     .repeat = SLIPWAY_IDEMPOTENT,
     .options = down_options,
     .start = down_start,
     .poll = down_poll,
     .check = down_check},
};

static const struct slipway_plugin plugin = {
    .abi = COUNTER_ABI,
    .size = sizeof(struct slipway_plugin),
    .name = "counter",
    .version = "1.0",
    .summary = "an example: a number in memory",
    .operations = operations,
    .operation_count = sizeof operations / sizeof operations[0],
    .open = counter_open,
    .close = counter_close,
};

const struct slipway_plugin *slipway_plugin_entry(void)
{
    return &plugin;
}
