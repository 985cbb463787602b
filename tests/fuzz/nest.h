/*
 * nest.h - a state directory of its own for targets that damage its database: made once,
 * with a campaign of four targets and some records, and written anew for each input.
 * Header-only.
 */
#ifndef TESTS_FUZZ_NEST_H
#define TESTS_FUZZ_NEST_H

#include <ftw.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/store.h"
#include "world.h"

#define NEST_RECORDS 8

static struct {
    char *above, *dir, *path;
    char *good; /* a database with a campaign and some records */
    size_t length;
} nest;

static inline int nest_remove_one(const char *path, const struct stat *info, int kind,
                                  struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void nest_remove(void)
{
    (void)nftw(nest.above, nest_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void nest_write(const char *bytes, size_t length)
{
    static const char *const beside[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ARRAY_LENGTH(beside); i++) {
        auto_free char *path = xasprintf("%s%s", nest.path, beside[i]);
        (void)unlink(path);
    }
    auto_file FILE *file = fopen(nest.path, "wbe");
    MUST(file && fwrite(bytes, 1, length, file) == length);
}

static inline void nest_read(void)
{
    auto_file FILE *file = fopen(nest.path, "rbe");
    MUST(file && fseek(file, 0, SEEK_END) == 0);
    nest.length = (size_t)ftell(file);
    rewind(file);
    nest.good = xmalloc(nest.length);
    MUST(fread(nest.good, 1, nest.length, file) == nest.length);
}

static inline void nest_enter_campaign(struct store *store, int records)
{
    static const struct plan_shape shape = {.targets = 4,
                                            .waves = {1, 3},
                                            .budgets = {0, 1},
                                            .soak_ms = 600000,
                                            .in_flight = 2,
                                            .budget = 1};
    struct slipway_error err = {""};
    int64_t id = 0;
    auto_plan struct plan *plan = shape_plan(&shape);
    auto_free char *json = plan_to_json(plan);
    MUST(!store_begin(store, &err));
    MUST(!store_create_campaign(store, plan, json, 88, 5000, "olga", &id));
    for (int i = 0; i < records; i++) {
        struct record record = {.at_ms = 6000 + i,
                                .kind = RECORD_COMMAND,
                                .wave = -1,
                                .target = -1,
                                .from = -1,
                                .event = -1,
                                .to = -1,
                                .index = -1,
                                .moment = -1,
                                .text = (char[]){"looked at it"}};
        MUST(!store_append(store, id, &record, 1));
    }
    MUST(!store_commit(store, &err));
}

static inline void nest_prepare(int records)
{
    /* in memory where there is such a place: every input syncs several times */
    const char *root = access("/dev/shm", W_OK) ? getenv("TMPDIR") : "/dev/shm";
    struct slipway_error err = {""};
    struct store *store = NULL;
    nest.above = xasprintf("%s/slipway-fuzz-XXXXXX", root ? root : "/tmp");
    MUST(mkdtemp(nest.above));
    (void)atexit(nest_remove);
    nest.dir = xasprintf("%s/state", nest.above);
    nest.path = xasprintf("%s/slipway.db", nest.dir);
    MUST(!store_create(nest.dir, &err));
    MUST(!store_open_owner(nest.dir, "slipway run", &store, &err));
    nest_enter_campaign(store, records);
    store_close(store);
    nest_read();
}

#endif
