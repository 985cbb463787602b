/*
 * t_checks.c - nsx.t_checks: the coordinator's own pre-upgrade checks.
 *
 *   start ─┬ POST ?action=execute_pre_upgrade_checks ─► PENDING {"before": instant}
 *          └ 30953: they run already ─────────────────► PENDING: those will do
 *   poll ──── status-summary ─┬ not all COMPLETED ─────► PENDING
 *                             ├ ABORTED ───────────────► FAILED
 *                             └ all of a new run ──────► GET pre-upgrade-checks/failures
 *                                                         a FAILURE is not allowed ► FAILED
 *
 * They only read, and running them again harms nobody: IDEMPOTENT. A run counts as new if
 * it began after the newest one that was seen before; where a release tells no instants,
 * after two looks.
 *
 * Failure: the findings' own texts are the sentence.
 */
#include <string.h>

#include "nsx/operations.h"
#include "nsx/t_pages.h"
#include "nsx/t_state.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define LOOKS_WITHOUT_INSTANTS 2
#define FINDINGS_TOLD          100u /* of each sort, in the result */

/* --- start ------------------------------------------------------------------------------ */

static int64_t newest_run(const struct nsx_t_state *state)
{
    int64_t newest_ms = 0;
    for (size_t i = 0; i < state->count; i++)
        if (state->items[i].checks_run_ms > newest_ms)
            newest_ms = state->items[i].checks_run_ms;
    return newest_ms;
}

static enum slipway_outcome wait_for_run(struct nsx_talk *talk, int64_t before_ms,
                                         int looks)
{
    return nsx_pending(
        talk, json_pack("{s:I, s:i}", "before", (json_int_t)before_ms, "looks", looks));
}

enum slipway_outcome nsx_t_checks_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_t_state state;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_t_state_read(&talk, &state);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    if (nsx_t_moves(state.status))
        return nsx_wait(&talk, "%s: an upgrade is under way (%s)", talk.target.name,
                        state.word);
    answer =
        nsx_act(&talk, "/api/v1/upgrade?action=execute_pre_upgrade_checks", NULL, NULL);
    if (answer == NSX_ERROR && talk.fault.code == NSX_CODE_CHECKS_RUN)
        return wait_for_run(&talk, 0, 0);
    if (answer != NSX_OK)
        return nsx_act_outcome(&talk, answer, "the run of pre-upgrade checks");
    return wait_for_run(&talk, newest_run(&state), 0);
}

/* --- the findings --------------------------------------------------------------------------- */

struct findings {
    json_t *failures, *warnings; /* objects */
    json_t *texts;               /* of the failures that are not allowed */
    const json_t *allowed;       /* ids that the step passes over, borrowed */
    bool strict;                 /* a warning is a failure too */
};

static bool is_listed(const json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item && id[0] && !strcmp(item, id))
            return true;
    }
    return false;
}

/* The id of the check; in older releases only the error's number. */
static void take_id(const json_t *finding, char *out, size_t size)
{
    const json_t *message = json_object_get(finding, "message");
    (void)nsx_member(finding, "id", out, size);
    if (!out[0])
        (void)nsx_member(message, "message_id", out, size);
    json_int_t code = json_number(message, "error_code", 0);
    if (!out[0] && code)
        (void)snprintf(out, size, "%lld", (long long)code);
}

/* A result has room for so many; what stops the upgrade needs one. */
static void keep(json_t *list, json_t *item)
{
    if (json_array_size(list) < FINDINGS_TOLD)
        (void)json_array_append_new(list, item);
    else
        json_decref(item);
}

static void take_finding(const json_t *finding, void *context)
{
    struct findings *out = context;
    char id[96], type[16], component[32], origin[96], text[NSX_TEXT_MAX];
    take_id(finding, id, sizeof id);
    (void)nsx_member(finding, "type", type, sizeof type);
    (void)nsx_member(finding, "component_type", component, sizeof component);
    (void)nsx_member(finding, "origin_name", origin, sizeof origin);
    (void)nsx_member(json_object_get(finding, "message"), "message", text, sizeof text);
    bool warns = !strcmp(type, "WARNING"); /* a type that is not known is a failure */
    keep(warns ? out->warnings : out->failures,
         json_pack("{s:s, s:s, s:s, s:s}", "id", id, "component", component, "origin",
                   origin, "text", text));
    if ((warns && !out->strict) || is_listed(out->allowed, id))
        return;
    auto_free char *line = xasprintf("%s%s%s: %s", component, origin[0] ? " " : "",
                                     origin, text[0] ? text : id);
    keep(out->texts, json_safe_string(line, strlen(line)));
}

static enum nsx_answer read_findings(struct nsx_talk *talk, struct findings *out)
{
    static const struct nsx_t_list list = {
        "/api/v1/upgrade/pre-upgrade-checks/failures?page_size=200",
        "findings of the pre-upgrade checks", "System > Upgrade"};
    const char *word = json_text(talk->with, "warnings");
    out->allowed = json_object_get(talk->with, "allow");
    out->strict = word && !strcmp(word, "fail");
    return nsx_t_each(talk, &list, take_finding, out);
}

static void findings_free(struct findings *findings)
{
    json_decref(findings->failures);
    json_decref(findings->warnings);
    json_decref(findings->texts);
}

static enum slipway_outcome conclude(struct nsx_talk *talk, int64_t before_ms, int looks)
{
    char line[NSX_TEXT_MAX];
    __attribute__((cleanup(findings_free))) struct findings found = {
        .failures = json_array(), .warnings = json_array(), .texts = json_array()};
    enum nsx_answer answer = read_findings(talk, &found);
    if (answer != NSX_OK && nsx_is_silence(talk, answer))
        return wait_for_run(talk, before_ms, looks);
    if (answer != NSX_OK)
        return nsx_say(talk, answer == NSX_NO ? SLIPWAY_FAILED : SLIPWAY_UNKNOWN, "%s",
                       talk->err.text);
    if (json_array_size(found.texts))
        return nsx_say(talk, SLIPWAY_FAILED,
                       "%s: its pre-upgrade checks object: %s. Mend that, or list the "
                       "check in allow: if the vendor says that it may be passed over",
                       talk->target.name, nsx_names(found.texts, line, sizeof line));
    return nsx_done(talk, json_pack("{s:O, s:O}", "failures", found.failures, "warnings",
                                    found.warnings));
}

/* --- the run -------------------------------------------------------------------------------- */

/* NULL: the run is over. Some components have no checks, and say so for ever. */
static const struct nsx_t_component *unfinished(const struct nsx_t_state *state,
                                                int64_t before_ms, int looks)
{
    for (size_t i = 0; i < state->count; i++) {
        const struct nsx_t_component *item = &state->items[i];
        bool idle = !strcmp(item->checks, "NOT_STARTED") &&
                    (looks > NSX_OLD_LOOKS || !strcmp(item->type, "FINALIZE_UPGRADE"));
        if (!item->checks[0] || idle)
            continue;
        bool fresh = item->checks_run_ms ? item->checks_run_ms > before_ms
                                         : looks >= LOOKS_WITHOUT_INSTANTS;
        if (strcmp(item->checks, "COMPLETED") != 0 || !fresh)
            return item;
    }
    return NULL;
}

static bool any_checks(const struct nsx_t_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        if (!strcmp(state->items[i].checks, "COMPLETED"))
            return true;
    return false;
}

enum slipway_outcome nsx_t_checks_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *handle = nsx_handle_get(call);
    int64_t before_ms = json_number(handle, "before", 0);
    int looks = (int)json_number(handle, "looks", 0);
    struct nsx_t_state state;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    enum nsx_answer answer = nsx_t_state_read(&talk, &state);
    if (answer != NSX_OK) {
        call->host->say(call, "%s", talk.err.text);
        return nsx_is_silence(&talk, answer) ? wait_for_run(&talk, before_ms, looks)
                                             : SLIPWAY_UNKNOWN;
    }
    if (looks <= NSX_OLD_LOOKS)
        looks++;
    const struct nsx_t_component *busy = unfinished(&state, before_ms, looks);
    if (busy && !strcmp(busy->checks, "ABORTED") && looks > LOOKS_WITHOUT_INSTANTS)
        return nsx_say(&talk, SLIPWAY_FAILED,
                       "%s: the pre-upgrade checks of %s were aborted by somebody; run "
                       "them again",
                       talk.target.name, busy->type);
    if (!busy && any_checks(&state))
        return conclude(&talk, before_ms, looks);
    call->host->progress(call, -1, "pre-upgrade checks");
    return wait_for_run(&talk, before_ms, looks);
}
