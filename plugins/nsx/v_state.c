/*
 * v_state.c - nsx.v_state and nsx.v_information: what an NSX-V manager says of an upgrade.
 *
 *   GET upgrade/status/NSX ──────► <upgradeStatus>: a word, and perhaps steps
 *   GET upgrade/information/NSX ─► <upgradeInformation>: from, to, questions, steps, and what
 *                                   its validation objects to
 *
 * The words of a status are not all documented, so they are read by their parts: what fails
 * says so, what is under way says so, and a word that is not known is neither. `<errors>`
 * and `<warnings>` are looked for by the beginning of their names.
 *
 * Failure: a manager without a bundle answers with an error of its own; that is no failure.
 */
#include <string.h>
#include <strings.h>

#include "nsx/operations.h"
#include "nsx/v_manager.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/text.h"

/* --- status ------------------------------------------------------------------------------ */

static bool has_any(const char *word, const char *const *parts)
{
    for (; *parts; parts++)
        if (strcasestr(word, *parts))
            return true;
    return false;
}

static enum nsx_v_phase phase_of(const char *word)
{
    static const char *const failed[] = {"FAIL", "ERROR", "ABORT", NULL};
    static const char *const idle[] = {"NOT_STARTED", "NOTSTARTED", "IDLE", "COMPLETE",
                                       "SUCCESS",     "NONE",       NULL};
    static const char *const busy[] = {"PROGRESS", "RUNNING", "START",  "UPLOAD",
                                       "VALIDAT",  "REBOOT",  "UPGRAD", NULL};
    if (has_any(word, failed))
        return NSX_V_FAILED;
    if (!word[0] || has_any(word, idle))
        return NSX_V_IDLE;
    return has_any(word, busy) ? NSX_V_BUSY : NSX_V_OTHER;
}

/* The steps of either document: those that are over, and the one that matters. */
static void take_steps(const struct xml_node *root, struct nsx_v_status *out)
{
    size_t count = 0, over = 0;
    char id[96], word[48];
    const struct xml_node *steps = xml_child(root, NULL, "upgradeStepsDto");
    for (const struct xml_node *at = xml_child(steps, NULL, "step");
         at && count < NSX_STEPS_MAX; at = xml_next(at, NULL, "step")) {
        count++;
        (void)nsx_v_child(at, "stepId", id, sizeof id);
        (void)nsx_v_child(at, "stepStatus", word, sizeof word);
        if (!word[0])
            (void)nsx_v_child(at, "status", word, sizeof word);
        enum nsx_v_phase phase = phase_of(word);
        over += strcasestr(word, "COMPLETE") || strcasestr(word, "SUCCESS");
        if (phase == NSX_V_FAILED || (phase == NSX_V_BUSY && !out->step[0]))
            (void)snprintf(out->step, sizeof out->step, "%s", id);
    }
    out->percent = count ? (int)(over * 100 / count) : -1;
}

enum nsx_answer nsx_v_status_read(struct nsx_talk *talk, struct nsx_v_status *out)
{
    auto_xml struct xml *xml = NULL;
    enum nsx_answer answer = nsx_get_xml(talk, NSX_V "/upgrade/status/NSX", &xml);
    if (answer != NSX_OK)
        return answer;
    const struct xml_node *root = xml_root(xml);
    *out = (struct nsx_v_status){.percent = -1};
    (void)nsx_v_child(root, "status", out->word, sizeof out->word);
    out->phase = phase_of(out->word);
    take_steps(root, out);
    return xml_is(root, NULL, "upgradeStatus")
               ? NSX_OK
               : nsx_because(talk, NSX_LOST, "%s: it does not tell the upgrade's status",
                             talk->target.name);
}

/* --- information --------------------------------------------------------------------------- */

static void take_questions(const struct xml_node *root, json_t *out)
{
    char id[96], text[256], type[32];
    const struct xml_node *list = xml_child(root, NULL, "preUpgradeQuestionsAnswers");
    for (const struct xml_node *at = xml_child(list, NULL, "preUpgradeQuestionAnswer");
         at && json_array_size(out) < NSX_ANSWERS_MAX;
         at = xml_next(at, NULL, "preUpgradeQuestionAnswer"))
        (void)json_array_append_new(
            out, json_pack("{s:s, s:s, s:s}", "id",
                           nsx_v_child(at, "questionId", id, sizeof id), "question",
                           nsx_v_child(at, "question", text, sizeof text), "type",
                           nsx_v_child(at, "questionAnserType", type, sizeof type)));
}

/* The texts of an element and of all below it. */
static void add_texts(const struct xml_node *node, size_t depth, json_t *out)
{
    char text[NSX_TEXT_MAX];
    (void)text_clean(xml_text(node), text, sizeof text);
    if (text[strspn(text, " \n\t")] && json_array_size(out) < NSX_LIST_MAX)
        (void)json_array_append_new(out, json_string(text));
    for (const struct xml_node *at = xml_child(node, NULL, NULL); at && depth < 8;
         at = xml_next(at, NULL, NULL))
        add_texts(at, depth + 1, out);
}

static void take_objections(const struct xml_node *root, struct nsx_v_information *out)
{
    for (const struct xml_node *at = xml_child(root, NULL, NULL); at;
         at = xml_next(at, NULL, NULL)) {
        if (!strncasecmp(xml_name(at), "error", 5))
            add_texts(at, 0, out->errors);
        else if (!strncasecmp(xml_name(at), "warning", 7))
            add_texts(at, 0, out->warnings);
    }
}

static void take_step_ids(const struct xml_node *root, json_t *out)
{
    char id[96];
    const struct xml_node *steps = xml_child(root, NULL, "upgradeStepsDto");
    for (const struct xml_node *at = xml_child(steps, NULL, "step");
         at && json_array_size(out) < NSX_STEPS_MAX; at = xml_next(at, NULL, "step"))
        (void)json_array_append_new(
            out, json_string(nsx_v_child(at, "stepId", id, sizeof id)));
}

enum nsx_answer nsx_v_information_read(struct nsx_talk *talk,
                                       struct nsx_v_information *out)
{
    auto_xml struct xml *xml = NULL;
    enum nsx_answer answer = nsx_get_xml(talk, NSX_V "/upgrade/information/NSX", &xml);
    nsx_v_information_free(out);
    *out = (struct nsx_v_information){.questions = json_array(),
                                      .errors = json_array(),
                                      .warnings = json_array(),
                                      .steps = json_array()};
    if (nsx_is_absent(talk, answer) ||
        (answer == NSX_ERROR && talk->fault.status >= 400 && talk->fault.status < 408))
        return NSX_OK; /* no bundle */
    if (answer != NSX_OK)
        return answer;
    const struct xml_node *root = xml_root(xml);
    if (!xml_is(root, NULL, "upgradeInformation"))
        return nsx_because(talk, NSX_LOST, "%s: it tells nothing about the upgrade",
                           talk->target.name);
    (void)nsx_v_child(root, "fromVersion", out->from, sizeof out->from);
    (void)nsx_v_child(root, "toVersion", out->to, sizeof out->to);
    take_questions(root, out->questions);
    take_objections(root, out);
    take_step_ids(root, out->steps);
    return NSX_OK;
}

void nsx_v_information_free(struct nsx_v_information *information)
{
    json_decref(information->questions);
    json_decref(information->errors);
    json_decref(information->warnings);
    json_decref(information->steps);
    *information = (struct nsx_v_information){.from = ""};
}

/* --- the operations --------------------------------------------------------------------------- */

enum slipway_outcome nsx_op_v_state(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_v_status status;
    auto_v_information struct nsx_v_information about = {.from = ""};
    char version[NSX_VERSION_MAX];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_v_status_read(&talk, &status);
    if (answer == NSX_OK)
        answer = nsx_v_information_read(&talk, &about);
    if (answer == NSX_OK)
        answer = nsx_v_version_read(&talk, version);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    return nsx_done(&talk, json_pack("{s:s, s:b, s:b, s:s, s:s, s:s, s:i}", "status",
                                     status.word, "busy", status.phase == NSX_V_BUSY,
                                     "failed", status.phase == NSX_V_FAILED, "step",
                                     status.step, "version", version, "target", about.to,
                                     "percent", status.percent));
}

enum slipway_outcome nsx_op_v_information(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_v_information struct nsx_v_information about = {.from = ""};
    char line[NSX_TEXT_MAX];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_v_information_read(&talk, &about);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    const char *wanted = nsx_wanted(&talk), *name = talk.target.name;
    if (wanted && !nsx_version_is(about.to, wanted))
        return nsx_say(
            &talk, SLIPWAY_FAILED,
            "%s: the bundle that is there leads to %s, not %s; upload the right "
            "one with nsx.v_bundle",
            name, about.to[0] ? about.to : "nothing", wanted);
    if (json_array_size(about.errors))
        return nsx_say(&talk, SLIPWAY_FAILED, "%s: its validation objects: %s", name,
                       nsx_names(about.errors, line, sizeof line));
    return nsx_done(&talk, json_pack("{s:s, s:s, s:O, s:O, s:O}", "from", about.from,
                                     "to", about.to, "questions", about.questions,
                                     "warnings", about.warnings, "steps", about.steps));
}
