/*
 * test_identity.c - who is at the other end, and who are we: host keys, user keys.
 */
#include "ssh/hostkey.h"
#include "ssh/key.h"
#include "ssh_fixture.h"

/* libssh2 1.10 loses 56 bytes for each login with an ECDSA key in OpenSSH form. */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}
const char *__lsan_default_suppressions(void)
{
    return "leak:libssh2.so";
}

static enum slipway_outcome run_true(struct fixture *fixture, struct fake_call *call,
                                     const char *target)
{
    fake_call_init(call, ssh_plugin(), fixture->state, "run", "{\"argv\":[\"true\"]}",
                   target ? target : fixture->target);
    return fake_start(call);
}

/* The target with one member of `ssh` replaced (NULL: removed). The caller's. */
static char *target_with(const struct fixture *fixture, const char *member, json_t *value)
{
    auto_json json_t *target =
        json_parse(fixture->target, strlen(fixture->target), 4096, NULL);
    json_t *ssh = json_object_get(target, "ssh");
    if (value)
        (void)json_object_set_new(ssh, member, value);
    else
        (void)json_object_del(ssh, member);
    return json_canonical(target);
}

static void a_pinned_host_is_let_in(void **out)
{
    struct fixture *fixture = need(out);
    auto_fake_call struct fake_call call;
    assert_int_equal(run_true(fixture, &call, NULL), SLIPWAY_DONE);
}

static void an_unknown_host_gets_no_credential_and_its_fingerprint_is_shown(void **out)
{
    struct fixture *fixture = need(out);
    const char *pins = fixture_file(fixture, "other_hosts", "# nobody\n\n");
    auto_free char *target = target_with(fixture, "hostkey", json_string(pins));
    unsigned asked = sshd_peer_log_count(&fixture->peer, "Accepted");
    unsigned tried = sshd_peer_log_count(&fixture->peer, "userauth");
    auto_fake_call struct fake_call call;
    assert_int_equal(run_true(fixture, &call, target), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "not pinned"));
    assert_int_equal(call.secrets_asked, 0);

    /* the fingerprint is the one that ssh-keygen shows on the console */
    const char *const argv[] = {"ssh-keygen", "-lf",
                                sshd_peer_path(&fixture->peer, "host_key.pub"), NULL};
    assert_int_equal(sshd_peer_run(sshd_peer_path(&fixture->peer, "fingerprint"), argv),
                     0);
    auto_free char *shown = sshd_peer_read(sshd_peer_path(&fixture->peer, "fingerprint"));
    char *start = strstr(shown, "SHA256:");
    assert_non_null(start);
    start[strcspn(start, " ")] = '\0';
    assert_non_null(strstr(call.said, start));
    assert_int_equal(sshd_peer_log_count(&fixture->peer, "Accepted"), asked);
    assert_int_equal(sshd_peer_log_count(&fixture->peer, "userauth"), tried);
}

static void a_changed_key_is_refused_before_any_credential(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_keygen(&fixture->peer, "ed25519", "wrong_key");
    sshd_peer_pin(&fixture->peer, "wrong_key.pub");
    void *state = NULL;
    assert_int_equal(ssh_plugin()->open(fake_host(), &state, NULL), 0);
    auto_fake_call struct fake_call call;
    fake_call_init(&call, ssh_plugin(), state, "run", "{\"argv\":[\"true\"]}",
                   fixture->target);
    assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "CHANGED"));
    assert_int_equal(call.secrets_asked, 0);
    ssh_plugin()->close(state);
    sshd_peer_pin(&fixture->peer, "host_key.pub");
}

static void a_pin_of_another_type_is_a_refusal_that_explains_rsa(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_keygen(&fixture->peer, "ecdsa", "ecdsa_key");
    auto_free char *key = sshd_peer_public(&fixture->peer, "ecdsa_key.pub");
    auto_free char *line =
        xasprintf("[%s]:%d %s\n", fixture->peer.address, fixture->peer.port, key);
    const char *pins = fixture_file(fixture, "ecdsa_hosts", line);
    auto_free char *target = target_with(fixture, "hostkey", json_string(pins));
    auto_fake_call struct fake_call call;
    assert_int_equal(run_true(fixture, &call, target), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "ecdsa-sha2-nistp256 (the pinned ones)"));
    assert_non_null(strstr(call.said, "ssh-keygen -A"));
}

static void an_rsa_pin_alone_is_refused_without_connecting(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_keygen(&fixture->peer, "rsa", "rsa_key");
    auto_free char *key = sshd_peer_public(&fixture->peer, "rsa_key.pub");
    auto_free char *line =
        xasprintf("[%s]:%d %s\n", fixture->peer.address, fixture->peer.port, key);
    const char *pins = fixture_file(fixture, "rsa_hosts", line);
    auto_free char *target = target_with(fixture, "hostkey", json_string(pins));
    auto_fake_call struct fake_call call;
    assert_int_equal(run_true(fixture, &call, target), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "SHA-1 only"));
}

static void a_wrong_user_key_is_refused_and_tried_once(void **out)
{
    struct fixture *fixture = need(out);
    sshd_peer_keygen(&fixture->peer, "ed25519", "stranger");
    auto_free char *target = target_with(
        fixture, "key",
        json_pack("{s:s}", "file", sshd_peer_path(&fixture->peer, "stranger")));
    unsigned failed = sshd_peer_log_count(&fixture->peer, "Failed publickey");
    auto_fake_call struct fake_call call;
    assert_int_equal(run_true(fixture, &call, target), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "the key was rejected"));
    assert_true(sshd_peer_log_count(&fixture->peer, "Failed publickey") <= failed + 1);
    assert_int_equal(call.secrets_out, 0);
}

static void unusable_user_keys_are_explained(void **out)
{
    struct fixture *fixture = need(out);
    const char *const encrypted[] = {
        "ssh-keygen", "-q",           "-t", "ed25519",
        "-N",         "secret words", "-f", sshd_peer_path(&fixture->peer, "encrypted"),
        NULL};
    const char *const pem[] = {
        "ssh-keygen", "-q",
        "-t",         "ecdsa",
        "-m",         "PEM",
        "-N",         "words",
        "-f",         sshd_peer_path(&fixture->peer, "encrypted_pem"),
        NULL};
    assert_int_equal(sshd_peer_run("/dev/null", encrypted), 0);
    assert_int_equal(sshd_peer_run("/dev/null", pem), 0);
    sshd_peer_keygen(&fixture->peer, "rsa", "user_rsa");
    (void)fixture_file(fixture, "garbage",
                       "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"
                       "-----END OPENSSH PRIVATE KEY-----\n");
    static const struct {
        const char *name, *says;
    } cases[] = {{"encrypted", "is encrypted"},
                 {"encrypted_pem", "is encrypted"},
                 {"user_rsa", "SHA-1 only"},
                 {"garbage", "cannot be read"},
                 {"user_key.pub", "cannot be read"}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *path = sshd_peer_path(&fixture->peer, cases[i].name);
        auto_free char *target =
            target_with(fixture, "key", json_pack("{s:s}", "file", path));
        auto_fake_call struct fake_call call;
        assert_int_equal(run_true(fixture, &call, target), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, cases[i].says));
    }
}

static void every_usable_kind_of_user_key_logs_in(void **out)
{
    struct fixture *fixture = need(out);
    static const struct {
        const char *name, *type, *form;
    } kinds[] = {
        {"k1", "ed25519", "RFC4716"}, {"k2", "ecdsa", "RFC4716"}, {"k3", "ecdsa", "PEM"}};
    auto_free char *old =
        sshd_peer_read(sshd_peer_path(&fixture->peer, "authorized_keys"));
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        const char *path = sshd_peer_path(&fixture->peer, kinds[i].name);
        const char *const argv[] = {"ssh-keygen", "-q",          "-t", kinds[i].type,
                                    "-m",         kinds[i].form, "-N", "",
                                    "-f",         path,          NULL};
        assert_int_equal(sshd_peer_run("/dev/null", argv), 0);
        auto_free char *name = xasprintf("%s.pub", kinds[i].name);
        auto_free char *public = sshd_peer_public(&fixture->peer, name);
        (void)fixture_file(fixture, "authorized_keys", public);
        auto_free char *target =
            target_with(fixture, "key", json_pack("{s:s}", "file", path));
        auto_fake_call struct fake_call call;
        assert_int_equal(run_true(fixture, &call, target), SLIPWAY_DONE);
    }
    (void)fixture_file(fixture, "authorized_keys", old);
}

static void a_password_is_not_tried_where_none_is_taken(void **out)
{
    struct fixture *fixture = need(out);
    const char *path = fixture_file(fixture, "pw", "geheim\n");
    auto_json json_t *target =
        json_parse(fixture->target, strlen(fixture->target), 4096, NULL);
    json_t *ssh = json_object_get(target, "ssh");
    (void)json_object_del(ssh, "key");
    (void)json_object_set_new(ssh, "password", json_pack("{s:s}", "file", path));
    auto_free char *text = json_canonical(target);
    auto_fake_call struct fake_call call;
    assert_int_equal(run_true(fixture, &call, text), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "takes no password"));
    assert_int_equal(call.secrets_asked, 0);
}

static void nobody_listening_is_worth_a_retry(void **out)
{
    struct fixture *fixture = need(out);
    auto_free char *target = target_with(fixture, "port", json_integer(1));
    auto_fake_call struct fake_call call;
    assert_int_equal(run_true(fixture, &call, target), SLIPWAY_RETRY);
    assert_non_null(strstr(call.said, "nothing listens there"));
}

static void hostile_names_in_the_fleet_are_refused(void **out)
{
    struct fixture *fixture = need(out);
    static const char *const targets[] = {
        "{\"host\":\"-oProxyCommand=id\",\"ssh\":{\"hostkey\":\"/"
        "x\",\"key\":{\"file\":\"/x\"}}}",
        "{\"host\":\"a b\",\"ssh\":{\"hostkey\":\"/x\",\"key\":{\"file\":\"/x\"}}}",
        "{\"host\":\"a\\u001b[31m\",\"ssh\":{\"hostkey\":\"/x\",\"key\":{\"file\":\"/"
        "x\"}}}",
        "{\"host\":\"\",\"ssh\":{\"hostkey\":\"/x\",\"key\":{\"file\":\"/x\"}}}",
        "{\"host\":\"h\",\"ssh\":{\"user\":\"-l\",\"hostkey\":\"/"
        "x\",\"key\":{\"file\":\"/x\"}}}",
        "{\"host\":\"h\",\"ssh\":{\"user\":\"a\\nb\",\"hostkey\":\"/"
        "x\",\"key\":{\"file\":\"/x\"}}}",
        "{\"host\":\"h\",\"ssh\":{\"port\":0,\"hostkey\":\"/x\",\"key\":{\"file\":\"/"
        "x\"}}}",
        "{\"host\":\"h\",\"ssh\":{\"port\":70000,\"hostkey\":\"/x\",\"key\":{\"file\":\"/"
        "x\"}}}",
        "{\"host\":\"h\",\"ssh\":{\"job_dir\":\"/a/../b\",\"hostkey\":\"/"
        "x\",\"key\":\"agent\"}}",
        "{\"host\":\"h\",\"ssh\":{\"key\":{\"file\":\"/x\"}}}",
        "{\"host\":\"h\",\"ssh\":{\"hostkey\":\"/x\"}}",
        "{\"host\":\"h\"}",
        "[]",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(run_true(fixture, &call, targets[i]), SLIPWAY_REFUSED);
        assert_true(call.said[0] != '\0');
        assert_null(strchr(call.said, '\033'));
    }
}

/* Parser of the pin file: no server needed. */

#define KEY_A "AAAAC3NzaC1lZDI1NTE5AAAAIKDVMT5LUGNUlNFtDCeUg8IPKnYLyCDhrJ0RyLZpUQOP"

static int parse(const char *text, const char *host, int port, struct hostkey_pins *pins,
                 struct slipway_error *err)
{
    err->text[0] = '\0';
    return hostkey_parse(text, strlen(text), "pins", host, port, pins, err);
}

static void pins_are_found_by_exact_host_and_port(void **out)
{
    (void)out;
    static const struct {
        const char *text, *host;
        int port;
        size_t count;
    } cases[] = {
        {"h ssh-ed25519 " KEY_A "\n", "h", 22, 1},
        {"H.Example ssh-ed25519 " KEY_A " comment words\r\n", "h.example", 22, 1},
        {"h ssh-ed25519 " KEY_A, "h", 2222, 0},
        {"[h]:2222 ssh-ed25519 " KEY_A, "h", 2222, 1},
        {"[h]:2222 ssh-ed25519 " KEY_A, "h", 22, 0},
        {"[h]:22 ssh-ed25519 " KEY_A, "h", 22, 1},
        {"x,h,10.0.0.1\tssh-ed25519\t" KEY_A, "10.0.0.1", 22, 1},
        {"hh ssh-ed25519 " KEY_A, "h", 22, 0},
        {"# h ssh-ed25519 " KEY_A, "h", 22, 0},
        {"h ssh-rsa AAAA", "h", 22, 0},
        {"", "h", 22, 0},
        {"\n\n  \n", "h", 22, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_pins struct hostkey_pins pins = {0};
        struct slipway_error err;
        assert_int_equal(parse(cases[i].text, cases[i].host, cases[i].port, &pins, &err),
                         0);
        assert_int_equal(pins.count, cases[i].count);
    }
}

static void pins_that_could_be_misread_are_refused_with_their_line(void **out)
{
    (void)out;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"a ssh-ed25519 " KEY_A "\n|1|c2FsdA==|aGFzaA== ssh-ed25519 " KEY_A "\n",
         "line 2: the host name is hashed"},
        {"@revoked h ssh-ed25519 " KEY_A, "line 1: markers"},
        {"@cert-authority * ssh-ed25519 " KEY_A, "line 1: markers"},
        {"*.example ssh-ed25519 " KEY_A, "line 1: patterns"},
        {"h,!x ssh-ed25519 " KEY_A, "line 1: patterns"},
        {"\n\nh ssh-ed25519", "line 3: it must read"},
        {"h", "line 1: it must read"},
        {"h ssh-ed25519 AAAA", "line 1: the key is damaged"},
        {"h ssh-ed25519 " KEY_A "!", "line 1: the key is damaged"},
        {"h ecdsa-sha2-nistp256 " KEY_A, "line 1: the key is damaged"},
        {"h ssh-xmss " KEY_A, "line 1: the key type is none of"},
        {"h sk-ssh-ed25519@openssh.com-and-a-very-long-tail " KEY_A, "too long"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_pins struct hostkey_pins pins = {0};
        struct slipway_error err;
        assert_int_equal(parse(cases[i].text, "h", 22, &pins, &err), -1);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_int_equal(pins.count, 0);
    }
}

static void only_the_pinned_key_matches(void **out)
{
    (void)out;
    auto_pins struct hostkey_pins pins = {0};
    struct slipway_error err;
    assert_int_equal(parse("h ssh-ed25519 " KEY_A "\n", "h", 22, &pins, &err), 0);
    char algorithms[160];
    hostkey_algorithms(&pins, algorithms, sizeof algorithms);
    assert_string_equal(algorithms, "ssh-ed25519");
    assert_true(hostkey_matches(&pins, pins.pin[0].blob, pins.pin[0].length));
    assert_false(hostkey_matches(&pins, pins.pin[0].blob, pins.pin[0].length - 1));
    assert_false(hostkey_matches(&pins, "", 0));
    unsigned char other[64];
    assert_true(pins.pin[0].length <= sizeof other);
    memcpy(other, pins.pin[0].blob, pins.pin[0].length);
    other[pins.pin[0].length - 1] ^= 1;
    assert_false(hostkey_matches(&pins, other, pins.pin[0].length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pinned_host_is_let_in),
        cmocka_unit_test(an_unknown_host_gets_no_credential_and_its_fingerprint_is_shown),
        cmocka_unit_test(a_changed_key_is_refused_before_any_credential),
        cmocka_unit_test(a_pin_of_another_type_is_a_refusal_that_explains_rsa),
        cmocka_unit_test(an_rsa_pin_alone_is_refused_without_connecting),
        cmocka_unit_test(a_wrong_user_key_is_refused_and_tried_once),
        cmocka_unit_test(unusable_user_keys_are_explained),
        cmocka_unit_test(every_usable_kind_of_user_key_logs_in),
        cmocka_unit_test(a_password_is_not_tried_where_none_is_taken),
        cmocka_unit_test(nobody_listening_is_worth_a_retry),
        cmocka_unit_test(hostile_names_in_the_fleet_are_refused),
        cmocka_unit_test(pins_are_found_by_exact_host_and_port),
        cmocka_unit_test(pins_that_could_be_misread_are_refused_with_their_line),
        cmocka_unit_test(only_the_pinned_key_matches),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
