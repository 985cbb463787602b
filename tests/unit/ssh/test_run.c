/*
 * test_run.c - stories of ssh.run and ssh.facts against a real OpenSSH server.
 */
#include "ssh_fixture.h"

static void a_command_gives_status_output_and_lines(void **out)
{
    auto_fake_call struct fake_call call;
    prepare(need(out), &call, "run", NULL, "{\"argv\":[\"printf\",\"a\\nb\\n\"]}");
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_int_equal(json_number(call.result, "status", -1), 0);
    assert_string_equal(json_text(call.result, "stdout"), "a\nb\n");
    const json_t *lines = json_object_get(call.result, "lines");
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(json_string_value(json_array_get(lines, 1)), "b");
    assert_string_equal(json_text(call.result, "stderr"), "");
    assert_int_equal(call.secrets_asked, 1);
    assert_int_equal(call.secrets_out, 0);
}

static void hostile_arguments_arrive_as_they_are(void **out)
{
    static const char *const words[] = {
        "$(touch /nonexistent/x)",
        "`id`",
        "; exit 3",
        "'",
        "''\"'",
        "a\nb",
        "\\",
        "*",
        "~",
        "",
        "-n",
        "$HOME",
        "&& false",
        "|cat",
        "!!",
        "\xc3\xa4\xe2\x82\xac",
        "a\tb\rc",
        "#no comment",
        "%s%n",
        "\\'$x\\\\",
    };
    auto_json json_t *argv = json_pack("[s,s]", "printf", "<%s>");
    auto_buf struct buf expected = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        (void)json_array_append_new(argv, json_string(words[i]));
        buf_addf(&expected, "<%s>", words[i]);
    }
    auto_json json_t *with = json_pack("{s:O}", "argv", argv);
    auto_free char *text = json_canonical(with);
    auto_fake_call struct fake_call call;
    prepare(need(out), &call, "run", NULL, text);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "stdout"), buf_text(&expected));
}

static void stdin_reaches_the_command_and_ends(void **out)
{
    auto_fake_call struct fake_call call;
    prepare(need(out), &call, "run", NULL,
            "{\"argv\":[\"cat\"],\"stdin\":\"one\\ntwo\"}");
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "stdout"), "one\ntwo");
}

static void a_large_stdin_survives_a_command_that_does_not_read(void **out)
{
    auto_buf struct buf with = {0};
    buf_adds(&with, "{\"argv\":[\"true\"],\"stdin\":\"");
    for (int i = 0; i < 60000; i++)
        buf_adds(&with, "0123456789");
    buf_adds(&with, "\"}");
    auto_fake_call struct fake_call call;
    prepare(need(out), &call, "run", NULL, buf_text(&with));
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
}

static void an_unexpected_status_is_failed_and_says_the_last_line(void **out)
{
    auto_fake_call struct fake_call call;
    prepare(need(out), &call, "run", NULL,
            "{\"argv\":[\"sh\",\"-c\",\"echo first >&2; echo disk full >&2; exit 3\"]}");
    assert_int_equal(fake_start(&call), SLIPWAY_FAILED);
    assert_string_equal(call.said, "the command ended with status 3: disk full");
    assert_int_equal(json_number(call.result, "status", -1), 3);

    auto_fake_call struct fake_call expected;
    prepare(need(out), &expected, "run", NULL,
            "{\"argv\":[\"sh\",\"-c\",\"exit 3\"],\"expect_status\":[0,3]}");
    assert_int_equal(fake_start(&expected), SLIPWAY_DONE);
}

static void death_by_signal_is_never_success(void **out)
{
    auto_fake_call struct fake_call child;
    prepare(need(out), &child, "run", NULL,
            "{\"argv\":[\"sh\",\"-c\",\"kill -KILL $$\"]}");
    assert_int_equal(fake_start(&child), SLIPWAY_FAILED);
    assert_non_null(strstr(child.said, "killed by signal 9"));

    /* the shell around the command dies: no status can come */
    auto_fake_call struct fake_call shell;
    prepare(need(out), &shell, "run", NULL,
            "{\"argv\":[\"sh\",\"-c\",\"kill -KILL $PPID\"]}");
    assert_int_equal(fake_start(&shell), SLIPWAY_FAILED);
    assert_non_null(strstr(shell.said, "not proven"));

    /* the same for a change that must not be repeated: nobody knows */
    auto_fake_call struct fake_call opaque;
    prepare(need(out), &opaque, "run", NULL,
            "{\"argv\":[\"sh\",\"-c\",\"kill -KILL $PPID\"]}");
    opaque.call.repeat = SLIPWAY_OPAQUE;
    assert_int_equal(fake_start(&opaque), SLIPWAY_UNKNOWN);
}

static void output_is_cut_in_the_result_and_a_flood_fails(void **out)
{
    auto_fake_call struct fake_call big;
    prepare(need(out), &big, "run", NULL,
            "{\"argv\":[\"head\",\"-c\",\"200000\",\"/dev/zero\"]}");
    assert_int_equal(fake_start(&big), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(big.result, "truncated")));
    assert_true(strlen(big.result_text) <= SLIPWAY_RESULT_MAX);

    auto_fake_call struct fake_call flood;
    prepare(need(out), &flood, "run", NULL, "{\"argv\":[\"yes\"]}");
    assert_int_equal(fake_start(&flood), SLIPWAY_FAILED);
    assert_non_null(strstr(flood.said, "floods"));

    auto_fake_call struct fake_call errors;
    prepare(need(out), &errors, "run", NULL, "{\"argv\":[\"sh\",\"-c\",\"yes >&2\"]}");
    assert_int_equal(fake_start(&errors), SLIPWAY_FAILED);
    assert_non_null(strstr(errors.said, "floods"));
}

static void a_command_that_takes_too_long_is_ended_by_its_class(void **out)
{
    static const struct {
        enum slipway_class repeat;
        enum slipway_outcome outcome;
    } cases[] = {{SLIPWAY_READ, SLIPWAY_RETRY},
                 {SLIPWAY_IDEMPOTENT, SLIPWAY_RETRY},
                 {SLIPWAY_OPAQUE, SLIPWAY_UNKNOWN}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_fake_call struct fake_call call;
        prepare(need(out), &call, "run", NULL,
                "{\"argv\":[\"sleep\",\"20\"],\"timeout\":300}");
        call.call.repeat = cases[i].repeat;
        assert_int_equal(fake_start(&call), cases[i].outcome);
        assert_non_null(strstr(call.said, "no answer in time"));
    }
}

static void a_dry_run_runs_reads_only(void **out)
{
    auto_fake_call struct fake_call change;
    prepare(need(out), &change, "run", NULL, "{\"argv\":[\"true\"]}");
    change.call.repeat = SLIPWAY_IDEMPOTENT;
    change.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&change), SLIPWAY_REFUSED);
    assert_non_null(strstr(change.said, "nothing was sent"));

    auto_fake_call struct fake_call read;
    prepare(need(out), &read, "run", NULL, "{\"argv\":[\"true\"]}");
    assert_int_equal(read.call.repeat, SLIPWAY_READ);
    read.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&read), SLIPWAY_DONE);
}

static void five_runs_share_one_connection_and_tidy_ends_it(void **out)
{
    struct fixture *fixture = need(out);
    void *state = NULL;
    assert_int_equal(ssh_plugin()->open(fake_host(), &state, NULL), 0);
    unsigned before = sshd_peer_log_count(&fixture->peer, "Accepted publickey");
    for (int i = 0; i < 5; i++) {
        auto_fake_call struct fake_call call;
        fake_call_init(&call, ssh_plugin(), state, "run", "{\"argv\":[\"true\"]}",
                       fixture->target);
        assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    }
    assert_int_equal(sshd_peer_log_count(&fixture->peer, "Accepted publickey"),
                     before + 1);

    ssh_plugin()->tidy(state, fake_now_ms() + 61000);
    auto_fake_call struct fake_call after;
    fake_call_init(&after, ssh_plugin(), state, "run", "{\"argv\":[\"true\"]}",
                   fixture->target);
    assert_int_equal(fake_start(&after), SLIPWAY_DONE);
    assert_int_equal(sshd_peer_log_count(&fixture->peer, "Accepted publickey"),
                     before + 2);
    ssh_plugin()->close(state);
}

static void a_session_that_died_while_idle_is_replaced(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call first;
    prepare(fixture, &first, "run", NULL, "{\"argv\":[\"true\"]}");
    assert_int_equal(fake_start(&first), SLIPWAY_DONE);
    assert_true(sshd_peer_cut(&fixture->peer) > 0);
    auto_fake_call struct fake_call second;
    prepare(fixture, &second, "run", NULL, "{\"argv\":[\"echo\",\"again\"]}");
    second.call.repeat = SLIPWAY_OPAQUE;
    assert_int_equal(fake_start(&second), SLIPWAY_DONE);
    assert_string_equal(json_text(second.result, "stdout"), "again\n");
}

static void a_connection_cut_during_the_command_is_judged_by_class(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *with = xasprintf(
        "{\"argv\":[\"sh\",\"-c\",\"kill -KILL $(ps -o ppid= -p $PPID); sleep 5\"]}");
    auto_fake_call struct fake_call read;
    prepare(fixture, &read, "run", NULL, with);
    assert_int_equal(fake_start(&read), SLIPWAY_RETRY);
    auto_fake_call struct fake_call opaque;
    prepare(fixture, &opaque, "run", NULL, with);
    opaque.call.repeat = SLIPWAY_OPAQUE;
    assert_int_equal(fake_start(&opaque), SLIPWAY_UNKNOWN);
    assert_non_null(strstr(opaque.said, "its end is not known"));
}

static void a_canceled_call_says_so(void **out)
{
    auto_fake_call struct fake_call call;
    prepare(need(out), &call, "run", NULL, "{\"argv\":[\"true\"]}");
    atomic_store(&call.canceled, true);
    assert_int_equal(fake_start(&call), SLIPWAY_CANCELED);
}

static void facts_are_checked(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    fake_call_init(&call, ssh_plugin(), fixture->state, "facts", "{}", fixture->target);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "boot_id"), SSHD_PEER_BOOT_1);
    assert_true(json_number(call.result, "uptime_s", -1) >= 0);
    assert_non_null(json_text(call.result, "kernel"));

    sshd_peer_boot(&fixture->peer, "Sat Nov 21 10:00:00 UTC 2026 is no boot id");
    assert_int_equal(fake_start(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "no proper boot id"));
    sshd_peer_boot(&fixture->peer, SSHD_PEER_BOOT_1);
}

static void malformed_arguments_are_refused_before_anything_is_sent(void **out)
{
    static const char *const wrong[] = {
        "{}",
        "{\"argv\":[]}",
        "{\"argv\":[\"\"]}",
        "{\"argv\":[1]}",
        "{\"argv\":\"id\"}",
        "{\"argv\":[\"id\"],\"expect_status\":[]}",
        "{\"argv\":[\"id\"],\"expect_status\":[256]}",
        "[]",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        auto_fake_call struct fake_call call;
        fake_call_init(&call, ssh_plugin(), ((struct fixture *)*out)->state, "run",
                       wrong[i], "{\"host\":\"127.0.0.1\"}");
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
        assert_true(call.said[0] != '\0');
        assert_int_equal(call.secrets_asked, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_gives_status_output_and_lines),
        cmocka_unit_test(hostile_arguments_arrive_as_they_are),
        cmocka_unit_test(stdin_reaches_the_command_and_ends),
        cmocka_unit_test(a_large_stdin_survives_a_command_that_does_not_read),
        cmocka_unit_test(an_unexpected_status_is_failed_and_says_the_last_line),
        cmocka_unit_test(death_by_signal_is_never_success),
        cmocka_unit_test(output_is_cut_in_the_result_and_a_flood_fails),
        cmocka_unit_test(a_command_that_takes_too_long_is_ended_by_its_class),
        cmocka_unit_test(a_dry_run_runs_reads_only),
        cmocka_unit_test(five_runs_share_one_connection_and_tidy_ends_it),
        cmocka_unit_test(a_session_that_died_while_idle_is_replaced),
        cmocka_unit_test(a_connection_cut_during_the_command_is_judged_by_class),
        cmocka_unit_test(a_canceled_call_says_so),
        cmocka_unit_test(facts_are_checked),
        cmocka_unit_test(malformed_arguments_are_refused_before_anything_is_sent),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
