/*
 * t_alarms.c - nsx.t_alarms: alarms that are open and grave (CRITICAL, HIGH), with what
 * the manager itself recommends.
 *
 * Severities are told apart here, not by the query: a release that does not know one would
 * leave it out. One that is not known counts as CRITICAL.
 *
 * Failure: releases before 3.0 have no alarms; then `told` is false.
 */
#include <string.h>

#include "nsx/operations.h"
#include "nsx/t_pages.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define ALARMS_TOLD 50u /* of each severity, in the result */

struct alarms {
    json_t *critical, *high; /* texts */
    size_t count;            /* of both */
};

static bool is_slight(const char *severity)
{
    return !strcmp(severity, "MEDIUM") || !strcmp(severity, "LOW");
}

/* "manager_health/manager_cpu_usage_high on nsx-01-b: its sentence (what to do)" */
static json_t *text_of(const json_t *alarm)
{
    char feature[64], event[64], node[96], summary[NSX_TEXT_MAX], advice[NSX_TEXT_MAX];
    (void)nsx_member(alarm, "feature_name", feature, sizeof feature);
    (void)nsx_member(alarm, "event_type", event, sizeof event);
    if (!*nsx_member(alarm, "node_display_name", node, sizeof node))
        (void)nsx_member(alarm, "entity_id", node, sizeof node);
    if (!*nsx_member(alarm, "summary", summary, sizeof summary))
        (void)nsx_member(alarm, "description", summary, sizeof summary);
    (void)nsx_member(alarm, "recommended_action", advice, sizeof advice);
    auto_free char *text =
        xasprintf("%s/%s%s%s: %s%s%s%s", feature, event, node[0] ? " on " : "", node,
                  summary, advice[0] ? " (" : "", advice, advice[0] ? ")" : "");
    return json_safe_string(text, strlen(text));
}

static void take_alarm(const json_t *alarm, void *context)
{
    struct alarms *out = context;
    char severity[24], status[24];
    (void)nsx_member(alarm, "severity", severity, sizeof severity);
    (void)nsx_member(alarm, "status", status, sizeof status);
    if (is_slight(severity) || (status[0] && strcmp(status, "OPEN") != 0))
        return;
    json_t *list = strcmp(severity, "HIGH") == 0 ? out->high : out->critical;
    out->count++;
    if (json_array_size(list) < ALARMS_TOLD)
        (void)json_array_append_new(list, text_of(alarm));
}

static void alarms_free(struct alarms *alarms)
{
    json_decref(alarms->critical);
    json_decref(alarms->high);
}

enum slipway_outcome nsx_op_t_alarms(struct slipway_call *call)
{
    static const struct nsx_t_list list = {"/api/v1/alarms?status=OPEN&page_size=200",
                                           "open alarms", "Home > Alarms"};
    auto_nsx_talk struct nsx_talk talk;
    __attribute__((cleanup(alarms_free))) struct alarms alarms = {
        .critical = json_array(), .high = json_array()};
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_t_each(&talk, &list, take_alarm, &alarms);
    bool absent = nsx_t_has_no_list(&talk, answer);
    if (answer != NSX_OK && !absent)
        return nsx_read_outcome(&talk, answer);
    return nsx_done(&talk, json_pack("{s:b, s:I, s:O, s:O}", "told", !absent, "count",
                                     (json_int_t)alarms.count, "critical",
                                     alarms.critical, "high", alarms.high));
}
