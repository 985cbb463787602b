/*
 * deployment.c - vcsa.deployment: how far the new appliance of a major upgrade is, by its
 * own word, read at its temporary address.
 *
 *   look ─┬ CONFIGURED ─────────────────────────────────► DONE
 *         ├ FAILED ─────────────────────────────────────► FAILED with its words
 *         ├ QUESTION_RAISED ────────────────────────────► PENDING: a human answers it
 *         ├ any other state ────────────────────────────► PENDING with its subtask
 *         └ nobody there ─┬ the appliance's own address ─► the new version: DONE
 *                         ├ never seen, installer ended ─► FAILED, after a few looks
 *                         └ else ────────────────────────► PENDING, up to `silence`
 *
 * Basic authentication in each request: there is no session store before the first boot
 * is over. The password is not sent before the certificate is known: by pin, by CA, or by
 * a pin that somebody else puts into a file once the appliance shows one.
 *
 * Failure: it only reads, so every way out of it is safe to put back.
 */
#include <string.h>

#include "util/auto.h"
#include "util/duration.h"
#include "util/file.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/installer.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"

#define SILENCE_MS   (45 * 60 * 1000)
#define DENIALS_MAX  3 /* then the password is not sent again: accounts lock */
#define DESERTED_MAX 6 /* looks: services restart just when an installer gives up */
#define PIN_FILE_MAX 512u
#define PIN_LOOK_MS  5000
#define SUBTASKS_MAX 64u
#define PLACE_MAX    512u
#define TEMPORARY    "temporary"
#define FINAL        "final"
#define DEPLOYMENT   "/vcenter/deployment"

/* What is remembered between two looks. */
struct watch {
    bool seen;        /* it answered once                       */
    int64_t silent_s; /* wall clock, 0: it answered at last look */
    int64_t denied;   /* refused logins in a row                 */
    int64_t deserted; /* looks in a row at which nobody was there, and no installer */
};

struct deployment {
    struct vcsa_talk talk;
    struct watch watch;
    char *url;
    char pin[HTTP_PIN_SIZE];
    struct http_tls tls;
};

static void deployment_free(struct deployment *d)
{
    free(d->url);
    vcsa_talk_close(&d->talk);
}
#define auto_deployment __attribute__((cleanup(deployment_free)))

/* --- arguments ---------------------------------------------------------------------------- */

static int check_tls(const json_t *tls, struct slipway_error *err)
{
    static const char *const ways[] = {"pin", "ca", "pin_file"};
    const char *value = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++)
        value = value ? value : json_text(tls, ways[i]);
    if (!tls || (json_object_size(tls) == 1 && value))
        return 0;
    return slipway_error_set(err, -1,
                             "tls must be one of {pin: ...}, {ca: FILE} and {pin_file: "
                             "FILE}");
}

int vcsa_deployment_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, err);
    const char *url = json_text(json, "url"), *version = json_text(json, "version");
    if (!json || check_tls(json_object_get(json, "tls"), err))
        return -1;
    if (!url || strncmp(url, "https://", 8) != 0)
        return slipway_error_set(err, -1, "url must begin with https://");
    if (json_is_true(json_object_get(json, "wait")) && !version)
        return slipway_error_set(err, -1, "to wait for the end, name the version");
    return vcsa_version_check(with, err);
}

static void read_watch(const struct slipway_call *call, struct watch *out)
{
    auto_json json_t *handle = vcsa_handle_get(call);
    *out = (struct watch){.seen = json_is_true(json_object_get(handle, "seen")),
                          .silent_s = json_number(handle, "silent", 0),
                          .denied = json_number(handle, "denied", 0),
                          .deserted = json_number(handle, "deserted", 0)};
}

static const struct vcsa_endpoint *own_door(const struct deployment *d)
{
    const struct vcsa_endpoint *doors = d->talk.target.doors;
    return doors[VCSA_VAMI].on ? &doors[VCSA_VAMI] : &doors[VCSA_SSO];
}

static bool waits(const struct deployment *d)
{
    return json_is_true(json_object_get(d->talk.with, "wait"));
}

/* --- whom to trust --------------------------------------------------------------------------- */

/* 0: the file has a pin. -1: not yet. */
static int read_pin(const char *path, char pin[HTTP_PIN_SIZE])
{
    auto_buf struct buf text = {0};
    if (file_read(path, PIN_FILE_MAX, &text, NULL))
        return -1;
    const char *start = buf_text(&text) + strspn(buf_text(&text), " \t\r\n");
    size_t length = strcspn(start, " \t\r\n");
    if (length >= HTTP_PIN_SIZE)
        return -1;
    memcpy(pin, start, length);
    pin[length] = '\0';
    return http_pin_valid(pin) ? 0 : -1;
}

/* Nobody wrote the pin yet. Tell the one that the peer shows, for whoever compares. */
static enum vcsa_answer no_pin(struct deployment *d, const char *path)
{
    char shown[HTTP_PIN_SIZE], clean[256];
    struct slipway_error ignored;
    (void)text_clean(path, clean, sizeof clean);
    if (http_peer_pin(d->url, PIN_LOOK_MS, shown, &ignored))
        return vcsa_because(&d->talk, VCSA_AWAY, "%s does not answer yet", d->url);
    d->watch.seen = true;
    return vcsa_because(
        &d->talk, VCSA_AWAY,
        "%s shows the public key %s, and %s has no pin yet: compare it on "
        "the console of the new appliance and write it there; no password "
        "is sent before",
        d->url, shown, clean);
}

static enum vcsa_answer choose_trust(struct deployment *d)
{
    const json_t *tls = json_object_get(d->talk.with, "tls");
    const char *file = json_text(tls, "pin_file");
    d->tls =
        tls ? (struct http_tls){.pin = json_text(tls, "pin"), .ca = json_text(tls, "ca")}
            : own_door(d)->tls;
    if (!file)
        return VCSA_OK;
    if (read_pin(file, d->pin))
        return no_pin(d, file);
    d->tls.pin = d->pin;
    return VCSA_OK;
}

/* --- one request ------------------------------------------------------------------------------ */

static enum vcsa_answer ask_path(struct deployment *d, const char *dialect,
                                 const struct slipway_secret *password, json_t **value)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    const char *user = json_text(d->talk.with, "user");
    auto_free char *url = xasprintf("%s%s" DEPLOYMENT, d->url, dialect);
    auto_http_response struct http_response response = {0};
    const struct http_request request = {.url = url,
                                         .headers = headers,
                                         .user = user ? user : "root",
                                         .password = password->bytes,
                                         .tls = d->tls,
                                         .max_body = VCSA_BODY_MAX,
                                         .once = true,
                                         .timeout_ms = VCSA_READ_MS};
    enum http_result result = http_perform(d->talk.plugin->http, d->talk.call, &request,
                                           &response, &d->talk.err);
    if (result == HTTP_UNTRUSTED)
        return VCSA_NO;
    if (result != HTTP_ANSWERED)
        return vcsa_unanswered(result);
    enum vcsa_answer answer = vcsa_judge(&response, value, &d->talk.fault);
    bool denied = answer == VCSA_NO && response.status == 401;
    return vcsa_because(&d->talk, denied ? VCSA_DENIED : answer, "%s: %s", d->url,
                        answer == VCSA_OK ? "" : d->talk.fault.text);
}

static enum vcsa_answer ask(struct deployment *d, json_t **value)
{
    struct slipway_secret password = {0};
    auto_json json_t *given = json_incref(json_object_get(d->talk.with, "password"));
    auto_free char *reference =
        given ? json_canonical(given) : xstrdup(own_door(d)->password_reference);
    if (d->talk.call->host->secret(d->talk.call, reference, &password, &d->talk.err))
        return VCSA_NO;
    enum vcsa_answer answer = ask_path(d, "/rest", &password, value);
    if (answer == VCSA_ABSENT)
        answer = ask_path(d, "/api", &password, value);
    d->talk.call->host->secret_free(&password);
    if (answer == VCSA_OK && !json_text(*value, "state"))
        return vcsa_because(&d->talk, VCSA_LOST, "%s: its answer names no state", d->url);
    return answer;
}

/* --- what it means ------------------------------------------------------------------------------ */

static json_t *subtasks_of(const json_t *document)
{
    auto_json json_t *all = vcsa_map(json_object_get(document, "subtasks"));
    json_t *out = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(all, name, value)
    {
        const char *status = json_text(value, "status");
        if (status && json_object_size(out) < SUBTASKS_MAX)
            (void)json_object_set_new(out, name,
                                      json_safe_string(status, strlen(status)));
    }
    return out;
}

/* The first subtask that is RUNNING or FAILED, in order of the appliance's list. */
static const char *present_subtask(const json_t *document, const json_t *subtasks,
                                   const char *status)
{
    const json_t *order = json_object_get(document, "subtask_order");
    for (size_t i = 0; i < json_array_size(order) && i < SUBTASKS_MAX; i++) {
        const json_t *item = json_array_get(order, i);
        const char *name =
            json_string_value(json_is_array(item) ? json_array_get(item, 0) : item);
        const char *is = name ? json_text(subtasks, name) : NULL;
        if (is && !strcmp(is, status))
            return name;
    }
    return NULL;
}

static int percent_of(const json_t *document)
{
    const json_t *progress = json_object_get(document, "progress");
    json_int_t total = json_number(progress, "total", 0);
    json_int_t completed = json_number(progress, "completed", -1);
    bool sane = total > 0 && total < 1000000 && completed >= 0 && completed <= total;
    return sane ? (int)(completed * 100 / total) : -1;
}

static enum slipway_outcome finished(struct deployment *d, const char *state,
                                     const char *where, json_t *subtasks)
{
    json_t *result = json_object();
    (void)json_object_set_new(result, "state", json_safe_string(state, strlen(state)));
    (void)json_object_set_new(result, "where", json_string(where));
    (void)json_object_set_new(result, "subtasks", subtasks);
    return vcsa_done(&d->talk, result);
}

static enum slipway_outcome go_on(struct deployment *d)
{
    const struct watch *w = &d->watch;
    json_t *handle = json_pack("{s:b, s:I, s:I, s:I}", "seen", w->seen, "silent",
                               (json_int_t)w->silent_s, "denied", (json_int_t)w->denied,
                               "deserted", (json_int_t)w->deserted);
    return vcsa_pending(&d->talk, handle);
}

/* Why it failed, in its own words: the subtask's error, else that of the whole. */
static void reason_of(const json_t *document, const char *subtask, char *out, size_t size)
{
    auto_json json_t *all = vcsa_map(json_object_get(document, "subtasks"));
    const json_t *error =
        json_object_get(json_object_get(all, subtask ? subtask : ""), "error");
    if (!error)
        error = json_object_get(document, "error");
    const json_t *messages = json_object_get(error, "messages");
    (void)vcsa_message(messages ? messages : error, out, size);
}

static enum slipway_outcome has_failed(struct deployment *d, const json_t *document,
                                       const json_t *subtasks)
{
    char reason[VCSA_TEXT_MAX], clean[64] = "";
    const char *subtask = present_subtask(document, subtasks, "FAILED");
    reason_of(document, subtask, reason, sizeof reason);
    if (subtask)
        (void)text_clean(subtask, clean, sizeof clean);
    return vcsa_say(
        &d->talk, SLIPWAY_FAILED,
        "%s: the new appliance failed%s%s%s%s; its logs are in /var/log/vmware/"
        "upgrade and /var/log/firstboot there",
        d->talk.target.name, subtask ? " in " : "", clean, *reason ? ": " : "", reason);
}

static enum slipway_outcome under_way(struct deployment *d, const json_t *document,
                                      const char *state, const json_t *subtasks)
{
    const struct slipway_host *host = d->talk.call->host;
    char where[64] = "", clean[64];
    const char *subtask = present_subtask(document, subtasks, "RUNNING");
    (void)text_clean(subtask ? subtask : state, where, sizeof where);
    (void)text_clean(state, clean, sizeof clean);
    host->progress(d->talk.call, percent_of(document), where);
    if (!strcmp(state, "QUESTION_RAISED"))
        host->say(d->talk.call,
                  "%s: the new appliance asks a question; answer it at %s with root",
                  d->talk.target.name, d->url);
    else
        host->say(d->talk.call, "%s: the new appliance is in state %s (%s)",
                  d->talk.target.name, clean, where);
    return go_on(d);
}

static enum slipway_outcome answered(struct deployment *d, const json_t *document)
{
    const char *state = json_text(document, "state");
    auto_json json_t *subtasks = subtasks_of(document);
    d->watch = (struct watch){.seen = true};
    if (!waits(d) || !strcmp(state, "CONFIGURED"))
        return finished(d, state, TEMPORARY, steal_ptr(&subtasks));
    if (!strcmp(state, "FAILED"))
        return has_failed(d, document, subtasks);
    return under_way(d, document, state, subtasks);
}

/* --- nobody at the temporary address ---------------------------------------------------------------- */

/* The identity has moved: the appliance's own address tells the new version. */
static bool has_moved(struct deployment *d)
{
    struct vcsa_release release;
    struct slipway_error why = d->talk.err;
    struct vcsa_fault fault = d->talk.fault;
    vcsa_prefer(&d->talk, VCSA_VAMI);
    bool moved = vcsa_release_read(&d->talk, &release, NULL) == VCSA_OK &&
                 !text_version_cmp(release.version, json_text(d->talk.with, "version"));
    d->talk.err = why;
    d->talk.fault = fault;
    return moved;
}

/* Its state there, once it is there. */
static enum slipway_outcome ask_moved(struct deployment *d)
{
    auto_json json_t *document = NULL;
    enum vcsa_answer answer = vcsa_get(&d->talk, DEPLOYMENT, &document);
    const char *state = answer == VCSA_OK ? json_text(document, "state") : NULL;
    if (!state)
        return go_on(d);
    auto_json json_t *subtasks = subtasks_of(document);
    d->watch = (struct watch){.seen = true};
    if (!strcmp(state, "CONFIGURED"))
        return finished(d, state, FINAL, steal_ptr(&subtasks));
    if (!strcmp(state, "FAILED"))
        return has_failed(d, document, subtasks);
    return under_way(d, document, state, subtasks);
}

static enum slipway_outcome installer_gave_up(struct deployment *d,
                                              const struct vcsa_installer *installer)
{
    return vcsa_say(
        &d->talk, SLIPWAY_FAILED,
        "%s: the installer ended (status %s%s%s) and no new appliance answers at "
        "%s; its logs are in the job's folder",
        d->talk.target.name, *installer->status ? installer->status : "none",
        *installer->word ? ", it says " : "", installer->word, d->url);
}

static enum slipway_outcome still_silent(struct deployment *d)
{
    char lasted[32], allowed[32];
    struct vcsa_installer installer;
    int64_t most_ms = json_number(d->talk.with, "silence", SILENCE_MS);
    int64_t now_s = vcsa_wall_ms() / 1000;
    if (!d->watch.silent_s)
        d->watch.silent_s = now_s;
    vcsa_installer_read(json_text(d->talk.with, "installer"), &installer);
    d->watch.deserted = installer.ended && !d->watch.seen ? d->watch.deserted + 1 : 0;
    if (d->watch.deserted >= DESERTED_MAX)
        return installer_gave_up(d, &installer);
    (void)duration_format((now_s - d->watch.silent_s) * 1000, lasted, sizeof lasted);
    (void)duration_format(most_ms, allowed, sizeof allowed);
    if ((now_s - d->watch.silent_s) * 1000 > most_ms)
        return vcsa_say(&d->talk, SLIPWAY_FAILED,
                        "%s: the new appliance has not answered for %s (%s)",
                        d->talk.target.name, lasted, d->talk.err.text);
    d->talk.call->host->say(d->talk.call,
                            "%s: waiting for the new appliance for %s, at most %s (%s)",
                            d->talk.target.name, lasted, allowed, d->talk.err.text);
    return go_on(d);
}

static enum slipway_outcome not_answered(struct deployment *d, enum vcsa_answer answer)
{
    if (!waits(d))
        return vcsa_read_outcome(&d->talk, answer);
    d->watch.denied = answer == VCSA_DENIED ? d->watch.denied + 1 : 0;
    if (answer == VCSA_STOPPED)
        return SLIPWAY_CANCELED;
    if (d->watch.denied >= DENIALS_MAX)
        return vcsa_say(
            &d->talk, SLIPWAY_FAILED,
            "%s: the new appliance refuses root's password (%s); it is not sent "
            "again, so that the account is not locked",
            d->talk.target.name, d->talk.err.text);
    if (answer != VCSA_NO)
        return has_moved(d) ? ask_moved(d) : still_silent(d);
    return vcsa_say(&d->talk, SLIPWAY_FAILED, "%s: the new appliance cannot be asked: %s",
                    d->talk.target.name, d->talk.err.text);
}

/* --- the calls ------------------------------------------------------------------------------------------ */

enum slipway_outcome vcsa_op_deployment(struct slipway_call *call)
{
    auto_deployment struct deployment d = {.url = NULL};
    auto_json json_t *document = NULL;
    if (vcsa_talk_open(&d.talk, call))
        return SLIPWAY_REFUSED;
    char url[PLACE_MAX]; /* it stands in sentences, too */
    d.url = xstrdup(text_clean(json_text(d.talk.with, "url"), url, sizeof url));
    read_watch(call, &d.watch);
    enum vcsa_answer answer = choose_trust(&d);
    if (answer == VCSA_OK)
        answer = ask(&d, &document);
    return answer == VCSA_OK ? answered(&d, document) : not_answered(&d, answer);
}
