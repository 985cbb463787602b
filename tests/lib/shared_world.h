/*
 * shared_world.h - appliances and their manager in shared memory: they live on when the
 * process that talks to them dies. Header-only, for tests that kill it on purpose.
 *
 * An appliance is what its disk says (a level, its health, the keys of jobs that were
 * started); a snapshot is a copy of that. Jobs are started once for each key, snapshots
 * bear the name they were given. Every effect that happened is counted outside, by what
 * it was, and no revert takes that back.
 */
#ifndef TESTS_SHARED_WORLD_H
#define TESTS_SHARED_WORLD_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "exec/exec.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define SHARED_MACHINES  6
#define SHARED_JOBS      16
#define SHARED_SNAPSHOTS 8
#define SHARED_KEY       161
#define SHARED_ISSUES    512

enum shared_effect {
    EFFECT_JOB,
    EFFECT_SNAPSHOT,
    EFFECT_REVERT,
    EFFECT_REMOVE,
    EFFECT_POWER_ON,
    EFFECT_SHUT_DOWN,
    EFFECT_KINDS
};
static const char *const shared_effect_names[EFFECT_KINDS] = {
    "jobs", "snapshots", "reverts", "removals", "power on", "shut down"};

struct shared_disk {
    int level; /* steps that are in */
    bool sick;
    char jobs[SHARED_JOBS][SHARED_KEY];
    int job_count;
};

struct shared_machine {
    struct shared_disk disk;
    bool on;
    struct {
        char name[128];
        struct shared_disk disk;
    } snapshots[SHARED_SNAPSHOTS];
    int snapshot_count;
    char last_revert[SHARED_KEY];
    /* the story */
    int fails_at; /* the step that fails, 1 ...; 0: none */
    int fails_times;
    bool turns_sick;
    /* outside of every snapshot */
    int effects[EFFECT_KINDS];
    int wrong; /* two snapshots of a name, a job on a machine that is off ... */
};

struct shared_world {
    struct shared_machine machines[SHARED_MACHINES];
    int hits; /* of the crash points, in this life */
    int hit_of[8];
    char issued[SHARED_ISSUES]
               [SHARED_KEY]; /* the keys of the effects that were asked for */
    int issued_count;
    struct slipway_error stopped; /* with which the last process that stopped did so */
};

static inline struct shared_world *shared_world_new(void)
{
    struct shared_world *w =
        mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w == MAP_FAILED)
        abort();
    for (int i = 0; i < SHARED_MACHINES; i++)
        w->machines[i].on = true;
    return w;
}

static inline int shared_find_snapshot(const struct shared_machine *m, const char *name)
{
    for (int i = 0; i < m->snapshot_count; i++) {
        if (!strcmp(m->snapshots[i].name, name))
            return i;
    }
    return -1;
}

static inline bool shared_has_job(const struct shared_machine *m, const char *key)
{
    for (int i = 0; i < m->disk.job_count; i++) {
        if (!strcmp(m->disk.jobs[i], key))
            return true;
    }
    return false;
}

/* ---- effects ---- */

static inline void shared_note_issue(struct shared_world *w, const char *key)
{
    if (w->issued_count == SHARED_ISSUES)
        abort();
    (void)snprintf(w->issued[w->issued_count++], SHARED_KEY, "%s", key);
}

static inline void shared_start_job(struct shared_machine *m, const char *key)
{
    if (shared_has_job(m, key))
        return; /* the launcher starts one key once */
    m->effects[EFFECT_JOB]++;
    m->wrong += !m->on || m->disk.job_count == SHARED_JOBS;
    (void)snprintf(m->disk.jobs[m->disk.job_count++ % SHARED_JOBS], SHARED_KEY, "%s",
                   key);
    bool fails = m->fails_at == m->disk.level + 1 && m->fails_times > 0;
    m->fails_times -= fails;
    m->disk.level += !fails;
    m->disk.sick = m->disk.sick || m->turns_sick;
}

static inline void shared_take_snapshot(struct shared_machine *m, const char *name)
{
    m->effects[EFFECT_SNAPSHOT]++;
    m->wrong += shared_find_snapshot(m, name) >= 0;
    int at = m->snapshot_count++ % SHARED_SNAPSHOTS;
    (void)snprintf(m->snapshots[at].name, sizeof m->snapshots[at].name, "%s", name);
    m->snapshots[at].disk = m->disk;
}

static inline void shared_revert(struct shared_machine *m, const char *name,
                                 const char *key)
{
    int at = shared_find_snapshot(m, name);
    m->effects[EFFECT_REVERT]++;
    m->wrong += at < 0;
    if (at >= 0)
        m->disk = m->snapshots[at].disk;
    m->on = false;
    (void)snprintf(m->last_revert, sizeof m->last_revert, "%s", key);
}

static inline void shared_remove(struct shared_machine *m, const char *name)
{
    int at = shared_find_snapshot(m, name);
    if (at < 0)
        return;
    m->effects[EFFECT_REMOVE]++;
    m->snapshots[at] = m->snapshots[--m->snapshot_count];
}

static inline void shared_switch(struct shared_machine *m, bool on)
{
    m->effects[on ? EFFECT_POWER_ON : EFFECT_SHUT_DOWN] += m->on != on;
    m->on = on;
}

/* ---- one call ---- */

struct shared_answer {
    enum slipway_outcome outcome;
    enum slipway_probe probe;
    bool green;
    char value[128];
};

/* The step that a key names: campaign-digest.TARGET.STEP.incarnation.number */
static inline bool shared_is_step(const char *key, const char *step)
{
    auto_free char *part = xasprintf(".%s.", step);
    return strstr(key, part) != NULL;
}

/* A look at an appliance that is off gets no answer. */
static inline struct shared_answer shared_look(const struct shared_machine *m,
                                               const char *key, int wanted)
{
    struct shared_answer a = {.outcome = m->on ? SLIPWAY_DONE : SLIPWAY_RETRY,
                              .green = true};
    if (shared_is_step(key, "version"))
        a.green = m->disk.level == wanted;
    else if (shared_is_step(key, "health"))
        a.green = !m->disk.sick;
    (void)snprintf(a.value, sizeof a.value, "%d.0", m->disk.level + 1);
    return a;
}

static inline struct shared_answer shared_poll_job(const struct shared_machine *m,
                                                   const char *step)
{
    int number = atoi(step + strcspn(step, "123456789"));
    return (struct shared_answer){
        .outcome = m->disk.level >= number ? SLIPWAY_DONE : SLIPWAY_FAILED,
        .probe = m->disk.level >= number ? SLIPWAY_PROBE_DONE : SLIPWAY_PROBE_FAILED,
        .green = true};
}

/* What starts here is over at the first look; what a probe finds is over too. */
static inline struct shared_answer shared_call(struct shared_machine *m,
                                               const struct exec_request *r, int wanted)
{
    auto_json json_t *with = json_parse(r->with, strlen(r->with), JSON_BYTES_MAX, NULL);
    const char *name = with && json_text(with, "name") ? json_text(with, "name") : "";
    const char *operation = strchr(r->use, '.') + 1;
    struct shared_answer a = {.outcome = SLIPWAY_PENDING, .green = true};
    bool start = r->verb == EXEC_START;
    if (r->repeat == SLIPWAY_READ && strncmp(r->use, "vsphere.", 8) != 0)
        return shared_look(m, r->key, wanted);
    a.outcome = start ? SLIPWAY_PENDING : SLIPWAY_DONE;
    if (!strcmp(operation, "job")) {
        if (start)
            shared_start_job(m, r->key);
        else if (r->verb == EXEC_PROBE && !shared_has_job(m, r->key))
            a.probe = SLIPWAY_PROBE_NOT_STARTED;
        else
            a = shared_poll_job(m, strstr(r->key, ".upgrade"));
    } else if (!strcmp(operation, "snapshot_create")) {
        if (start)
            shared_take_snapshot(m, name);
        a.probe = shared_find_snapshot(m, name) >= 0 ? SLIPWAY_PROBE_DONE
                                                     : SLIPWAY_PROBE_NOT_STARTED;
        (void)snprintf(a.value, sizeof a.value, "ref of %.100s", name);
    } else if (!strcmp(operation, "snapshot_revert")) {
        if (start)
            shared_revert(m, name, r->key);
        a.probe = !strcmp(m->last_revert, r->key) ? SLIPWAY_PROBE_DONE
                                                  : SLIPWAY_PROBE_NOT_STARTED;
    } else if (!strcmp(operation, "snapshot_remove")) {
        if (start)
            shared_remove(m, name);
        a.probe = shared_find_snapshot(m, name) < 0 ? SLIPWAY_PROBE_DONE
                                                    : SLIPWAY_PROBE_NOT_STARTED;
    } else if (!strcmp(operation, "power_on") || !strcmp(operation, "shut_down")) {
        shared_switch(m, *operation == 'p');
        a.outcome = SLIPWAY_DONE;
        a.probe = SLIPWAY_PROBE_DONE;
    } else { /* snapshot_check */
        a.outcome = SLIPWAY_DONE;
    }
    return a;
}

#endif
