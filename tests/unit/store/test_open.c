/*
 * test_open.c - whose directory, whose file, which version: what may be opened, by
 * how many, and what is said when it may not.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "store/internal.h"
#include "support.h"

static const char *unsyncable; /* the file that the disk does not take; NULL: none */

static bool is_unsyncable(int fd)
{
    struct stat wanted, found;
    return unsyncable && !stat(unsyncable, &wanted) && !fstat(fd, &found) &&
           wanted.st_ino == found.st_ino && wanted.st_dev == found.st_dev;
}

/* In front of the C library's. */
int fsync(int fd)
{
    if (!is_unsyncable(fd))
        return (int)syscall(SYS_fsync, fd);
    errno = EIO;
    return -1;
}

static int mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (int)(st.st_mode & 0777);
}

static void a_new_state_is_for_its_owner_only(void **state)
{
    struct nest *nest = *state;
    assert_int_equal(mode_of(nest->dir), 0700);
    const char *files[] = {"slipway.db", "slipway.db-wal", "owner.lock", "ballast"};
    append_note(nest, enter_few(nest), "makes a log");
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        auto_free char *path = xasprintf("%s/%s", nest->dir, files[i]);
        assert_int_equal(mode_of(path), 0600);
    }
    assert_true(store_has_reserve(nest->store));
}

static int64_t number(sqlite3 *db, const char *sql)
{
    int64_t value = -1;
    assert_int_equal(connect_number(db, sql, &value), 0);
    return value;
}

static void the_connection_is_as_strict_as_it_says(void **state)
{
    struct nest *nest = *state;
    sqlite3 *db = nest->store->db;
    assert_int_equal(number(db, "PRAGMA application_id"), 0x534c5057);
    assert_int_equal(number(db, "PRAGMA user_version"), 6);
    assert_int_equal(number(db, "PRAGMA synchronous"), 2);
    assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(db, "PRAGMA cell_size_check"), 1);
    assert_int_equal(number(db, "PRAGMA mmap_size"), 0);
    assert_int_equal(number(db,
                            "SELECT count(*) FROM pragma_table_list WHERE type = 'table'"
                            " AND strict = 0 AND name NOT LIKE 'sqlite_%'"),
                     0);
    assert_int_not_equal(
        sqlite3_exec(db, "ATTACH '/dev/null' AS other", NULL, NULL, NULL), SQLITE_OK);
}

static void without_a_database_nothing_is_made(void **state)
{
    struct nest *nest = *state;
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_MISSING);
    said(nest, "slipway init");
    assert_int_equal(mkdir(nest->dir, 0700), 0);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_MISSING);
    said(nest, "slipway plan");
    assert_int_equal(store_open_reader(nest->dir, &nest->store, &nest->err),
                     STORE_MISSING);
    assert_null(nest->store);
    assert_int_equal(access(nest->path, F_OK), -1);
}

static void creating_twice_changes_nothing(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    OK(nest, store_create(nest->dir, &nest->err)); /* while owned */
    nest_close(nest);
    OK(nest, store_create(nest->dir, &nest->err));
    nest_open(nest);
    auto_store_campaign struct store_campaign campaign = {0};
    OK(nest, store_find_campaign(nest->store, NULL, &campaign, &nest->err));
    assert_int_equal(campaign.id, id);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
    struct nest *nest = *state;
    static const mode_t modes[] = {0777, 0770, 0702};
    nest_close(nest);
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        assert_int_equal(chmod(nest->dir, modes[i]), 0);
        assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                         STORE_ERROR);
        said(nest, "chmod 0700");
    }
    assert_int_equal(chmod(nest->dir, 0700), 0);
    assert_int_equal(chmod(nest->above, 0777), 0);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_ERROR);
    said(nest, "the directory above");
    assert_int_equal(chmod(nest->above, 0700), 0);
}

/* sudo by accident must not lock the service out of its own state. */
static void what_root_makes_belongs_to_the_service(void **state)
{
    struct nest *nest = *state;
    if (geteuid())
        skip();
    assert_int_equal(mkdir(nest->dir, 0700), 0);
    assert_int_equal(chown(nest->dir, 65534, 65534), 0);
    OK(nest, store_create(nest->dir, &nest->err));
    nest_open(nest);
    append_note(nest, enter_few(nest), "makes a log");
    const char *files[] = {"slipway.db", "slipway.db-wal", "slipway.db-shm", "owner.lock",
                           "ballast"};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        auto_free char *path = xasprintf("%s/%s", nest->dir, files[i]);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, 65534);
    }
}

static void somebody_elses_directory_is_refused(void **state)
{
    struct nest *nest = *state;
    if (geteuid())
        skip();
    nest_close(nest);
    pid_t child = fork();
    if (!child) {
        assert_int_equal(chmod(nest->above, 0755), 0);
        assert_int_equal(chmod(nest->dir, 0755), 0);
        assert_int_equal(seteuid(65534), 0);
        int code = store_open_reader(nest->dir, &nest->store, &nest->err);
        _exit(code == STORE_ERROR && strstr(nest->err.text, "another user") ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Its owner could put another directory of ours in its place. */
static void a_directory_in_somebody_elses_is_refused(void **state)
{
    struct nest *nest = *state;
    if (geteuid())
        skip();
    nest_close(nest);
    pid_t child = fork();
    if (!child) {
        assert_int_equal(chown(nest->above, 12345, 12345), 0);
        assert_int_equal(chmod(nest->above, 0755), 0);
        assert_int_equal(chown(nest->dir, 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0);
        int code = store_open_reader(nest->dir, &nest->store, &nest->err);
        _exit(code == STORE_ERROR && strstr(nest->err.text, "the directory above") ? 0
                                                                                   : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_database_under_two_names_is_refused(void **state)
{
    struct nest *nest = *state;
    auto_free char *other = xasprintf("%s/other.db", nest->above);
    nest_close(nest);
    assert_int_equal(link(nest->path, other), 0);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_ERROR);
    said(nest, "under two names");
    assert_int_equal(unlink(nest->path), 0);
    assert_int_equal(symlink(other, nest->path), 0);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_ERROR);
    said(nest, "is a link");
}

static void a_foreign_database_is_left_alone(void **state)
{
    struct nest *nest = *state;
    assert_int_equal(mkdir(nest->dir, 0700), 0);
    assert_int_equal(meddle(nest, "CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)"),
                     SQLITE_OK);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_CORRUPT);
    said(nest, "not a database of slipway");
    assert_int_equal(
        meddle(nest, "PRAGMA application_id=77; INSERT INTO theirs VALUES(2)"),
        SQLITE_OK);
    assert_int_equal(store_open_reader(nest->dir, &nest->store, &nest->err),
                     STORE_CORRUPT);
    said(nest, "application id 0000004d");
}

static void a_newer_schema_is_refused(void **state)
{
    struct nest *nest = *state;
    nest_close(nest);
    assert_int_equal(meddle(nest, "PRAGMA user_version=99"), SQLITE_OK);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_TOO_NEW);
    said(nest, "schema 99");
    assert_int_equal(store_open_reader(nest->dir, &nest->store, &nest->err),
                     STORE_TOO_NEW);
    said(nest, "use the newer slipway");
}

static void a_damaged_file_is_refused_and_not_repaired(void **state)
{
    struct nest *nest = *state;
    append_note(nest, enter_few(nest), "something to lose");
    nest_close(nest);
    struct stat before;
    assert_int_equal(stat(nest->path, &before), 0);
    int fd = open(nest->path, O_WRONLY | O_CLOEXEC);
    for (int page = 2; page < 12; page++)
        assert_int_equal(pwrite(fd, "damage damage damage", 20, page * 4096), 20);
    (void)close(fd);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_CORRUPT);
    said(nest, "is damaged");
    said(nest, "backup");
    write_file(nest->path, "this is no database at all, but a text", 38);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_CORRUPT);
    assert_int_equal(store_open_reader(nest->dir, &nest->store, &nest->err),
                     STORE_CORRUPT);
    struct stat after;
    assert_int_equal(stat(nest->path, &after), 0);
    assert_int_equal(after.st_size, 38);
}

/* ---- owners and readers ---- */

static void a_second_owner_is_told_who_the_first_is(void **state)
{
    struct nest *nest = *state;
    pid_t child = fork();
    if (!child) {
        struct store *second = NULL;
        char expected[64];
        (void)snprintf(expected, sizeof expected, "is owned by pid %d on ",
                       (int)getppid());
        int code = store_open_owner(nest->dir, "slipway plan", &second, &nest->err);
        _exit(code == STORE_OWNED && !second && strstr(nest->err.text, expected) &&
                      strstr(nest->err.text, "(slipway run)")
                  ? 7
                  : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    struct store_owner owner;
    OK(nest, store_owner(nest->dir, &owner, &nest->err));
    assert_true(owner.running);
    assert_int_equal(owner.pid, getpid());
    assert_string_equal(owner.command, "slipway run");
}

static void an_owner_that_was_killed_leaves_no_lock(void **state)
{
    struct nest *nest = *state;
    int ready[2];
    char byte = 0;
    nest_close(nest);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (!child) {
        nest_open(nest);
        _exit(write(ready[1], "x", 1) == 1 && pause() ? 1 : 0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct store_owner owner;
    OK(nest, store_owner(nest->dir, &owner, &nest->err));
    assert_true(owner.running && owner.pid == child);
    assert_int_equal(store_open_owner(nest->dir, "x", &nest->store, &nest->err),
                     STORE_OWNED);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    OK(nest, store_owner(nest->dir, &owner, &nest->err));
    assert_false(owner.running);
    assert_int_equal(owner.pid, child); /* stale, and harmless */
    nest_open(nest);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

static void rubbish_in_the_lock_file_is_no_lock(void **state)
{
    struct nest *nest = *state;
    auto_free char *path = xasprintf("%s/owner.lock", nest->dir);
    nest_close(nest);
    write_file(path, "\x1b[2J{\"pid\":", 11);
    struct store_owner owner;
    OK(nest, store_owner(nest->dir, &owner, &nest->err));
    assert_false(owner.running);
    assert_int_equal(owner.pid, 0);
    nest_open(nest);
}

static int64_t last_seq(struct nest *nest, struct store *reader)
{
    auto_store_campaign struct store_campaign campaign = {0};
    OK(nest, store_find_campaign(reader, NULL, &campaign, &nest->err));
    return campaign.last_seq;
}

static void a_reader_sees_what_was_committed_with_and_without_an_owner(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    auto_store struct store *reader = NULL;
    OK(nest, store_open_reader(nest->dir, &reader, &nest->err));
    append_note(nest, id, "one");
    assert_int_equal(last_seq(nest, reader), 1);
    struct record record = note(1, -1, "two");
    begin(nest);
    assert_int_equal(store_append(nest->store, id, &record, 1), STORE_OK);
    assert_int_equal(last_seq(nest, reader), 1); /* not committed yet */
    commit(nest);
    assert_int_equal(last_seq(nest, reader), 2);
    nest_close(nest);
    assert_int_equal(last_seq(nest, reader), 2);
    auto_store struct store *late = NULL;
    OK(nest, store_open_reader(nest->dir, &late, &nest->err));
    assert_int_equal(last_seq(nest, late), 2);
}

static void a_reader_never_writes(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    auto_store struct store *reader = NULL;
    OK(nest, store_open_reader(nest->dir, &reader, &nest->err));
    struct record record = note(1, -1, "no");
    assert_int_equal(store_append(reader, id, &record, 1), STORE_ERROR);
    assert_int_equal(store_begin(reader, &nest->err), STORE_ERROR);
    said(nest, "reading only");
    assert_int_not_equal(sqlite3_exec(reader->db, "DELETE FROM cap", NULL, NULL, NULL),
                         SQLITE_OK);
    assert_int_equal(last_seq(nest, reader), 0); /* and still reads */
}

static void a_reader_after_a_killed_owner_sees_its_last_commit(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    nest_close(nest);
    pid_t child = fork();
    if (!child) {
        nest_open(nest);
        append_note(nest, id, "the last words");
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    auto_store struct store *reader = NULL;
    OK(nest, store_open_reader(nest->dir, &reader, &nest->err));
    assert_int_equal(last_seq(nest, reader), 1);
    nest_open(nest);
    assert_int_equal(last_seq(nest, nest->store), 1);
}

/* ---- schemas ---- */

static const struct migration next[] = {
    {6, "not run again"},
    {7,
     "ALTER TABLE campaign ADD COLUMN colour TEXT; UPDATE campaign SET colour = 'red'"},
};
static const struct migration broken[] = {
    {6, "not run again"},
    {7, "ALTER TABLE campaign ADD COLUMN colour TEXT; SELECT no_such_function()"},
};

static void an_older_schema_is_copied_then_brought_up_to_date(void **state)
{
    struct nest *nest = *state;
    (void)enter_few(nest);
    nest_close(nest);
    sqlite3 *db = NULL;
    OK(nest, connect_open(nest->path, true, &db, &nest->err));
    OK(nest, schema_upgrade(db, nest->dir, nest->path, next, 2, &nest->err));
    assert_int_equal(number(db, "PRAGMA user_version"), 7);
    assert_int_equal(number(db, "SELECT count(*) FROM campaign WHERE colour = 'red'"), 1);
    (void)sqlite3_close(db);
    auto_free char *copy = xasprintf("%s.before-v7", nest->path);
    assert_int_equal(mode_of(copy), 0600);
    assert_int_equal(rename(copy, nest->path), 0); /* going back is a rename */
    nest_open(nest);
    auto_store_campaign struct store_campaign campaign = {0};
    OK(nest, store_find_campaign(nest->store, NULL, &campaign, &nest->err));
    assert_string_equal(campaign.name, "shape");
}

static void a_migration_that_fails_leaves_the_old_schema(void **state)
{
    struct nest *nest = *state;
    nest_close(nest);
    sqlite3 *db = NULL;
    OK(nest, connect_open(nest->path, true, &db, &nest->err));
    assert_int_equal(schema_upgrade(db, nest->dir, nest->path, broken, 2, &nest->err),
                     STORE_ERROR);
    said(nest, "no_such_function");
    (void)sqlite3_close(db);
    nest_open(nest);
    assert_int_equal(number(nest->store->db, "SELECT count(*) FROM pragma_table_info("
                                             "'campaign') WHERE name = 'colour'"),
                     0);
}

/* A copy that is only in memory is none: with the power the way back would be gone. */
static void without_a_copy_on_the_disk_nothing_is_brought_up_to_date(void **state)
{
    struct nest *nest = *state;
    (void)enter_few(nest);
    nest_close(nest);
    auto_free char *copy = xasprintf("%s.before-v7", nest->path);
    auto_free char *partial = xasprintf("%s.partial", copy);
    sqlite3 *db = NULL;
    OK(nest, connect_open(nest->path, true, &db, &nest->err));
    unsyncable = partial;
    int code = schema_upgrade(db, nest->dir, nest->path, next, 2, &nest->err);
    unsyncable = NULL;
    assert_int_equal(code, STORE_ERROR);
    said(nest, "cannot be synced");
    assert_int_equal(access(copy, F_OK), -1);
    assert_int_equal(number(db, "PRAGMA user_version"), 6);
    OK(nest, schema_upgrade(db, nest->dir, nest->path, next, 2, &nest->err));
    assert_int_equal(mode_of(copy), 0600);
    (void)sqlite3_close(db);
}

static void a_creation_that_was_cut_short_is_begun_again(void **state)
{
    struct nest *nest = *state;
    assert_int_equal(mkdir(nest->dir, 0700), 0);
    write_file(nest->path, "", 0);
    OK(nest, store_create(nest->dir, &nest->err));
    nest_open(nest);
    assert_int_equal(enter_few(nest), 1);
}

static void copy_fixture(const char *from, const char *to)
{
    char bytes[1 << 20];
    auto_file FILE *file = fopen(from, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    assert_true(length > 4096 && length < sizeof bytes);
    write_file(to, bytes, length);
}

static int replay_one(void *data, const struct record *record)
{
    return engine_replay(data, record);
}

/* The campaign of an old database goes on: today's engine takes its plan and all its
   records, and comes to the state that the rows show. */
static void assert_goes_on(struct nest *nest, const struct store_campaign *campaign)
{
    auto_free char *text = NULL;
    auto_plan struct plan *plan = NULL;
    size_t length = 0;
    OK(nest, store_plan(nest->store, campaign->id, &text, &length, &nest->err));
    OK(nest, plan_from_json(text, length, &plan, &nest->err));
    struct engine *engine = engine_create(plan, 1);
    OK(nest, store_replay(nest->store, campaign->id, 1, replay_one, engine, &nest->err));
    assert_int_equal(engine_state(engine)->campaign, campaign->state);
    engine_check_invariants(engine);
    engine_destroy(engine);
}

/* fixtures/vN.db was written by the schema N; every later slipway must read it. */
static void a_database_of_every_schema_still_opens(void **state)
{
    static const char *const written[] = {"v1.db", "v2.db", "v3.db",
                                          "v4.db", "v5.db", "v6.db"};
    for (size_t i = 0; i < ARRAY_LENGTH(written); i++) {
        void *own = NULL;
        (void)nest_create(&own);
        struct nest *nest = own;
        auto_free char *from = xasprintf("tests/unit/store/fixtures/%s", written[i]);
        assert_int_equal(mkdir(nest->dir, 0700), 0);
        copy_fixture(from, nest->path);
        nest_open(nest);
        auto_store_campaign struct store_campaign campaign = {0};
        OK(nest, store_find_campaign(nest->store, "shape", &campaign, &nest->err));
        assert_int_equal(campaign.state, CAMPAIGN_COMPLETED);
        assert_int_equal(campaign.target_count, 12);
        struct store_chain chain;
        OK(nest, store_verify_chain(nest->store, campaign.id, &chain, &nest->err));
        assert_int_equal(chain.bad_seq, 0);
        assert_int_equal(chain.records, campaign.last_seq);
        auto_free char *result = NULL;
        OK(nest, store_result(nest->store, campaign.id, 0, "space", &result, &nest->err));
        assert_string_equal(result, "{}");
        OK(nest, store_integrity_check(nest->store, &nest->err));
        assert_goes_on(nest, &campaign);
        (void)nest_destroy(&own);
    }
    (void)state;
}

#define WITH(test)    cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)
#define WITHOUT(test) cmocka_unit_test_setup_teardown(test, nest_create, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_new_state_is_for_its_owner_only),
        WITH(the_connection_is_as_strict_as_it_says),
        WITHOUT(without_a_database_nothing_is_made),
        WITH(creating_twice_changes_nothing),
        WITH(a_directory_that_others_can_write_is_refused),
        WITHOUT(what_root_makes_belongs_to_the_service),
        WITH(somebody_elses_directory_is_refused),
        WITH(a_directory_in_somebody_elses_is_refused),
        WITH(a_database_under_two_names_is_refused),
        WITHOUT(a_foreign_database_is_left_alone),
        WITH(a_newer_schema_is_refused),
        WITH(a_damaged_file_is_refused_and_not_repaired),
        WITH(a_second_owner_is_told_who_the_first_is),
        WITH(an_owner_that_was_killed_leaves_no_lock),
        WITH(rubbish_in_the_lock_file_is_no_lock),
        WITH(a_reader_sees_what_was_committed_with_and_without_an_owner),
        WITH(a_reader_never_writes),
        WITH(a_reader_after_a_killed_owner_sees_its_last_commit),
        WITH(an_older_schema_is_copied_then_brought_up_to_date),
        WITH(a_migration_that_fails_leaves_the_old_schema),
        WITH(without_a_copy_on_the_disk_nothing_is_brought_up_to_date),
        WITHOUT(a_creation_that_was_cut_short_is_begun_again),
        WITHOUT(a_database_of_every_schema_still_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
