/*
 * recovery.c - what helps against an issue: the operations, whether slipway runs them by
 * itself, before which steps, and how often.
 *
 * What runs by itself must be fit for it: nothing opaque, because nobody could say what
 * became of it, and before the window nothing but reads and what may be issued again.
 */
#include <stdlib.h>
#include <string.h>

#include "known/internal.h"
#include "known/tables.h"
#include "playbook/checks.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/xalloc.h"

#define RECOVERY_TIMEOUT_MS     (10LL * 60 * 1000)
#define RECOVERY_TIMEOUT_MIN_MS 1000LL
#define RECOVERY_TIMEOUT_MAX_MS (24LL * 3600 * 1000)

/* One word of a shell's command line. */
static void add_word(struct buf *out, const char *word)
{
    if (*word && strspn(word, NAME_CHARACTERS "/=:,@%+") == strlen(word)) {
        buf_adds(out, word);
        return;
    }
    buf_addc(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, *word);
    }
    buf_addc(out, '\'');
}

/* `ssh.run` is what somebody types in a shell of the appliance. */
static char *command_of(const char *use, const json_t *with)
{
    const json_t *argv = json_object_get(with, "argv");
    auto_buf struct buf out = {0};
    if (strcmp(use, "ssh.run") != 0 || !json_array_size(argv)) {
        auto_free char *text = json_canonical(with);
        return xasprintf("%s %s", use, text);
    }
    for (size_t i = 0; i < json_array_size(argv); i++) {
        const char *word = json_string_value(json_array_get(argv, i));
        buf_adds(&out, i ? " " : "");
        add_word(&out, word ? word : "");
    }
    return buf_take(&out);
}

static void decode_operation(const struct reading *r, const struct yaml_node *node,
                             struct known_issue *issue)
{
    struct fields fields;
    struct slipway_error err;
    if (fields_open(&r->decoder, node, &table_known_operation, &fields) != 0)
        return;
    auto_json json_t *with = field_document(&fields, "with");
    with = with ? with : json_object();
    auto_free char *raw = json_canonical(with), *normal = NULL;
    auto_free char *use = field_text(&fields, "use");
    auto_free char *why = field_text(&fields, "why");
    enum slipway_class repeat = SLIPWAY_READ;
    int64_t timeout_ms = RECOVERY_TIMEOUT_MS;
    const char *needs = NULL;
    if (!use)
        return;
    if (r->operations &&
        r->operations->check(r->operations->data, use, raw, r->decoder.base_dir, NULL,
                             &normal, &repeat, &needs, &err) != 0)
        decode_error(&r->decoder, node, "%s: %s", use, err.text);
    struct known_operation *out = &issue->recovery[issue->recovery_count++];
    out->command = command_of(use, with);
    out->with = normal ? steal_ptr(&normal) : steal_ptr(&raw);
    out->use = steal_ptr(&use);
    out->why = why ? steal_ptr(&why) : xstrdup("");
    out->repeat = repeat;
    (void)field_duration(&fields, "timeout", RECOVERY_TIMEOUT_MIN_MS,
                         RECOVERY_TIMEOUT_MAX_MS, &timeout_ms);
    out->timeout_ms = timeout_ms;
}

/* ---- by itself ---- */

static int run_from(const char *name)
{
    return !strcmp(name, "by_hand") ? 0 : !strcmp(name, "automatic") ? 1 : -1;
}

static bool is_automatic(const struct fields *fields)
{
    static const char *const names[] = {"by_hand", "automatic"};
    static const struct choice choice = {run_from, names, ARRAY_LENGTH(names)};
    int value = 0;
    return field_choice(fields, "run", &choice, &value) && value == 1;
}

static unsigned decode_phases(const struct fields *fields)
{
    char **names = NULL;
    size_t count = 0;
    unsigned phases = 0;
    if (!field_texts(fields, "phases", PHASE_COUNT, &names, &count))
        return 1u << PHASE_CHANGE;
    for (size_t i = 0; i < count; i++) {
        int phase = phase_from(names[i]);
        if (phase == PHASE_PREPARE || phase == PHASE_CHANGE)
            phases |= 1u << phase;
        else
            decode_error(fields->decoder, field_node(fields, "phases"),
                         "phases must be of prepare, change: a rollback is never "
                         "recovered from");
        free(names[i]);
    }
    free(names);
    return phases;
}

/* Classes are known only if operations were checked. */
static void check_classes(const struct reading *r, const struct fields *fields,
                          const struct known_issue *issue)
{
    for (size_t i = 0; r->operations && i < issue->recovery_count; i++) {
        const struct known_operation *op = &issue->recovery[i];
        bool before = issue->phases >> PHASE_PREPARE & 1u;
        if (op->repeat == SLIPWAY_OPAQUE)
            decode_error(&r->decoder, field_node(fields, "run"),
                         "run: automatic, but %s is opaque: if its answer is lost nobody "
                         "can find out what became of it",
                         op->use);
        else if (before && op->repeat == SLIPWAY_RECONCILABLE)
            decode_error(&r->decoder, field_node(fields, "phases"),
                         "phases: prepare, but %s with these arguments is %s: before the "
                         "window only reads and idempotent operations run by themselves",
                         op->use, repeat_name(op->repeat));
    }
}

void recovery_decode(const struct reading *r, const struct fields *fields,
                     struct known_issue *issue)
{
    const struct yaml_node *list = field_list(fields, "recovery", KNOWN_RECOVERY_MAX);
    bool automatic = is_automatic(fields);
    int64_t at_most = 1;
    issue->recovery = xcalloc((list ? list->count : 0) + 1, sizeof *issue->recovery);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode_operation(r, at, issue);
    (void)field_integer(fields, "at_most", 1, RECOVERY_TIMES_MAX, &at_most);
    issue->phases = decode_phases(fields);
    if (!automatic) {
        if (field_node(fields, "at_most") || field_node(fields, "phases"))
            decode_error(&r->decoder, fields->node,
                         "at_most and phases are for a recovery with run: automatic");
        return;
    }
    issue->at_most = (int)at_most;
    if (!issue->recovery_count)
        decode_error(&r->decoder, field_node(fields, "run"),
                     "run: automatic, but there is no recovery");
    check_classes(r, fields, issue);
}
