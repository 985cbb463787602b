/*
 * test_records.c - records come back as they went in, in order, and nobody can change
 * one without it showing.
 */
#include "store/internal.h"
#include "support.h"

struct list {
    struct record *items;
    size_t count, room;
};

static int collect(void *data, const struct record *record)
{
    struct list *list = data;
    struct record copy = *record;
    copy.text = xstrdup_null(record->text);
    copy.detail = xstrdup_null(record->detail);
    copy.actor = xstrdup_null(record->actor);
    *vec_push(list->items, list->count, list->room) = copy;
    return 0;
}

static void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        record_clear(&list->items[i]);
    free(list->items);
}
#define auto_list __attribute__((cleanup(list_free)))

static void same_text(const char *a, const char *b)
{
    assert_int_equal(!a, !b);
    if (a)
        assert_string_equal(a, b);
}

static void same_record(const struct record *a, const struct record *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->at_ms, b->at_ms);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->wave, b->wave);
    assert_int_equal(a->target, b->target);
    assert_int_equal(a->from, b->from);
    assert_int_equal(a->event, b->event);
    assert_int_equal(a->to, b->to);
    assert_int_equal(a->activity, b->activity);
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->moment, b->moment);
    assert_int_equal(a->attempt, b->attempt);
    assert_int_equal(a->incarnation, b->incarnation);
    assert_int_equal(a->intent, b->intent);
    assert_int_equal(a->number, b->number);
    same_text(a->text, b->text);
    same_text(a->detail, b->detail);
    same_text(a->actor, b->actor);
}

/* Values in and out of each enumeration, so that every word is used. */
static struct record sample(int kind, int i)
{
    static const char *const texts[] = {NULL, "", "it's \"fine\"",
                                        "\xff\xfe caf\xc3\xa9\n"};
    struct record r = note(1700000000000 + i, i % 12, texts[i % 4]);
    r.kind = (enum record_kind)kind;
    r.wave = i % 4 - 1;
    r.target = kind == RECORD_BASELINE ? i % 12 : i % 13 - 1;
    r.from = i % 20 - 1;
    r.event = i % 24 - 1;
    r.to = i % 17 - 1;
    r.activity = i % (ACTIVITY_COUNT + 2) - 1;
    r.index = kind == RECORD_BASELINE ? i % 2 : i % 70 - 1;
    r.moment = i % (MOMENT_COUNT + 2) - 1;
    r.attempt = i % 5;
    r.incarnation = i % 3;
    r.intent = i % 2 ? INT64_MAX - i : 0;
    r.number = kind == RECORD_BASELINE ? i % 4 : i % 3 ? INT64_MIN + i : -i;
    r.detail = (char *)(uintptr_t)texts[(i + 1) % 4];
    r.actor = (char *)(uintptr_t)texts[(i + 2) % 4];
    if (kind == RECORD_BASELINE && r.moment >= MOMENT_COUNT)
        r.moment = MOMENT_BEFORE;
    if (kind == RECORD_STEP && r.activity == ACTIVITY_CHECK) {
        r.target = 1;
        r.moment = MOMENT_AFTER;
    }
    return r;
}

static void every_record_comes_back_as_it_was(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct record records[RECORD_KIND_COUNT * 24];
    size_t count = 0;
    for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        for (int i = 0; i < 24; i++)
            records[count++] = sample(kind, kind + i * 7);
    }
    begin(nest);
    assert_int_equal(store_append(nest->store, id, records, count), STORE_OK);
    commit(nest);
    nest_close(nest);
    nest_open(nest);
    auto_list struct list back = {0};
    OK(nest, store_replay(nest->store, id, 1, collect, &back, &nest->err));
    assert_int_equal(back.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(back.items[i].seq, (int64_t)i + 1);
        same_record(&back.items[i], &records[i]);
    }
    auto_list struct list later = {0};
    OK(nest, store_replay(nest->store, id, 100, collect, &later, &nest->err));
    assert_int_equal(later.count, count - 99);
    assert_int_equal(later.items[0].seq, 100);
}

static void campaigns_count_their_records_apart(void **state)
{
    struct nest *nest = *state;
    int64_t first = enter_few(nest);
    auto_plan struct plan *plan = shape_plan(&few);
    plan->created_ms = 77;
    int64_t second = enter(nest, plan);
    assert_int_not_equal(first, second);
    struct record a[] = {note(1, -1, "a1"), note(2, -1, "a2")}, b = note(3, -1, "b1");
    struct record more = note(4, -1, "a3");
    begin(nest);
    assert_int_equal(store_append(nest->store, first, a, 2), STORE_OK);
    assert_int_equal(store_append(nest->store, second, &b, 1), STORE_OK);
    assert_int_equal(store_append(nest->store, first, &more, 1), STORE_OK);
    commit(nest);
    assert_int_equal(a[1].seq, 2);
    assert_int_equal(b.seq, 1);
    assert_int_equal(more.seq, 3);
    auto_list struct list back = {0};
    OK(nest, store_replay(nest->store, second, 1, collect, &back, &nest->err));
    assert_int_equal(back.count, 1);
    assert_string_equal(back.items[0].text, "b1");
}

static void what_was_rolled_back_leaves_no_gap(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct record record = note(1, -1, "gone");
    begin(nest);
    assert_int_equal(store_append(nest->store, id, &record, 1), STORE_OK);
    store_rollback(nest->store);
    assert_false(store_poisoned(nest->store));
    append_note(nest, id, "kept");
    auto_list struct list back = {0};
    OK(nest, store_replay(nest->store, id, 1, collect, &back, &nest->err));
    assert_int_equal(back.count, 1);
    assert_int_equal(back.items[0].seq, 1);
    assert_string_equal(back.items[0].text, "kept");
}

static void nobody_changes_a_record(void **state)
{
    struct nest *nest = *state;
    append_note(nest, enter_few(nest), "true");
    assert_int_not_equal(meddle(nest, "UPDATE event SET text = 'false'"), SQLITE_OK);
    assert_int_not_equal(meddle(nest, "DELETE FROM event"), SQLITE_OK);
    sqlite3 *db = nest->store->db;
    assert_int_not_equal(
        sqlite3_exec(
            db,
            "REPLACE INTO event(id, at_ms, kind, idx, attempt, incarnation, intent,"
            " number, hash) SELECT id, at_ms, kind, idx, attempt, incarnation,"
            " intent, number, hash FROM event",
            NULL, NULL, NULL),
        SQLITE_OK);
    assert_non_null(strstr(sqlite3_errmsg(db), "append-only"));
}

/* ---- the chain ---- */

static int64_t ten_records(struct nest *nest)
{
    int64_t id = enter_few(nest);
    for (int i = 0; i < 10; i++)
        append_note(nest, id, "an honest record");
    return id;
}

static struct store_chain verify(struct nest *nest, int64_t id)
{
    struct store_chain chain = {0};
    OK(nest, store_verify_chain(nest->store, id, &chain, &nest->err));
    return chain;
}

/* Take the seat-belt off, do it, put it on again. */
static void tamper(struct nest *nest, const char *sql)
{
    auto_free char *all = xasprintf(
        "DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted;"
        "%s",
        sql);
    assert_int_equal(meddle(nest, all), SQLITE_OK);
}

static void an_untouched_chain_is_good(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    struct store_chain chain = verify(nest, id), again;
    assert_int_equal(chain.bad_seq, 0);
    assert_int_equal(chain.records, 10);
    assert_int_equal(strlen(chain.head), 64);
    append_note(nest, id, "one more");
    again = verify(nest, id);
    assert_int_equal(again.records, 11);
    assert_string_not_equal(chain.head, again.head);
}

static void an_edit_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    tamper(nest, "UPDATE event SET text = 'a dishonest record' WHERE seq = 4");
    struct store_chain chain = verify(nest, id);
    assert_int_equal(chain.bad_seq, 4);
    assert_int_equal(chain.records, 3);
    assert_non_null(strstr(chain.sentence, "was changed"));
}

static void text_that_moves_between_fields_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    tamper(nest, "UPDATE event SET detail = text, text = NULL WHERE seq = 6");
    assert_int_equal(verify(nest, id).bad_seq, 6);
}

static void a_gap_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    tamper(nest, "DELETE FROM event WHERE seq = 7");
    struct store_chain chain = verify(nest, id);
    assert_int_equal(chain.bad_seq, 7);
    assert_non_null(strstr(chain.sentence, "is missing"));
}

static void a_swap_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    tamper(nest, "UPDATE event SET id = -1 WHERE seq = 2; UPDATE event SET id = id - 1"
                 " WHERE seq = 3; UPDATE event SET id = (1 << 40) + 3 WHERE id = -1");
    assert_int_equal(verify(nest, id).bad_seq, 2);
}

static void a_cut_end_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    tamper(nest, "DELETE FROM event WHERE seq > 8");
    struct store_chain chain = verify(nest, id);
    assert_int_equal(chain.bad_seq, 9);
    assert_non_null(strstr(chain.sentence, "cut off"));
}

/* Nothing is left, and the row of the end says that nothing ever was. */
static void a_chain_without_any_record_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    tamper(nest, "DELETE FROM event; UPDATE chain SET seq = 0");
    struct store_chain chain = verify(nest, id);
    assert_int_equal(chain.bad_seq, 1);
    assert_int_equal(chain.records, 0);
    assert_non_null(strstr(chain.sentence, "record 1 is missing"));
}

/* Without the row of its end a cut end would not show. */
static void a_chain_without_its_end_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    struct store_chain chain = {0};
    assert_int_equal(meddle(nest, "DELETE FROM chain"), SQLITE_OK);
    assert_int_equal(store_verify_chain(nest->store, id, &chain, &nest->err),
                     STORE_NO_SUCH);
}

static void a_chain_of_another_plan_shows(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    assert_int_equal(meddle(nest, "UPDATE campaign SET digest = 'another'"), SQLITE_OK);
    assert_int_equal(verify(nest, id).bad_seq, 1);
}

/* ---- refusals ---- */

static void a_record_that_is_too_long_is_refused_not_cut(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    auto_free char *text = xmalloc(STORE_TEXT_MAX + 2);
    memset(text, 'x', STORE_TEXT_MAX + 1);
    text[STORE_TEXT_MAX + 1] = '\0';
    struct record records[] = {note(1, -1, "fine"), note(1, -1, text)};
    begin(nest);
    assert_int_equal(store_append(nest->store, id, records, 2), STORE_ERROR);
    assert_true(store_poisoned(nest->store));
    assert_int_equal(store_append(nest->store, id, records, 1), STORE_ERROR);
    assert_int_equal(store_commit(nest->store, &nest->err), STORE_ERROR);
    said(nest, "longer than");
    assert_int_equal(store_begin(nest->store, &nest->err), STORE_ERROR);
    nest_close(nest);
    nest_open(nest);
    assert_int_equal(verify(nest, id).records, 0);
    text[STORE_TEXT_MAX] = '\0';
    append_note(nest, id, text);
}

static void a_campaign_that_is_not_there_takes_no_records(void **state)
{
    struct nest *nest = *state;
    struct record record = note(1, -1, "whose?");
    begin(nest);
    assert_int_equal(store_append(nest->store, 5, &record, 1), STORE_NO_SUCH);
    assert_int_equal(store_commit(nest->store, &nest->err), STORE_NO_SUCH);
    said(nest, "no campaign 5");
}

static void a_word_that_nobody_knows_stops_the_replay(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    tamper(nest, "UPDATE event SET kind = 'miracle' WHERE seq = 3");
    auto_list struct list back = {0};
    assert_int_equal(store_replay(nest->store, id, 1, collect, &back, &nest->err),
                     STORE_CORRUPT);
    said(nest, "does not know");
    assert_int_equal(back.count, 2);
}

/* In whatever column it stands: a state that this slipway does not know is no other one. */
static void no_unknown_word_is_taken_for_none(void **state)
{
    struct nest *nest = *state;
    static const char *const columns[] = {"was", "event", "now", "activity", "moment"};
    int64_t id = ten_records(nest);
    for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
        auto_free char *sql =
            xasprintf("CREATE TABLE kept AS SELECT id, %s AS word FROM event;"
                      "UPDATE event SET %s = 'miracle' WHERE seq = 3",
                      columns[i], columns[i]);
        auto_free char *back_sql =
            xasprintf("UPDATE event SET %s = (SELECT word FROM kept WHERE kept.id = "
                      "event.id) WHERE seq = 3; DROP TABLE kept",
                      columns[i]);
        if (i)
            assert_int_equal(meddle(nest, sql), SQLITE_OK);
        else
            tamper(nest, sql);
        auto_list struct list back = {0};
        assert_int_equal(store_replay(nest->store, id, 1, collect, &back, &nest->err),
                         STORE_CORRUPT);
        said(nest, "does not know");
        assert_int_equal(back.count, 2);
        assert_int_equal(meddle(nest, back_sql), SQLITE_OK);
    }
    auto_list struct list whole = {0};
    OK(nest, store_replay(nest->store, id, 1, collect, &whole, &nest->err));
    assert_int_equal(whole.count, 10);
}

static int stop_at_three(void *data, const struct record *record)
{
    (void)data;
    return record->seq == 3;
}

static void a_record_that_the_engine_refuses_stops_the_replay(void **state)
{
    struct nest *nest = *state;
    int64_t id = ten_records(nest);
    assert_int_equal(store_replay(nest->store, id, 1, stop_at_three, NULL, &nest->err),
                     STORE_STOPPED);
    said(nest, "record 3");
    append_note(nest, id, "the store is still good");
}

/* ---- the plan ---- */

static void the_plan_comes_back_byte_for_byte(void **state)
{
    struct nest *nest = *state;
    auto_plan struct plan *plan = shape_plan(&few);
    int64_t id = enter(nest, plan);
    auto_free char *before = plan_to_json(plan);
    auto_free char *after = NULL;
    size_t length = 0;
    OK(nest, store_plan(nest->store, id, &after, &length, &nest->err));
    assert_int_equal(length, strlen(before));
    assert_string_equal(after, before);
    assert_int_equal(store_plan(nest->store, 99, &after, &length, &nest->err),
                     STORE_NO_SUCH);
}

/* ---- events for people ---- */

struct seen {
    int count;
    int64_t first, last;
    char text[400];
};

static int look(void *data, const struct store_event *event)
{
    struct seen *seen = data;
    if (!seen->count++)
        seen->first = event->record->seq;
    seen->last = event->record->seq;
    (void)snprintf(seen->text, sizeof seen->text, "%s %s %s %s>%s>%s %zu",
                   record_kind_name(event->record->kind),
                   event->target_name ? event->target_name : "-",
                   event->wave_name ? event->wave_name : "-",
                   event->from ? event->from : "-", event->event ? event->event : "-",
                   event->to ? event->to : "-", strlen(event->hash));
    return 0;
}

static struct seen ask(struct nest *nest, int64_t id, struct store_event_filter filter)
{
    struct seen seen = {0};
    OK(nest, store_events(nest->store, id, &filter, look, &seen, &nest->err));
    return seen;
}

static void events_are_found_by_target_kind_and_place(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct record records[] = {note(1, -1, "go"), note(2, 3, NULL), note(3, 4, NULL),
                               note(4, 3, NULL)};
    records[1].kind = records[2].kind = RECORD_TARGET;
    records[1].from = TARGET_PENDING;
    records[1].event = TARGET_PREPARE;
    records[1].to = TARGET_PREPARING;
    records[3].kind = RECORD_WAVE;
    records[3].wave = 1;
    begin(nest);
    assert_int_equal(store_append(nest->store, id, records, 4), STORE_OK);
    commit(nest);
    struct store_event_filter any = STORE_ANY_EVENT, filter = any;
    assert_int_equal(ask(nest, id, any).count, 4);
    filter.target = 3;
    assert_int_equal(ask(nest, id, filter).count, 2);
    filter.kind = RECORD_TARGET;
    struct seen seen = ask(nest, id, filter);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.text, "target vc-0004 - pending>prepare>preparing 64");
    filter = any;
    filter.wave = 1;
    assert_string_equal(ask(nest, id, filter).text, "wave vc-0004 wave-1 ?>?>? 64");
    filter = any;
    filter.newest_first = true;
    filter.limit = 2;
    seen = ask(nest, id, filter);
    assert_int_equal(seen.first, 4);
    assert_int_equal(seen.last, 3);
    filter = any;
    filter.since_seq = 3;
    assert_int_equal(ask(nest, id, filter).first, 4);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(every_record_comes_back_as_it_was),
        WITH(campaigns_count_their_records_apart),
        WITH(what_was_rolled_back_leaves_no_gap),
        WITH(nobody_changes_a_record),
        WITH(an_untouched_chain_is_good),
        WITH(an_edit_shows),
        WITH(text_that_moves_between_fields_shows),
        WITH(a_gap_shows),
        WITH(a_swap_shows),
        WITH(a_cut_end_shows),
        WITH(a_chain_without_any_record_shows),
        WITH(a_chain_without_its_end_shows),
        WITH(a_chain_of_another_plan_shows),
        WITH(a_record_that_is_too_long_is_refused_not_cut),
        WITH(a_campaign_that_is_not_there_takes_no_records),
        WITH(a_word_that_nobody_knows_stops_the_replay),
        WITH(no_unknown_word_is_taken_for_none),
        WITH(the_plan_comes_back_byte_for_byte),
        WITH(a_record_that_the_engine_refuses_stops_the_replay),
        WITH(events_are_found_by_target_kind_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
