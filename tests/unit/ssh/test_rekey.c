/*
 * test_rekey.c - a server that wants new keys every few kilobytes and every second, and one
 * with a banner as long as OpenSSH sends. Amid a command, a job and an upload nothing may be
 * lost, done twice or taken for an end; at worst it is another try.
 */
#include "ssh_fixture.h"

#define INPUT_BYTES  (700u * 1024u)
#define UPLOAD_BYTES (3u * 1024u * 1024u + 7u)

/* At new keys libssh2 1.10 forgets the 51 bytes of the host key that it had. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:wiping_alloc\n";
}

/* The server again, with these words before its others (the first counts) and with what it
   says of new keys in its log. */
static void restart_with(struct fixture *fixture, const char *words)
{
    struct sshd_peer *peer = &fixture->peer;
    sshd_peer_down(peer);
    auto_free char *old = sshd_peer_read(sshd_peer_path(peer, "sshd_config"));
    auto_free char *text = xasprintf("LogLevel DEBUG1\n%s\n%s", words, old);
    sshd_peer_write(sshd_peer_path(peer, "sshd_config"), text);
    assert_int_equal(sshd_peer_spawn(peer), 0);
}

static unsigned rekeys(const struct fixture *fixture)
{
    return sshd_peer_log_count(&fixture->peer, "set_newkeys: rekeying");
}

static char *make_text(size_t length)
{
    char *text = xmalloc(length + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + i * 7 % 26);
    text[length] = '\0';
    return text;
}

static void new_keys_amid_input_and_output_lose_nothing(void **out)
{
    struct fixture *fixture = need(out);
    restart_with(fixture, "RekeyLimit 16K");
    auto_free char *input = make_text(INPUT_BYTES);
    auto_free char *with = xasprintf(
        "{\"argv\":[\"sh\",\"-c\",\"wc -c; seq 100000\"],\"stdin\":\"%s\"}", input);
    auto_buf struct buf all = {0};
    buf_addf(&all, "%u", INPUT_BYTES);
    for (int i = 0; i < 3; i++) {
        auto_fake_call struct fake_call call;
        prepare(fixture, &call, "run", NULL, with);
        assert_int_equal(fake_start(&call), SLIPWAY_DONE);
        const json_t *lines = json_object_get(call.result, "lines");
        assert_string_equal(json_string_value(json_array_get(lines, 0)), buf_text(&all));
        assert_true(json_array_size(lines) > 1000);
    }
    assert_true(rekeys(fixture) > 20);
    assert_int_equal(sshd_peer_log_count(&fixture->peer, "Accepted publickey"), 1);
}

static void new_keys_amid_an_upload_lose_nothing(void **out)
{
    struct fixture *fixture = need(out);
    restart_with(fixture, "RekeyLimit 64K");
    auto_free char *bytes = make_text(UPLOAD_BYTES);
    const char *file = fixture_file(fixture, "package", bytes);
    auto_free char *with =
        xasprintf("{\"file\":\"%s\",\"to\":\"%s/arrived\"}", file, fixture->peer.dir);
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    auto_free char *arrived = sshd_peer_read(sshd_peer_path(&fixture->peer, "arrived"));
    assert_string_equal(arrived, bytes);
    assert_true(rekeys(fixture) > 3);
}

static void new_keys_amid_a_job_lose_nothing(void **out)
{
    struct fixture *fixture = need(out);
    restart_with(fixture, "RekeyLimit default 1");
    auto_free char *with = xasprintf(
        "{\"argv\":[\"sh\",\"-c\",\"echo begun >> \\\"$LEDGER\\\"; sleep 4; echo end\"],"
        "\"env\":{\"LEDGER\":\"%s/ledger\"}}",
        fixture->peer.dir);
    auto_fake_call struct fake_call job;
    prepare(fixture, &job, "job", "c.vc-1.rekey.0.1", with);
    assert_int_equal(fake_run_to_end(&job, 100, 60000), SLIPWAY_DONE);
    assert_string_equal(json_text(job.result, "stdout"), "end\n");
    assert_int_equal(count_lines(sshd_peer_path(&fixture->peer, "ledger")), 1);
    assert_true(rekeys(fixture) > 0);
}

static void a_long_banner_is_read_and_a_longer_one_is_no_login(void **out)
{
    struct fixture *fixture = need(out);
    static const struct {
        size_t bytes;
        enum slipway_outcome outcome;
    } rows[] = {{20u * 1024u, SLIPWAY_DONE}, {900u * 1024u, SLIPWAY_RETRY}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_free char *banner = make_text(rows[i].bytes);
        const char *file = fixture_file(fixture, "banner", banner);
        auto_free char *words = xasprintf("Banner %s", file);
        restart_with(fixture, words);
        auto_fake_call struct fake_call call;
        prepare(fixture, &call, "run", NULL, "{\"argv\":[\"true\"]}");
        assert_int_equal(fake_start(&call), rows[i].outcome);
        assert_true(i == 0 || strstr(call.said, "the login broke off"));
    }
}

#define story(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(new_keys_amid_input_and_output_lose_nothing),
        story(new_keys_amid_an_upload_lose_nothing),
        story(new_keys_amid_a_job_lose_nothing),
        story(a_long_banner_is_read_and_a_longer_one_is_no_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
