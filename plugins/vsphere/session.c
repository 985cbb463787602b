/*
 * session.c - logging in once.
 *
 * Sessions hang in a list by URL, user and trust and live as long as the
 * process; only their cookie comes and goes. Whoever needs a cookie and finds
 * none logs in while the others wait on a condition and then share what came of
 * it, good or bad: a manager that is down costs one time-out, not one per thread.
 * A generation number tells a session that has just been lost from one that
 * somebody else has renewed meanwhile.
 *
 * Failure: the answers of soap.h. A request that the server refused for want of a
 * session goes out once more under a new one, even an effect: the refusal proves
 * that the first one was not processed.
 */
#include "vsphere/session_internal.h"

#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/xalloc.h"
#include "vsphere/holder.h"

#define WAIT_SLICE_MS 200

/* A cookie on loan. */
struct ticket {
    char *cookie;
    unsigned long generation;
};

static void ticket_free(struct ticket *ticket)
{
    if (ticket->cookie)
        explicit_bzero(ticket->cookie, strlen(ticket->cookie));
    free(ticket->cookie);
    ticket->cookie = NULL;
}
#define auto_ticket __attribute__((cleanup(ticket_free)))

static struct vsphere_endpoint endpoint_of(struct vsphere_session *session)
{
    struct vsphere_endpoint endpoint = {.url = session->url,
                                        .tls = {.pin = session->pin, .ca = session->ca}};
    (void)pthread_mutex_lock(&session->lock);
    memcpy(endpoint.version, session->version, sizeof endpoint.version);
    (void)pthread_mutex_unlock(&session->lock);
    return endpoint;
}

int64_t vsphere_monotonic_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- the list ----------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static struct vsphere_session *session_new(const char *url, const char *user,
                                           const char *pin, const char *ca)
{
    struct vsphere_session *session = xcalloc(1, sizeof *session);
    session->url = xstrdup(url);
    session->user = xstrdup(user);
    session->pin = xstrdup_null(pin);
    session->ca = xstrdup_null(ca);
    (void)snprintf(session->version, sizeof session->version, "%s", VSPHERE_VERSION_BASE);
    (void)pthread_mutex_init(&session->lock, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&session->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return session;
}

static struct vsphere_session *session_of(struct vsphere *plugin, const json_t *manager)
{
    const char *url = json_text(manager, "url");
    const json_t *tls = json_object_get(manager, "tls");
    const char *pin = json_text(tls, "pin"), *ca = json_text(tls, "ca");
    const char *user = json_text(json_object_get(manager, "login"), "user");
    (void)pthread_mutex_lock(&plugin->lock);
    struct vsphere_session *session = plugin->sessions;
    while (session && !(same(session->url, url) && same(session->user, user) &&
                        same(session->pin, pin) && same(session->ca, ca)))
        session = session->next;
    if (!session) {
        session = session_new(url, user, pin, ca);
        session->next = plugin->sessions;
        plugin->sessions = session;
    }
    (void)pthread_mutex_unlock(&plugin->lock);
    return session;
}

int vsphere_talk_open_as(struct vsphere_talk *talk, struct slipway_call *call,
                         struct vsphere *plugin, json_t *target)
{
    *talk = (struct vsphere_talk){.call = call, .plugin = plugin, .target = target};
    talk->with = json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, NULL);
    json_t *manager = json_object_get(talk->target, "manager");
    bool set = json_object_get(manager, "hosts") != NULL;
    bool usable = json_is_object(talk->with) &&
                  (set ? vsphere_hosts_usable(manager) : vsphere_door_usable(manager));
    if (!usable) {
        call->host->say(call,
                        "the appliance has no manager with url (or hosts) and login "
                        "(user, password): complete it in the fleet file");
        return -1;
    }
    if (!set)
        vsphere_talk_turn(talk, json_incref(manager), "");
    return 0;
}

void vsphere_talk_turn(struct vsphere_talk *talk, json_t *door, const char *host)
{
    json_decref(talk->door);
    talk->door = door;
    talk->session = session_of(talk->plugin, door);
    (void)snprintf(talk->host, sizeof talk->host, "%s", host);
}

int vsphere_talk_open(struct vsphere_talk *talk, struct slipway_call *call)
{
    return vsphere_talk_open_as(
        talk, call, call->state,
        json_parse(call->target, strlen(call->target), JSON_BYTES_MAX, NULL));
}

void vsphere_talk_close(struct vsphere_talk *talk)
{
    json_decref(talk->target);
    json_decref(talk->with);
    json_decref(talk->door);
    talk->target = talk->with = talk->door = NULL;
}

/* --- one exchange, given a cookie or none --- */

enum vsphere_answer vsphere_session_exchange(struct vsphere_talk *talk,
                                             const char *cookie, const char *method,
                                             const char *bytes, size_t length,
                                             struct vsphere_reply *reply)
{
    struct vsphere_endpoint endpoint = endpoint_of(talk->session);
    struct vsphere_exchange one = {.http = talk->plugin->http,
                                   .call = talk->call,
                                   .endpoint = &endpoint,
                                   .method = method,
                                   .bytes = bytes,
                                   .length = length,
                                   .cookie = cookie,
                                   .timeout_ms = talk->timeout_ms,
                                   .reply = reply,
                                   .fault = &talk->fault,
                                   .err = &talk->err};
    return vsphere_soap(&one);
}

/* --- sharing ---------------------------------------------------------------------- */

/* Wait, with the lock held, until the attempt under way is over. */
static enum vsphere_answer wait_for_login(struct vsphere_talk *talk)
{
    struct vsphere_session *session = talk->session;
    const struct slipway_host *host = talk->call->host;
    unsigned long before = session->attempts;
    while (session->logging_in && session->attempts == before) {
        if (host->canceled(talk->call))
            return vsphere_because(talk, VSPHERE_STOPPED, "asked to stop");
        if (host->remaining_ms(talk->call) <= 0)
            return vsphere_because(talk, VSPHERE_LATER,
                                   "the step's time was over while waiting for the login "
                                   "to the manager");
        int64_t until = vsphere_monotonic_ms() + WAIT_SLICE_MS;
        struct timespec slice = {.tv_sec = until / 1000,
                                 .tv_nsec = (long)(until % 1000) * 1000000L};
        (void)pthread_cond_timedwait(&session->changed, &session->lock, &slice);
    }
    talk->fault = session->last_fault;
    talk->err = session->last_error;
    return session->last_answer;
}

/* With the lock held: become the one who logs in. */
static enum vsphere_answer log_in_for_all(struct vsphere_talk *talk)
{
    struct vsphere_session *session = talk->session;
    session->logging_in = true;
    (void)pthread_mutex_unlock(&session->lock);
    enum vsphere_answer answer = vsphere_login(talk);
    (void)pthread_mutex_lock(&session->lock);
    session->logging_in = false;
    session->attempts++;
    session->last_answer = answer == VSPHERE_STOPPED ? VSPHERE_LATER : answer;
    session->last_fault = talk->fault;
    session->last_error = talk->err;
    (void)pthread_cond_broadcast(&session->changed);
    return answer;
}

static enum vsphere_answer acquire(struct vsphere_talk *talk, struct ticket *ticket)
{
    struct vsphere_session *session = talk->session;
    enum vsphere_answer answer = VSPHERE_OK;
    (void)pthread_mutex_lock(&session->lock);
    if (!session->cookie)
        answer = session->logging_in ? wait_for_login(talk) : log_in_for_all(talk);
    if (answer == VSPHERE_OK && !session->cookie)
        answer =
            vsphere_because(talk, VSPHERE_LATER, "the manager ended the session at once");
    if (answer == VSPHERE_OK) {
        ticket->cookie = xstrdup(session->cookie);
        ticket->generation = session->generation;
        session->used_ms = talk->call->host->now_ms();
        talk->service = session->service;
    }
    (void)pthread_mutex_unlock(&session->lock);
    return answer;
}

/* Forget the cookie of that generation, unless it was renewed already. */
static void drop(struct vsphere_session *session, unsigned long generation)
{
    (void)pthread_mutex_lock(&session->lock);
    if (session->generation == generation && session->cookie) {
        explicit_bzero(session->cookie, strlen(session->cookie));
        free(session->cookie);
        session->cookie = NULL;
    }
    (void)pthread_mutex_unlock(&session->lock);
}

void vsphere_session_lost(struct vsphere_talk *talk)
{
    drop(talk->session, talk->generation);
}

bool vsphere_logged_in(const struct vsphere_talk *talk)
{
    (void)pthread_mutex_lock(&talk->session->lock);
    bool logged_in = talk->session->cookie != NULL;
    (void)pthread_mutex_unlock(&talk->session->lock);
    return logged_in;
}

enum vsphere_answer vsphere_connect(struct vsphere_talk *talk)
{
    auto_ticket struct ticket ticket = {0};
    return acquire(talk, &ticket);
}

void vsphere_talk_request(struct vsphere_talk *talk, struct vsphere_request *request,
                          const char *method, const char *type, const char *ref)
{
    vsphere_request_begin(request, talk->call->key, method, type, ref);
}

static enum vsphere_answer send_once(struct vsphere_talk *talk, const char *method,
                                     const char *bytes, size_t length,
                                     struct vsphere_reply *reply)
{
    auto_ticket struct ticket ticket = {0};
    enum vsphere_answer answer = acquire(talk, &ticket);
    if (answer != VSPHERE_OK)
        return answer;
    talk->generation = ticket.generation;
    answer = vsphere_session_exchange(talk, ticket.cookie, method, bytes, length, reply);
    if (answer == VSPHERE_FAULT && talk->fault.kind == VSPHERE_FAULT_SESSION)
        drop(talk->session, ticket.generation);
    return answer;
}

enum vsphere_answer vsphere_send(struct vsphere_talk *talk,
                                 struct vsphere_request *request,
                                 struct vsphere_reply *reply)
{
    auto_free char *bytes = NULL;
    size_t length = 0;
    const char *method = request->method;
    vsphere_request_end(request);
    if (xml_write_finish(&request->writer, &bytes, &length, &talk->err))
        return VSPHERE_NO;
    if ((talk->call->flags & SLIPWAY_CALL_READ_ONLY) && !vsphere_method_reads(method)) {
        (void)slipway_error_set(&talk->err, -1, "a dry run does not send %s", method);
        return VSPHERE_NO;
    }
    enum vsphere_answer answer = send_once(talk, method, bytes, length, reply);
    if (answer == VSPHERE_FAULT && talk->fault.kind == VSPHERE_FAULT_SESSION)
        answer = send_once(talk, method, bytes, length, reply);
    explicit_bzero(bytes, length); /* a licence key may be in it */
    return answer;
}
