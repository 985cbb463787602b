/*
 * support.h - a state directory of its own for each test, a plan to put into it, and
 * a second connection that does what slipway never would.
 */
#ifndef TESTS_STORE_SUPPORT_H
#define TESTS_STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/query.h"
#include "store/store.h"
#include "util/auto.h"
#include "util/xalloc.h"
#include "world.h"

static const struct plan_shape few = {
    .targets = 12,
    .waves = {2, 4, 6},
    .budgets = {0, 1, 1},
    .soak_ms = 600000,
    .in_flight = 4,
    .budget = 3,
    .sites = 3,
    .site_max = 2,
    .manager_max = 3,
};

struct nest {
    char *above, *dir, *path;
    struct store *store;
    struct slipway_error err;
};

static inline int nest_create(void **state)
{
    struct nest *nest = xcalloc(1, sizeof *nest);
    nest->above = xstrdup("/tmp/slipway-store-XXXXXX");
    assert_non_null(mkdtemp(nest->above));
    nest->dir = xasprintf("%s/state", nest->above);
    nest->path = xasprintf("%s/slipway.db", nest->dir);
    *state = nest;
    return 0;
}

static inline void remove_all(const char *dir)
{
    DIR *entries = opendir(dir);
    struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        auto_free char *path = xasprintf("%s/%s", dir, entry->d_name);
        if (unlink(path))
            remove_all(path);
    }
    if (entries)
        (void)closedir(entries);
    (void)rmdir(dir);
}

static inline int nest_destroy(void **state)
{
    struct nest *nest = *state;
    store_close(nest->store);
    remove_all(nest->above);
    free(nest->above);
    free(nest->dir);
    free(nest->path);
    free(nest);
    return 0;
}

static inline void ok_(struct nest *nest, int code, const char *file, int line)
{
    if (!code)
        return;
    (void)fprintf(stderr, "code %d: %s\n", code, nest->err.text);
    _assert_int_equal(0, 1, file, line);
}
#define OK(nest, call) ok_(nest, call, __FILE__, __LINE__)

static inline void nest_open(struct nest *nest)
{
    OK(nest, store_open_owner(nest->dir, "slipway run", &nest->store, &nest->err));
}

static inline void nest_close(struct nest *nest)
{
    store_close(nest->store);
    nest->store = NULL;
}

static inline int nest_with_store(void **state)
{
    (void)nest_create(state);
    struct nest *nest = *state;
    OK(nest, store_create(nest->dir, &nest->err));
    nest_open(nest);
    return 0;
}

static inline void said(const struct nest *nest, const char *part)
{
    if (!strstr(nest->err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", nest->err.text, part);
}

static inline void begin(struct nest *nest)
{
    OK(nest, store_begin(nest->store, &nest->err));
}

static inline void commit(struct nest *nest)
{
    OK(nest, store_commit(nest->store, &nest->err));
}

/* The plan enters the store. */
static inline int64_t enter(struct nest *nest, struct plan *plan)
{
    int64_t id = 0;
    auto_free char *json = plan_to_json(plan);
    begin(nest);
    assert_int_equal(store_create_campaign(nest->store, plan, json, 0xfedcba9876543210u,
                                           5000, "olga", &id),
                     STORE_OK);
    commit(nest);
    return id;
}

static inline int64_t enter_few(struct nest *nest)
{
    auto_plan struct plan *plan = shape_plan(&few);
    return enter(nest, plan);
}

/* What another program does to the file. */
static inline int meddle(const struct nest *nest, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(nest->path, &db), SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    (void)sqlite3_close(db);
    return rc;
}

static inline void write_file(const char *path, const void *bytes, size_t length)
{
    auto_file FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
}

static inline struct record note(int64_t at_ms, int target, const char *text)
{
    return (struct record){.at_ms = at_ms,
                           .kind = RECORD_COMMAND,
                           .wave = -1,
                           .target = target,
                           .from = -1,
                           .event = -1,
                           .to = -1,
                           .index = -1,
                           .moment = -1,
                           .text = (char *)(uintptr_t)text};
}

static inline void append_note(struct nest *nest, int64_t campaign, const char *text)
{
    struct record record = note(1000, -1, text);
    begin(nest);
    assert_int_equal(store_append(nest->store, campaign, &record, 1), STORE_OK);
    commit(nest);
}

#endif
