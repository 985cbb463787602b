/*
 * playbook_decode.c - playbook.yaml as a whole.
 *
 * Items are decoded in the order of the file, then the steps are sorted by phase
 * (stable), then names are resolved: a check's `after` becomes an index. Rules about
 * the whole stand in playbook_lint.c, templates in templates.c; both run even when
 * something was wrong, as long as every item is there to be judged.
 */
#include <stdlib.h>
#include <string.h>

#include "playbook/checks.h"
#include "playbook/load.h"
#include "playbook/paths.h"
#include "playbook/playbook_reader.h"
#include "playbook/tables.h"
#include "playbook/worst_decode.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define MAX_DEPTH_DEFAULT   2
#define MAX_DEPTH_MAX       8
#define TTL_MAX_MS          (72LL * 3600 * 1000)
#define TTL_MIN_MS          60000LL
#define SETTLE_DEFAULT_MS   60000LL
#define SETTLE_MAX_MS       (3600LL * 1000)
#define ROOM_DEFAULT        (10LL << 30)
#define BOOT_TIMEOUT_MS     (15LL * 60 * 1000)
#define BOOT_TIMEOUT_MAX_MS (24LL * 3600 * 1000)

void playbook_notes_clear(struct playbook_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        free(notes->items[i].id);
        free(notes->items[i].needs);
        free(notes->items[i].place.file);
    }
    free(notes->items);
    free(notes->place.file);
    free(notes->worst.file);
    *notes = (struct playbook_notes){0};
}

static void decode_snapshot(const struct fields *fields, struct playbook *out)
{
    const struct yaml_node *node = field_mapping(fields, "snapshot");
    struct fields snapshot;
    int64_t depth;
    if (!node || fields_open(fields->decoder, node, &table_snapshot, &snapshot) != 0)
        return;
    (void)field_boolean(&snapshot, "memory", &out->snapshot_memory);
    (void)field_boolean(&snapshot, "quiesce", &out->snapshot_quiesce);
    if (field_integer(&snapshot, "max_depth", 1, MAX_DEPTH_MAX, &depth))
        out->max_depth = (int)depth;
    (void)field_duration(&snapshot, "ttl", TTL_MIN_MS, TTL_MAX_MS, &out->snapshot_ttl_ms);
    (void)field_duration(&snapshot, "settle", 0, SETTLE_MAX_MS, &out->snapshot_settle_ms);
    (void)field_bytes(&snapshot, "room", &out->snapshot_room_bytes);
    if (out->snapshot_memory && out->snapshot_quiesce)
        decode_error(fields->decoder, node,
                     "snapshot: memory and quiesce exclude each other");
}

typedef void decode_item(struct playbook_reader *reader, const struct yaml_node *node,
                         struct playbook *playbook);

/* How many items the file has; some may not have been usable. */
static size_t decode_items(struct playbook_reader *reader, const struct fields *fields,
                           const char *key, size_t max, decode_item *decode,
                           struct playbook *out)
{
    const struct yaml_node *list = field_list(fields, key, max);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode(reader, at, out);
    return list ? list->count : 0;
}

static void decode_head(const struct fields *fields, struct playbook *out)
{
    static const char *const names[] = {"snapshot", "native", "none"};
    static const struct choice kinds = {rollback_from, names, ARRAY_LENGTH(names)};
    int kind;
    out->name = field_text(fields, "playbook");
    if (out->name && !check_name(out->name))
        decode_error(fields->decoder, field_node(fields, "playbook"),
                     "a playbook's name is made of letters, digits, . _ and -, at most "
                     "64");
    if (field_choice(fields, "rollback", &kinds, &kind))
        out->rollback = (enum rollback_kind)kind;
    decode_snapshot(fields, out);
    (void)field_duration(fields, "boot_timeout", TIMEOUT_MIN_MS, BOOT_TIMEOUT_MAX_MS,
                         &out->boot_timeout_ms);
}

/* Phase by phase, each in the order of the file. */
static void sort_steps(struct playbook *playbook)
{
    struct step *sorted = xcalloc(playbook->step_count + 1, sizeof *sorted);
    size_t count = 0;
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        for (size_t i = 0; i < playbook->step_count; i++) {
            if ((int)playbook->steps[i].phase == phase)
                sorted[count++] = playbook->steps[i];
        }
    }
    free(playbook->steps);
    playbook->steps = sorted;
}

/* Index of the change step with this id, or of the last one for NULL; -1. */
static int change_step(const struct playbook *playbook, const char *id)
{
    int found = -1;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct step *step = &playbook->steps[i];
        if (step->phase == PHASE_CHANGE && (!id || !strcmp(step->op.id, id)))
            found = (int)i;
    }
    return found;
}

static void resolve_after(struct playbook *playbook, const struct playbook_notes *notes,
                          struct problem_list *problems)
{
    for (size_t i = 0; i < playbook->check_count; i++) {
        struct check *check = &playbook->checks[i];
        check->after_step = change_step(playbook, check->after);
        if (check->after && check->after_step < 0)
            problem_error(problems, operation_place(notes, check->op.id),
                          "health check %s: after: %s is no step of the phase change",
                          check->op.id, check->after);
    }
}

static void decode_playbook(struct playbook_reader *reader, const struct fields *fields,
                            struct playbook *out)
{
    *out = (struct playbook){
        .max_depth = MAX_DEPTH_DEFAULT,
        .snapshot_ttl_ms = TTL_MAX_MS,
        .snapshot_settle_ms = SETTLE_DEFAULT_MS,
        .snapshot_room_bytes = ROOM_DEFAULT,
        .boot_timeout_ms = BOOT_TIMEOUT_MS,
    };
    struct problem_list *problems = reader->decoder.problems;
    reader->notes.place = decode_place(&reader->decoder, fields->node);
    decode_head(fields, out);
    worst_decode(fields, &out->worst, &reader->notes.worst);
    size_t items =
        decode_items(reader, fields, "version", PLAYBOOK_READS_MAX, read_decode, out) +
        decode_items(reader, fields, "steps", PLAYBOOK_STEPS_MAX, step_decode, out) +
        decode_items(reader, fields, "health", PLAYBOOK_CHECKS_MAX, check_decode, out);
    if (items != out->read_count + out->step_count + out->check_count)
        return; /* what is missing now would only bring further complaints */
    sort_steps(out);
    resolve_after(out, &reader->notes, problems);
    playbook_lint(out, &reader->notes, problems);
    templates_lint(out, &reader->notes, problems);
}

/* A campaign may say what the playbook does not: then lint_all() looks at both. */
static int decode_file(struct playbook_reader *reader, const char *path,
                       bool has_campaign, struct playbook *out)
{
    struct problem_list *problems = reader->decoder.problems;
    size_t before = problems->errors;
    struct fields fields;
    struct playbook playbook = {0};
    auto_yaml struct yaml_document *document = yaml_read(path, problems);
    if (!document ||
        fields_open(&reader->decoder, document->root, &table_playbook, &fields) != 0)
        return -1;
    memcpy(reader->digest, document->digest, SHA256_HEX);
    decode_playbook(reader, &fields, &playbook);
    playbook.digest = xstrdup(reader->digest);
    if (problems->errors != before) {
        playbook_clear(&playbook);
        return -1;
    }
    if (!has_campaign)
        worst_lint_missing(&playbook, &playbook.worst, &reader->notes.place, problems);
    *out = playbook;
    return 0;
}

int load_playbook(const char *path, const struct operation_catalogue *catalogue,
                  struct playbook *out, struct playbook_notes *notes,
                  struct problem_list *problems)
{
    struct slipway_error err;
    auto_free char *folder = path_folder(path, &err);
    struct expr_engine *engine = folder ? expr_create(&err) : NULL;
    if (!engine) {
        problem_add(problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return -1;
    }
    struct playbook_reader reader = {
        .decoder = {path, folder, problems}, .catalogue = catalogue, .engine = engine};
    int result = decode_file(&reader, path, notes != NULL, out);
    if (result == 0 && notes) {
        *notes = reader.notes;
        reader.notes = (struct playbook_notes){0};
    }
    playbook_notes_clear(&reader.notes);
    map_free(&reader.ids);
    expr_destroy(engine);
    return result;
}
