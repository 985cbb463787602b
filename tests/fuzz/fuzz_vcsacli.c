/*
 * fuzz_vcsacli.c - what an appliance prints over SSH: greetings, logs, lists and tables.
 */
#include "fuzz.h"
#include "util/json.h"
#include "vcsa_cli/marks.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"
#include "vcsa_cli/staged.h"

static bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static void try_plain(const uint8_t *data, size_t size)
{
    auto_buf struct buf once = {0};
    buf_add(&once, data, size);
    (void)plain_text(&once);
    auto_buf struct buf twice = {0};
    buf_add(&twice, buf_text(&once), once.length);
    (void)plain_text(&twice);
    MUST(!strchr(buf_text(&once), '\033') && !strchr(buf_text(&once), '\r'));
    MUST(once.length == twice.length);
}

static void try_lists(const char *text)
{
    auto_json json_t *staged = parse_staged(text);
    auto_json json_t *services = parse_services(text);
    auto_json json_t *blocks = parse_df(text, false);
    auto_json json_t *inodes = parse_df(text, true);
    auto_json json_t *stores = parse_stores(text);
    auto_json json_t *entries = parse_entries(text);
    auto_json json_t *partners = parse_partners(text);
    MUST(!staged || parse_version_valid(json_text(staged, "version")));
    MUST(staged_supports(staged, "8.0.2.00200") <= 1);
    MUST(json_array_size(json_object_get(services, "running")) <= CLI_SERVICES);
    MUST(json_array_size(blocks) <= CLI_FILESYSTEMS);
    MUST(json_array_size(inodes) <= CLI_FILESYSTEMS);
    MUST(json_array_size(stores) <= CLI_STORES);
    MUST(json_array_size(entries) <= CLI_ENTRIES);
    MUST(json_array_size(partners) <= CLI_ENTRIES);
}

static void try_values(const char *text)
{
    char version[CLI_VERSION_MAX], build[CLI_VERSION_MAX];
    struct update_state state;
    struct password_life life;
    int64_t ends_ms;
    MUST(parse_installed(text, version) || parse_version_valid(version));
    MUST(parse_state(text, &state) || state.state[0]);
    MUST(parse_vpxd(text, version, build) || (version[0] && build[0]));
    (void)parse_chage(text, &life);
    (void)parse_moment(text, &ends_ms);
}

/* Whoever answers with something else than our mark is no dialect, and is told why. */
static void try_greeting(const char *text)
{
    enum slipway_outcome outcome = SLIPWAY_DONE;
    struct slipway_error err = {""};
    enum talk_dialect dialect =
        talk_dialect_of(text, "slipway-5f3a", strstr(text, "away"), &outcome, &err);
    MUST(dialect != TALK_UNKNOWN || (outcome != SLIPWAY_DONE && err.text[0]));
    MUST(is_clean(err.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct marks marks;
    auto_free char *text = fuzz_text(data, size);
    try_plain(data, size);
    try_lists(text);
    try_values(text);
    try_greeting(text);
    marks_read((const char *)data, size, &marks);
    MUST(is_clean(marks.last) && is_clean(marks.why));
    MUST(marks.percent >= -1 && marks.percent <= 100);
    auto_json json_t *lines = marks_lines((const char *)data, size);
    MUST(json_array_size(lines) <= CLI_LINES_KEPT);
    return 0;
}
