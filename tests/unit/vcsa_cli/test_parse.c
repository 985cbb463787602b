/*
 * test_parse.c - answers of an appliance's commands: as captured, cut short, and made up by
 * somebody who means harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

static char *plain(const char *text, bool *away)
{
    struct buf buf = {0};
    buf_adds(&buf, text);
    bool was = plain_text(&buf);
    if (away)
        *away = was;
    return buf_take(&buf);
}

static void greetings_escapes_and_noise_are_taken_off(void **state)
{
    (void)state;
    static const char greeting[] =
        "\033[?1034hConnected to service\r\n\r\n    * List APIs: \"help api list\"\r\n"
        "    * List Plugins: \"help pi list\"\r\n"
        "    * Enable BASH access: \"shell.set --enabled True\"\r\n"
        "    * Launch BASH: \"shell\"\r\n\r\nCommand> Unknown command: `date'\r\n";
    bool away = true;
    auto_free char *text = plain(greeting, &away);
    assert_non_null(strstr(text, "\nUnknown command: `date'"));
    assert_null(strstr(text, "List APIs"));
    assert_null(strchr(text, '\033'));
    assert_false(away);
    auto_free char *noise =
        plain("[ERROR]: Failed to connect to service.\nVersion: 1\n", &away);
    assert_string_equal(noise, "Version: 1\n");
    assert_true(away);
}

static void an_escape_without_end_takes_its_own_line_only(void **state)
{
    (void)state;
    auto_free char *csi = plain("a\033[12;13\nb", NULL);
    auto_free char *osc = plain("a\033]0;owned\nb\033]1;x\007c\033", NULL);
    auto_free char *again = plain(osc, NULL);
    assert_string_equal(csi, "a\nb");
    assert_string_equal(osc, "a\nbc");
    assert_string_equal(again, osc);
}

static void the_end_of_a_file_begins_with_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *end;
        size_t asked;
        const char *kept;
    } cases[] = {
        {"one\ntwo\n", 100, "one\ntwo\n"}, /* all of it */
        {"ne\ntwo\n", 7, "two\n"},
        {"ne\ntwo\n", 8, "two\n"}, /* a control was taken out of it */
        {"no end of line", 14, "of line"},
        {"", 8, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_buf struct buf end = {0}, out = {0};
        buf_adds(&end, cases[i].end);
        plain_add_end(&out, &end, cases[i].asked);
        assert_string_equal(buf_text(&out), cases[i].kept);
    }
}

static void versions_are_four_numbers_and_nothing_else(void **state)
{
    (void)state;
    static const char *const good[] = {"6.5.0.20000", "9.1.0.0", "8.0.3.00400"};
    static const char *const bad[] = {"",       "6.5.0",
                                      "6.5.0.", "6.5.0.1.2",
                                      "latest", "6.5.0.20000; reboot",
                                      "6..0.1", "11111111111111111111.0.0.0"};
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        assert_true(parse_version_valid(good[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(parse_version_valid(bad[i]));
}

static void state_files_are_json_or_not_known(void **state)
{
    (void)state;
    char version[CLI_VERSION_MAX] = "untouched";
    struct update_state update = {.state = "untouched"};
    assert_int_equal(
        parse_installed("{\"name\":\"VC\",\"version\":\"6.5.0.20000\"}", version), 0);
    assert_string_equal(version, "6.5.0.20000");
    static const char failed[] =
        "{\"state\":\"INSTALL_FAILED\",\"version\":\"7.0.3.01500\",\"operation_id\":"
        "\"/storage/core/software-update/install_operation\"}";
    assert_int_equal(parse_state(failed, &update), 0);
    assert_string_equal(update.state, "INSTALL_FAILED");
    assert_string_equal(update.version, "7.0.3.01500");
    assert_int_equal(parse_state("{\"state\":\"UP_TO_DATE\"}", &update), 0);
    assert_string_equal(update.version, "");
    static const char *const bad[] = {"",
                                      "{\"state\":\"UP_TO_D",
                                      "[]",
                                      "{\"state\":7}",
                                      "{\"state\":\"\"}",
                                      "{\"state\":\"up\"}",
                                      "{\"state\":\"UP_TO_DATE\",\"state\":\"X\"}",
                                      "cat: no such file"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_int_equal(parse_state(bad[i], &update), -1);
        assert_int_equal(parse_installed(bad[i], version), -1);
    }
    assert_string_equal(update.state, "UP_TO_DATE");
    assert_string_equal(version, "6.5.0.20000");
}

static void vpxd_tells_version_and_build(void **state)
{
    (void)state;
    char version[CLI_VERSION_MAX], build[CLI_VERSION_MAX];
    assert_int_equal(
        parse_vpxd("VMware VirtualCenter 6.5.0 build-8307201\n", version, build), 0);
    assert_string_equal(version, "6.5.0");
    assert_string_equal(build, "8307201");
    assert_int_equal(parse_vpxd("VMware VirtualCenter 6.5.0\n build-1", version, build),
                     -1);
    assert_int_equal(parse_vpxd("vpxd: not found", version, build), -1);
}

/* As captured, with the Python list of accepted versions. */
static const char STAGED[] =
    "category: Bugfix\nkb: http://vmware.com/support\nvendor: VMware, Inc.\n"
    "name: VC-6.5.0U2h-Appliance-FP\nsummary: {u'id': u'patch'}\n"
    "releasedate: May 30, 2019\nversion: 6.5.0.24100\nbuildnumber: 13834586\n"
    "rebootrequired: True\nseverity: Critical\nTPP_ISO: False\n"
    "version_supported: [u'6.5.0.20000', u'6.5.0.21000', '6.5.0.22000']\n";

static void the_stage_names_what_it_accepts(void **state)
{
    (void)state;
    auto_json json_t *staged = parse_staged(STAGED);
    assert_string_equal(json_text(staged, "version"), "6.5.0.24100");
    assert_string_equal(json_text(staged, "build"), "13834586");
    assert_true(json_is_true(json_object_get(staged, "reboot_required")));
    const json_t *list = json_object_get(staged, "version_supported");
    assert_int_equal(json_array_size(list), 3);
    assert_string_equal(json_string_value(json_array_get(list, 2)), "6.5.0.22000");
    assert_null(parse_staged(" [2021-02-27T13:11:36.058] : No staged update\n"));
    assert_null(parse_staged("version: latest\n"));
}

/* What is not exactly a list of versions is not known, and never "accepts nothing". */
static void a_list_that_cannot_be_read_is_not_known(void **state)
{
    (void)state;
    static const char *const lists[] = {"[u'6.5.0.20000'",
                                        "[u'6.5.0.20000' u'6.5.0.21000']",
                                        "u'6.5.0.20000'",
                                        "['6.5.0.20000'] or 1",
                                        "[u'6.5.0']",
                                        "[__import__('os')]",
                                        "[u\"6.5.0.20000', u'1]",
                                        "[,]",
                                        "None"};
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        auto_free char *text =
            xasprintf("version: 6.5.0.24100\nversion_supported: %s\n", lists[i]);
        auto_json json_t *staged = parse_staged(text);
        assert_non_null(staged);
        assert_null(json_object_get(staged, "version_supported"));
    }
    auto_json json_t *empty =
        parse_staged("version: 6.5.0.24100\nversion_supported: []\n");
    assert_int_equal(json_array_size(json_object_get(empty, "version_supported")), 0);
    assert_non_null(json_object_get(empty, "version_supported"));
}

static void services_are_three_groups(void **state)
{
    (void)state;
    auto_json json_t *found = parse_services(
        "Running:\n vpxd (VMware vCenter Server) applmgmt\n vmafdd\nStopped:\n vmcam "
        "vmware-vcha\nStartPending:\n sps\n");
    const json_t *running = json_object_get(found, "running");
    assert_int_equal(json_array_size(running), 3);
    assert_string_equal(json_string_value(json_array_get(running, 0)), "applmgmt");
    assert_string_equal(json_string_value(json_array_get(running, 2)), "vpxd");
    assert_int_equal(json_array_size(json_object_get(found, "stopped")), 2);
    assert_int_equal(json_array_size(json_object_get(found, "pending")), 1);
    assert_null(parse_services(""));
    assert_null(parse_services("Service-control failed. Error: Failed to start services "
                               "in profile ALL. RC=5"));
}

static void a_flood_of_services_is_cut(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "Running:\n");
    for (int i = 0; i < 100000; i++)
        buf_addf(&text, " s%d", i);
    auto_json json_t *found = parse_services(buf_text(&text));
    assert_int_equal(json_array_size(json_object_get(found, "running")), CLI_SERVICES);
}

static void chage_tells_an_end_a_never_or_a_must(void **state)
{
    (void)state;
    struct password_life life;
    assert_int_equal(
        parse_chage("Last password change\t\t: Nov 02, 2026\nPassword expires\t\t: Jan "
                    "31, 2027\nMaximum number of days between password change\t\t: 90\n",
                    &life),
        0);
    assert_int_equal(life.expires_ms / 1000, 1801353600);
    assert_int_equal(life.max_days, 90);
    assert_int_equal(parse_chage("Password expires : never\n", &life), 0);
    assert_true(life.never);
    assert_int_equal(parse_chage("Password expires : password must be changed\n", &life),
                     0);
    assert_true(life.must_change);
    assert_int_equal(parse_chage("Password expires : someday\n", &life), -1);
    assert_int_equal(parse_chage("chage: user 'root' does not exist\n", &life), -1);
}

static void df_leaves_the_kernels_own_out(void **state)
{
    (void)state;
    auto_json json_t *list =
        parse_df("Filesystem 1024-blocks Used Available Capacity Mounted on\n"
                 "tmpfs 8210432 820 8209612 1% /dev/shm\n/dev/sda3 11264000 4956160 "
                 "6307840 44% /\n"
                 "/dev/mapper/x 100 100 0 100% /storage/with blank\n/dev/broken 1 2\n"
                 "/dev/neg 1 1 1 -3% /x\n",
                 false);
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(json_number(json_array_get(list, 0), "free_mb", 0), 6160);
    assert_string_equal(json_text(json_array_get(list, 1), "mount"),
                        "/storage/with blank");
    assert_null(parse_df("df: no such thing", false));
}

static void certificates_have_names_and_ends(void **state)
{
    (void)state;
    auto_json json_t *stores = parse_stores("MACHINE_SSL_CERT\nTRUSTED_ROOTS\n"
                                            "bad name\n--store\n$(reboot)\n");
    assert_int_equal(json_array_size(stores), 2);
    auto_json json_t *entries = parse_entries(
        "Number of entries in store :\t2\nAlias :\t__MACHINE_CERT\nEntry type :\tPrivate "
        "Key\nCertificate:\n        Validity\n            Not Before: Nov  5 12:00:00 "
        "2024 "
        "GMT\n            Not After : Nov  5 12:00:00 2026 GMT\nAlias :\tother\n"
        "            Not After : whenever\n");
    assert_int_equal(json_array_size(entries), 2);
    assert_int_equal(json_number(json_array_get(entries, 0), "ends_ms", 0),
                     1793880000000);
    assert_null(json_object_get(json_array_get(entries, 1), "ends_ms"));
}

static void a_certificate_is_made_out_to_its_names(void **state)
{
    (void)state;
#define SAN "            X509v3 Subject Alternative Name: "
    static const struct {
        const char *text, *name;
        int named;
    } cases[] = {
        {"        Subject: CN=vc-1.example, C=US\n", "VC-1.example", 1},
        {"        Subject: C = US, CN = vc-1.example\n", "vc-1.example.", 1},
        {"        Subject: /C=US/CN=vc-1.example/O=x\n", "vc-1.example", 1},
        {"        Subject: OU=CN, CN=vc-1\n", "vc-1", 1},
        {"        Subject: XCN=vc-1\n", "vc-1", -1},
        {"        Subject: CN=vc-1.example\n" SAN "critical\n"
         "                email:a@vc-1.example, DNS:vc-2.example\n",
         "vc-1.example", 0}, /* what has other names does not go by its subject */
        {SAN "\n                DNS:a, IP Address:10.0.0.1, DNS:b\r\n", "b", 1},
        {SAN "\n                DNS:a, IP Address:10.0.0.1\n", "10.0.0.1", 1},
        {SAN "\n                email:vc-1\n", "vc-1", -1},
        {SAN "\n                DNS:*.example\n", "vc-1.example", 1},
        {SAN "\n                DNS:*.example\n", "a.vc-1.example", 0},
        {SAN "\n                DNS:*.example\n", ".example", 0},
        {SAN "\n                DNS:vc-1\n", "vc-1.example", 0},
        {SAN "\n", "vc-1", -1},
        {"        Subject Public Key Info: CN=vc-1\n", "vc-1", -1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_free char *text = xasprintf("Alias :\t__MACHINE_CERT\n%s", cases[i].text);
        auto_json json_t *entries = parse_entries(text);
        int named = parse_is_named(json_array_get(entries, 0), cases[i].name);
        if (named != cases[i].named)
            print_error("%s: %d\n", cases[i].text, named);
        assert_int_equal(named, cases[i].named);
    }
}

static void partners_are_in_step_or_not(void **state)
{
    (void)state;
    auto_json json_t *partners = parse_partners(
        "Partner: vc-2.example\nHost available:   Yes\nStatus available: Yes\n"
        "My last change number: 10\nPartner is 0 changes behind.\n"
        "Partner: vc-3.example\nHost available:   No\nPartner is -3 changes behind.\n");
    assert_int_equal(json_array_size(partners), 2);
    assert_int_equal(json_number(json_array_get(partners, 0), "behind", -1), 0);
    assert_true(json_is_null(json_object_get(json_array_get(partners, 1), "behind")));
    auto_json json_t *asked = parse_partners("password: Partner: vc-2.example\n"
                                             "Partner is 0 changes behind.\n");
    assert_string_equal(json_text(json_array_get(asked, 0), "partner"), "vc-2.example");
    auto_json json_t *none = parse_partners("VdcRepAdmin failed. Error 49\n");
    assert_int_equal(json_array_size(none), 0);
}

static void nodes_are_those_of_the_domain(void **state)
{
    (void)state;
    auto_json json_t *nodes = parse_nodes(
        "Partner: vc-2.example\nPartner is 0 changes behind.\n"
        "Enter password: "
        "cn=vc-1.example,cn=Servers,cn=default-site,cn=Sites,cn=Configuration,dc=x\n"
        "  CN=vc-2.example,CN=Servers,CN=default-site\r\n"
        "cn=Administrator,cn=Users,dc=vsphere,dc=local\ncn=\ncn\n");
    auto_free char *text = json_canonical(nodes);
    assert_string_equal(text, "[\"vc-1.example\",\"vc-2.example\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greetings_escapes_and_noise_are_taken_off),
        cmocka_unit_test(an_escape_without_end_takes_its_own_line_only),
        cmocka_unit_test(the_end_of_a_file_begins_with_a_line),
        cmocka_unit_test(versions_are_four_numbers_and_nothing_else),
        cmocka_unit_test(state_files_are_json_or_not_known),
        cmocka_unit_test(vpxd_tells_version_and_build),
        cmocka_unit_test(the_stage_names_what_it_accepts),
        cmocka_unit_test(a_list_that_cannot_be_read_is_not_known),
        cmocka_unit_test(services_are_three_groups),
        cmocka_unit_test(a_flood_of_services_is_cut),
        cmocka_unit_test(chage_tells_an_end_a_never_or_a_must),
        cmocka_unit_test(df_leaves_the_kernels_own_out),
        cmocka_unit_test(certificates_have_names_and_ends),
        cmocka_unit_test(a_certificate_is_made_out_to_its_names),
        cmocka_unit_test(partners_are_in_step_or_not),
        cmocka_unit_test(nodes_are_those_of_the_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
