/*
 * pending.c - vcsa.pending: which updates the appliance's repository or CD-ROM offers.
 *
 *   GET update/pending ─┬ 200 list
 *                       ├ 404 no_updates_found ─► an empty list: that is an answer
 *                       └ an error ─► it cannot reach its repository
 *   with a version: GET update/pending/{version} ─► the details of that one
 *
 * The version is named by the campaign; the newest is never chosen. A version that is
 * not offered is FAILED with what is, unless `require: false`.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"
#include "vcsa/update.h"

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._~", c);
}

static void add_encoded(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (is_unreserved(*text))
            buf_addc(out, *text);
        else
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

/* The repository may hold a download token: a secret of its own. -1: said. */
static int add_url(struct vcsa_talk *talk, struct buf *path)
{
    const char *url = json_text(talk->with, "url");
    const json_t *reference = json_object_get(talk->with, "url_secret");
    const struct slipway_host *host = talk->call->host;
    if (url)
        buf_adds(path, "&url="), add_encoded(path, url);
    if (url || !reference || json_is_null(reference))
        return 0;
    struct slipway_secret secret = {0};
    auto_free char *text = json_canonical(reference);
    if (host->secret(talk->call, text, &secret, &talk->err)) {
        host->say(talk->call, "%s", talk->err.text);
        return -1;
    }
    buf_adds(path, "&url=");
    add_encoded(path, secret.bytes);
    host->secret_free(&secret);
    return 0;
}

static const char *source_of(const struct vcsa_talk *talk)
{
    const char *source = json_text(talk->with, "source");
    if (source && !strcmp(source, "cdrom"))
        return "LOCAL";
    if (source && !strcmp(source, "last_check"))
        return "LAST_CHECK";
    return "LOCAL_AND_ONLINE";
}

static json_t *summary_json(const json_t *update)
{
    static const char *const texts[] = {"version",  "name",        "priority",
                                        "severity", "update_type", "release_date"};
    json_t *out = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        const char *text = json_text(update, texts[i]);
        (void)json_object_set_new(
            out, texts[i], text ? json_safe_string(text, strlen(text)) : json_null());
    }
    (void)json_object_set_new(out, "size_mb",
                              json_integer(json_number(update, "size", -1)));
    (void)json_object_set_new(
        out, "reboot_required",
        json_boolean(json_is_true(json_object_get(update, "reboot_required"))));
    return out;
}

/* The list, empty if there is nothing to install. */
static enum vcsa_answer read_list(struct vcsa_talk *talk, const char *path, json_t **list)
{
    auto_json json_t *value = NULL;
    const struct vcsa_request request = {.path = path, .timeout_ms = VCSA_CHECK_MS};
    enum vcsa_answer answer = vcsa_read(talk, &request, &value);
    bool nothing = answer == VCSA_ERROR && vcsa_fault_is(&talk->fault, "NOT_FOUND");
    if (answer != VCSA_OK && !nothing)
        return answer;
    *list = json_array();
    for (size_t i = 0; i < json_array_size(value) && i < VCSA_LIST_MAX; i++)
        (void)json_array_append_new(*list, summary_json(json_array_get(value, i)));
    return VCSA_OK;
}

static const json_t *find(const json_t *list, const char *version)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *offered = json_text(json_array_get(list, i), "version");
        if (offered && !text_version_cmp(offered, version))
            return json_array_get(list, i);
    }
    return NULL;
}

static enum slipway_outcome not_offered(struct vcsa_talk *talk, const json_t *list,
                                        const char *version)
{
    auto_buf struct buf names = {0};
    for (size_t i = 0; i < json_array_size(list) && i < VCSA_NAMES_SAID; i++) {
        const char *offered = json_text(json_array_get(list, i), "version");
        char clean[VCSA_VERSION_MAX];
        buf_addf(&names, "%s%s", i ? ", " : "",
                 text_clean(offered ? offered : "?", clean, sizeof clean));
    }
    return vcsa_say(
        talk, SLIPWAY_FAILED,
        "%s: %s is not offered (%s%s); check the repository's address and content, "
        "or the image in the CD-ROM, and whether this release can be patched from "
        "the installed one",
        talk->target.name, version, names.length ? "offered: " : "nothing is",
        buf_text(&names));
}

/* Details of the wanted one; what cannot be read is left out. */
static void add_details(struct vcsa_talk *talk, const char *version, json_t *update)
{
    auto_free char *path = vcsa_pending_path(version, NULL);
    auto_json json_t *value = NULL;
    if (vcsa_get(talk, path, &value) != VCSA_OK)
        return;
    const char *kb = json_text(value, "knowledge_base");
    const json_t *stops = json_object_get(value, "services_will_be_stopped");
    (void)json_object_set_new(
        update, "staged", json_boolean(json_is_true(json_object_get(value, "staged"))));
    (void)json_object_set_new(update, "knowledge_base",
                              kb ? json_safe_string(kb, strlen(kb)) : json_null());
    (void)json_object_set_new(update, "services_stopped",
                              json_integer((json_int_t)json_array_size(stops)));
}

static enum slipway_outcome wanted(struct vcsa_talk *talk, json_t *list,
                                   const char *version)
{
    struct vcsa_release installed;
    enum vcsa_answer answer = vcsa_release_read(talk, &installed, NULL);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(talk, answer);
    bool there = !text_version_cmp(installed.version, version);
    const json_t *found = find(list, version);
    auto_json json_t *update = found ? json_deep_copy(found) : json_null();
    bool require = !json_is_false(json_object_get(talk->with, "require"));
    if (!found && !there && require)
        return not_offered(talk, list, version);
    if (found)
        add_details(talk, version, update);
    return vcsa_done(talk, json_pack("{s:O, s:O, s:b}", "updates", list, "update", update,
                                     "installed", there));
}

/* The vendor's repository wants a token in its URL, and tells by the status what is wrong
   with it. The appliance passes that on in words. */
static const char *token_advice(const struct vcsa_fault *fault)
{
    if (strstr(fault->text, "401"))
        return ": the repository's download token has expired; get a new one and set it "
               "with vcsa.repository_set";
    if (strstr(fault->text, "403"))
        return ": the repository does not know the download token, or its URL has none; "
               "set it with vcsa.repository_set";
    return NULL;
}

static enum slipway_outcome not_listed(struct vcsa_talk *talk, enum vcsa_answer answer)
{
    const char *advice = answer == VCSA_ERROR ? token_advice(&talk->fault) : NULL;
    if (advice)
        return vcsa_say(talk, SLIPWAY_FAILED, "%s: %s%s", talk->target.name,
                        talk->fault.text, advice);
    return vcsa_read_outcome(talk, answer);
}

enum slipway_outcome vcsa_op_pending(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_buf struct buf path = {0};
    auto_json json_t *list = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    buf_addf(&path, "/appliance/update/pending?source_type=%s", source_of(&talk));
    if (add_url(&talk, &path))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = read_list(&talk, buf_text(&path), &list);
    OPENSSL_cleanse(path.data, path.length);
    if (answer != VCSA_OK)
        return not_listed(&talk, answer);
    const char *version = json_text(talk.with, "version");
    if (version)
        return wanted(&talk, list, version);
    return vcsa_done(
        &talk, json_pack("{s:O, s:n, s:b}", "updates", list, "update", "installed", 0));
}
