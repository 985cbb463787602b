/*
 * test_fleet.c - fleet.yaml: the document that plugins get, and every way of writing
 * an inventory that would upgrade the wrong machine.
 */
#include "support.h"

/* 44 characters of base64 */
#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const char managers[] = "managers:\n"
                               "  - name: m1\n"
                               "    url: https://m1.example:8443/sdk\n"
                               "    tls: {pin: \"" PIN "\"}\n"
                               "    login: {user: svc, password: {file: secrets/m1}}\n";

static const char defaults[] =
    "defaults:\n"
    "  kind: linux\n"
    "  ssh: {user: ops, key: {file: id}, hostkey: known_hosts}\n";

/* The fleet of these pieces; NULL after problems. */
static struct fleet *load(struct story *story, struct problem_list *problems,
                          const char *text)
{
    static struct fleet fleet;
    story_write(story, "fleet.yaml", text);
    auto_free char *path = story_path(story, "fleet.yaml");
    fleet = (struct fleet){0};
    return load_fleet(path, &fleet, NULL, problems) == 0 ? &fleet : NULL;
}

static void refuses(struct story *story, const char *text, const char *expected)
{
    auto_problems struct problem_list problems = {0};
    assert_null(load(story, &problems, text));
    problems_are(story, &problems, expected);
}

/* The fleet with `appliances` after the standard managers and defaults. */
static void refuses_appliances(struct story *story, const char *appliances,
                               const char *expected)
{
    auto_free char *text =
        xasprintf("%s%sappliances:\n%s", managers, defaults, appliances);
    refuses(story, text, expected);
}

static void document_is(const struct story *story, const json_t *doc,
                        const char *expected)
{
    auto_free char *text = json_canonical(doc);
    auto_free char *got = without_folder(story, text);
    assert_string_equal(got, expected);
}

static void an_appliance_is_whole(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    auto_free char *text = xasprintf(
        "%s%sappliances:\n"
        "  - name: vc-0001\n"
        "    host: 127.80.0.1\n"
        "    kind: vcsa\n"
        "    site: rbx\n"
        "    version: 8.0.3\n"
        "    labels: {customer: acme, tier: 1}\n"
        "    ssh: {port: 2222, password: {credential: pw}, job_dir: /srv/jobs}\n"
        "    rest:\n"
        "      tls: {ca: certs/ca.pem}\n"
        "      login: {user: root, password: {cmd: [pass, show, vc]}}\n"
        "      session: {path: /api/session, header: x-token, logout: {path: /bye}}\n"
        "    vm: {manager: m1, uuid: 4237A1B0-0000-0000-0000-00000000000A, datastore: "
        "d1}\n"
        "    link_group: sso-17\n"
        "    calendar: Sat 23:00 +4h Europe/Paris\n",
        managers, defaults);
    struct fleet *fleet = load(story, &problems, text);
    problems_are(story, &problems, "");
    assert_non_null(fleet);
    const struct appliance *a = &fleet->appliances[0];
    document_is(
        story, a->doc,
        "{\"host\":\"127.80.0.1\",\"kind\":\"vcsa\",\"labels\":{\"customer\":\"acme\","
        "\"tier\":\"1\"},\"link_group\":\"sso-17\",\"manager\":{\"login\":{\"password\":{"
        "\"file\":\"secrets/m1\"},\"user\":\"svc\"},\"name\":\"m1\",\"tls\":{\"pin\":"
        "\"" PIN "\"},\"url\":\"https://m1.example:8443/sdk\"},\"name\":\"vc-0001\","
        "\"rest\":{\"login\":{\"password\":{\"cmd\":[\"pass\",\"show\",\"vc\"]},\"user\":"
        "\"root\"},\"session\":{\"header\":\"x-token\",\"logout\":{\"path\":\"/bye\"},"
        "\"path\":\"/api/session\"},\"tls\":{\"ca\":\"certs/ca.pem\"},\"url\":"
        "\"https://127.80.0.1\"},\"site\":\"rbx\",\"ssh\":{\"hostkey\":\"known_hosts\","
        "\"job_dir\":\"/srv/"
        "jobs\",\"key\":{\"file\":\"id\"},\"password\":{\"credential\":"
        "\"pw\"},\"port\":2222,\"user\":\"ops\"},\"version\":\"8.0.3\",\"vm\":{"
        "\"datastore\":\"d1\",\"uuid\":\"4237a1b0-0000-0000-0000-00000000000a\"}}");
    assert_string_equal(a->vm_key, "{\"uuid\":\"4237a1b0-0000-0000-0000-00000000000a\"}");
    assert_string_equal(a->manager, "m1");
    assert_string_equal(a->datastore, "d1");
    assert_string_equal(a->calendar, "Sat 23:00 +4h Europe/Paris");
    assert_string_equal(a->link_group, "sso-17");
    assert_int_equal(a->place.line, 10);
    assert_int_equal(a->place.column, 5);
    fleet_clear(fleet);
}

static void defaults_fill_what_is_not_written(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    story_write(story, "cal.ics", "");
    auto_free char *text = xasprintf(
        "%s"
        "defaults:\n"
        "  kind: vcsa\n"
        "  site: gra\n"
        "  calendar: cal.ics\n"
        "  labels: {customer: acme, tier: gold}\n"
        "  ssh: {key: agent, hostkey: hk}\n"
        "  rest: {url: \"https://${host}:5480\", tls: {ca: ca.pem}, session: true}\n"
        "  vm: {manager: m1, datastore: d1}\n"
        "appliances:\n"
        "  - {name: a, host: a.example, labels: {tier: lead}}\n"
        "  - {name: b, host: \"::1\", site: rbx, vm: {name: vm-b},\n"
        "     rest: {tls: {pin: \"" PIN "\"}}, ssh: {key: {file: /k}}}\n",
        managers);
    struct fleet *fleet = load(story, &problems, text);
    problems_are(story, &problems, "");
    assert_non_null(fleet);
    const struct appliance *a = &fleet->appliances[0], *b = &fleet->appliances[1];
    document_is(
        story, a->doc,
        "{\"host\":\"a.example\",\"kind\":\"vcsa\",\"labels\":{\"customer\":"
        "\"acme\",\"tier\":\"lead\"},\"name\":\"a\",\"rest\":{\"session\":true,"
        "\"tls\":{\"ca\":\"ca.pem\"},\"url\":\"https://a.example:5480\"},\"site\":"
        "\"gra\",\"ssh\":{\"hostkey\":\"hk\",\"key\":\"agent\",\"port\":22}}");
    /* defaults alone name no machine */
    assert_string_equal(a->vm_key, "");
    assert_string_equal(a->manager, "");
    /* tls and key are replaced as a whole: their members are alternatives */
    document_is(story, json_object_get(b->doc, "rest"),
                "{\"session\":true,\"tls\":{\"pin\":\"" PIN
                "\"},\"url\":\"https://[::1]:5480\"}");
    document_is(story, json_object_get(b->doc, "ssh"),
                "{\"hostkey\":\"hk\",\"key\":{\"file\":\"/k\"},\"port\":22}");
    assert_string_equal(b->vm_key, "{\"name\":\"vm-b\"}");
    assert_string_equal(b->manager, "m1");
    assert_string_equal(b->datastore, "d1");
    auto_free char *calendar = story_path(story, "cal.ics");
    assert_string_equal(b->calendar, calendar);
    fleet_clear(fleet);
}

static void the_digest_is_that_of_the_bytes(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    const char text[] = "appliances: [{name: a, host: a, kind: k}]\n";
    story_write(story, "fleet.yaml", text);
    auto_free char *path = story_path(story, "fleet.yaml");
    char digest[SHA256_HEX], expected[SHA256_HEX];
    struct fleet fleet;
    assert_int_equal(load_fleet(path, &fleet, digest, &problems), 0);
    sha256_hex(text, sizeof text - 1, expected);
    assert_string_equal(digest, expected);
    fleet_clear(&fleet);
}

static void keys_and_types_are_checked(void **state)
{
    struct story *story = *state;
    refuses(story, "applianses: []\n",
            "fleet.yaml:1:1: unknown key applianses (nearest known key: appliances)\n"
            "fleet.yaml:1:1: fleet lacks the key appliances\n");
    refuses(story, "[a]\n", "fleet.yaml:1:1: fleet must be a mapping, not a list\n");
    refuses(story, "appliances: {a: b}\n",
            "fleet.yaml:1:13: appliances must be a list, not a mapping\n");
    refuses(story, "appliances: [vc-1]\n",
            "fleet.yaml:1:14: appliance must be a mapping, not text\n");
    refuses_appliances(story,
                       "  - name: a\n"
                       "    hosst: b\n"
                       "    site: [x]\n"
                       "    kind:\n"
                       "    ssh: {port: \"22\", users: x}\n",
                       "fleet.yaml:10:5: appliance lacks the key host\n"
                       "fleet.yaml:11:5: unknown key hosst (nearest known key: host)\n"
                       "fleet.yaml:12:11: site must be text, not a list\n"
                       "fleet.yaml:13:5: kind has no value\n"
                       "fleet.yaml:14:17: port must be an integer, not text in quotes\n"
                       "fleet.yaml:14:23: unknown key users (nearest known key: user)\n");
    refuses(story, "defaults: {name: x, host: y, vm: {uuid: z}}\nappliances: []\n",
            "fleet.yaml:1:12: unknown key name\n"
            "fleet.yaml:1:21: unknown key host (nearest known key: rest)\n"
            "fleet.yaml:1:35: unknown key uuid\n");
}

static void identities_are_checked(void **state)
{
    struct story *story = *state;
    refuses_appliances(
        story,
        "  - {name: -a, host: a}\n"
        "  - {name: b, host: a_b}\n"
        "  - {name: c, host: 10.0.0.256}\n"
        "  - {name: d, host: d, labels: {site: x, \"a b\": y, ok: [1]}}\n"
        "  - {name: e, host: e, vm: {manager: m1}}\n"
        "  - {name: f, host: f, vm: {manager: m1, uuid: 1234, name: g}}\n"
        "  - {name: h, host: h, vm: {manager: m2, name: h}}\n"
        "  - {name: i, host: i, vm: {name: i}}\n",
        "fleet.yaml:10:12: name must be made of letters, digits, . _ and -, begin with a "
        "letter or digit, and have at most 64\n"
        "fleet.yaml:11:21: host must be a host name or an IP address\n"
        "fleet.yaml:12:21: host must be a host name or an IP address\n"
        "fleet.yaml:13:33: label site: the appliance has a key of that name\n"
        "fleet.yaml:13:42: label a b: a label's name is made of letters, digits, . _ / "
        "and -, at most 63\n"
        "fleet.yaml:13:56: ok must be text, not a list\n"
        "fleet.yaml:14:28: vm must have one of uuid, instance_uuid, path and name, not "
        "0\n"
        "fleet.yaml:15:28: vm must have one of uuid, instance_uuid, path and name, not "
        "2\n"
        "fleet.yaml:15:48: uuid must look like 4237a1b0-0000-0000-0000-000000000000\n"
        "fleet.yaml:16:5: appliance h: no manager is called m2 (nearest: m1)\n"
        "fleet.yaml:17:5: vm lacks manager, here or in defaults\n");
}

/* A secret in a file that everybody reads, or in a message, is no secret. */
static void licence_pools_are_one_key_each(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    auto_free char *good = xasprintf(
        "%s%slicense_pools:\n"
        "  - {name: std, product: vcenter, major: 8, edition: standard, "
        "key: {file: keys/a}, count: 4}\n"
        "  - {name: cpu, product: esxi, major: 8, key: {credential: cpu}, count: 64}\n"
        "appliances:\n  - {name: vc-1, host: h1}\n",
        managers, defaults);
    struct fleet *fleet = load(story, &problems, good);
    assert_non_null(fleet);
    assert_int_equal(fleet->license_pool_count, 2);
    assert_int_equal(fleet->license_pools[0].product, LICENSE_VCENTER);
    assert_int_equal(fleet->license_pools[1].count, 64);
    document_is(story, fleet->license_pools[0].key, "{\"file\":\"keys/a\"}");
    fleet_clear(fleet);
    auto_free char *bad =
        xasprintf("license_pools:\n"
                  "  - {name: a, product: vcenter, major: 8, key: {file: k}, count: 4}\n"
                  "  - {name: a, product: nsx, major: 0, key: {file: k}, count: 0}\n"
                  "  - {name: b, product: esxi, major: 8, key: AAAAA-BBBBB, count: 1}\n"
                  "appliances: []\n");
    auto_problems struct problem_list wrong = {0};
    assert_null(load(story, &wrong, bad));
    assert_true(wrong.errors >= 6);
    for (size_t i = 0; i < wrong.count; i++)
        assert_null(strstr(wrong.items[i].text, "BBBBB"));
}

static void secrets_are_references(void **state)
{
    struct story *story = *state;
    const char rule[] =
        "secrets are references: write {file: PATH}, {cmd: [PROGRAM, ...]} "
        "or {credential: NAME}, never the secret itself";
    auto_free char *expected = xasprintf(
        "fleet.yaml:10:43: password: %s\n"
        "fleet.yaml:11:43: password: an agent holds keys, not passwords\n"
        "fleet.yaml:12:43: password: %s\n"
        "fleet.yaml:13:44: unknown key value\n"
        "fleet.yaml:14:49: cmd must name a program\n"
        "fleet.yaml:15:56: credential must be a name of letters, digits, . _ and -\n"
        "fleet.yaml:16:43: password: %s\n",
        rule, rule, rule);
    refuses_appliances(story,
                       "  - {name: a, host: a, ssh: {password:    hunter2}}\n"
                       "  - {name: b, host: b, ssh: {password:    agent}}\n"
                       "  - {name: c, host: c, ssh: {password:    {file: a, cmd: [b]}}}\n"
                       "  - {name: d, host: d, ssh: {password:    {value: hunter2}}}\n"
                       "  - {name: e, host: e, ssh: {password:    {cmd: []}}}\n"
                       "  - {name: f, host: f, ssh: {password:    {credential: ../f}}}\n"
                       "  - {name: g, host: g, ssh: {password:    {}}}\n",
                       expected);
}

static void peers_must_be_known(void **state)
{
    struct story *story = *state;
    refuses(
        story,
        "managers:\n"
        "  - {name: m1, url: \"http://m1/sdk\", tls: {pin: abc}, login: {user: u}}\n"
        "  - {name: m2, url: \"https://u:p@m2/\", tls: {}, login: {user: u, password: "
        "{file: f}}}\n"
        "  - {name: m1, url: \"https://m1:99999/\", tls: {ca: a, pin: b}, login: "
        "{user: u, password: {file: f}}}\n"
        "appliances:\n"
        "  - {name: a, host: a, kind: k, ssh: {user: x}}\n"
        "  - {name: b, host: b, kind: k, rest: {url: \"https://x y/\"}}\n"
        "  - {name: c, host: c, ssh: {key: agent, hostkey: h}}\n",
        "fleet.yaml:2:21: url must begin with https://\n"
        "fleet.yaml:2:49: pin must be sha256// and 44 base64 characters (curl's form "
        "of a public key's hash)\n"
        "fleet.yaml:2:62: login lacks the key password\n"
        "fleet.yaml:3:21: url must not hold a user or password; use login:\n"
        "fleet.yaml:3:45: tls must have either pin or ca: how else would slipway know "
        "whom it talks to\n"
        "fleet.yaml:4:12: manager m1 is there already, on line 2\n"
        "fleet.yaml:4:21: url has no valid port (1 to 65535)\n"
        "fleet.yaml:4:47: tls must have either pin or ca: how else would slipway know "
        "whom it talks to\n"
        "fleet.yaml:6:5: ssh lacks hostkey, here or in defaults: slipway never trusts "
        "an unknown host key\n"
        "fleet.yaml:6:5: ssh lacks key or password, here or in defaults\n"
        "fleet.yaml:7:5: rest lacks tls: {pin: ...} or {ca: FILE}, here or in "
        "defaults\n"
        "fleet.yaml:7:45: url holds a character that must not stand in one\n"
        "fleet.yaml:8:5: appliance c lacks kind, here or in defaults\n");
}

static void a_manager_may_be_a_set_of_hosts(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    const struct fleet *fleet =
        load(story, &problems,
             "managers:\n"
             "  - name: esx\n"
             "    tls: {ca: ca.pem}\n"
             "    login: {user: svc, password: {file: pw}}\n"
             "    hosts:\n"
             "      - {name: esx-1, url: https://esx-1/sdk}\n"
             "      - {name: esx-2, url: https://esx-2/sdk, login: {user: two, password: "
             "{file: two}}}\n"
             "appliances:\n"
             "  - {name: a, host: a, kind: vcsa, vm: {manager: esx, uuid: "
             "4237a1b0-0000-0000-0000-000000000000}}\n");
    problems_are(story, &problems, "");
    assert_string_equal(fleet->appliances[0].manager, "esx"); /* one limit for all */
    document_is(
        story, json_object_get(fleet->appliances[0].doc, "manager"),
        "{\"hosts\":[{\"name\":\"esx-1\",\"url\":\"https://esx-1/sdk\"},{\"login\":{"
        "\"password\":{\"file\":\"two\"},\"user\":\"two\"},\"name\":\"esx-2\","
        "\"url\":\"https://esx-2/sdk\"}],\"login\":{\"password\":{\"file\":\"pw\"},"
        "\"user\":\"svc\"},\"name\":\"esx\",\"tls\":{\"ca\":\"ca.pem\"}}");
    fleet_clear((struct fleet *)(uintptr_t)fleet);
}

static void hosts_of_a_manager_are_checked(void **state)
{
    struct story *story = *state;
    refuses(
        story,
        "managers:\n"
        "  - {name: none}\n"
        "  - {name: both, url: https://x/sdk, hosts: [{name: h, url: "
        "https://h/sdk}]}\n"
        "  - {name: empty, hosts: []}\n"
        "  - name: twins\n"
        "    tls: {ca: c}\n"
        "    login: {user: u, password: {file: f}}\n"
        "    hosts:\n"
        "      - {name: h1, url: https://H1/sdk}\n"
        "      - {name: h1, url: https://h1/sdk}\n"
        "      - {name: h 2, url: https://h2/sdk}\n"
        "      - {name: h3, url: http://h3/sdk}\n"
        "      - {name: h4}\n"
        "appliances:\n"
        "  - {name: a, host: a, kind: k}\n",
        "fleet.yaml:2:5: manager lacks the key url (or hosts, for a set of ESXi hosts)\n"
        "fleet.yaml:2:5: manager lacks the key tls\n"
        "fleet.yaml:2:5: manager lacks the key login\n"
        "fleet.yaml:3:23: a manager has either url or hosts\n"
        "fleet.yaml:3:46: host h lacks tls, here or in its manager\n"
        "fleet.yaml:3:46: host h lacks login, here or in its manager\n"
        "fleet.yaml:4:26: hosts has no host\n"
        "fleet.yaml:10:16: another host of this manager has the name h1\n"
        "fleet.yaml:10:25: another host of this manager has the url https://h1/sdk\n"
        "fleet.yaml:11:16: name must be made of letters, digits, . _ and -, begin with "
        "a letter or digit, and have at most 64\n"
        "fleet.yaml:12:25: url must begin with https://\n"
        "fleet.yaml:13:9: manager_host lacks the key url\n");
}

static void one_machine_stands_in_a_fleet_once(void **state)
{
    struct story *story = *state;
    refuses_appliances(
        story,
        "  - {name: a, host: h1, vm: {manager: m1, name: x, datastore: d}}\n"
        "  - {name: a, host: h2}\n"
        "  - {name: b, host: H1}\n"
        "  - {name: c, host: h1, ssh: {port: 2222}}\n"
        "  - {name: d, host: h4, vm: {manager: m1, name: x}}\n"
        "  - {name: e, host: h5, calendar: missing.ics}\n"
        "  - {name: f, host: h6, rest: {url: \"https://gate/1\", tls: {ca: c}}}\n"
        "  - {name: g, host: h7, rest: {url: \"https://gate/1\", tls: {ca: c}}}\n",
        "fleet.yaml:11:5: appliance a is there already, on line 10\n"
        "fleet.yaml:12:5: appliance b has the same address as a (h1 port 22)\n"
        "fleet.yaml:14:5: appliance d has the same virtual machine as a\n"
        "fleet.yaml:15:5: calendar missing.ics: no such file\n"
        "fleet.yaml:17:5: appliance g has the same address as f (https://gate/1)\n");
}

/* SQL does not tell them apart, so a selector would see only one of them. */
static void labels_that_differ_in_case_are_pointed_out(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct fleet *fleet = load(story, &problems,
                               "defaults: {kind: k}\n"
                               "appliances:\n"
                               "  - {name: a, host: a, labels: {tier: x}}\n"
                               "  - {name: b, host: b, labels: {Tier: x}}\n"
                               "  - {name: c, host: c, labels: {Tier: x, tier: y}}\n");
    assert_non_null(fleet);
    problems_are(story, &problems,
                 "fleet.yaml:4:5: warning: label Tier: tier differs only in case, and "
                 "selectors see only that one as a column\n");
    fleet_clear(fleet);
}

static void a_missing_file_is_named(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    struct fleet fleet;
    auto_free char *path = story_path(story, "none.yaml");
    assert_int_equal(load_fleet(path, &fleet, NULL, &problems), -1);
    auto_free char *deeper = story_path(story, "no/fleet.yaml");
    assert_int_equal(load_fleet(deeper, &fleet, NULL, &problems), -1);
    problems_are(story, &problems,
                 "no/fleet.yaml: cannot be read: No such file or directory\n"
                 "none.yaml: cannot be read: No such file or directory\n");
}

/* 100,000 lines: reading must stay linear. */
static void a_large_fleet_is_read(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    auto_buf struct buf text = {0};
    buf_addf(&text, "%s%sappliances:\n", managers, defaults);
    for (int i = 0; i < 20000; i++)
        buf_addf(&text,
                 "  - name: vc-%05d\n"
                 "    host: 127.%d.%d.%d\n"
                 "    site: s%d\n"
                 "    labels: {customer: c%d, tier: gold}\n"
                 "    vm: {manager: m1, name: vm-%d}\n",
                 i, 1 + i / 62500, i / 250 % 250, i % 250, i % 7, i % 900, i);
    struct fleet *fleet = load(story, &problems, buf_text(&text));
    problems_are(story, &problems, "");
    assert_non_null(fleet);
    assert_int_equal(fleet->appliance_count, 20000);
    assert_string_equal(fleet->appliances[19999].name, "vc-19999");
    assert_string_equal(appliance_attribute(&fleet->appliances[901], "customer"), "c1");
    fleet_clear(fleet);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, story_open, story_close)
    const struct CMUnitTest tests[] = {
        STORY(an_appliance_is_whole),
        STORY(defaults_fill_what_is_not_written),
        STORY(the_digest_is_that_of_the_bytes),
        STORY(keys_and_types_are_checked),
        STORY(identities_are_checked),
        STORY(licence_pools_are_one_key_each),
        STORY(secrets_are_references),
        STORY(peers_must_be_known),
        STORY(a_manager_may_be_a_set_of_hosts),
        STORY(hosts_of_a_manager_are_checked),
        STORY(one_machine_stands_in_a_fleet_once),
        STORY(labels_that_differ_in_case_are_pointed_out),
        STORY(a_missing_file_is_named),
        STORY(a_large_fleet_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
