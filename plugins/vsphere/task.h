/*
 * task.h - tasks of the manager, and the handles that name them across restarts.
 */
#ifndef VSPHERE_TASK_H
#define VSPHERE_TASK_H

#include "vsphere/vm.h"

#define VSPHERE_LOOK_MS      3000  /* between two looks at a running task    */
#define VSPHERE_BUSY_LOOK_MS 10000 /* before trying again what is in the way */

enum vsphere_task_state {
    VSPHERE_TASK_UNDER_WAY,
    VSPHERE_TASK_SUCCEEDED,
    VSPHERE_TASK_FAILED, /* with `fault`                                      */
    VSPHERE_TASK_GONE,   /* the manager forgot it (some minutes after its end): says
                            nothing about how it ended                        */
};

struct vsphere_task {
    enum vsphere_task_state state;
    int percent;                  /* -1: not known */
    char result[VSPHERE_REF_MAX]; /* the reference it produced, "" if none */
    struct vsphere_fault fault;
};

/* Look at it, where the talk is turned to. VSPHERE_OK also when it is GONE. */
enum vsphere_answer vsphere_task_read(struct vsphere_talk *talk, const char *ref,
                                      struct vsphere_task *task);

/* What a call's handle says; references are "" if absent. */
struct vsphere_handle {
    char task[VSPHERE_REF_MAX];
    char vm[VSPHERE_REF_MAX];
    char snapshot[VSPHERE_REF_MAX]; /* that the task works on */
    bool adopted;                   /* found by a look, not returned to us */
    int64_t asked_ms; /* since 1970: when the guest was asked to shut down, 0: never */
    bool hard;        /* it was switched off without asking (any longer)   */

    /* Not kept: the machine was found anew, so that references of the handle but `vm`
       mean nothing any more. */
    bool moved;
};

/* What every poll begins with. -1: the sentence was said, and it is an UNKNOWN. Close
   the talk in both cases. */
int vsphere_poll_open(struct vsphere_talk *talk, struct slipway_call *call,
                      struct vsphere_handle *handle);
/* The same for a probe, which needs no handle: it is empty then. */
int vsphere_probe_open(struct vsphere_talk *talk, struct slipway_call *call,
                       struct vsphere_handle *handle);
/* To the call, {"task":"task-7","vm":"vm-42",...}, with the host that the talk is turned
   to. 0, or -1 if the host refuses. */
int vsphere_handle_set(struct vsphere_talk *talk, const struct vsphere_handle *handle);

/* Look at the handle's task. VSPHERE_OK also when it is GONE: forgotten, or its host
   cannot be asked and the machine has left it. */
enum vsphere_answer vsphere_handle_task(struct vsphere_talk *talk,
                                        struct vsphere_handle *handle,
                                        struct vsphere_task *task);
/* Read the handle's machine. Where the manager is a set of hosts it is found anew if it
   is not there any more; the handle names it then as it is now, and `moved`. */
enum vsphere_answer vsphere_handle_vm(struct vsphere_talk *talk,
                                      struct vsphere_handle *handle,
                                      struct vsphere_vm *vm);
/* The handle's snapshot in that machine: by reference, after a move by the name in
   `with`. NULL if it is not there. Borrowed. */
const struct vsphere_snapshot *
vsphere_handle_snapshot(const struct vsphere_talk *talk, const struct vsphere_vm *vm,
                        const struct vsphere_handle *handle);

/* The reference of the task that a *_Task method answered with; NULL if none. */
const char *vsphere_task_ref(const struct vsphere_reply *reply);

/* Set the handle and answer PENDING, say what is being waited for. */
enum slipway_outcome vsphere_pending(struct vsphere_talk *talk,
                                     const struct vsphere_handle *handle,
                                     const char *what);
/* The same for a probe: RUNNING. */
enum slipway_probe vsphere_probe_running(struct vsphere_talk *talk,
                                         const struct vsphere_handle *handle,
                                         const char *what);
/* A poll's answer while the task runs: PENDING with its progress. */
enum slipway_outcome vsphere_still_running(struct vsphere_talk *talk,
                                           const struct vsphere_task *task,
                                           const char *what);

/* Set the result, which is consumed, and answer DONE. */
enum slipway_outcome vsphere_done(struct vsphere_talk *talk, json_t *result);
enum slipway_probe vsphere_probe_done(struct vsphere_talk *talk, json_t *result);

/* Send an effect that answers with a task: PENDING with its handle, or what the
   answer means for a start (talk->fault is set if it was a fault). */
enum slipway_outcome vsphere_start_task(struct vsphere_talk *talk,
                                        struct vsphere_request *request,
                                        struct vsphere_handle *handle, const char *what);

#endif
