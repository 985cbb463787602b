/* account_load.c - see account.h: everything from the rows, in a few passes. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "report/account.h"
#include "report/event.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

/* ---- giving back ---- */

static void free_all(char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
}

static void moves_clear(struct account_move *moves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_all((char *[]){moves[i].who, moves[i].what, moves[i].actor}, 3);
    free(moves);
}

void account_clear(struct account *a)
{
    for (size_t i = 0; i < a->target_count; i++) {
        struct account_target *t = &a->targets[i];
        free_all((char *[]){t->name, t->wave, t->site, t->version_from, t->version_before,
                            t->version_now, t->reason},
                 7);
    }
    for (size_t i = 0; i < a->failure_count; i++) {
        free(a->failures[i].reason);
        free_all(a->failures[i].names, a->failures[i].name_count);
    }
    for (size_t i = 0; i < a->issue_count; i++)
        free_all((char *[]){a->issues[i].id, a->issues[i].title, a->issues[i].advice}, 3);
    for (size_t i = 0; i < a->step_count; i++)
        free_all((char *[]){a->steps[i].step, a->steps[i].longest_target}, 2);
    moves_clear(a->timeline, a->timeline_count);
    moves_clear(a->commands, a->command_count);
    free(a->targets);
    free(a->failures);
    free(a->issues);
    free(a->steps);
    snapshots_clear(&a->snapshots);
    predicted_clear(&a->predicted);
    links_clear(&a->links);
    kept_clear(&a->kept);
    warned_clear(&a->warned);
    status_clear(&a->status);
    *a = (struct account){0};
}

/* ---- why they failed ---- */

void account_pattern(const char *reason, const char *target, struct buf *out)
{
    size_t name = strlen(target);
    while (*reason) {
        size_t hex = strspn(reason, "0123456789abcdefABCDEF-"), digits = 0;
        for (size_t i = 0; i < hex; i++)
            digits += isdigit((unsigned char)reason[i]) != 0;
        if (name && !strncmp(reason, target, name)) {
            buf_addc(out, '@');
            reason += name;
        } else if (digits && (hex >= 8 || digits == hex)) {
            buf_addc(out, '#');
            reason += hex;
        } else if (isdigit((unsigned char)*reason)) {
            buf_addc(out, '#');
            reason += strspn(reason, "0123456789");
        } else {
            size_t word = 1;
            if (isalpha((unsigned char)*reason)) /* whole words, or "bad" were hex */
                while (isalpha((unsigned char)reason[word]))
                    word++;
            buf_add(out, reason, word);
            reason += word;
        }
    }
}

static struct account_failure *failure_of(struct account *a, const char *reason,
                                          const char *target)
{
    auto_buf struct buf pattern = {0};
    account_pattern(reason, target, &pattern);
    uint64_t fingerprint = text_hash(buf_text(&pattern));
    for (size_t i = 0; i < a->failure_count; i++) {
        if (a->failures[i].fingerprint == fingerprint)
            return &a->failures[i];
    }
    struct account_failure *failure =
        vec_push(a->failures, a->failure_count, a->failure_room);
    *failure =
        (struct account_failure){.reason = xstrdup(reason), .fingerprint = fingerprint};
    return failure;
}

static bool is_bad(enum target_state_id state)
{
    return state == TARGET_FAILED || state == TARGET_ROLLED_BACK ||
           state == TARGET_STRANDED || state == TARGET_PARKED;
}

static void add_failure(struct account *a, const struct store_target *t)
{
    const char *reason = t->reason && *t->reason ? t->reason : "no reason was recorded";
    struct account_failure *failure = failure_of(a, reason, t->name);
    failure->count++;
    if (failure->name_count < ACCOUNT_NAMES_SHOWN)
        failure->names[failure->name_count++] = xstrdup(t->name);
}

static int more_first(const void *a, const void *b)
{
    const struct account_failure *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

/* ---- targets, steps ---- */

static int visit_target(void *data, const struct store_target *t)
{
    struct account *a = data;
    *vec_push(a->targets, a->target_count, a->target_room) = (struct account_target){
        .name = xstrdup(t->name),
        .wave = xstrdup(t->wave_name),
        .site = xstrdup_null(t->site),
        .version_from = xstrdup_null(t->version_from),
        .version_before = xstrdup_null(t->version_before),
        .version_now = xstrdup_null(t->version_now),
        .reason = xstrdup_null(t->reason),
        .state = t->state,
        .first_ms = t->first_ms,
        .since_ms = t->since_ms,
        .retries = t->retries,
        .settled = machine_is_final(&target_machine, (int)t->state),
    };
    if (is_bad(t->state))
        add_failure(a, t);
    return 0;
}

static struct account_step *step_of(struct account *a, const char *name)
{
    for (size_t i = 0; i < a->step_count; i++) {
        if (!strcmp(a->steps[i].step, name))
            return &a->steps[i];
    }
    struct account_step *step = vec_push(a->steps, a->step_count, a->step_room);
    *step = (struct account_step){.step = xstrdup(name)};
    return step;
}

static int visit_intent(void *data, const struct store_intent *n)
{
    struct account_step *step = step_of(data, n->step);
    int64_t took_ms = n->settled_ms - n->issued_ms;
    if (!n->outcome)
        return 0;
    if (strcmp(n->outcome, "done") != 0) {
        step->failed += !strcmp(n->outcome, "failed");
        return 0;
    }
    step->done++;
    step->total_ms += took_ms;
    if (took_ms >= step->longest_ms || !step->longest_target) {
        step->longest_ms = took_ms;
        xreplace(&step->longest_target, n->target_name);
    }
    return 0;
}

/* ---- moves and commands ---- */

static int visit_move(void *data, const struct store_event *e)
{
    struct account *a = data;
    auto_buf struct buf who = {0}, what = {0};
    buf_adds(&who, e->wave_name ? "wave " : "campaign");
    words_clean(&who, e->wave_name);
    event_sentence(e, &what);
    *vec_push(a->timeline, a->timeline_count, a->timeline_room) =
        (struct account_move){e->record->seq, e->record->at_ms, buf_take(&who),
                              buf_take(&what), xstrdup_null(e->record->actor)};
    return 0;
}

static int visit_command(void *data, const struct store_event *e)
{
    struct account *a = data;
    auto_buf struct buf what = {0};
    words_clean(&what, e->record->text);
    if (e->target_name || e->wave_name) {
        buf_adds(&what, e->target_name ? " " : " wave ");
        words_clean(&what, e->target_name ? e->target_name : e->wave_name);
    }
    if (e->record->detail && *e->record->detail) {
        buf_adds(&what, ": ");
        words_clean(&what, e->record->detail);
    }
    *vec_push(a->commands, a->command_count, a->command_room) =
        (struct account_move){e->record->seq, e->record->at_ms, xstrdup("operator"),
                              buf_take(&what), xstrdup_null(e->record->actor)};
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const struct account_move *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static int load_moves(struct store *store, int64_t campaign, struct account *a,
                      struct slipway_error *err)
{
    struct store_event_filter filter = STORE_ANY_EVENT;
    filter.kind = RECORD_CAMPAIGN;
    int code = store_events(store, campaign, &filter, visit_move, a, err);
    filter.kind = RECORD_WAVE;
    if (!code)
        code = store_events(store, campaign, &filter, visit_move, a, err);
    if (a->timeline_count)
        qsort(a->timeline, a->timeline_count, sizeof *a->timeline, by_number);
    filter.kind = RECORD_COMMAND;
    filter.limit = ACCOUNT_COMMANDS_MAX;
    return code ? code : store_events(store, campaign, &filter, visit_command, a, err);
}

int account_load(struct store *store, int64_t campaign, const char *state_dir,
                 int64_t now_ms, struct account *out, struct slipway_error *err)
{
    struct store_target_filter all = STORE_ANY_TARGET;
    struct store_snapshot_filter left = {campaign, -1, false};
    int code = status_load(store, campaign, state_dir, now_ms, &out->status, err);
    if (!code)
        code = store_targets(store, campaign, &all, visit_target, out, err);
    if (!code)
        code = store_intents(store, campaign, -1, 0, visit_intent, out, err);
    if (!code)
        code = load_moves(store, campaign, out, err);
    if (!code)
        code = snapshots_load(store, &left, now_ms, &out->snapshots, err);
    if (!code)
        code = kept_load(store, campaign, &out->kept, err);
    if (!code)
        code = predicted_load(store, &out->status.store.campaign, &out->predicted, err);
    if (!code && out->failure_count)
        qsort(out->failures, out->failure_count, sizeof *out->failures, more_first);
    return code;
}
