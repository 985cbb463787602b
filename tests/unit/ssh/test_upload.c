/*
 * test_upload.c - stories of ssh.upload: whole, durable, or not there.
 */
#include "ssh_fixture.h"

#include <pthread.h>

#define BIG_BYTES     (5u * 1024u * 1024u + 123u)
#define STALLED_BYTES (48u * 1024u * 1024u) /* more than the window and all buffers */

/* Bytes that never repeat in step with a block. The caller's. */
static char *make_bytes(size_t length)
{
    char *bytes = xmalloc(length + 1);
    uint32_t x = 12345;
    for (size_t i = 0; i < length; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (char)(x >> 24);
    }
    return bytes;
}

static const char *write_bytes(const struct fixture *fixture, const char *name,
                               const char *bytes, size_t length)
{
    const char *path = sshd_peer_path(&fixture->peer, name);
    auto_file FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    return path;
}

static void assert_content(const char *path, const char *bytes, size_t length)
{
    auto_free char *got = xmalloc(length + 2);
    auto_file FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fread(got, 1, length + 1, file), length);
    assert_memory_equal(got, bytes, length);
}

/* {"file":..., "to": <dir>/name, more} The caller's. */
static char *with_for(const struct fixture *fixture, const char *file, const char *to,
                      const char *more)
{
    return xasprintf("{\"file\":\"%s\",\"to\":\"%s/%s\"%s}", file, fixture->peer.dir, to,
                     more);
}

/* The temporary file that an upload of this content uses. */
static const char *part_path(const struct fixture *fixture, const char *bytes,
                             size_t length)
{
    char sha[SHA256_HEX];
    sha256_hex(bytes, length, sha);
    auto_free char *name = xasprintf(".slipway-upload.%.16s.part", sha);
    return sshd_peer_path(&fixture->peer, name);
}

static void a_file_arrives_whole_with_its_mode_and_hash(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *bytes = make_bytes(BIG_BYTES);
    const char *file = write_bytes(fixture, "package", bytes, BIG_BYTES);
    auto_free char *with = with_for(fixture, file, "arrived", ",\"mode\":\"0750\"");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    char sha[SHA256_HEX];
    sha256_hex(bytes, BIG_BYTES, sha);
    assert_string_equal(json_text(call.result, "sha256"), sha);
    assert_int_equal(json_number(call.result, "bytes", -1), BIG_BYTES);
    assert_int_equal(json_number(call.result, "resumed_from", -1), 0);
    assert_true(call.progress_count > 3);
    assert_int_equal(call.progress_percent, 100);
    struct stat info;
    const char *path = sshd_peer_path(&fixture->peer, "arrived");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0750);
    assert_content(path, bytes, BIG_BYTES);
    assert_false(exists(part_path(fixture, bytes, BIG_BYTES)));
}

static void an_equal_file_is_not_sent_again(void **out)
{
    struct fixture *fixture = need(out);
    const char *file = fixture_file(fixture, "small", "content\n");
    auto_free char *with = with_for(fixture, file, "equal", "");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    struct stat before, after;
    assert_int_equal(stat(sshd_peer_path(&fixture->peer, "equal"), &before), 0);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_int_equal(call.progress_count, 0);
    assert_int_equal(stat(sshd_peer_path(&fixture->peer, "equal"), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);

    /* a mode that was asked for is set even then */
    auto_free char *mode = with_for(fixture, file, "equal", ",\"mode\":\"0600\"");
    auto_fake_call struct fake_call second;
    prepare(fixture, &second, "upload", NULL, mode);
    assert_int_equal(fake_start(&second), SLIPWAY_DONE);
    assert_int_equal(stat(sshd_peer_path(&fixture->peer, "equal"), &after), 0);
    assert_int_equal(after.st_mode & 07777, 0600);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void another_content_replaces_the_old_one_and_empty_files_work(void **out)
{
    struct fixture *fixture = need(out);
    const char *old = fixture_file(fixture, "old", "old\n");
    auto_free char *first = with_for(fixture, old, "replaced", "");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, first);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    const char *empty = fixture_file(fixture, "empty", "");
    auto_free char *second = with_for(fixture, empty, "replaced", "");
    auto_fake_call struct fake_call again;
    prepare(fixture, &again, "upload", NULL, second);
    assert_int_equal(fake_start(&again), SLIPWAY_DONE);
    assert_content(sshd_peer_path(&fixture->peer, "replaced"), "", 0);
}

static void an_interrupted_upload_goes_on_where_it_was(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *bytes = make_bytes(BIG_BYTES);
    const char *file = write_bytes(fixture, "resume", bytes, BIG_BYTES);
    const char *part = part_path(fixture, bytes, BIG_BYTES);
    (void)write_bytes(fixture, strrchr(part, '/') + 1, bytes, 3000000);
    assert_int_equal(chmod(part, 0600), 0);
    auto_free char *with = with_for(fixture, file, "resumed", "");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_int_equal(json_number(call.result, "resumed_from", -1), 3000000);
    assert_content(sshd_peer_path(&fixture->peer, "resumed"), bytes, BIG_BYTES);
}

static void a_part_that_is_not_our_beginning_is_thrown_away(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *bytes = make_bytes(BIG_BYTES);
    const char *file = write_bytes(fixture, "damaged", bytes, BIG_BYTES);
    const char *part = part_path(fixture, bytes, BIG_BYTES);
    bytes[17] ^= 1;
    (void)write_bytes(fixture, strrchr(part, '/') + 1, bytes, 1000000);
    bytes[17] ^= 1;
    assert_int_equal(chmod(part, 0600), 0);
    auto_free char *with = with_for(fixture, file, "undamaged", "");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    assert_int_equal(fake_start(&call), SLIPWAY_RETRY);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_content(sshd_peer_path(&fixture->peer, "undamaged"), bytes, BIG_BYTES);
}

static void a_planted_link_is_never_written_through(void **out)
{
    struct fixture *fixture = need(out);
    static const char text[] = "trusted content\n";
    const char *file = fixture_file(fixture, "linked", text);
    auto_free char *victim = xasprintf("%s/victim", fixture->peer.dir);
    sshd_peer_write(victim, "precious\n");
    assert_int_equal(symlink(victim, part_path(fixture, text, strlen(text))), 0);
    auto_free char *with = with_for(fixture, file, "through", "");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_content(victim, "precious\n", strlen("precious\n"));
    assert_content(sshd_peer_path(&fixture->peer, "through"), text, strlen(text));
}

static void a_call_whose_time_is_short_pauses_and_poll_goes_on(void **out)
{
    struct fixture *fixture = need(out);
    size_t length = 24u * BIG_BYTES;
    auto_free char *bytes = make_bytes(length);
    const char *file = write_bytes(fixture, "slices", bytes, length);
    auto_free char *with = with_for(fixture, file, "sliced", "");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    /* far too short for all of it: 3 s are kept spare, some hundred ms send */
    call.timeout_ms = 5500;
    enum slipway_outcome outcome = fake_start(&call);
    for (int i = 0; i < 60 && (outcome == SLIPWAY_PENDING || outcome == SLIPWAY_RETRY);
         i++) {
        call.timeout_ms += 500;
        outcome = call.handle ? fake_poll(&call) : fake_start(&call);
    }
    assert_int_equal(outcome, SLIPWAY_DONE);
    assert_content(sshd_peer_path(&fixture->peer, "sliced"), bytes, length);
}

struct stall {
    const struct fixture *fixture;
    char part[256];
    unsigned stopped;
};

static void *stop_amid_the_upload(void *data)
{
    struct stall *stall = data;
    struct stat info;
    for (int i = 0; i < 3000; i++, sshd_peer_sleep_ms(2))
        if (stat(stall->part, &info) == 0 && info.st_size > 0)
            break;
    stall->stopped = sshd_peer_signal(&stall->fixture->peer, SIGSTOP);
    return NULL;
}

/* Its window stays shut and it acknowledges nothing: as long as the call has, no longer. */
static void a_server_that_stops_reading_costs_the_call_and_nothing_else(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *bytes = make_bytes(STALLED_BYTES);
    const char *file = write_bytes(fixture, "package", bytes, STALLED_BYTES);
    auto_free char *with = with_for(fixture, file, "stalled", "");
    struct stall stall = {.fixture = fixture};
    (void)snprintf(stall.part, sizeof stall.part, "%s",
                   part_path(fixture, bytes, STALLED_BYTES));
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    call.timeout_ms = 6000;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_amid_the_upload, &stall), 0);
    assert_int_equal(fake_start(&call), SLIPWAY_RETRY);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(stall.stopped > 0);
    assert_false(exists(sshd_peer_path(&fixture->peer, "stalled")));
    (void)sshd_peer_signal(&fixture->peer, SIGCONT);
    call.timeout_ms = 60000;
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_content(sshd_peer_path(&fixture->peer, "stalled"), bytes, STALLED_BYTES);
}

static void what_cannot_be_uploaded_is_refused_with_a_sentence(void **out)
{
    struct fixture *fixture = need(out);
    const char *file = fixture_file(fixture, "fine", "x\n");
    auto_free char *directory = xasprintf("%s/is-a-directory", fixture->peer.dir);
    assert_int_equal(mkdir(directory, 0700), 0);
    const struct {
        const char *file, *to, *mode, *says;
    } cases[] = {
        {"/dev/zero", "/tmp/x", "0644", "no regular file"},
        {"/nonexistent/file", "/tmp/x", "0644", "cannot be read"},
        {file, "relative", "0644", "absolute path"},
        {file, "/a/../b", "0644", "absolute path"},
        {file, "/tmp/", "0644", "absolute path"},
        {file, "/tmp/x", "rwx", "octal"},
        {file, "/nonexistent/dir/x", "0644", "no directory"},
        {file, directory, "0644", "is a directory"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_free char *with =
            xasprintf("{\"file\":\"%s\",\"to\":\"%s\",\"mode\":\"%s\"}", cases[i].file,
                      cases[i].to, cases[i].mode);
        auto_fake_call struct fake_call call;
        prepare(fixture, &call, "upload", NULL, with);
        assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, cases[i].says));
    }
    auto_free char *with = with_for(fixture, file, "dry", "");
    auto_fake_call struct fake_call dry;
    prepare(fixture, &dry, "upload", NULL, with);
    dry.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&dry), SLIPWAY_REFUSED);
    assert_false(exists(sshd_peer_path(&fixture->peer, "dry")));
}

static void a_server_without_sftp_is_explained(void **out)
{
    struct fixture *fixture = need(out);
    struct sshd_peer *peer = &fixture->peer;
    sshd_peer_down(peer);
    auto_free char *config = sshd_peer_read(sshd_peer_path(peer, "sshd_config"));
    char *subsystem = strstr(config, "Subsystem sftp internal-sftp");
    assert_non_null(subsystem);
    /* what appliancesh does: text where SFTP packets should be */
    memcpy(subsystem, "Subsystem sftp printf Unknown",
           strlen("Subsystem sftp printf Unknown"));
    auto_free char *broken = xstrndup(config, (size_t)(subsystem - config));
    auto_free char *text =
        xasprintf("%sSubsystem sftp echo Unknown command: sftp\n"
                  "LogLevel VERBOSE\nSetEnv HOME=%s SLIPWAY_BOOT_ID_FILE=%s\n",
                  broken, peer->dir, sshd_peer_path(peer, "boot_id"));
    sshd_peer_write(sshd_peer_path(peer, "sshd_config"), text);
    assert_int_equal(sshd_peer_spawn(peer), 0);
    const char *file = fixture_file(fixture, "nosftp", "x y z\n");
    auto_free char *with = with_for(fixture, file, "nosftp-arrived", "");
    auto_fake_call struct fake_call call;
    prepare(fixture, &call, "upload", NULL, with);
    assert_int_equal(fake_start(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "1433299822"));
    sshd_peer_down(peer);
    sshd_peer_configure(peer, "host_key", "");
    assert_int_equal(sshd_peer_spawn(peer), 0);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_arrives_whole_with_its_mode_and_hash),
        cmocka_unit_test(an_equal_file_is_not_sent_again),
        cmocka_unit_test(another_content_replaces_the_old_one_and_empty_files_work),
        cmocka_unit_test(an_interrupted_upload_goes_on_where_it_was),
        cmocka_unit_test(a_part_that_is_not_our_beginning_is_thrown_away),
        cmocka_unit_test(a_planted_link_is_never_written_through),
        cmocka_unit_test(a_call_whose_time_is_short_pauses_and_poll_goes_on),
        cmocka_unit_test(a_server_that_stops_reading_costs_the_call_and_nothing_else),
        cmocka_unit_test(what_cannot_be_uploaded_is_refused_with_a_sentence),
        cmocka_unit_test(a_server_without_sftp_is_explained),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
