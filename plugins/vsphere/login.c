/*
 * login.c - from a secret reference to a session cookie, and back out again.
 *
 * Before every login the server is asked, without credentials, what it is: the
 * names of its managers and its API version are never guessed, and may change
 * under us when a manager is itself upgraded. Then the password is asked of the
 * host, sent once on a fresh connection, and wiped together with the envelope.
 *
 * Failure: a credential that was refused stays refused for the life of the
 * process (compared by salted hash, so that a corrected secret gets its chance).
 * Logging out is a courtesy: it has a short time-out and no consequence.
 */
#include "vsphere/session_internal.h"

#include <string.h>

#include "common/at_once.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define PASSWORD_MAX 4096u

static bool take_ref(const struct xml_node *content, const char *name, char *out)
{
    const char *ref = vsphere_ref_of(xml_child(content, VSPHERE_NS, name), NULL);
    if (ref)
        (void)snprintf(out, VSPHERE_REF_MAX, "%s", ref);
    return ref != NULL;
}

static bool version_valid(const char *version)
{
    return version && *version && strlen(version) < VSPHERE_VERSION_MAX &&
           strspn(version, "0123456789.") == strlen(version);
}

static bool take_service(const struct xml_node *content, struct vsphere_service *service,
                         char version[VSPHERE_VERSION_MAX])
{
    const struct xml_node *about = xml_child(content, VSPHERE_NS, "about");
    const char *name = xml_child_text(about, VSPHERE_NS, "fullName");
    (void)text_clean(name ? name : "", service->about, sizeof service->about);
    const char *uuid = xml_child_text(about, VSPHERE_NS, "instanceUuid");
    if (vsphere_ref_valid(uuid))
        (void)snprintf(service->instance_uuid, VSPHERE_REF_MAX, "%s", uuid);
    const char *type = xml_child_text(about, VSPHERE_NS, "apiType");
    service->is_host = type && !strcmp(type, "HostAgent");
    (void)take_ref(content, "licenseManager", service->license_manager);
    (void)take_ref(content, "extensionManager", service->extension_manager);
    (void)take_ref(content, "taskManager", service->task_manager);
    const char *api = xml_child_text(about, VSPHERE_NS, "apiVersion");
    if (version_valid(api)) {
        int major = 0, minor = 0;
        (void)snprintf(version, VSPHERE_VERSION_MAX, "%s", api);
        (void)sscanf(version, "%3d.%2d", &major, &minor);
        service->release = major * 100 + minor;
    }
    return take_ref(content, "rootFolder", service->root_folder) &&
           take_ref(content, "propertyCollector", service->property_collector) &&
           take_ref(content, "searchIndex", service->search_index) &&
           take_ref(content, "viewManager", service->view_manager) &&
           take_ref(content, "sessionManager", service->session_manager);
}

static enum vsphere_answer greet(struct vsphere_talk *talk,
                                 struct vsphere_service *service,
                                 char version[VSPHERE_VERSION_MAX])
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    auto_free char *bytes = NULL;
    size_t length = 0;
    vsphere_talk_request(talk, &request, "RetrieveServiceContent", "ServiceInstance",
                         "ServiceInstance");
    vsphere_request_end(&request);
    if (xml_write_finish(&request.writer, &bytes, &length, &talk->err))
        return VSPHERE_NO;
    enum vsphere_answer answer = vsphere_session_exchange(
        talk, NULL, "RetrieveServiceContent", bytes, length, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    if (take_service(xml_child(reply.body, VSPHERE_NS, "returnval"), service, version))
        return VSPHERE_OK;
    return vsphere_because(talk, VSPHERE_NO,
                           "%s does not describe itself as vCenter or ESXi does: is the "
                           "manager's url right (https://HOST/sdk)?",
                           talk->session->url);
}

enum vsphere_answer vsphere_greet(struct vsphere_talk *talk,
                                  struct vsphere_service *service)
{
    char version[VSPHERE_VERSION_MAX];
    *service = (struct vsphere_service){.about = ""};
    return greet(talk, service, version);
}

static enum vsphere_answer get_acquainted(struct vsphere_talk *talk)
{
    struct vsphere_service service = {.about = ""};
    char version[VSPHERE_VERSION_MAX] = VSPHERE_VERSION_BASE;
    enum vsphere_answer answer = greet(talk, &service, version);
    if (answer != VSPHERE_OK)
        return answer;
    (void)pthread_mutex_lock(&talk->session->lock);
    talk->session->service = service;
    memcpy(talk->session->version, version, sizeof version);
    (void)pthread_mutex_unlock(&talk->session->lock);
    return VSPHERE_OK;
}

/* --- login ------------------------------------------------------------------------ */

/* The envelope with the password in it: wipe and free it. */
static int login_envelope(struct vsphere_talk *talk, const char *password, char **bytes,
                          size_t *length)
{
    auto_request struct vsphere_request request = {0};
    vsphere_talk_request(talk, &request, "Login", "SessionManager",
                         talk->session->service.session_manager);
    xml_write_element(&request.writer, "userName", talk->session->user);
    xml_write_element(&request.writer, "password", password);
    vsphere_request_end(&request);
    return xml_write_finish(&request.writer, bytes, length, &talk->err);
}

static enum vsphere_answer keep_cookie(struct vsphere_talk *talk,
                                       struct vsphere_reply *reply)
{
    if (!reply->cookie) {
        (void)slipway_error_set(&talk->err, -1,
                                "%s accepts the login but gives no session cookie: is "
                                "something in between that drops it?",
                                talk->session->url);
        return VSPHERE_NO;
    }
    (void)pthread_mutex_lock(&talk->session->lock);
    talk->session->cookie = steal_ptr(&reply->cookie);
    talk->session->generation++;
    talk->session->refused[0] = '\0';
    (void)pthread_mutex_unlock(&talk->session->lock);
    return VSPHERE_OK;
}

static enum vsphere_answer login_with(struct vsphere_talk *talk,
                                      const struct slipway_secret *secret)
{
    struct vsphere_session *session = talk->session;
    char digest[SHA256_HEX];
    sha256_chain(talk->plugin->salt, secret->bytes, secret->length, digest);
    if (!strcmp(session->refused, digest)) {
        talk->err = session->refusal;
        return VSPHERE_NO;
    }
    char *bytes = NULL;
    size_t length = 0;
    auto_reply struct vsphere_reply reply = {0};
    if (login_envelope(talk, secret->bytes, &bytes, &length))
        return VSPHERE_NO;
    enum vsphere_answer answer =
        vsphere_session_exchange(talk, NULL, "Login", bytes, length, &reply);
    explicit_bzero(bytes, length);
    free(bytes);
    if (answer == VSPHERE_OK)
        return keep_cookie(talk, &reply);
    if (answer == VSPHERE_FAULT && talk->fault.kind == VSPHERE_FAULT_LOGIN) {
        (void)pthread_mutex_lock(&session->lock);
        memcpy(session->refused, digest, sizeof digest);
        session->refusal = talk->err;
        (void)pthread_mutex_unlock(&session->lock);
        answer = VSPHERE_NO;
    }
    return answer;
}

enum vsphere_answer vsphere_login(struct vsphere_talk *talk)
{
    const struct slipway_host *host = talk->call->host;
    enum vsphere_answer answer = get_acquainted(talk);
    if (answer != VSPHERE_OK)
        return answer;
    auto_free char *reference =
        json_dumps(json_object_get(json_object_get(talk->door, "login"), "password"),
                   JSON_ENCODE_ANY);
    struct slipway_secret secret = {0};
    if (!reference || host->secret(talk->call, reference, &secret, &talk->err))
        return VSPHERE_NO;
    if (secret.length > PASSWORD_MAX || strlen(secret.bytes) != secret.length) {
        (void)slipway_error_set(
            &talk->err, -1,
            "the manager's password is longer than %u bytes or holds a "
            "NUL byte: is it the right secret?",
            PASSWORD_MAX);
        answer = VSPHERE_NO;
    } else {
        answer = login_with(talk, &secret);
    }
    host->secret_free(&secret);
    return answer;
}

/* --- logout ------------------------------------------------------------------- */

/* What a logout needs, taken out of the session under its lock. */
struct farewell {
    char *cookie; /* NULL: nothing to do */
    char session_manager[VSPHERE_REF_MAX];
    char version[VSPHERE_VERSION_MAX];
};

/* Take the cookie away if nobody used it since `before_ms`. */
static struct farewell take_leave(struct vsphere_session *session, int64_t before_ms)
{
    struct farewell farewell = {.cookie = NULL};
    (void)pthread_mutex_lock(&session->lock);
    if (!session->logging_in && session->used_ms <= before_ms) {
        farewell.cookie = steal_ptr(&session->cookie);
        memcpy(farewell.session_manager, session->service.session_manager,
               sizeof farewell.session_manager);
        memcpy(farewell.version, session->version, sizeof farewell.version);
    }
    (void)pthread_mutex_unlock(&session->lock);
    return farewell;
}

static void log_out(struct vsphere *plugin, const struct vsphere_session *session,
                    const struct farewell *farewell)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    auto_free char *bytes = NULL;
    size_t length = 0;
    struct vsphere_fault fault;
    vsphere_request_begin(&request, NULL, "Logout", "SessionManager",
                          farewell->session_manager);
    vsphere_request_end(&request);
    if (xml_write_finish(&request.writer, &bytes, &length, NULL))
        return;
    struct vsphere_endpoint endpoint = {.url = session->url,
                                        .tls = {.pin = session->pin, .ca = session->ca}};
    memcpy(endpoint.version, farewell->version, sizeof endpoint.version);
    struct vsphere_exchange exchange = {.http = plugin->http,
                                        .endpoint = &endpoint,
                                        .method = "Logout",
                                        .bytes = bytes,
                                        .length = length,
                                        .cookie = farewell->cookie,
                                        .timeout_ms = VSPHERE_LOGOUT_TIMEOUT_MS,
                                        .reply = &reply,
                                        .fault = &fault};
    (void)vsphere_soap(&exchange);
}

static void leave(struct vsphere *plugin, struct vsphere_session *session,
                  int64_t before_ms)
{
    struct farewell farewell = take_leave(session, before_ms);
    if (!farewell.cookie)
        return;
    log_out(plugin, session, &farewell);
    explicit_bzero(farewell.cookie, strlen(farewell.cookie));
    free(farewell.cookie);
}

/* Managers that do not answer must not hold up the end of the process. */
static bool time_is_left(int64_t since_ms)
{
    return vsphere_monotonic_ms() - since_ms < VSPHERE_LOGOUTS_MAX_MS;
}

void vsphere_sessions_tidy(struct vsphere *plugin, int64_t now_ms)
{
    int64_t since_ms = vsphere_monotonic_ms();
    /* Sessions are only ever put in front and never taken out: the head is enough. */
    (void)pthread_mutex_lock(&plugin->lock);
    struct vsphere_session *session = plugin->sessions;
    (void)pthread_mutex_unlock(&plugin->lock);
    for (; session && time_is_left(since_ms); session = session->next)
        leave(plugin, session, now_ms - VSPHERE_IDLE_LOGOUT_MS);
}

static void session_free(struct vsphere_session *session)
{
    (void)pthread_cond_destroy(&session->changed);
    (void)pthread_mutex_destroy(&session->lock);
    if (session->cookie)
        explicit_bzero(session->cookie, strlen(session->cookie));
    free(session->cookie);
    free(session->url);
    free(session->user);
    free(session->pin);
    free(session->ca);
    free(session);
}

struct leaving {
    struct vsphere *plugin;
    struct vsphere_session **sessions;
};

static void leave_one(void *context, size_t i)
{
    const struct leaving *all = context;
    leave(all->plugin, all->sessions[i], INT64_MAX);
}

/* Managers are few; lone hosts can be as many as appliances. */
void vsphere_sessions_close(struct vsphere *plugin)
{
    auto_free struct vsphere_session **sessions = NULL;
    size_t count = 0, room = 0;
    for (struct vsphere_session *s = plugin->sessions; s; s = s->next)
        *vec_push(sessions, count, room) = s;
    struct leaving all = {plugin, sessions};
    (void)at_once(count, VSPHERE_LOGOUTS_MAX_MS, leave_one, &all);
    plugin->sessions = NULL;
    for (size_t i = 0; i < count; i++)
        session_free(sessions[i]);
}
