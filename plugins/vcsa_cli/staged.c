/*
 * staged.c - see staged.h; vcsa-cli.staged and vcsa-cli.unstage.
 *
 * version_supported is the authoritative gate: the appliance's own interface shows only a
 * general failure where it is not met.
 */
#include "vcsa_cli/staged.h"

#include <string.h>

#include "ssh/arguments.h"
#include "util/auto.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/truth.h"

enum slipway_outcome staged_read(struct talk *talk, json_t **out)
{
    auto_buf struct buf told = {0};
    bool acting = talk->acting;
    talk->acting = false;
    enum slipway_outcome outcome =
        talk_native(talk, "software-packages list --staged", &told);
    talk->acting = acting;
    if (outcome == SLIPWAY_DONE)
        *out = parse_staged(buf_text(&told));
    return outcome;
}

int staged_supports(const json_t *staged, const char *version)
{
    const json_t *list = json_object_get(staged, "version_supported");
    if (!list)
        return -1;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), version))
            return 1;
    return 0;
}

static json_t *supports_json(const json_t *staged, const char *installed)
{
    int supports = installed[0] ? staged_supports(staged, installed) : -1;
    return supports < 0 ? json_null() : json_boolean(supports);
}

enum slipway_outcome cli_staged(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    struct truth truth;
    auto_json json_t *staged = NULL;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = truth_read(&talk, &truth);
    if (outcome == SLIPWAY_DONE)
        outcome = staged_read(&talk, &staged);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    json_t *result =
        json_pack("{s:b, s:s}", "staged", staged != NULL, "installed", truth.version);
    if (staged) {
        (void)json_object_update(result, staged);
        (void)json_object_set_new(result, "supports_installed",
                                  supports_json(staged, truth.version));
    }
    return talk_done(&talk, result);
}

/* --- unstage -------------------------------------------------------------------------- */

static enum slipway_outcome unstage(struct talk *talk)
{
    auto_buf struct buf told = {0};
    auto_json json_t *left = NULL;
    talk->acting = true;
    enum slipway_outcome outcome = talk_native(talk, "software-packages unstage", &told);
    if (outcome == SLIPWAY_DONE)
        outcome = staged_read(talk, &left);
    if (outcome == SLIPWAY_DONE && left)
        return outcome_error(&talk->err, SLIPWAY_FAILED,
                             "%s: it was told to unstage, and %s is staged still",
                             talk->connection.target.name, json_text(left, "version"));
    return outcome;
}

enum slipway_outcome cli_unstage_start(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_json json_t *staged = NULL;
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = staged_read(&talk, &staged);
    const char *keep = json_text(talk.with, "keep");
    const char *was = staged ? json_text(staged, "version") : NULL;
    bool removes = was && (!keep || strcmp(keep, was) != 0);
    if (outcome == SLIPWAY_DONE && removes)
        outcome = unstage(&talk);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    return talk_done(&talk, json_pack("{s:b, s:o}", "changed", removes, "was",
                                      was ? json_string(was) : json_null()));
}
