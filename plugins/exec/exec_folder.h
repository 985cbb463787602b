/*
 * exec_folder.h - the folder of a detached job: what is in it, and what that says.
 *
 *   JOB_DIR/KEY/  request   what was asked for, when and on which boot
 *                 alive     locked as long as any process of the job lives
 *                 started   the program was about to be run
 *                 status    its exit status, or "stopped"
 *                 output, errors, and the documents while it runs
 *
 * The lock decides who lives: it is inherited by the job's processes, ends with the last
 * of them whatever kills it, and means nobody else, as a process number might.
 */
#ifndef PLUGINS_EXEC_FOLDER_H
#define PLUGINS_EXEC_FOLDER_H

#include "slipway/plugin.h"
#include "util/buf.h"
#include "util/json.h"

enum exec_job_state {
    EXEC_JOB_ABSENT,  /* never published                                        */
    EXEC_JOB_FOREIGN, /* the key belongs to other arguments                     */
    EXEC_JOB_NEVER,   /* published, and certainly never started                 */
    EXEC_JOB_LOST,    /* published before this boot; nobody knows if it started */
    EXEC_JOB_RUNNING,
    EXEC_JOB_ENDED, /* `status` is its exit status                              */
    EXEC_JOB_DIED,  /* ended before it could leave one: killed, or a power loss */
};

struct exec_job_look {
    enum exec_job_state state;
    int status;
    bool started;
    int64_t asked_ms;  /* wall clock, when it was published */
    json_t *documents; /* their names as keys; NULL if nothing is known */
};
void exec_job_look_free(struct exec_job_look *look);
#define auto_exec_look __attribute__((cleanup(exec_job_look_free)))

/* Folder of jobs: absolute, ours alone. Made if only it itself is missing. */
int exec_job_dir_check(const char *job_dir, bool make, struct slipway_error *err);

/* -1 with a sentence: it cannot be told. `fingerprint` NULL: any. */
int exec_job_look(const char *folder, const char *fingerprint, struct exec_job_look *out,
                  struct slipway_error *err);

/* Publish the finished folder `from` as `folder`, durably. The lock on its file `alive`,
   to be inherited by the job, or -1 with a sentence. */
int exec_job_publish(const char *from, const char *folder, const char *fingerprint,
                     const json_t *documents, struct slipway_error *err);

/* Send `signal_number` to every process of the job. */
void exec_job_signal(const char *folder, int signal_number);
/* It is over and left no status: note that it was stopped, and destroy the documents. */
void exec_job_close(const char *folder, const struct exec_job_look *look);
/* Remove a job that never started. */
void exec_job_remove(const char *folder, const struct exec_job_look *look);

/* The last `max` bytes of a file of the folder. */
void exec_job_tail(const char *folder, const char *name, size_t max, struct buf *out);

#endif
