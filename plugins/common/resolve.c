/*
 * resolve.c - see resolve.h.
 *
 * Each lookup is a thread of its own that says by an event that it is over; who asked waits
 * for the event as for any other descriptor. The question has two holders, and is freed by
 * the one who leaves last: a lookup that was given up ends by itself later. Glibc's own
 * asynchronous lookup knows no way from an address to its name.
 *
 * Failure: without a thread or a descriptor, and with RESOLVE_AT_ONCE lookups open, nothing
 * is looked up, and said so: whoever tries again later finds room.
 */
#include "common/resolve.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/descriptors.h"
#include "util/thread.h"
#include "util/xalloc.h"

#define STACK_BYTES (1024u * 1024u) /* of which modules of the C library may need some */

struct question {
    atomic_uint holders;
    atomic_bool answered;
    int event;
    bool reverse;
    char host[NI_MAXHOST], port[8]; /* asked, or told of `address` */
    struct sockaddr_storage address;
    socklen_t address_length;
    struct addrinfo *list;
    int code; /* EAI_... */
};

static atomic_uint open_questions;

static struct question *question_new(bool reverse)
{
    if (atomic_fetch_add(&open_questions, 1) >= RESOLVE_AT_ONCE) {
        atomic_fetch_sub(&open_questions, 1);
        return NULL;
    }
    struct question *question = xcalloc(1, sizeof *question);
    question->reverse = reverse;
    atomic_init(&question->holders, 1);
    question->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return question;
}

static void question_leave(struct question **at)
{
    struct question *question = *at;
    if (!question || atomic_fetch_sub(&question->holders, 1) > 1)
        return;
    if (question->list)
        freeaddrinfo(question->list);
    if (question->event >= 0)
        (void)close(question->event);
    free(question);
    atomic_fetch_sub(&open_questions, 1);
}
#define auto_question __attribute__((cleanup(question_leave)))

static int host_of(struct question *question)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG};
    return getaddrinfo(question->host, question->port, &hints, &question->list);
}

static int name_of(struct question *question)
{
    return getnameinfo((const struct sockaddr *)&question->address,
                       question->address_length, question->host, sizeof question->host,
                       NULL, 0, NI_NAMEREQD);
}

static void *look_up(void *data)
{
    auto_question struct question *question = data;
    question->code = question->reverse ? name_of(question) : host_of(question);
    atomic_store(&question->answered, true);
    (void)eventfd_write(question->event, 1);
    return NULL;
}

static int begin(struct question *question)
{
    if (question->event < 0)
        return EMFILE;
    atomic_fetch_add(&question->holders, 1);
    int code = thread_begin_detached(STACK_BYTES, look_up, question);
    if (code)
        atomic_fetch_sub(&question->holders, 1);
    return code;
}

static enum resolved wait_for_answer(struct slipway_call *call, struct question *question,
                                     int wait_ms)
{
    int remaining = call->host->remaining_ms(call);
    (void)call->host->wait_fd(call, question->event, POLLIN,
                              remaining < wait_ms ? remaining : wait_ms);
    if (!atomic_load(&question->answered))
        return RESOLVED_NO_ANSWER;
    return question->code ? RESOLVED_NOBODY : RESOLVED;
}

static int literal(const char *host, const char *port, struct addrinfo **out)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    return getaddrinfo(host, port, &hints, out);
}

static enum resolved no_room(const char *host, int code, struct slipway_error *err)
{
    return (enum resolved)slipway_error_set(
        err, RESOLVED_NO_ANSWER, "%s: no lookup can be begun: %s", host,
        descriptors_short(code) ? DESCRIPTORS_SHORT : "too many are open, try later");
}

enum resolved resolve_host(struct slipway_call *call, const char *host, int port,
                           int wait_ms, struct addrinfo **out, struct slipway_error *err)
{
    char service[8];
    (void)snprintf(service, sizeof service, "%d", port);
    if (literal(host, service, out) == 0)
        return RESOLVED;
    if (strlen(host) > RESOLVE_HOST_MAX)
        return (enum resolved)slipway_error_set(
            err, RESOLVED_NOBODY, "a name of more than %u bytes", RESOLVE_HOST_MAX);
    auto_question struct question *question = question_new(false);
    if (!question)
        return no_room(host, EAGAIN, err);
    memcpy(question->host, host, strlen(host) + 1);
    memcpy(question->port, service, sizeof service);
    int code = begin(question);
    if (code)
        return no_room(host, code, err);
    enum resolved resolved = wait_for_answer(call, question, wait_ms);
    if (resolved == RESOLVED)
        *out = steal_ptr(&question->list);
    else if (resolved == RESOLVED_NOBODY)
        (void)slipway_error_set(err, -1, "%s: the name cannot be resolved: %s", host,
                                gai_strerror(question->code));
    else
        (void)slipway_error_set(err, -1, "%s: the name servers did not answer in time",
                                host);
    return resolved;
}

enum resolved resolve_name(struct slipway_call *call, const struct addrinfo *address,
                           int wait_ms, char out[NI_MAXHOST])
{
    auto_question struct question *question = question_new(true);
    if (!question || address->ai_addrlen > sizeof question->address)
        return RESOLVED_NO_ANSWER;
    memcpy(&question->address, address->ai_addr, address->ai_addrlen);
    question->address_length = address->ai_addrlen;
    if (begin(question))
        return RESOLVED_NO_ANSWER;
    enum resolved resolved = wait_for_answer(call, question, wait_ms);
    if (resolved == RESOLVED)
        (void)snprintf(out, NI_MAXHOST, "%s", question->host);
    return resolved;
}
