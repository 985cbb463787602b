/*
 * parts.h - what each file of the lab gives to the others.
 */
#ifndef LAB_PARTS_H
#define LAB_PARTS_H

#include "lab.h"

/* ---- fleet.c: the model and its directories ---- */
/* Fill managers and appliances (names, addresses, ids); no I/O. */
void fleet_create(struct lab *lab, int appliances, int managers);
/* Make or read back the directories. -1 with a sentence. */
int fleet_prepare(struct lab *lab, struct slipway_error *err);
/* The machine after this one (NULL: the first) on a manager, new appliances last. */
struct vm *lab_next_vm(const struct manager *manager, const struct vm *after);
/* Reference and ids of a machine, by seed. */
void fleet_name_vm(const struct lab *lab, struct vm *vm, int index);
/* Make an appliance's disk if it has none. -1 with errno. */
int fleet_make_disk(struct appliance *appliance);
/* Write outside/NAME/faults for the update script. */
void fleet_write_faults(const struct appliance *appliance);

/* ---- files.c: what operators (and slipway) read ---- */
int files_write(const struct lab *lab, struct slipway_error *err);

/* ---- keys.c: TLS and SSH keys, made once per directory ---- */
int keys_prepare(struct lab *lab, struct slipway_error *err);

/* ---- ledger.c ---- */
int ledger_open(struct lab *lab, struct slipway_error *err);
/* One line, written at once: {"t_ms","seq","kind", members...}. `members` is
   stolen; NULL values in it are left out. Never fails for the caller: a ledger
   that cannot be written ends the lab, because an oracle with gaps lies. */
void ledger_add(struct lab *lab, const char *kind, json_t *members);
/* `slipway-lab ledger`: print a summary; with `check`, 1 on a violation. */
int ledger_report(const char *dir, bool check, bool finished);

/* ---- tree.c: directories ---- */
int tree_copy(const char *from, const char *to);
void tree_remove(const char *path);
/* Replace a small file by temp and rename. */
int tree_write(const char *dir, const char *name, const char *text);
/* First LAB_TEXT_MAX bytes of a file without trailing white space; `fallback` if unreadable. */
char *tree_read(const char *dir, const char *name, const char *fallback);
int tree_make_dirs(const char *path);

/* ---- timer.c ---- */
void timer_start(void);
void timer_stop(void);
/* Run fn(argument) on the timer thread after `ms`. */
void timer_after(int64_t ms, void (*fn)(void *), void *argument);

/* ---- process.c: processes that belong to an appliance ---- */
struct process_start {
    char *const *argv;
    char *const *envp;
    const char *directory;
    int in, out, err; /* become 0, 1, 2 */
    uint64_t tag;
};
uint64_t process_tag(const struct lab *lab, int appliance_index);
/* Returns the pid or -1. The process leads its own session. */
pid_t process_spawn(const struct process_start *start);
/* Kill everything that carries the tag, and what it starts meanwhile. */
void process_kill_tagged(uint64_t tag, uint64_t mask);
/* Collect children that nobody waits for (they were reparented to us). */
void process_reap_strays(void);
/* The caller has waited for its child (every spawned one is spared by
   process_reap_strays until then). */
void process_release(pid_t pid);

/* ---- guard.c ---- */
/* Take from this process what could harm the real machine; system calls only, so
   that it may run between vfork and exec. -1: do not go on. */
int guard_enter(void);

/* ---- appliance.c: power, boot, network ---- */
/* Cut the network and kill every process. Blocks until all are gone. */
void appliance_halt(struct appliance *appliance);
/* New boot id, network on. */
void appliance_boot(struct appliance *appliance);
/* Start a command as the appliance would; -1 if it is down. */
pid_t appliance_spawn(struct appliance *appliance, char *const *argv, int in, int out,
                      int err);
/* A command on it asked for a reboot (down, boot delay, up) or a power-off. */
void appliance_power_request(struct appliance *appliance, bool reboot);

/* ---- vm.c: snapshots, power, tasks; all under lab->lock ---- */
struct vm_request {
    const char *kind, *operation_id, *name, *description, *snapshot;
    bool memory, quiesce, children;
};
/* Start a task; NULL if another one runs (then vm->running). */
struct task *vm_start_task(struct vm *vm, const struct vm_request *request);
void vm_shutdown_guest(struct vm *vm, bool reboot);
struct snapshot *vm_snapshot(struct vm *vm, const char *ref);
struct task *vm_task(struct manager *manager, const char *ref);
/* Forget nothing over a restart: read snapshots back from the directory. */
void vm_restore(struct vm *vm);
void vm_add_foreign_snapshot(struct vm *vm);
/* An effect was counted: maybe the manager restarts now. */
void manager_effect(struct manager *manager);

/* ---- session.c ---- */
const char *session_add(struct lab *lab, struct sessions *sessions);
bool session_use(const struct lab *lab, struct sessions *sessions, const char *token);
struct session *session_find(struct sessions *sessions, const char *token);
void session_drop(struct sessions *sessions, const char *token);
void session_clear(struct sessions *sessions);

/* ---- net.c ---- */
int net_open(struct lab *lab, struct slipway_error *err);
/* Accept until SIGTERM or SIGINT. */
void net_run(struct lab *lab);
void net_close(struct lab *lab);
/* Keep a list of open connections per endpoint. */
struct connection *net_register(struct endpoint *endpoint, int fd);
void net_unregister(struct endpoint *endpoint, struct connection *connection);
void net_cut(struct endpoint *endpoint);

/* ---- ssh.c ---- */
int ssh_server_start(struct lab *lab, struct slipway_error *err);
/* Takes the descriptor. */
void ssh_server_accept(struct endpoint *endpoint, int fd);
void ssh_server_stop(struct lab *lab);

/* ---- web.c ---- */
int web_start(struct lab *lab, struct slipway_error *err);
void web_accept(struct endpoint *endpoint, int fd, const struct sockaddr_in *peer);
/* PEM of the one that this appliance shows. Under lab->lock. */
const char *web_certificate(const struct appliance *appliance);
void web_stop(void);

struct web_request {
    struct endpoint *endpoint;
    void *connection; /* the library's; for web_header and web_query */
    const char *method, *path;
    bool vami; /* came in at port 5480 */
    const char *body;
    size_t body_length;
};
struct web_reply {
    unsigned status;
    struct buf body;
    const char *type;   /* NULL = application/json */
    char *cookie;       /* Set-Cookie, freed by web.c */
    const char *header; /* one more header: name, value */
    const char *header_value;
    bool drop;  /* close without an answer */
    bool flood; /* never stop answering */
};
/* Borrowed, NULL if absent. */
const char *web_header(const struct web_request *request, const char *name);
const char *web_query(const struct web_request *request, const char *name);
/* The names in the query, borrowed; returns how many, at most `max`. */
size_t web_query_names(const struct web_request *request, const char **out, size_t max);
/* True if the Basic credentials are these. */
bool web_basic(const struct web_request *request, const char *user, const char *password);

/* ---- rest.c and soap.c ---- */
void rest_answer(const struct web_request *request, struct web_reply *reply);
void soap_answer(const struct web_request *request, struct web_reply *reply);

/* ---- vcsa_state.c: vCenters; nothing here is called in a fleet of others ---- */
/* Versions of appliance i, before the disks are made. */
void vcsa_create(struct lab *lab);
/* Make what a vCenter has on its disk besides the rest. */
int vcsa_make_disk(struct appliance *appliance);
/* It has booted; with lab->lock held, or before anybody is served. */
void vcsa_booted(struct appliance *appliance);
/* Its machine went back to a snapshot; `age_ms` is the age of a memory that woke up. */
void vcsa_reverted(struct appliance *appliance, int64_t age_ms);
/* A fault was switched: what it means for the disk. */
void vcsa_fault_changed(struct appliance *appliance, const char *kind);
/* Leave outside/NAME/requests.json: what was asked how often. */
void vcsa_write_requests(const struct appliance *appliance);
/* The version that appliances can come to. */
const char *vcsa_offer(const struct lab *lab);

/* ---- vcsa_rest.c ---- */
void vcsa_answer(const struct web_request *request, struct web_reply *reply);

/* ---- scripts.c ---- */
extern const char script_update[], script_power[], script_patch[];

#endif
