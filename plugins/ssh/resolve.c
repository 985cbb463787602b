/*
 * resolve.c - see resolve.h.
 *
 * getaddrinfo() cannot be given up, and silent name servers hold it for half a
 * minute. So names go through glibc's asynchronous form. A request that cannot
 * be cancelled any more is left to the resolver: its memory must outlive it and
 * is given up on purpose; that is a few hundred bytes, and happens only while
 * name servers are silent.
 */
#include "ssh/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* Everything that the resolver's thread may touch after we have left. */
struct question {
    struct gaicb request;
    struct addrinfo hints;
    char host[SSH_HOST_MAX + 1];
    char port[8];
};

static int literal(const char *host, const char *port, struct addrinfo **out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    return getaddrinfo(host, port, &hints, out);
}

static int wait_for_answer(struct slipway_call *call, struct question *question)
{
    const struct gaicb *list[] = {&question->request};
    int state;
    while ((state = gai_error(&question->request)) == EAI_INPROGRESS) {
        if (call->host->remaining_ms(call) <= 0 || call->host->canceled(call))
            return EAI_INPROGRESS;
        struct timespec slice = {.tv_nsec = SSH_SLICE_MS * 1000000L};
        (void)gai_suspend(list, 1, &slice);
    }
    return state;
}

int resolve_host(struct slipway_call *call, const char *host, int port,
                 struct addrinfo **out, struct slipway_error *err)
{
    auto_free struct question *question = xcalloc(1, sizeof *question);
    (void)snprintf(question->host, sizeof question->host, "%s", host);
    (void)snprintf(question->port, sizeof question->port, "%d", port);
    if (literal(question->host, question->port, out) == 0)
        return 0;
    question->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM,
                                        .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG};
    question->request.ar_name = question->host;
    question->request.ar_service = question->port;
    question->request.ar_request = &question->hints;
    struct gaicb *list[] = {&question->request};
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
        return slipway_error_set(err, -1, "%s: the resolver has no room, try later",
                                 host);
    int state = wait_for_answer(call, question);
    if (state == EAI_INPROGRESS) {
        if (gai_cancel(&question->request) == EAI_NOTCANCELED)
            (void)steal_ptr(&question);
        return slipway_error_set(err, -1, "%s: the name servers did not answer in time",
                                 host);
    }
    if (state != 0)
        return slipway_error_set(err, -1, "%s: the name cannot be resolved: %s", host,
                                 gai_strerror(state));
    *out = question->request.ar_result;
    return 0;
}
