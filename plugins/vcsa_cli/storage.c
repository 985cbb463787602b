/*
 * storage.c - vcsa-cli.storage: how full the file systems are, in blocks and in inodes.
 *
 * /storage/archive is full by design (it trims itself) and never counts as too full.
 */
#include <string.h>

#include "util/auto.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/talk.h"

#define STAGING      "/storage/core"
#define ARCHIVE      "/storage/archive"
#define DATA_PERCENT 80
#define ROOT_PERCENT 85

static enum slipway_outcome read_df(struct talk *talk, const char *unit, json_t **out)
{
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_ask_words(talk, &told, "df", "-P", unit);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    *out = parse_df(buf_text(&told), strcmp(unit, "-i") == 0);
    return *out
               ? SLIPWAY_DONE
               : outcome_error(&talk->err, SLIPWAY_FAILED, "%s: df lists no file systems",
                               talk->connection.target.name);
}

static const json_t *of_mount(const json_t *list, const char *mount)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_text(json_array_get(list, i), "mount"), mount))
            return json_array_get(list, i);
    return NULL;
}

static bool is_over(const struct talk *talk, const json_t *filesystem)
{
    const char *mount = json_text(filesystem, "mount");
    json_int_t limit = strcmp(mount, "/") == 0
                           ? json_number(talk->with, "root_percent", ROOT_PERCENT)
                           : json_number(talk->with, "data_percent", DATA_PERCENT);
    return strcmp(mount, ARCHIVE) != 0 &&
           (json_number(filesystem, "percent", 0) >= limit ||
            json_number(filesystem, "inodes_percent", 0) >= limit);
}

enum slipway_outcome cli_storage(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_json json_t *blocks = NULL, *inodes = NULL, *over = json_array();
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = read_df(&talk, "-k", &blocks);
    if (outcome == SLIPWAY_DONE)
        outcome = read_df(&talk, "-i", &inodes);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    for (size_t i = 0; i < json_array_size(blocks); i++) {
        json_t *one = json_array_get(blocks, i);
        const json_t *same = of_mount(inodes, json_text(one, "mount"));
        if (same)
            (void)json_object_set(one, "inodes_percent",
                                  json_object_get(same, "percent"));
        if (is_over(&talk, one))
            (void)json_array_append(over, json_object_get(one, "mount"));
    }
    const json_t *staging = of_mount(blocks, STAGING);
    staging = staging ? staging : of_mount(blocks, "/");
    return talk_done(&talk,
                     json_pack("{s:O, s:O, s:o}", "filesystems", blocks, "over", over,
                               "staging_free_mb",
                               staging ? json_incref(json_object_get(staging, "free_mb"))
                                       : json_null()));
}
