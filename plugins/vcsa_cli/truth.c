/*
 * truth.c - see truth.h; vcsa-cli.update_state and vcsa-cli.version.
 *
 *   /etc/applmgmt/appliance/update.conf                  version (JSON)
 *   /etc/applmgmt/appliance/software_update_state.conf   state   (JSON)
 *   ...system.version.get                                version, where update.conf is absent
 *   vpxd -v                                              what the installed program says
 *
 * Nothing is repaired here: a state file is only told about, since moving it away is right
 * only if no package was touched (KB 67179).
 */
#include "vcsa_cli/truth.h"

#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"
#include "util/text.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/plain.h"

#define CONF          "/etc/applmgmt/appliance/"
#define VERSION_QUERY "com.vmware.appliance.version1.system.version.get"

/* "   Version: 6.5.0.20000" among the lines of the appliance's own answer. */
static void take_told_version(const char *text, char version[CLI_VERSION_MAX])
{
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        const char *value = plain_value(plain_trim(line), "Version");
        if (value && parse_version_valid(value)) {
            (void)snprintf(version, CLI_VERSION_MAX, "%s", value);
            return;
        }
    }
}

/* By appliancesh's own query, which needs no bash. */
static enum slipway_outcome query_installed(struct talk *talk, struct truth *out)
{
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_native(talk, VERSION_QUERY, &told);
    if (outcome == SLIPWAY_DONE)
        take_told_version(buf_text(&told), out->version);
    /* a release that does not know the query has not told its version: no failure here */
    return outcome == SLIPWAY_REFUSED ? SLIPWAY_DONE : outcome;
}

static enum slipway_outcome read_installed(struct talk *talk, struct truth *out)
{
    auto_buf struct buf conf = {0};
    bool found = false;
    enum slipway_outcome outcome = talk_file(talk, CONF "update.conf", &conf, &found);
    if (outcome != SLIPWAY_DONE ||
        (found && parse_installed(buf_text(&conf), out->version) == 0))
        return outcome;
    return query_installed(talk, out);
}

static enum slipway_outcome read_state(struct talk *talk, struct truth *out)
{
    auto_buf struct buf state = {0};
    bool found = false;
    enum slipway_outcome outcome =
        talk_file(talk, CONF "software_update_state.conf", &state, &found);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (found && parse_state(buf_text(&state), &out->state) != 0)
        return outcome_error(
            &talk->err, SLIPWAY_FAILED,
            "%s: software_update_state.conf is no JSON with a state: was it "
            "written by halves? Look at it by hand",
            talk->connection.target.name);
    return SLIPWAY_DONE;
}

enum slipway_outcome truth_read(struct talk *talk, struct truth *out)
{
    *out = (struct truth){.version = ""};
    enum slipway_outcome outcome = read_installed(talk, out);
    return outcome == SLIPWAY_DONE ? read_state(talk, out) : outcome;
}

bool truth_busy(const struct truth *truth)
{
    size_t length = strlen(truth->state.state);
    return length > 12 && !strcmp(truth->state.state + length - 12, "_IN_PROGRESS");
}

bool truth_half(const struct truth *truth)
{
    if (!strcmp(truth->state.state, "INSTALL_FAILED"))
        return true;
    return !strcmp(truth->state.state, "UP_TO_DATE") && truth->state.version[0] &&
           truth->version[0] && strcmp(truth->state.version, truth->version) != 0;
}

json_t *truth_json(const struct truth *truth)
{
    return json_pack("{s:s, s:s, s:b, s:b, s:o}", "state", truth->state.state, "about",
                     truth->state.version, "busy", truth_busy(truth), "half_finished",
                     truth_half(truth), "installed",
                     truth->version[0] ? json_string(truth->version) : json_null());
}

enum slipway_outcome cli_update_state(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    struct truth truth;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = truth_read(&talk, &truth);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    if (truth_half(&truth))
        call->host->say(call,
                        "%s: software_update_state.conf says %s%s%s, installed is %s: a "
                        "patch was left by half. Revert; move the file away only if no "
                        "package was touched (KB 67179)",
                        talk.connection.target.name, truth.state.state,
                        truth.state.version[0] ? " of " : "", truth.state.version,
                        truth.version[0] ? truth.version : "not known");
    return talk_done(&talk, truth_json(&truth));
}

/* --- version ------------------------------------------------------------------------- */

/* vpxd names three fields. */
static bool same_line(const char *version, const char *vpxd)
{
    size_t length = strlen(vpxd);
    return !strncmp(version, vpxd, length) &&
           (version[length] == '.' || version[length] == '\0');
}

/* vpxd's own word against update.conf. */
static enum slipway_outcome confirm(struct talk *talk, const struct truth *truth,
                                    json_t *result)
{
    char vpxd[CLI_VERSION_MAX], build[CLI_VERSION_MAX];
    const char *name = talk->connection.target.name;
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_ask_words(talk, &told, "vpxd", "-v");
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (parse_vpxd(buf_text(&told), vpxd, build) != 0)
        return outcome_error(&talk->err, SLIPWAY_FAILED, "%s: vpxd -v tells no version",
                             name);
    if (!same_line(truth->version, vpxd))
        return outcome_error(&talk->err, SLIPWAY_FAILED,
                             "%s: update.conf says %s and vpxd itself %s: a patch was "
                             "applied by half",
                             name, truth->version, vpxd);
    (void)json_object_set_new(result, "vpxd", json_string(vpxd));
    (void)json_object_set_new(result, "build", json_string(build));
    return SLIPWAY_DONE;
}

enum slipway_outcome cli_version(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    struct truth truth;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = truth_read(&talk, &truth);
    /* with bash off only appliancesh itself can be asked: the version, and no more */
    bool alone = outcome == SLIPWAY_REFUSED && talk.dialect == TALK_APPLIANCESH;
    if (alone)
        outcome = query_installed(&talk, &truth);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    if (!truth.version[0])
        return outcome_say(
            call, SLIPWAY_FAILED,
            "%s: neither update.conf nor appliancesh tells a version of four "
            "numbers",
            talk.connection.target.name);
    auto_json json_t *result = truth_json(&truth);
    (void)json_object_update_new(
        result, json_pack("{s:s, s:s, s:b}", "version", truth.version, "login",
                          talk.dialect == TALK_BASH ? "bash" : "appliancesh", "confirmed",
                          !alone));
    if (!alone)
        outcome = confirm(&talk, &truth, result);
    return outcome == SLIPWAY_DONE ? talk_done(&talk, steal_ptr(&result))
                                   : talk_failed(&talk, outcome);
}
