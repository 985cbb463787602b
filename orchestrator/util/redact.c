/*
 * redact.c - see redact.h.
 *
 * Every form of every secret (redact_forms.c) is a pattern in locked memory,
 * chained in a table by a hash of its first four bytes. Looking through a text
 * costs one table look per byte, whatever the number of secrets; the longest
 * pattern at a place wins.
 *
 * When in doubt too much is hidden rather than too little: a marked-out word
 * costs an operator a minute, a password in a report costs the fleet.
 */
#include "util/redact.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/locked.h"
#include "util/redact_forms.h"
#include "util/text.h"
#include "util/xalloc.h"

#define SLOT_BITS 16
#define SLOTS     (1u << SLOT_BITS)
#define CHUNK     (64u * 1024u)
#define CUT_LEAST 6u /* bytes of a cut-off secret at the end of a text */

struct pattern {
    const char *bytes; /* in a chunk */
    uint32_t length;
    uint32_t next; /* index + 1 of the next with the same hash */
    bool word;     /* matches as a whole word only */
};

static struct {
    pthread_rwlock_t lock;
    atomic_size_t secrets;
    struct pattern *patterns;
    size_t count, room;
    uint32_t *slots;
    char **chunks; /* locked memory */
    size_t chunk_count, chunk_room;
    size_t chunk_left; /* free bytes at the end of the last one */
    size_t chunk_size;
} registry = {.lock = PTHREAD_RWLOCK_INITIALIZER};

static uint32_t slot_of(const char *p)
{
    uint32_t four;
    memcpy(&four, p, sizeof four);
    return (four * 0x9e3779b1u) >> (32 - SLOT_BITS);
}

static char *keep(const char *bytes, size_t length)
{
    if (length > registry.chunk_left) {
        registry.chunk_size = length > CHUNK ? length : CHUNK;
        registry.chunk_left = registry.chunk_size;
        *vec_push(registry.chunks, registry.chunk_count, registry.chunk_room) =
            locked_alloc(registry.chunk_size);
    }
    char *place = registry.chunks[registry.chunk_count - 1] + registry.chunk_size -
                  registry.chunk_left;
    memcpy(place, bytes, length);
    registry.chunk_left -= length;
    return place;
}

static bool is_known(const char *bytes, size_t length)
{
    if (!registry.slots)
        return false;
    for (uint32_t i = registry.slots[slot_of(bytes)]; i;
         i = registry.patterns[i - 1].next) {
        const struct pattern *p = &registry.patterns[i - 1];
        if (p->length == length && !memcmp(p->bytes, bytes, length))
            return true;
    }
    return false;
}

/* A callback of redact_forms(). */
static void add_pattern(void *context, const char *bytes, size_t length)
{
    const size_t *secret_length = context;
    if (length < REDACT_SHORTEST || length > UINT32_MAX || is_known(bytes, length))
        return;
    uint32_t *slot = &registry.slots[slot_of(bytes)];
    struct pattern *p = vec_push(registry.patterns, registry.count, registry.room);
    *p = (struct pattern){keep(bytes, length), (uint32_t)length, *slot,
                          *secret_length < REDACT_WORD && length < REDACT_WORD};
    *slot = (uint32_t)registry.count;
}

int redact_add(const char *secret, size_t length)
{
    if (length < REDACT_SHORTEST)
        return 0;
    (void)pthread_rwlock_rdlock(&registry.lock);
    bool known = is_known(secret, length);
    (void)pthread_rwlock_unlock(&registry.lock);
    if (known)
        return 0;
    int code = -1;
    (void)pthread_rwlock_wrlock(&registry.lock);
    if (atomic_load(&registry.secrets) < REDACT_SECRETS_MAX) {
        if (!registry.slots)
            registry.slots = xcalloc(SLOTS, sizeof *registry.slots);
        redact_forms(secret, length, add_pattern, &length);
        atomic_fetch_add(&registry.secrets, 1);
        code = 0;
    }
    (void)pthread_rwlock_unlock(&registry.lock);
    return code;
}

/* True if the text ends here, or somebody who shortened it left a mark. */
static bool is_cut(const char *text, size_t left)
{
    static const char *const marks[] = {"…", "..."};
    for (size_t k = 0; k < ARRAY_LENGTH(marks); k++) {
        size_t length = strlen(marks[k]);
        if (left >= length && !memcmp(text, marks[k], length))
            return true;
    }
    return left == 0;
}

/* How much of the pattern stands at text[i]: all, a beginning behind which the text is
   cut, or 0. */
static size_t match_one(const struct pattern *p, const char *text, size_t length,
                        size_t i)
{
    size_t same = 0;
    while (same < p->length && i + same < length && p->bytes[same] == text[i + same])
        same++;
    if (same == p->length)
        return !p->word || text_is_word(text, length, i, i + same) ? same : 0;
    bool cut =
        same >= CUT_LEAST && !p->word && is_cut(text + i + same, length - i - same);
    return cut ? same : 0;
}

/* Length of the longest secret at text[i], 0 if there is none. */
static size_t match(const char *text, size_t length, size_t i, bool surely)
{
    size_t best = 0;
    if (length - i < REDACT_SHORTEST)
        return 0;
    uint32_t index = registry.slots[slot_of(text + i)];
    while (index) {
        const struct pattern *p = &registry.patterns[index - 1];
        index = p->next;
        size_t found = match_one(p, text, length, i);
        if (surely && (found < p->length || found < REDACT_WORD))
            continue;
        best = found > best ? found : best;
    }
    return best;
}

/* Copy the text without its secrets; how many there were. */
static size_t copy_without(const char *text, size_t length, struct buf *out)
{
    size_t found = 0, copied = 0;
    for (size_t i = 0; i < length;) {
        size_t secret = match(text, length, i, false);
        if (!secret) {
            i++;
            continue;
        }
        found++;
        buf_add(out, text + copied, i - copied);
        buf_adds(out, REDACT_MARK);
        i += secret;
        copied = i;
    }
    if (found)
        buf_add(out, text + copied, length - copied);
    return found;
}

/* The same under the lock; `out` stays as it is when there are none. */
static size_t copy_clean(const char *text, size_t length, struct buf *out)
{
    if (!atomic_load(&registry.secrets))
        return 0;
    (void)pthread_rwlock_rdlock(&registry.lock);
    size_t found = registry.slots ? copy_without(text, length, out) : 0;
    (void)pthread_rwlock_unlock(&registry.lock);
    return found;
}

void redact_text(struct buf *text)
{
    auto_buf struct buf clean = {0};
    if (!copy_clean(buf_text(text), text->length, &clean))
        return;
    explicit_bzero(text->data, text->length);
    buf_free(text);
    text->length = clean.length;
    text->room = clean.room;
    text->data = buf_take(&clean);
}

void redact_line(struct buf *out, const char *text, size_t length, size_t max)
{
    auto_buf struct buf raw = {0}, line = {0};
    buf_add(&raw, text, length);
    redact_text(&raw);
    text_sanitize(&line, buf_text(&raw), raw.length, max);
    redact_text(&line);
    text_sanitize(out, buf_text(&line), line.length, max);
}

bool redact_finds(const char *text, size_t length)
{
    bool found = false;
    if (!atomic_load(&registry.secrets))
        return false;
    (void)pthread_rwlock_rdlock(&registry.lock);
    for (size_t i = 0; registry.slots && !found && i < length; i++)
        found = match(text, length, i, true) > 0;
    (void)pthread_rwlock_unlock(&registry.lock);
    return found;
}

/* The text of a value without secrets, or NULL if it holds none. */
static json_t *clean_string(const char *text, size_t length)
{
    auto_buf struct buf clean = {0};
    if (!copy_clean(text, length, &clean))
        return NULL;
    return json_safe_string(buf_text(&clean), clean.length);
}

static json_t *clean_object(json_t *object)
{
    json_t *clean = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        auto_json json_t *name = clean_string(key, strlen(key));
        (void)json_object_set_new(clean, name ? json_string_value(name) : key,
                                  redact_json(json_incref(value)));
    }
    json_decref(object);
    return clean;
}

static json_t *clean_array(json_t *array)
{
    json_t *clean = json_array();
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value)(void)
        json_array_append_new(clean, redact_json(json_incref(value)));
    json_decref(array);
    return clean;
}

json_t *redact_json(json_t *json)
{
    if (json_is_object(json))
        return clean_object(json);
    if (json_is_array(json))
        return clean_array(json);
    json_t *clean = NULL;
    if (json_is_string(json)) {
        clean = clean_string(json_string_value(json), json_string_length(json));
    } else if (json_is_number(json)) {
        auto_free char *digits = json_canonical(json);
        clean = clean_string(digits, strlen(digits));
    }
    if (!clean)
        return json;
    json_decref(json);
    return clean;
}

void redact_forget(void)
{
    (void)pthread_rwlock_wrlock(&registry.lock);
    for (size_t i = 0; i < registry.chunk_count; i++)
        locked_free(registry.chunks[i]);
    free(registry.chunks);
    free(registry.patterns);
    free(registry.slots);
    registry.chunks = NULL;
    registry.patterns = NULL;
    registry.slots = NULL;
    registry.count = registry.room = 0;
    registry.chunk_count = registry.chunk_room = registry.chunk_left = 0;
    atomic_store(&registry.secrets, 0);
    (void)pthread_rwlock_unlock(&registry.lock);
}
