/*
 * records.c - the append-only truth: records in, chained by hash; records out, in
 * order.
 *
 * Each record's hash covers the hash before it and every stored field of its own,
 * each field as LENGTH:BYTES, and "-," for none, in the order of struct stored
 * (numbers as decimal text). The first one is chained to the plan's digest. Words are
 * hashed as words, so that a later slipway may number its enumerations anew. The end
 * of the chain is written to its own row once per transaction.
 *
 * Nothing is cut or cleaned here: what replay reads must be what the engine wrote. A
 * record that does not fit is refused, which poisons the store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/machine.h"
#include "store/internal.h"

#define HASH_BYTES   32
#define CAMPAIGN_MAX (1 << 22) /* ids are campaign * 2^40 + seq */

struct word {
    char digits[24];
};

/* A record as its row has it. */
struct stored {
    int64_t seq, at_ms;
    const char *kind;
    int64_t wave, target;
    const char *was, *event, *now, *activity;
    int64_t index;
    const char *moment;
    int64_t attempt, incarnation, intent, number;
    const char *text, *detail, *actor;
    struct word words[5];
};

/* ---- words for numbers, and back ---- */

/* A number without a word stands for itself, so that nothing is ever lost. */
static const char *or_digits(const char *name, int value, struct word *word)
{
    if (value == -1)
        return NULL;
    if (name && strcmp(name, "?") != 0)
        return name;
    (void)snprintf(word->digits, sizeof word->digits, "%d", value);
    return word->digits;
}

static int number_of(const char *text, int found)
{
    if (!text)
        return -1;
    if (found >= 0)
        return found;
    char *end = NULL;
    long value = strtol(text, &end, 10);
    bool is_number = end != text && !*end && value >= INT32_MIN && value <= INT32_MAX;
    return is_number ? (int)value : INT32_MIN;
}

static void stored_from(const struct record *r, struct stored *out)
{
    const struct machine *machine = record_machine(r->kind);
    struct word *w = out->words;
    out->seq = r->seq;
    out->at_ms = r->at_ms;
    out->kind = record_kind_name(r->kind);
    out->wave = r->wave;
    out->target = r->target;
    out->was =
        or_digits(machine ? machine_state(machine, r->from) : NULL, r->from, &w[0]);
    out->event =
        or_digits(machine ? machine_event(machine, r->event) : NULL, r->event, &w[1]);
    out->now = or_digits(machine ? machine_state(machine, r->to) : NULL, r->to, &w[2]);
    if (r->activity == ACTIVITY_NONE) /* most records: no word is shorter */
        out->activity = NULL;
    else
        out->activity = r->activity == -1
                            ? "-1"
                            : or_digits(activity_name((enum activity)r->activity),
                                        r->activity, &w[3]);
    out->index = r->index;
    out->moment = or_digits(moment_name((enum moment)r->moment), r->moment, &w[4]);
    out->attempt = r->attempt;
    out->incarnation = r->incarnation;
    out->intent = r->intent;
    out->number = r->number;
    out->text = r->text;
    out->detail = r->detail;
    out->actor = r->actor;
}

/* Texts stay borrowed. false: a word that this slipway does not know. */
static bool stored_to(const struct stored *s, struct record *out)
{
    int kind = record_kind_from(s->kind);
    if (kind < 0)
        return false;
    const struct machine *m = record_machine((enum record_kind)kind);
    *out = (struct record){
        .seq = s->seq,
        .at_ms = s->at_ms,
        .kind = (enum record_kind)kind,
        .wave = (int)s->wave,
        .target = (int)s->target,
        .from = number_of(s->was, m ? machine_state_from(m, s->was) : -1),
        .event = number_of(s->event, m ? machine_event_from(m, s->event) : -1),
        .to = number_of(s->now, m ? machine_state_from(m, s->now) : -1),
        .activity = s->activity ? number_of(s->activity, activity_from(s->activity)) : 0,
        .index = (int)s->index,
        .moment = number_of(s->moment, moment_from(s->moment)),
        .attempt = (int)s->attempt,
        .incarnation = (int)s->incarnation,
        .intent = s->intent,
        .number = s->number,
        .text = (char *)(uintptr_t)s->text,
        .detail = (char *)(uintptr_t)s->detail,
        .actor = (char *)(uintptr_t)s->actor,
    };
    return out->from != INT32_MIN && out->event != INT32_MIN && out->to != INT32_MIN &&
           out->activity != INT32_MIN && out->moment != INT32_MIN;
}

static void stored_take(struct sql *sql, struct stored *out)
{
    out->seq = take_int(sql);
    out->at_ms = take_int(sql);
    out->kind = take_text(sql);
    out->wave = take_index(sql);
    out->target = take_index(sql);
    out->was = take_text(sql);
    out->event = take_text(sql);
    out->now = take_text(sql);
    out->activity = take_text(sql);
    out->index = take_int(sql);
    out->moment = take_text(sql);
    out->attempt = take_int(sql);
    out->incarnation = take_int(sql);
    out->intent = take_int(sql);
    out->number = take_int(sql);
    out->text = take_text(sql);
    out->detail = take_text(sql);
    out->actor = take_text(sql);
}

int record_take(struct sql *sql, struct record *out)
{
    struct stored stored = {0};
    stored_take(sql, &stored);
    if (stored_to(&stored, out))
        return 0;
    sql->strange = true;
    return -1;
}

/* ---- the chain ---- */

static void add_field(struct buf *out, const char *text, size_t length)
{
    char head[24];
    int digits = snprintf(head, sizeof head, "%zu:", length);
    buf_add(out, head, (size_t)digits);
    buf_add(out, text, length);
    buf_addc(out, ',');
}

static void add_text(struct buf *out, const char *text)
{
    if (text)
        add_field(out, text, strlen(text));
    else
        buf_adds(out, "-,");
}

static void add_number(struct buf *out, int64_t value)
{
    char digits[24];
    add_field(out, digits,
              (size_t)snprintf(digits, sizeof digits, "%lld", (long long)value));
}

static void encode(const struct stored *s, struct buf *out)
{
    buf_reset(out);
    add_number(out, s->seq);
    add_number(out, s->at_ms);
    add_text(out, s->kind);
    add_number(out, s->wave);
    add_number(out, s->target);
    add_text(out, s->was);
    add_text(out, s->event);
    add_text(out, s->now);
    add_text(out, s->activity);
    add_number(out, s->index);
    add_text(out, s->moment);
    add_number(out, s->attempt);
    add_number(out, s->incarnation);
    add_number(out, s->intent);
    add_number(out, s->number);
    add_text(out, s->text);
    add_text(out, s->detail);
    add_text(out, s->actor);
}

static void next_hash(struct store *store, const struct stored *stored,
                      char hash[SHA256_HEX])
{
    char next[SHA256_HEX];
    encode(stored, &store->scratch);
    sha256_chain(hash, store->scratch.data, store->scratch.length, next);
    memcpy(hash, next, sizeof next);
}

static unsigned char hex_digit(char c)
{
    return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void to_bytes(const char hex[SHA256_HEX], unsigned char out[HASH_BYTES])
{
    for (size_t i = 0; i < HASH_BYTES; i++)
        out[i] = (unsigned char)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
}

/* The end of the campaign's chain, from memory or its row. */
static int load_chain(struct store *store, int64_t campaign)
{
    if (store->chain.campaign == campaign)
        return STORE_OK;
    int code = records_flush(store);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_CHAIN);
    put_int(&sql, campaign);
    if (!sql_next(&sql)) {
        if (sql.rc != SQLITE_DONE)
            return store_poison_sqlite(store, "reading the end of its records");
        return store_poison(store, STORE_NO_SUCH, "%s: there is no campaign %lld",
                            store->path, (long long)campaign);
    }
    store->chain = (struct chain_end){.campaign = campaign, .seq = take_int(&sql)};
    (void)snprintf(store->chain.hash, sizeof store->chain.hash, "%s", take_text(&sql));
    return STORE_OK;
}

int records_flush(struct store *store)
{
    struct chain_end *chain = &store->chain;
    if (!chain->moved)
        return STORE_OK;
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_CHAIN);
    put_int(&sql, chain->seq);
    put_text(&sql, chain->hash);
    put_int(&sql, chain->campaign);
    int code = sql_write(&sql, "writing the end of its records");
    chain->moved = false;
    return code;
}

/* ---- appending ---- */

static bool too_long(const char *text)
{
    return text && strnlen(text, STORE_TEXT_MAX + 1) > STORE_TEXT_MAX;
}

static int insert(struct store *store, int64_t campaign, const struct stored *s)
{
    unsigned char hash[HASH_BYTES];
    to_bytes(store->chain.hash, hash);
    auto_sql struct sql sql = sql_use(store, STATEMENT_APPEND);
    put_int(&sql, (campaign << 40) + s->seq);
    put_int(&sql, s->at_ms);
    put_text(&sql, s->kind);
    put_index(&sql, (int)s->wave);
    put_index(&sql, (int)s->target);
    put_text(&sql, s->was);
    put_text(&sql, s->event);
    put_text(&sql, s->now);
    put_text(&sql, s->activity);
    put_int(&sql, s->index);
    put_text(&sql, s->moment);
    put_int(&sql, s->attempt);
    put_int(&sql, s->incarnation);
    put_int(&sql, s->intent);
    put_int(&sql, s->number);
    put_text(&sql, s->text);
    put_text(&sql, s->detail);
    put_text(&sql, s->actor);
    put_blob(&sql, hash, sizeof hash);
    return sql_write(&sql, "appending a record");
}

static int save_check(struct store *store, int64_t campaign, const struct record *r,
                      enum moment moment, enum verdict verdict)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_CHECK);
    put_int(&sql, campaign);
    put_int(&sql, r->target);
    put_int(&sql, r->index);
    put_text(&sql, moment_name(moment));
    put_text(&sql, store_verdict_name(verdict));
    put_text(&sql, r->text);
    put_int(&sql, r->at_ms);
    return sql_write(&sql, "writing a check's result");
}

/* Results of checks are kept as rows, too: reports compare before and after. */
static int note_check(struct store *store, int64_t campaign, const struct record *r)
{
    if (r->kind == RECORD_BASELINE)
        return save_check(store, campaign, r,
                          r->moment < 0 ? MOMENT_BEFORE : (enum moment)r->moment,
                          (enum verdict)r->number);
    if (r->kind == RECORD_STEP && r->activity == ACTIVITY_CHECK &&
        r->moment > MOMENT_BEFORE && (r->to == STEP_DONE || r->to == STEP_FAILED))
        return save_check(store, campaign, r, (enum moment)r->moment,
                          r->to == STEP_DONE ? VERDICT_GREEN : VERDICT_RED);
    return STORE_OK;
}

static int append_one(struct store *store, int64_t campaign, struct record *record)
{
    if ((unsigned)record->kind >= RECORD_KIND_COUNT || too_long(record->text) ||
        too_long(record->detail) || too_long(record->actor))
        return store_poison(
            store, STORE_ERROR,
            "%s: a record of kind %d is malformed or longer than %u bytes", store->path,
            (int)record->kind, STORE_TEXT_MAX);
    struct stored stored = {0};
    record->seq = store->chain.seq + 1;
    stored_from(record, &stored);
    next_hash(store, &stored, store->chain.hash);
    store->chain.seq++;
    store->chain.moved = true;
    store->last_at_ms = record->at_ms;
    int code = insert(store, campaign, &stored);
    if (!code)
        code = note_check(store, campaign, record);
    return code ? code : times_note(store, campaign, record);
}

int store_append(struct store *store, int64_t campaign, struct record *records,
                 size_t count)
{
    int code = store_writable(store);
    if (!code && (campaign < 1 || campaign >= CAMPAIGN_MAX))
        code = store_poison(store, STORE_NO_SUCH, "%s: there is no campaign %lld",
                            store->path, (long long)campaign);
    if (!code && count)
        code = load_chain(store, campaign);
    for (size_t i = 0; i < count && !code; i++)
        code = append_one(store, campaign, &records[i]);
    return code;
}

/* ---- reading ---- */

int store_replay(struct store *store, int64_t campaign, int64_t from_seq,
                 store_record_fn visit, void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_REPLAY);
    put_int(&sql, campaign);
    put_int(&sql, from_seq);
    struct record record;
    while (sql_next(&sql) && !record_take(&sql, &record)) {
        if (visit(data, &record))
            return slipway_error_set(
                err, STORE_STOPPED, "%s: record %lld of campaign %lld was not accepted",
                store->path, (long long)record.seq, (long long)campaign);
    }
    return sql_end(&sql, err);
}

static int chain_start(struct store *store, int64_t campaign, char hash[SHA256_HEX],
                       struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CAMPAIGN);
    put_int(&sql, campaign);
    if (!sql_next(&sql)) {
        int code = sql_end(&sql, err);
        return code ? code
                    : slipway_error_set(err, STORE_NO_SUCH, "there is no campaign %lld",
                                        (long long)campaign);
    }
    (void)take_int(&sql);
    (void)take_text(&sql);
    sha256_chain(take_text(&sql), "", 0, hash);
    return STORE_OK;
}

static int bad(struct store_chain *out, int64_t seq, const char *what)
{
    out->bad_seq = seq;
    (void)snprintf(out->sentence, sizeof out->sentence, "record %lld %s", (long long)seq,
                   what);
    return 1;
}

/* One row against the chain so far. */
static int verify_row(struct store *store, struct sql *sql, struct store_chain *out)
{
    struct stored stored = {0};
    unsigned char wanted[HASH_BYTES];
    size_t length = 0;
    stored_take(sql, &stored);
    const void *hash = take_blob(sql, &length);
    if (stored.seq != out->records + 1)
        return bad(out, out->records + 1, "is missing");
    next_hash(store, &stored, out->head);
    to_bytes(out->head, wanted);
    if (length != HASH_BYTES || memcmp(hash, wanted, HASH_BYTES) != 0)
        return bad(out, stored.seq, "was changed, or one before it was exchanged");
    out->records++;
    return 0;
}

static int verify_end(struct store *store, int64_t campaign, struct store_chain *out,
                      struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CHAIN);
    put_int(&sql, campaign);
    if (sql_next(&sql) && take_int(&sql) != out->records)
        (void)bad(out, out->records + 1, "is missing: the end was cut off, or added to");
    else if (sql.rc == SQLITE_ROW && strcmp(take_text(&sql), out->head) != 0)
        (void)(out->records
                   ? bad(out, out->records, "is not the one that was written last")
                   : bad(out, 1, "is missing: all of them were cut off"));
    return sql_end(&sql, err);
}

int store_verify_chain(struct store *store, int64_t campaign, struct store_chain *out,
                       struct slipway_error *err)
{
    auto_read struct read_scope scope = read_begin(store);
    struct store_chain chain = {0};
    int code = chain_start(store, campaign, chain.head, err);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_CHAIN_EVENTS);
    put_int(&sql, campaign);
    int found = 0;
    while (!found && sql_next(&sql))
        found = verify_row(store, &sql, &chain);
    code = sql_end(&sql, err);
    if (!code && !found)
        code = verify_end(store, campaign, &chain, err);
    if (!code)
        *out = chain;
    return code;
}
