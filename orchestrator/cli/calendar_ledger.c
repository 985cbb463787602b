/* calendar_ledger.c - see calendar_ledger.h. */
#include "cli/calendar_ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/file.h"
#include "util/json.h"
#include "util/xalloc.h"

#define LEDGER_FORMAT 1
#define DAY_MS        86400000LL

/* ---- entries ---- */

static void entry_clear(struct ledger_entry *e)
{
    free(e->by);
    free(e->group);
    free(e->campaign);
    free(e->target);
    free(e->uid);
    free(e->summary);
    free(e->description);
}

void ledger_clear(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        entry_clear(&ledger->items[i]);
    free(ledger->items);
    if (ledger->lock > 0)
        (void)close(ledger->lock);
    *ledger = (struct ledger){0};
}

static char *text_of(const json_t *json, const char *key, bool *bad)
{
    const char *text = json_text(json, key);
    *bad = *bad || !text;
    return xstrdup(text ? text : "");
}

static int read_entry(const json_t *json, struct ledger_entry *out)
{
    bool bad = false;
    *out = (struct ledger_entry){
        .by = text_of(json, "by", &bad),
        .group = text_of(json, "group", &bad),
        .campaign = text_of(json, "campaign", &bad),
        .target = text_of(json, "target", &bad),
        .uid = text_of(json, "uid", &bad),
        .summary = text_of(json, "summary", &bad),
        .description = text_of(json, "description", &bad),
        .sequence = (int)json_number(json, "sequence", 0),
        .span = {json_number(json, "from_ms", 0), json_number(json, "until_ms", 0)},
        .stamp_ms = json_number(json, "stamp_ms", 0),
        .cancelled = json_is_true(json_object_get(json, "cancelled")),
    };
    return bad || out->sequence < 0 || out->span.until_ms <= out->span.from_ms ? -1 : 0;
}

static int read_entries(const json_t *json, struct ledger *out)
{
    const json_t *events = json_object_get(json, "events");
    if (json_number(json, "format", 0) != LEDGER_FORMAT || !json_is_array(events) ||
        json_array_size(events) > LEDGER_ENTRIES_MAX)
        return -1;
    for (size_t i = 0; i < json_array_size(events); i++) {
        if (read_entry(json_array_get(events, i),
                       vec_push(out->items, out->count, out->room)))
            return -1;
    }
    return 0;
}

int ledger_open(const char *state_dir, struct ledger *out, struct slipway_error *err)
{
    auto_free char *path = xasprintf("%s/%s", state_dir, LEDGER_NAME);
    struct ledger ledger = {.lock = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (ledger.lock < 0)
        return slipway_error_set(err, -1, "cannot open %s: %s", state_dir,
                                 strerror(errno));
    if (flock(ledger.lock, LOCK_EX | LOCK_NB)) {
        ledger_clear(&ledger);
        return slipway_error_set(err, -1,
                                 "another calendar export is at work in %s: try again "
                                 "when it has ended",
                                 state_dir);
    }
    auto_buf struct buf text = {0};
    bool there = !file_read(path, LEDGER_BYTES_MAX, &text, NULL);
    auto_json json_t *json =
        there ? json_parse(buf_text(&text), text.length, LEDGER_BYTES_MAX, NULL) : NULL;
    if ((there || !access(path, F_OK)) && (!json || read_entries(json, &ledger))) {
        ledger_clear(&ledger);
        return slipway_error_set(err, -1,
                                 "%s is damaged: move it away; events that are exported "
                                 "then begin at SEQUENCE 0 again",
                                 path);
    }
    *out = ledger;
    return 0;
}

static json_t *entry_json(const struct ledger_entry *e)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:b}", "by", e->by,
        "group", e->group, "campaign", e->campaign, "target", e->target, "uid", e->uid,
        "summary", e->summary, "description", e->description, "sequence", e->sequence,
        "from_ms", (json_int_t)e->span.from_ms, "until_ms", (json_int_t)e->span.until_ms,
        "stamp_ms", (json_int_t)e->stamp_ms, "cancelled", e->cancelled);
}

int ledger_save(const char *state_dir, struct ledger *ledger, int64_t now_ms,
                struct slipway_error *err)
{
    auto_free char *path = xasprintf("%s/%s", state_dir, LEDGER_NAME);
    json_t *events = json_array();
    size_t kept = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_entry *e = &ledger->items[i];
        if (!e->seen && e->span.until_ms < now_ms - LEDGER_KEPT_DAYS * DAY_MS) {
            entry_clear(e);
            continue;
        }
        (void)json_array_append_new(events, entry_json(e));
        ledger->items[kept++] = *e;
    }
    ledger->count = kept;
    auto_json json_t *json =
        json_pack("{s:i, s:o}", "format", LEDGER_FORMAT, "events", events);
    auto_free char *text = json_canonical(json);
    return file_replace(path, text, strlen(text), 0600, err);
}
