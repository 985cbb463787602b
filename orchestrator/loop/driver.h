/*
 * driver.h - persist, then act: the glue between engine, store and executor.
 *
 *   inputs ─► engine_step ─► one transaction: records, rows, intents ─► commit
 *                                                   └─► executor ─► inputs ...
 *
 * Nothing is handed to the executor before the commit that names it returned. If
 * a commit fails the driver is dead: it issues nothing more and says why.
 */
#ifndef LOOP_DRIVER_H
#define LOOP_DRIVER_H

#include "engine/engine.h"
#include "exec/exec.h"
#include "exec/plugins.h"
#include "slipway/error.h"
#include "store/store.h"

struct driver;

/* Called with the records of each committed step. */
typedef void (*driver_observer)(void *data, const struct engine *engine,
                                const struct record *records, size_t count);

/* Load a campaign from the store (borrowed) and replay it. Codes of store.h. */
int driver_open(struct store *store, int64_t campaign, struct driver **out,
                struct slipway_error *err);
void driver_close(struct driver *driver);

/* With an executor (borrowed, as the plugins that it runs) calls go out; without one nothing is issued, and
   operators' verbs only change rows. */
void driver_attach(struct driver *driver, struct executor *executor,
                   const struct plugins *plugins);
void driver_observe(struct driver *driver, driver_observer observer, void *data);

/* The operator vouches for this machine's clock: unsynchronised is no reason not to
   start. Recorded with who when the state is taken over. */
void driver_vouch_for_clock(struct driver *driver);

/* Take the state over: what the last owner had under way is asked about. */
int driver_take_over(struct driver *driver, const char *actor, struct slipway_error *err);

/* Collect what the executor has, step, commit, act. Also when only time passed. */
int driver_turn(struct driver *driver, struct slipway_error *err);

/* One operator's verb. 0: done, 1: rejected with the sentence in `err`, else as
   above. */
int driver_command(struct driver *driver, const struct command *command,
                   struct slipway_error *err);

/* Nothing new from now on; what is out is still collected. */
void driver_drain(struct driver *driver);

const struct engine *driver_engine(const struct driver *driver);
const struct plan *driver_plan(const struct driver *driver);
int64_t driver_campaign(const struct driver *driver);
struct store *driver_store(const struct driver *driver);
/* Calls handed out so far, and records written. */
void driver_counters(const struct driver *driver, int64_t *calls, int64_t *records,
                     int64_t *commits);

#endif
