/*
 * bash_peer.h - an appliance with bash: a real sshd whose login shell takes the server's
 * directory for the root of the file system, where each story puts programs and files.
 */
#ifndef TEST_BASH_PEER_H
#define TEST_BASH_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_host.h"
#include "sshd_peer.h"
#include "vcsa_cli/vcsa_cli_plugin.h"

#define BASH_PEER_TRIES 100

struct fixture {
    struct sshd_peer peer;
    void *state;
    char *target; /* NULL: there is no sshd here */
};

static inline const char *path(const struct fixture *f, const char *name)
{
    return sshd_peer_path(&f->peer, name);
}

static inline void put(const struct fixture *f, const char *name, const char *text)
{
    sshd_peer_write(path(f, name), text);
}

/* The server hands SLIPWAY_GUEST_ROOT on; only one SetEnv line counts. */
static inline void set_guest_root(struct fixture *f)
{
    auto_free char *config = sshd_peer_read(path(f, "sshd_config"));
    char *at = strstr(config, "SetEnv ");
    assert_non_null(at);
    char *end = strchr(at, '\n');
    auto_free char *changed = xasprintf("%.*s SLIPWAY_GUEST_ROOT=%s%s",
                                        (int)(end - config), config, f->peer.dir, end);
    put(f, "sshd_config", changed);
    sshd_peer_down(&f->peer);
    assert_int_equal(sshd_peer_spawn(&f->peer), 0);
}

/* A setup of cmocka's; `make` puts the appliance's files there. */
static inline int fixture_open(void **out, void (*make)(const struct fixture *f))
{
    struct fixture *f = xcalloc(1, sizeof *f);
    *out = f;
    if (vcsa_cli_plugin()->open(fake_host(), &f->state, NULL) != 0)
        return -1;
    if (!sshd_peer_available())
        return 0;
    if (sshd_peer_start(&f->peer) != 0)
        return -1;
    set_guest_root(f);
    make(f);
    f->target = sshd_peer_target(&f->peer);
    return 0;
}

static inline int teardown(void **out)
{
    struct fixture *f = *out;
    vcsa_cli_plugin()->close(f->state);
    if (f->target)
        sshd_peer_stop(&f->peer);
    free(f->target);
    free(f);
    return 0;
}

static inline struct fixture *need(void **out)
{
    struct fixture *f = *out;
    if (!f->target)
        skip();
    return f;
}

static inline void prepare(struct fixture *f, struct fake_call *call,
                           const char *operation, const char *with)
{
    fake_call_init(call, vcsa_cli_plugin(), f->state, operation, with, f->target);
}

/* A busy machine drops connections, and nothing was begun then: once more. Not if it is
   the appliance that is at work. */
static inline enum slipway_outcome begin(struct fake_call *call)
{
    enum slipway_outcome outcome = fake_start(call);
    for (int i = 0; i < BASH_PEER_TRIES && outcome == SLIPWAY_RETRY &&
                    !strstr(call->said, "at work");
         i++) {
        sshd_peer_sleep_ms(50);
        outcome = fake_start(call);
    }
    return outcome;
}

#endif
