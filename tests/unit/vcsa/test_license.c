/*
 * test_license.c - stories about licences: what is told of keys and what never is, who
 * needs one, keys that do not fit, keys that vpxd takes without a fault and rejects in its
 * answer.
 */
#include "sdk_peer.h"

#define KEY_8    "AAAAA-BBBBB-CCCCC-DDDDD-NEW08"
#define KEY_7    "AAAAA-BBBBB-CCCCC-DDDDD-OLD07"
#define KEY_EVAL "00000-00000-00000-00000-00000"

#define FACT(key, value)                                                                 \
    "<properties><key>" key "</key><value xsi:type=\"xsd:string\" "                      \
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">" value "</value></properties>"
#define LICENSE(key, edition, name, total, used, facts)                                  \
    "<licenseKey>" key "</licenseKey><editionKey>" edition "</editionKey><name>" name    \
    "</name><total>" total "</total><used>" used "</used><costUnit>server</costUnit>"    \
    "" facts
#define VCENTER(key, version, total, used)                                               \
    LICENSE(key, "vc.standard.instance", "vCenter Server Standard", total, used,         \
            FACT("ProductName", "VMware VirtualCenter Server")                           \
                FACT("ProductVersion", version))
#define ESXI(key, version, total, used)                                                  \
    LICENSE(key, "esx.enterprisePlus.cpuPackage", "vSphere Enterprise Plus", total,      \
            used,                                                                        \
            FACT("ProductName", "VMware ESX Server") FACT("ProductVersion", version))
#define EVALUATION                                                                       \
    LICENSE(KEY_EVAL, "eval", "Product Evaluation", "0", "0",                            \
            FACT("expirationHours", "1430"))
#define HAS(entity, name, license)                                                       \
    "<returnval><entityId>" entity "</entityId><entityDisplayName>" name                 \
    "</entityDisplayName><assignedLicense>" license "</assignedLicense></returnval>"
#define KNOWN(licenses)                                                                  \
    {                                                                                    \
        .method = "RetrievePropertiesEx", .needle = "licenseAssignmentManager",          \
        .answer = PAGE(OBJECT("LicenseManager", "lm",                                    \
                              PROPERTY("licenseAssignmentManager", "lam")                \
                                  PROPERTY("licenses", licenses)))                       \
    }
#define LISTED(license)                                                                  \
    "<LicenseManagerLicenseInfo>" license "</LicenseManagerLicenseInfo>"
#define HOST(ref, host_name, version, cpus)                                              \
    OBJECT("HostSystem", ref,                                                            \
           PROPERTY("name", host_name)                                                   \
               PROPERTY("summary.config.product.version", version)                       \
                   PROPERTY("summary.hardware.numCpuPkgs", cpus))
#define HOSTS(hosts)                                                                     \
    {                                                                                    \
        .method = "RetrievePropertiesEx", .needle = "numCpuPkgs", .answer = PAGE(hosts)  \
    }
#define DECODES(license)                                                                 \
    {                                                                                    \
        .method = "DecodeLicense", .answer = "<returnval>" license "</returnval>"        \
    }

static const json_t *member(const struct fake_call *call, const char *key)
{
    return json_object_get(call->result, key);
}

/* `with` of license_assign, its key in a file. */
struct key_file {
    char path[64];
    char *with;
};

static void key_file_make(struct key_file *file, const char *key, const char *more)
{
    (void)snprintf(file->path, sizeof file->path, "%s", "/tmp/slipway-key-XXXXXX");
    auto_fd int fd = mkstemp(file->path);
    assert_true(write(fd, key, strlen(key)) == (ssize_t)strlen(key));
    file->with = xasprintf("{\"key\":{\"file\":\"%s\"}%s}", file->path, more);
}

static void key_file_end(struct key_file *file)
{
    (void)unlink(file->path);
    free(file->with);
}

static enum slipway_outcome give(struct vpxd *vpxd, struct fake_call *call,
                                 const char *key, const char *more)
{
    struct key_file file;
    key_file_make(&file, key, more);
    enum slipway_outcome outcome = vc_read(&vpxd->vc, call, "license_assign", file.with);
    key_file_end(&file);
    assert_null(strstr(call->said, key));
    assert_null(strstr(call->result_text ? call->result_text : "", key));
    return outcome;
}

static void who_evaluates_is_named_and_no_key_is_shown(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call call;
    vpxd_begin(&vpxd, (struct sdk_rule[]){
                          KNOWN(LISTED(VCENTER(KEY_7, "7.0", "10", "1"))),
                          HOSTS(HOST("host-1", "esx-1", "7.0.3", "2")
                                    HOST("host-2", "esx-2", "7.0.3", "2")),
                          {.method = "QueryAssignedLicenses",
                           .needle = SDK_UUID,
                           .answer = HAS(SDK_UUID, "vc-1", EVALUATION)},
                          {.method = "QueryAssignedLicenses",
                           .answer = HAS(SDK_UUID, "vc-1", EVALUATION)
                               HAS("host-1", "esx-1", ESXI(KEY_7, "7.0", "8", "4"))
                                   HAS("host-2", "esx-2", EVALUATION)},
                          {0}});
    assert_int_equal(vc_read(&vpxd.vc, &call, "license_state", "{}"), SLIPWAY_DONE);
    assert_int_equal(json_number(call.result, "evaluation_count", -1), 2);
    assert_string_equal(json_string_value(json_array_get(member(&call, "evaluation"), 1)),
                        "esx-2");
    assert_int_equal(json_number(call.result, "cpus", -1), 4);
    assert_int_equal(json_number(call.result, "days_left", -1), 59);
    const json_t *vcenter = member(&call, "vcenter");
    assert_true(json_is_true(json_object_get(vcenter, "evaluation")));
    assert_true(json_is_false(json_object_get(vcenter, "fits")));
    const json_t *known = json_array_get(member(&call, "keys"), 0);
    assert_string_equal(json_text(known, "key"), "*****-OLD07");
    assert_null(strstr(call.result_text, "AAAAA"));
    assert_int_equal(json_array_size(member(&call, "others")), 2);
    vpxd_end(&vpxd);
}

/* Nor does a sum of them overflow. */
static void counts_that_cannot_be_are_cut(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call call;
    vpxd_begin(&vpxd,
               (struct sdk_rule[]){
                   KNOWN(LISTED(VCENTER(KEY_8, "8.0", "9223372036854775807",
                                        "-9223372036854775808"))),
                   HOSTS(HOST("host-1", "esx-1", "8.0.3", "9223372036854775807")
                             HOST("host-2", "esx-2", "8.0.3", "9223372036854775807")
                                 HOST("host-3", "esx-3", "8.0.3", "-7")),
                   {.method = "QueryAssignedLicenses",
                    .answer = HAS(SDK_UUID, "vc-1", VCENTER(KEY_8, "8.0", "1", "1"))},
                   {0}});
    assert_int_equal(vc_read(&vpxd.vc, &call, "license_state", "{}"), SLIPWAY_DONE);
    assert_in_range(json_number(call.result, "cpus", -1), 2, 1000000000000);
    vpxd_end(&vpxd);
}

static void a_vcenter_that_evaluates_gets_its_key_once(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call first, again;
    vpxd_begin(
        &vpxd,
        (struct sdk_rule[]){
            KNOWN(""),
            HOSTS(""),
            DECODES(VCENTER(KEY_8, "8.0", "10", "0")),
            {.method = "AddLicense",
             .answer = "<returnval>" VCENTER(KEY_8, "8.0", "10", "0") "</returnval>"},
            {.method = "UpdateAssignedLicense",
             .needle = "<entity>" SDK_UUID "</entity><licenseKey>" KEY_8
                       "</licenseKey><entityDisplayName>vc-1",
             .answer = "<returnval/>"},
            {.method = "QueryAssignedLicenses",
             .answer = HAS(SDK_UUID, "vc-1", EVALUATION),
             .times = 2},
            {.method = "QueryAssignedLicenses",
             .answer = HAS(SDK_UUID, "vc-1", VCENTER(KEY_8, "8.0", "10", "1"))},
            {0}});
    assert_int_equal(give(&vpxd, &first, KEY_8, ""), SLIPWAY_DONE);
    assert_true(json_is_true(member(&first, "changed")));
    assert_string_equal(json_text(first.result, "key"), "*****-NEW08");
    assert_int_equal(vpxd_saw(&vpxd, "<UpdateAssignedLicense "), 1);
    assert_int_equal(give(&vpxd, &again, KEY_8, ""), SLIPWAY_DONE);
    assert_true(json_is_false(member(&again, "changed")));
    assert_int_equal(vpxd_saw(&vpxd, "<UpdateAssignedLicense "), 1);
    assert_int_equal(vpxd_saw(&vpxd, "<AddLicense "), 1);
    vpxd_end(&vpxd);
}

static void hosts_of_the_keys_version_are_served_and_no_others(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call call;
    vpxd_begin(&vpxd,
               (struct sdk_rule[]){
                   KNOWN(LISTED(ESXI(KEY_8, "8.0", "6", "2"))),
                   HOSTS(HOST("host-1", "esx-1", "8.0.3", "2")
                             HOST("host-2", "esx-2", "7.0.3", "2")
                                 HOST("host-3", "esx-3", "8.0.3", "2")),
                   DECODES(ESXI(KEY_8, "8.0", "6", "2")),
                   {.method = "UpdateAssignedLicense", .answer = "<returnval/>"},
                   {.method = "QueryAssignedLicenses",
                    .answer = HAS("host-1", "esx-1", EVALUATION)
                        HAS("host-2", "esx-2", EVALUATION)
                            HAS("host-3", "esx-3", ESXI(KEY_8, "8.0", "6", "2")),
                    .times = 2},
                   {.method = "QueryAssignedLicenses",
                    .answer = HAS("host-1", "esx-1", ESXI(KEY_8, "8.0", "6", "4"))},
                   {0}});
    assert_int_equal(give(&vpxd, &call, KEY_8, ",\"product\":\"esxi\""), SLIPWAY_DONE);
    assert_int_equal(json_number(call.result, "assigned", -1), 1);
    assert_int_equal(vpxd_saw(&vpxd, "<AddLicense "), 0);
    assert_int_equal(vpxd_saw(&vpxd, "<entity>host-1</entity>"), 1);
    assert_int_equal(vpxd_saw(&vpxd, "<entity>host-2</entity>"), 0);
    vpxd_end(&vpxd);
}

static void keys_that_do_not_fit_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *key, *more, *decoded, *word;
        enum slipway_outcome outcome;
    } table[] = {
        {KEY_7, "", "<returnval>" VCENTER(KEY_7, "7.0", "10", "0") "</returnval>",
         "not for vcenter 8", SLIPWAY_FAILED},
        {KEY_8, "", "<returnval>" ESXI(KEY_8, "8.0", "10", "0") "</returnval>",
         "VMware ESX Server", SLIPWAY_FAILED},
        {KEY_8, ",\"edition\":\"essentials\"",
         "<returnval>" VCENTER(KEY_8, "8.0", "10", "0") "</returnval>",
         "the pool says essentials", SLIPWAY_FAILED},
        {KEY_8, "", "<returnval>" VCENTER(KEY_8, "8.0", "3", "3") "</returnval>",
         "good for 3, 3 are used here and 1 more", SLIPWAY_FAILED},
        {KEY_8, "",
         "<returnval>" VCENTER(KEY_8, "8.0", "3", "9223372036854775807") "</returnval>",
         "good for 3, ", SLIPWAY_FAILED},
        {KEY_8, "", SDK_FAULT("InvalidArgument"), "InvalidArgument", SLIPWAY_FAILED},
        {"two words", "", "", "right secret", SLIPWAY_REFUSED},
        {"short", "", "", "right secret", SLIPWAY_REFUSED},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        struct vpxd vpxd;
        auto_fake_call struct fake_call call;
        vpxd_begin(&vpxd, (struct sdk_rule[]){
                              KNOWN(""),
                              HOSTS(""),
                              {.method = "DecodeLicense", .answer = table[i].decoded},
                              {.method = "QueryAssignedLicenses",
                               .answer = HAS(SDK_UUID, "vc-1", EVALUATION)},
                              {0}});
        assert_int_equal(give(&vpxd, &call, table[i].key, table[i].more),
                         table[i].outcome);
        if (!strstr(call.said, table[i].word))
            fail_msg("%zu: %s", i, call.said);
        assert_int_equal(vpxd_saw(&vpxd, "<AddLicense "), 0);
        assert_int_equal(vpxd_saw(&vpxd, "<UpdateAssignedLicense "), 0);
        vpxd_end(&vpxd);
    }
}

/* A bad key is no fault: it is said in the answer's properties, or not at all. */
static void a_key_that_is_taken_and_not_kept_is_a_failure(void **state)
{
    (void)state;
    struct vpxd vpxd;
    auto_fake_call struct fake_call rejected, lost, elsewhere;
    const struct sdk_rule assigned = {.method = "QueryAssignedLicenses",
                                      .answer = HAS(SDK_UUID, "vc-1", EVALUATION)};
    vpxd_begin(
        &vpxd,
        (struct sdk_rule[]){
            KNOWN(""),
            HOSTS(""),
            assigned,
            {.method = "AddLicense",
             .answer = "<returnval>" LICENSE(
                 KEY_8, "", "", "0", "0",
                 FACT("diagnostic", "License is not valid " KEY_8)) "</returnval>"},
            {0}});
    struct key_file file;
    key_file_make(&file, KEY_8, "");
    /* (the host marks out in sentences what it gave away; here it is looked for below) */
    assert_int_equal(vc_read(&vpxd.vc, &rejected, "license_assign", file.with),
                     SLIPWAY_REFUSED);
    assert_non_null(strstr(rejected.said, "did not take the key *****-NEW08"));
    assert_int_equal(vpxd_saw(&vpxd, "<UpdateAssignedLicense "), 0);

    vpxd_rules(&vpxd, (struct sdk_rule[]){KNOWN(""),
                                          HOSTS(""),
                                          assigned,
                                          {.method = "AddLicense", .answer = NULL},
                                          {0}});
    assert_int_equal(vc_read(&vpxd.vc, &lost, "license_assign", file.with),
                     SLIPWAY_UNKNOWN);

    vpxd_rules(&vpxd, (struct sdk_rule[]){
                          KNOWN(""),
                          HOSTS(""),
                          assigned,
                          {.method = "AddLicense",
                           .answer = "<returnval>" VCENTER(KEY_8, "8.0", "1",
                                                           "0") "</returnval>"},
                          {.method = "UpdateAssignedLicense", .answer = "<returnval/>"},
                          {0}});
    assert_int_equal(vc_read(&vpxd.vc, &elsewhere, "license_assign", file.with),
                     SLIPWAY_FAILED);
    assert_non_null(strstr(elsewhere.said, "reads back another licence"));
    key_file_end(&file);
    vpxd_end(&vpxd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_evaluates_is_named_and_no_key_is_shown),
        cmocka_unit_test(counts_that_cannot_be_are_cut),
        cmocka_unit_test(a_vcenter_that_evaluates_gets_its_key_once),
        cmocka_unit_test(hosts_of_the_keys_version_are_served_and_no_others),
        cmocka_unit_test(keys_that_do_not_fit_change_nothing),
        cmocka_unit_test(a_key_that_is_taken_and_not_kept_is_a_failure),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
