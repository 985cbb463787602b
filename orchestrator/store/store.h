/*
 * store.h - what slipway remembers: records, rows, intents, inventory.
 *
 *   store_open_owner ─► begin ─► append, save, add_intent ... ─► commit ─► act
 *   store_open_reader ─► query.h, inventory.h
 *
 * One process owns a state directory (a lock file says who); its one connection
 * is the only one that writes and checkpoints. Every other process only reads and
 * never waits for the owner. A commit that returned STORE_OK survives a power cut.
 *
 * Failure policy: never go on from memory. Any failed write or commit poisons the
 * store: nothing of that transaction is kept, every later write is refused with
 * the first failure's code and sentence. Stop issuing effects, close, reopen,
 * replay. Reading still works. A full disk also releases the ballast (1 MiB kept
 * aside in the directory), so that a reopened store can write its last words; it
 * is put aside again by an open that finds plenty of room (store_has_reserve).
 *
 * One thread uses one store. Functions return an enum store_code; with anything
 * but STORE_OK no output is touched and `err` says what to do. Strings handed to a
 * callback are borrowed until it returns. A callback must not write, nor ask the
 * question again from which it is called; other questions are fine.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/record.h"
#include "engine/state.h"
#include "model/plan.h"
#include "slipway/error.h"
#include "slipway/plugin.h"

/* What the caller does next. */
enum store_code {
    STORE_OK = 0,
    STORE_ERROR = -1,  /* stop, say the sentence                              */
    STORE_OWNED = 1,   /* another process owns it: exit 7                     */
    STORE_FULL = 2,    /* no room: stop, say the sentence                     */
    STORE_CORRUPT = 3, /* damaged, or no database of slipway: stop            */
    STORE_TOO_NEW = 4, /* written by a newer slipway: stop                    */
    STORE_MISSING = 5, /* no database here: init or plan first                */
    STORE_NO_SUCH = 6, /* no such campaign, target, intent, result            */
    STORE_STOPPED = 7, /* a callback returned something else than 0           */
};

#define STORE_TEXT_MAX    65536u /* bytes of a reason, sentence, record text   */
#define STORE_PLAN_MAX    (96u * 1024u * 1024u)
#define STORE_HOST_MAX    256
#define STORE_COMMAND_MAX 256

struct store;

/* ---- opening and closing (open.c, lock.c) ---- */

/* Make the directory (0700) and an empty database (0600) of the newest schema.
   A database that is there already is left alone: STORE_OK. */
int store_create(const char *dir, struct slipway_error *err);

/* Become the owner: lock, check the file, migrate an older schema (after a backup
   to slipway.db.before-vN). `command` is what a second process is told
   ("slipway run"). SLIPWAY_ALLOW_ANY_FS=1 in the environment allows network file
   systems, whose locks may not protect anything. */
int store_open_owner(const char *dir, const char *command, struct store **out,
                     struct slipway_error *err);

/* Read only. Works with and without a running owner; without one SQLite needs to
   create its -wal and -shm files, so the directory must be writable then. Never
   migrates: an older schema is STORE_ERROR with what to run. */
int store_open_reader(const char *dir, struct store **out, struct slipway_error *err);

/* Rolls an open transaction back; the owner checkpoints and unlocks. NULL is fine. */
void store_close(struct store *store);

struct store_owner {
    bool running; /* holds the lock now; the rest is what it wrote (may be empty) */
    pid_t pid;
    char host[STORE_HOST_MAX];
    int64_t since_ms;
    char command[STORE_COMMAND_MAX];
};
/* Who owns the directory, without taking part in the locking. */
int store_owner(const char *dir, struct store_owner *out, struct slipway_error *err);

/* False: the ballast could not be put aside. Settle what runs, start nothing new. */
bool store_has_reserve(const struct store *store);
bool store_poisoned(const struct store *store);
/* Bytes waiting in the write-ahead log; -1 if not known. */
int64_t store_wal_bytes(const struct store *store);
/* Move the log into the database; now and then, when idle. A reader in the way is
   no error. */
int store_checkpoint(struct store *store, struct slipway_error *err);
/* Is the file whole? Seconds for a large one. */
int store_quick_check(struct store *store, struct slipway_error *err);
/* The thorough check for `slipway doctor`; slow. */
int store_integrity_check(struct store *store, struct slipway_error *err);

/* ---- transactions ---- */

int store_begin(struct store *store, struct slipway_error *err);
/* Durable when it returns STORE_OK. If a write of this transaction failed, rolls
   back and returns that write's code and sentence: checking here is enough. */
int store_commit(struct store *store, struct slipway_error *err);
/* Give the transaction up. Not a failure: the store stays usable. */
void store_rollback(struct store *store);

/* ---- writes: inside a transaction, sentence at store_commit ---- */

/* Enter a campaign with its waves, targets and caps, in their first states. The
   same plan (digest) is the same campaign: its id is given back, nothing changes.
   plan_json is what store_plan gives back. (create.c) */
int store_create_campaign(struct store *store, const struct plan *plan,
                          const char *plan_json, uint64_t seed, int64_t now_ms,
                          const char *created_by, int64_t *id);

/* Append in order; sets each seq: 1, 2, 3 ... in each campaign, without gaps. (records.c) */
int store_append(struct store *store, int64_t campaign, struct record *records,
                 size_t count);

/* Rows as the engine has them now. A target brings its snapshots and hold. */
int store_save_campaign(struct store *store, int64_t campaign, const struct plan *plan,
                        const struct engine_state *state);
int store_save_wave(struct store *store, int64_t campaign, const struct plan *plan,
                    const struct engine_state *state, int wave);
int store_save_unit(struct store *store, int64_t campaign, const struct plan *plan,
                    const struct engine_state *state, int unit);
int store_save_target(struct store *store, int64_t campaign, const struct plan *plan,
                      const struct engine_state *state, int target);
/* Domains and limits whose numbers changed since this store last saved them; call
   it in every transaction that saves a target or the campaign. */
int store_save_caps(struct store *store, int64_t campaign, const struct plan *plan,
                    const struct engine_state *state);

/* An effect that is about to be issued: everything that a worker needs, and what
   became of it. Written first, settled once. (intents.c) */
struct store_intent {
    int64_t id; /* of the engine: unique in its campaign */
    int target;
    const char *target_name; /* reading only */
    enum activity activity;
    int index;
    enum moment moment;
    const char *step; /* id of the step or check, or the activity's name */
    const char *use;  /* "ssh.job" */
    enum slipway_class repeat;
    int incarnation, attempt;
    const char *key; /* unique for ever, in all campaigns */
    const char *fingerprint;
    const char *with;          /* JSON, expanded */
    const char *target_digest; /* of the target's document, or NULL */
    int64_t issued_ms, deadline_ms;
    const char *handle;   /* NULL: none yet */
    int64_t settled_ms;   /* 0: open */
    const char *outcome;  /* NULL: open; else as settled: "done", "failed" ... */
    const char *sentence; /* or NULL */
};

/* Reuse of a key is refused: the same effect is never entered twice. */
int store_add_intent(struct store *store, int64_t campaign,
                     const struct store_intent *intent);
/* An intent that is not there, or settled already, is STORE_NO_SUCH (and poisons,
   as any failed write: it would mean that memory and rows disagree). */
int store_set_handle(struct store *store, int64_t campaign, int64_t intent,
                     const char *handle);
int store_settle_intent(struct store *store, int64_t campaign, int64_t intent,
                        const char *outcome, const char *sentence, int64_t at_ms);

/* A step's result, for later templates; the newest wins. At most
   SLIPWAY_RESULT_MAX bytes. (results.c) */
int store_save_result(struct store *store, int64_t campaign, int target, const char *step,
                      int incarnation, const char *json, int64_t at_ms);

/* Progress of the running call: percent -1 is not known. For people only, so
   gather and write it with other things, once a second or so. The next change of
   the target's activity clears it. (rows.c) */
int store_progress(struct store *store, int64_t campaign, int target, int percent,
                   const char *text);

/* ---- reading back what the engine needs to go on ---- */

/* Every record from `from_seq` (1: all) on, in order. */
typedef int (*store_record_fn)(void *data, const struct record *record);
int store_replay(struct store *store, int64_t campaign, int64_t from_seq,
                 store_record_fn visit, void *data, struct slipway_error *err);

/* The pinned plan's text; the caller's. */
int store_plan(struct store *store, int64_t campaign, char **out, size_t *length,
               struct slipway_error *err);

/* Intents without an outcome, oldest first. */
typedef int (*store_intent_fn)(void *data, const struct store_intent *intent);
int store_open_intents(struct store *store, int64_t campaign, store_intent_fn visit,
                       void *data, struct slipway_error *err);

/* Newest result of one step; *json is the caller's. */
int store_result(struct store *store, int64_t campaign, int target, const char *step,
                 char **json, struct slipway_error *err);

struct store_result_row {
    const char *step;
    int incarnation;
    int64_t at_ms;
    const char *json;
};
typedef int (*store_result_fn)(void *data, const struct store_result_row *result);
/* Newest result of each step of a target. */
int store_results(struct store *store, int64_t campaign, int target,
                  store_result_fn visit, void *data, struct slipway_error *err);

static inline void auto_store_fn(struct store **store)
{
    store_close(*store);
}
#define auto_store __attribute__((cleanup(auto_store_fn)))

#endif
