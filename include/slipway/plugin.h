/*
 * slipway/plugin.h - everything a plugin author needs.
 *
 * A plugin is a table of operations. The host calls them on worker threads,
 * one call at a time per target, each with a deadline, and turns what they
 * return into committed facts. A plugin never waits for an appliance to finish
 * something long: it starts the work, answers PENDING with a handle, and is
 * asked again.
 *
 *            start(with)                     poll(handle)
 *   intent ──────────────► DONE             ┌───────────┐
 *   committed   │          FAILED REFUSED   ▼           │ PENDING
 *               │          RETRY            DONE FAILED ┘
 *               ├────────► PENDING+handle ─► ...
 *               └────────► UNKNOWN ─► probe ─► not started | running | done
 *                                              | failed | unknown
 *
 * Rules of the road
 *  - `start` issues at most one effect and returns at once.
 *  - FAILED and RETRY mean: the request provably had no further effect, or the
 *    other side said that it failed. A time-out or a reset after the first
 *    request byte is UNKNOWN, never FAILED.
 *  - `probe` only reads. It answers what became of an intent from the intent's
 *    key, fingerprint and (if one was committed) handle. It never guesses.
 *  - Everything that comes from outside is hostile: cap it, check it.
 *  - Secrets are asked of the host by reference and given back at once.
 *  - No static mutable state; `open` returns what the plugin needs, and it must
 *    be safe to use from many threads.
 *
 * ABI: members are only ever appended. `size` members tell which side is
 * older; a major number that differs is refused. Strings passed in either
 * direction are UTF-8; those received live until the call returns, those given
 * are copied by the host.
 */
#ifndef SLIPWAY_PLUGIN_H
#define SLIPWAY_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slipway/error.h"
#include "slipway/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SLIPWAY_ABI_MAJOR 1u
#define SLIPWAY_ABI_MINOR 1u
#define SLIPWAY_ABI       ((SLIPWAY_ABI_MAJOR << 16) | SLIPWAY_ABI_MINOR)

/* Largest result, handle and sentence that the host keeps; longer ones are
   refused (result, handle) or cut (sentence). Units: bytes. */
#define SLIPWAY_RESULT_MAX (256u * 1024u)
#define SLIPWAY_HANDLE_MAX 1024u

/* Call flags. */
#define SLIPWAY_CALL_READ_ONLY 1u /* dry run: send nothing that changes     */

struct slipway_host;

/*
 * One call. Everything is borrowed for the length of the call.
 */
struct slipway_call {
    uint32_t size;
    uint32_t flags;
    const struct slipway_host *host;
    void *state;               /* what open() gave                             */
    const char *operation;     /* "run": the name without the plugin           */
    const char *key;           /* the intent's key, unique for ever, of
                                [A-Za-z0-9._-], at most 160 bytes:
                                campaign.target.step.incarnation.attempt      */
    const char *fingerprint;   /* hex SHA-256 of operation and arguments       */
    const char *with;          /* JSON object: the step's `with`, expanded     */
    const char *target;        /* JSON object: the appliance (docs/plugins.md) */
    const char *handle;        /* what start or a probe set; NULL before       */
    int64_t deadline_ms;       /* of this call, on host->now_ms()'s clock      */
    enum slipway_class repeat; /* the class that the plan pinned             */
    void *private_data;        /* the host's                                   */
};

/* Bytes that must not be printed. Wiped by host->secret_free(). */
struct slipway_secret {
    char *bytes; /* NUL-terminated, owned by the host */
    size_t length;
};

enum slipway_level { SLIPWAY_DEBUG, SLIPWAY_INFO, SLIPWAY_WARNING };

/*
 * Services of the host. All of them may be called from the thread that runs
 * the call, and only while it runs.
 */
struct slipway_host {
    uint32_t size;
    uint32_t abi;

    /* Monotonic milliseconds. */
    int64_t (*now_ms)(void);

    /* Milliseconds until the call's deadline, never below 0. */
    int (*remaining_ms)(const struct slipway_call *call);

    /* True once the call should stop as soon as it safely can. */
    bool (*canceled)(const struct slipway_call *call);

    /* Wait until `fd` is ready for `events` (POLLIN, POLLOUT), at most
       `timeout_ms`. Returns the ready events, 0 on time-out or when the
       deadline is over, -1 when the call was cancelled. */
    int (*wait_fd)(struct slipway_call *call, int fd, short events, int timeout_ms);

    /* Resolve a secret reference, e.g. the JSON {"file": "/abs/path"}.
       Returns 0, or -1 with a sentence that never holds the secret. */
    int (*secret)(struct slipway_call *call, const char *reference,
                  struct slipway_secret *out, struct slipway_error *err);
    void (*secret_free)(struct slipway_secret *secret);

    /* The result as JSON (object, or any value); -1 if it is no JSON or
       longer than SLIPWAY_RESULT_MAX. */
    int (*set_result)(struct slipway_call *call, const char *json);

    /* The durable handle (any text of yours without NUL). */
    int (*set_handle)(struct slipway_call *call, const char *handle);

    /* With PENDING, RETRY or a RUNNING or UNKNOWN probe: when to come back,
       in milliseconds from now. The host keeps it between its own bounds. */
    void (*look_again_in)(struct slipway_call *call, int64_t ms);

    /* The sentence for a human: why it failed and what to do, or what is
       being waited for. The last one wins. */
    __attribute__((format(printf, 2, 3))) void (*say)(struct slipway_call *call,
                                                      const char *format, ...);

    /* Progress in percent (-1: not known) and a few words. */
    void (*progress)(struct slipway_call *call, int percent, const char *text);

    __attribute__((format(printf, 3, 4))) void (*log)(struct slipway_call *call,
                                                      enum slipway_level level,
                                                      const char *format, ...);
};

/* One argument of an operation: gives checking, `slipway plugins NAME` and
   the documentation at once. Tables end with a NULL name. */
enum slipway_type {
    SLIPWAY_STRING,
    SLIPWAY_INTEGER,
    SLIPWAY_BOOLEAN,
    SLIPWAY_DURATION, /* "90s", "1h30m"; the plugin gets milliseconds */
    SLIPWAY_LIST,     /* of strings                                   */
    SLIPWAY_OBJECT,   /* any mapping                                  */
    SLIPWAY_ANY,
    SLIPWAY_FILE,   /* path, relative to the playbook; the plugin gets
                     an absolute path                                 */
    SLIPWAY_SECRET, /* a secret reference                             */
};

struct slipway_option {
    const char *name;
    enum slipway_type type;
    bool required;
    const char *fallback; /* default, as JSON text, or NULL */
    const char *help;
};

struct slipway_operation {
    const char *name; /* "job", used as `use: ssh.job` */
    const char *summary;
    enum slipway_class repeat;
    const struct slipway_option *options;

    enum slipway_outcome (*start)(struct slipway_call *call);
    /* Needed if start can answer PENDING. */
    enum slipway_outcome (*poll)(struct slipway_call *call);
    /* Needed for RECONCILABLE. */
    enum slipway_probe (*probe)(struct slipway_call *call);

    /* Optional: the class follows from the arguments (a GET is a READ). A
       step may then also declare `class:` itself. */
    enum slipway_class (*classify)(const char *with);
    /* Optional: check the arguments beyond their types, before anything
       runs; -1 with a sentence. Pure. */
    int (*check)(const char *with, struct slipway_error *err);
    /* The appliance's part that it speaks to: "ssh", "rest", "manager" or
       NULL for none. Lint refuses a step whose appliance lacks it. */
    const char *needs;
};

/* What examine() says about this machine. */
enum slipway_finding {
    SLIPWAY_SOUND,   /* nothing to do                       */
    SLIPWAY_DOUBT,   /* works, but know this                */
    SLIPWAY_UNSOUND, /* will not work: say what to do       */
};
/* `what` names it ("libfoo 1.2"), `text` is a sentence; both are copied. */
typedef void (*slipway_find_fn)(void *data, enum slipway_finding finding,
                                const char *what, const char *text);

struct slipway_plugin {
    uint32_t abi;  /* SLIPWAY_ABI                    */
    uint32_t size; /* sizeof (struct slipway_plugin) */
    const char *name;
    const char *version;
    const char *summary;
    const struct slipway_operation *operations;
    size_t operation_count;

    /* Once per process, before any call; -1 with a sentence. Optional. */
    int (*open)(const struct slipway_host *host, void **state, struct slipway_error *err);
    /* Once, after the last call: log out, close. Optional; NULL is fine. */
    void (*close)(void *state);
    /* Now and then from one thread (about every 5 s): drop sessions that
       nobody used for a while. Optional. */
    void (*tidy)(void *state, int64_t now_ms);
    /* Since 1.1, optional: for `slipway doctor`, which libraries it found and
       what is wrong with them. Nothing is open; asks no network. */
    void (*examine)(slipway_find_fn find, void *data);
};

/* What a shared object defines and exports: its one plugin. */
__attribute__((visibility("default"))) const struct slipway_plugin *
slipway_plugin_entry(void);
#define SLIPWAY_PLUGIN_ENTRY "slipway_plugin_entry"

#ifdef __cplusplus
}
#endif
#endif
