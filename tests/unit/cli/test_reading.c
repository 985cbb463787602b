/*
 * test_reading.c - the reading verbs as they are typed: options, exit codes, JSON that
 * parses, and a chain of records that somebody meddled with.
 */
#include "cli/cli.h"
#include "../report/story.h"
#include "util/json.h"

#include <getopt.h>

static const struct plan_shape small = {
    .targets = 6,
    .waves = {1, 5},
    .budgets = {0, 3},
    .soak_ms = 60000,
    .in_flight = 3,
    .budget = 4,
    .sites = 2,
    .site_max = 2,
};

struct said {
    int code;
    char *out, *err;
};

static void said_clear(struct said *said)
{
    free(said->out);
    free(said->err);
}
#define auto_said __attribute__((cleanup(said_clear)))

static int redirect(FILE *file, int fd)
{
    int saved = dup(fd);
    assert_true(saved >= 0);
    assert_int_equal(dup2(fileno(file), fd), fd);
    return saved;
}

static char *content(FILE *file)
{
    struct buf text = {0};
    char chunk[4096];
    size_t length;
    rewind(file);
    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, length);
    return text.data ? buf_take(&text) : xstrdup("");
}

/* slipway --state DIR words..., NULL at the end */
static struct said type(struct nest *nest, const char *const *words)
{
    const struct slipway_plugin *none[] = {NULL};
    char *argv[24] = {(char *)(uintptr_t) "slipway", (char *)(uintptr_t) "--state",
                      nest->dir};
    int argc = 3;
    for (; *words; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    auto_file FILE *out = tmpfile(), *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    (void)fflush(NULL);
    int saved_out = redirect(out, STDOUT_FILENO),
        saved_err = redirect(err, STDERR_FILENO);
    optind = 0;
    struct said said = {.code = cli_main(argc, argv, none)};
    (void)fflush(NULL);
    (void)dup2(saved_out, STDOUT_FILENO);
    (void)dup2(saved_err, STDERR_FILENO);
    (void)close(saved_out);
    (void)close(saved_err);
    said.out = content(out);
    said.err = content(err);
    return said;
}
#define TYPE(nest, ...) type(nest, (const char *const[]){__VA_ARGS__, NULL})

static json_t *parsed(const char *text)
{
    struct slipway_error err = {""};
    json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, &err);
    if (!json)
        fail_msg("no JSON (%s): %.200s", err.text, text);
    return json;
}

/* A campaign that is over, with one failure; nobody owns it any more. */
static int played(void **state)
{
    (void)nest_with_store(state);
    struct nest *nest = *state;
    struct story story = story_create(nest, &small, 3);
    story_enter(&story);
    story.world->appliances[2].faults = FAULT_UPDATE_FAILS;
    world_start(story.world);
    assert_true(world_run(story.world, 100000));
    story_save(&story);
    story_destroy(&story);
    nest_close(nest);
    return 0;
}

/* ---- stories ---- */

static void every_reading_verb_speaks_json_with_a_version(void **state)
{
    static const char *const lines[][3] = {{"status"},          {"why", "vc-0003"},
                                           {"snapshots"},       {"report"},
                                           {"audit", "verify"}, {"snapshots", "--all"}};
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        auto_said struct said said = TYPE(*state, "--json", lines[i][0], lines[i][1]);
        auto_json json_t *json = parsed(said.out);
        assert_int_equal(said.code, EXIT_DONE);
        assert_int_equal(json_number(json, "schema_version", 0), 1);
        is_harmless(said.out);
        assert_string_equal(said.err, "");
    }
}

static void status_tells_a_failed_campaign_and_exits_0(void **state)
{
    auto_said struct said said = TYPE(*state, "status");
    assert_int_equal(said.code, EXIT_DONE);
    assert_non_null(strstr(said.out, "completed with failures"));
    assert_non_null(strstr(said.out, "vc-0003 rolled back"));
    assert_non_null(strstr(said.out, "retry --reason TEXT"));
    assert_null(strchr(said.out, '\x1b'));
}

static void events_go_on_where_the_last_reader_stopped(void **state)
{
    auto_said struct said all = TYPE(*state, "events", "--json");
    auto_buf struct buf pages = {0};
    int64_t last = 0;
    for (int page = 0; page < 1000; page++) {
        char since[32];
        (void)snprintf(since, sizeof since, "%lld", (long long)last);
        auto_said struct said said =
            TYPE(*state, "events", "--json", "--since", since, "--limit", "37");
        assert_int_equal(said.code, EXIT_DONE);
        if (!*said.out)
            break;
        buf_adds(&pages, said.out);
        const char *end = said.out + strlen(said.out) - 1;
        while (end > said.out && end[-1] != '\n')
            end--;
        auto_json json_t *event = parsed(end);
        assert_true(json_number(event, "seq", 0) > last);
        last = json_number(event, "seq", 0);
    }
    assert_string_equal(buf_text(&pages), all.out);
}

static void a_limit_alone_means_the_newest(void **state)
{
    auto_said struct said all = TYPE(*state, "events"),
                          few_ = TYPE(*state, "events", "--limit", "3");
    size_t length = strlen(few_.out);
    assert_true(length > 0 && length < strlen(all.out));
    assert_string_equal(few_.out, all.out + strlen(all.out) - length);
}

static void events_are_chosen_by_target_wave_and_kind(void **state)
{
    auto_said struct said target =
        TYPE(*state, "events", "--json", "--target", "vc-0003", "--kind", "target");
    auto_said struct said wave =
        TYPE(*state, "events", "--json", "--wave", "wave-1", "--kind", "wave");
    auto_said struct said number =
        TYPE(*state, "events", "--json", "--wave", "1", "--kind", "wave");
    for (const char *line = target.out; *line; line = strchr(line, '\n') + 1) {
        auto_free char *one = xstrndup(line, strcspn(line, "\n"));
        auto_json json_t *event = parsed(one);
        assert_string_equal(json_text(event, "target"), "vc-0003");
        assert_string_equal(json_text(event, "kind"), "target");
    }
    assert_non_null(strstr(target.out, "rolled_back"));
    assert_non_null(strstr(wave.out, "\"to\":\"open\""));
    assert_string_equal(wave.out, number.out);
}

static void what_is_not_there_is_said_with_what_is(void **state)
{
    auto_said struct said target = TYPE(*state, "why", "vc-003"),
                          kind = TYPE(*state, "events", "--kind", "targets"),
                          wave = TYPE(*state, "events", "--wave", "third"),
                          format = TYPE(*state, "report", "--format", "pdf"),
                          number = TYPE(*state, "events", "--since", "1e3"),
                          word = TYPE(*state, "audit", "repair");
    assert_int_equal(target.code, EXIT_ERROR);
    assert_non_null(strstr(target.err, "did you mean vc-0003?"));
    assert_int_equal(kind.code, EXIT_USAGE);
    assert_non_null(strstr(kind.err, "did you mean target"));
    assert_int_equal(wave.code, EXIT_ERROR);
    assert_int_equal(format.code, EXIT_USAGE);
    assert_int_equal(number.code, EXIT_USAGE);
    assert_int_equal(word.code, EXIT_USAGE);
    assert_string_equal(target.out, "");
}

static void a_report_goes_whole_into_a_file(void **state)
{
    struct nest *nest = *state;
    auto_free char *path = xasprintf("%s/report.md", nest->above);
    auto_said struct said file =
                              TYPE(nest, "report", "--format", "markdown", "--out", path),
                          nowhere = TYPE(nest, "report", "--out", "/nowhere/report.md");
    auto_free char *text = story_read(path);
    assert_int_equal(file.code, EXIT_DONE);
    assert_string_equal(file.out, "");
    assert_non_null(text);
    assert_int_equal(strncmp(text, "# Campaign shape\n", 17), 0);
    assert_non_null(strstr(text, "| vc-0006 | wave-1 | succeeded |"));
    assert_int_equal(nowhere.code, EXIT_ERROR);
    assert_non_null(strstr(nowhere.err, "cannot write /nowhere/report.md"));
}

static void a_chain_that_somebody_meddled_with_is_broken(void **state)
{
    struct nest *nest = *state;
    auto_said struct said before = TYPE(nest, "audit", "verify");
    assert_int_equal(before.code, EXIT_DONE);
    assert_non_null(strstr(before.out, "whole"));
    assert_int_equal(meddle(nest, "DROP TRIGGER event_is_never_changed;"
                                  "UPDATE event SET text = 'it was not me'"
                                  " WHERE kind = 'target' AND now = 'rolled_back'"),
                     SQLITE_OK);
    auto_said struct said after = TYPE(nest, "audit", "verify");
    assert_int_equal(after.code, EXIT_ERROR);
    assert_non_null(strstr(after.out, "BROKEN"));
    assert_non_null(strstr(after.err, "changed after they were written"));
}

static void without_a_campaign_each_verb_says_what_to_do(void **state)
{
    struct nest *nest = *state;
    nest_close(nest);
    auto_said struct said status = TYPE(nest, "status"),
                          audit = TYPE(nest, "audit", "verify"),
                          snapshots = TYPE(nest, "snapshots");
    assert_int_equal(status.code, EXIT_ERROR);
    assert_non_null(strstr(status.err, "slipway plan"));
    assert_int_equal(audit.code, EXIT_DONE);
    assert_int_equal(snapshots.code, EXIT_DONE);
    assert_non_null(strstr(snapshots.out, "0 snapshots of slipway"));
}

#define STORY(function) cmocka_unit_test_setup_teardown(function, played, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(every_reading_verb_speaks_json_with_a_version),
        STORY(status_tells_a_failed_campaign_and_exits_0),
        STORY(events_go_on_where_the_last_reader_stopped),
        STORY(a_limit_alone_means_the_newest),
        STORY(events_are_chosen_by_target_wave_and_kind),
        STORY(what_is_not_there_is_said_with_what_is),
        STORY(a_report_goes_whole_into_a_file),
        STORY(a_chain_that_somebody_meddled_with_is_broken),
        cmocka_unit_test_setup_teardown(without_a_campaign_each_verb_says_what_to_do,
                                        nest_with_store, nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
