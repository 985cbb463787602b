/*
 * vcha.c - vcsa.vcha, vcsa.vcha_undeploy, vcsa.vcha_deploy: the high-availability cluster
 * of three nodes, which an update does not go with.
 *
 *   start ─┬ it is as wanted already ────────────► DONE, nothing was done
 *          └ POST cluster?action=… ──────────────► PENDING {"task": id}
 *   poll ──┬ the cluster is as wanted ───────────► DONE
 *          ├ the task failed, with its message ──► FAILED
 *          └ else, or silence ───────────────────► PENDING
 *
 * What counts is the state of the cluster, not the task: tasks are forgotten. Whoever asks
 * a second time finds the wanted state or a service that is busy, so both are IDEMPOTENT.
 * Removing deletes the passive and the witness machine only with `delete_nodes`, and the
 * vendor only if it deployed them itself. What to build again no appliance tells: a file
 * for each, in the vendor's form (DeploySpec), says it.
 *
 * Failure: a release that does not know the cluster is one that has none for us, and says
 * known: false; to deploy there is refused.
 */
#include <string.h>

#include "util/auto.h"
#include "util/file.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"

#define CLUSTER        "/vcenter/vcha/cluster"
#define SPEC_BYTES_MAX (64u * 1024u)
#define TASK_BYTES_MAX 200u

/* --- how it is ----------------------------------------------------------------------------- */

struct cluster {
    bool known;
    char state[24];  /* CONFIGURED, NOTCONFIGURED, PREPARED, INVALID; "" if not known */
    char mode[24];   /* ENABLED, DISABLED, MAINTENANCE or ""                          */
    char health[24]; /* HEALTHY, DEGRADED, ISOLATED or ""                             */
};

static void take(const json_t *value, const char *key, char *out, size_t size)
{
    const char *text = json_text(value, key);
    (void)text_clean(text ? text : "", out, size);
}

static enum vcsa_answer read_cluster(struct vcsa_talk *talk, struct cluster *out)
{
    auto_json json_t *value = NULL, *body = json_pack("{s:b}", "partial", 1);
    const struct vcsa_request request = {
        .method = "POST", .path = CLUSTER "?action=get", .body = body};
    enum vcsa_answer answer = vcsa_read(talk, &request, &value);
    if (answer != VCSA_OK && !vcsa_is_untold(talk, answer))
        return answer;
    *out = (struct cluster){.known = answer == VCSA_OK};
    take(value, "config_state", out->state, sizeof out->state);
    take(value, "mode", out->mode, sizeof out->mode);
    take(value, "health_state", out->health, sizeof out->health);
    return VCSA_OK;
}

static bool is_off(const struct cluster *cluster)
{
    return !cluster->state[0] || !strcmp(cluster->state, "NOTCONFIGURED");
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static json_t *cluster_json(const struct cluster *cluster)
{
    return json_pack("{s:b, s:b, s:o, s:o, s:o}", "known", cluster->known, "configured",
                     !is_off(cluster), "config_state", text_or_null(cluster->state),
                     "mode", text_or_null(cluster->mode), "health",
                     text_or_null(cluster->health));
}

enum slipway_outcome vcsa_op_vcha(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct cluster cluster;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = read_cluster(&talk, &cluster);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    return vcsa_done(&talk, cluster_json(&cluster));
}

/* --- what is asked for --------------------------------------------------------------------- */

static json_t *spec_of_file(struct vcsa_talk *talk)
{
    const char *path = json_text(talk->with, "spec");
    auto_buf struct buf text = {0};
    struct slipway_error why;
    if (!path)
        return json_object();
    json_t *spec = NULL;
    if (file_read(path, SPEC_BYTES_MAX, &text, &why) == 0)
        spec = json_parse(buf_text(&text), text.length, SPEC_BYTES_MAX, &why);
    if (json_is_object(spec))
        return spec;
    (void)slipway_error_set(&talk->err, -1, "%s: %s", path,
                            spec ? "must be a JSON object" : why.text);
    json_decref(spec);
    return NULL;
}

/* The login of the vCenter that manages the nodes: all but the password is in the file. */
static int add_password(struct vcsa_talk *talk, json_t *spec)
{
    const json_t *reference = json_object_get(talk->with, "password");
    const json_t *managing = json_object_get(spec, "vc_spec");
    json_t *location = json_object_get(managing, "active_location");
    if (json_object_get(location, "password"))
        return slipway_error_set(&talk->err, -1,
                                 "the file of `spec` holds a password: take it out and "
                                 "give `password`, a reference");
    if (!reference || json_is_null(reference))
        return 0;
    if (!json_is_object(location))
        return slipway_error_set(&talk->err, -1,
                                 "`password` is for vc_spec.active_location, which the "
                                 "file of `spec` does not have");
    return vcsa_add_secret(talk, location, "password", "password");
}

/* NULL with talk->err. */
static json_t *request_body(struct vcsa_talk *talk, bool deploy)
{
    auto_json json_t *spec = spec_of_file(talk);
    if (!spec || add_password(talk, spec))
        return NULL;
    if (!deploy)
        (void)json_object_set_new(
            spec, "force_delete",
            json_boolean(json_is_true(json_object_get(talk->with, "delete_nodes"))));
    return steal_ptr(&spec);
}

/* --- the change ---------------------------------------------------------------------------- */

static bool is_as_wanted(const struct cluster *cluster, bool deploy)
{
    return deploy ? !strcmp(cluster->state, "CONFIGURED") : is_off(cluster);
}

static enum slipway_outcome as_wanted(struct vcsa_talk *talk, const struct cluster *now,
                                      bool changed)
{
    json_t *result = cluster_json(now);
    (void)json_object_set_new(result, "changed", json_boolean(changed));
    return vcsa_done(talk, result);
}

static enum slipway_outcome ask_for(struct vcsa_talk *talk, bool deploy)
{
    auto_json json_t *body = request_body(talk, deploy), *task = NULL;
    if (!body)
        return vcsa_say(talk, SLIPWAY_REFUSED, "%s", talk->err.text);
    const struct vcsa_request request = {
        .method = "POST",
        .path = deploy ? CLUSTER "?action=deploy&vmw-task=true"
                       : CLUSTER "?action=undeploy&vmw-task=true",
        .body = body,
        .old_wrap = "spec"};
    enum vcsa_answer answer = vcsa_act(talk, &request, &task);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(talk, answer,
                                deploy ? "building VCHA" : "the removal of VCHA");
    const char *id = json_string_value(task);
    bool usable = id && strlen(id) < TASK_BYTES_MAX && !strpbrk(id, "/?#% ");
    return vcsa_pending(talk, json_pack("{s:s}", "task", usable ? id : ""));
}

static enum slipway_outcome start(struct slipway_call *call, bool deploy)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct cluster cluster;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = read_cluster(&talk, &cluster);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    if (is_as_wanted(&cluster, deploy))
        return as_wanted(&talk, &cluster, false);
    if (!cluster.known)
        return vcsa_say(&talk, SLIPWAY_REFUSED,
                        "%s: this release does not tell of VCHA by its API, or not to "
                        "this user",
                        talk.target.name);
    return ask_for(&talk, deploy);
}

/* "" if it did not fail, or nobody knows. */
static void read_failure(struct vcsa_talk *talk, const char *id, char *why, size_t size)
{
    auto_json json_t *task = NULL;
    auto_free char *path = xasprintf("/cis/tasks/%s", id);
    why[0] = '\0';
    if (!*id || vcsa_get(talk, path, &task) != VCSA_OK)
        return;
    const char *status = json_text(task, "status");
    if (status && !strcmp(status, "FAILED"))
        (void)vcsa_message(json_object_get(json_object_get(task, "error"), "messages"),
                           why, size);
}

static enum slipway_outcome poll(struct slipway_call *call, bool deploy)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *handle = vcsa_handle_get(call);
    const char *id = json_text(handle, "task");
    char why[VCSA_TEXT_MAX];
    struct cluster cluster;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    enum vcsa_answer answer = read_cluster(&talk, &cluster);
    if (answer != VCSA_OK && !vcsa_is_silence(&talk, answer))
        return vcsa_read_outcome(&talk, answer);
    if (answer == VCSA_OK && cluster.known && is_as_wanted(&cluster, deploy))
        return as_wanted(&talk, &cluster, true);
    read_failure(&talk, id ? id : "", why, sizeof why);
    if (why[0])
        return vcsa_say(&talk, SLIPWAY_FAILED, "%s: %s: %s", talk.target.name,
                        deploy ? "building VCHA failed" : "the removal of VCHA failed",
                        why);
    return vcsa_pending(&talk, vcsa_handle_get(call));
}

enum slipway_outcome vcsa_vcha_undeploy_start(struct slipway_call *call)
{
    return start(call, false);
}

enum slipway_outcome vcsa_vcha_undeploy_poll(struct slipway_call *call)
{
    return poll(call, false);
}

enum slipway_outcome vcsa_vcha_deploy_start(struct slipway_call *call)
{
    return start(call, true);
}

enum slipway_outcome vcsa_vcha_deploy_poll(struct slipway_call *call)
{
    return poll(call, true);
}
