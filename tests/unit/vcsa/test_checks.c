/*
 * test_checks.c - stories about what an appliance tells of itself: each reading says what
 * is known, what is not, and never takes the one for the other.
 */
#include "vcsa_peer.h"

#include <openssl/x509.h>

#define TIME_IS(seconds)                                                                 \
    {                                                                                    \
        .ask = "GET /api/appliance/system/time", .status = 200,                          \
        .body = "{\"seconds_since_epoch\":" seconds ",\"date\":\"x\",\"time\":\"x\","    \
                "\"timezone\":\"UTC\"}"                                                  \
    }
#define GIVES(path, text)                                                                \
    {                                                                                    \
        .ask = "GET " path, .status = 200, .body = (text)                                \
    }

/* One operation against these rules; the caller frees the call. */
static enum slipway_outcome ask(struct fake_call *call, const char *operation,
                                const char *with, const struct rule *rules)
{
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, rules);
    enum slipway_outcome outcome = vc_read(&vc, call, operation, with);
    vc_end(&vc);
    return outcome;
}

static const json_t *member(const struct fake_call *call, const char *key)
{
    return json_object_get(call->result, key);
}

/* --- version ---------------------------------------------------------------------------- */

#define ABOUT(version, build)                                                            \
    "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/"      \
    "envelope/\"><e:Body><RetrieveServiceContentResponse "                               \
    "xmlns=\"urn:vim25\"><returnval>"                                                    \
    "<about><name>VMware vCenter Server</name><version>" version                         \
    "</version><build>" build                                                            \
    "</build></about></returnval></RetrieveServiceContentResponse></e:Body>"             \
    "</e:Envelope>"

static enum slipway_outcome confirmed(struct fake_call *call, const char *rest,
                                      const char *about)
{
    return ask(call, "version", "{\"confirm\":\"sdk\"}",
               (struct rule[]){
                   GIVES("/api/appliance/system/version", rest),
                   {.ask = "POST /sdk", .status = 200, .body = about, .type = "text/xml"},
                   {0}});
}

static void two_protocols_must_agree_on_the_version(void **state)
{
    (void)state;
    static const char *const V67 = "{\"version\":\"6.7.0.45000\",\"build\":\"16616653\"}";
    const struct {
        const char *rest, *about;
        enum slipway_outcome outcome;
    } table[] = {
        {VERSION_NEW, ABOUT("8.0.3", "24322831"), SLIPWAY_DONE},
        {VERSION_NEW, ABOUT("8.0.2", "24322831"), SLIPWAY_FAILED},
        {VERSION_NEW, ABOUT("8.0.3", "24022515"), SLIPWAY_FAILED},
        /* before 7.0.2 the client's build is another number */
        {V67, ABOUT("6.7.0", "16708996"), SLIPWAY_DONE},
        {V67, ABOUT("6.5.0", "16708996"), SLIPWAY_FAILED},
        {VERSION_NEW, "<html>starting</html>", SLIPWAY_RETRY},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(confirmed(&call, table[i].rest, table[i].about),
                         table[i].outcome);
    }
}

static void a_door_of_local_users_cannot_ask_vpxd_and_says_so(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc,
             (struct rule[]){GIVES("/api/appliance/system/version", VERSION_NEW), {0}});
    assert_int_equal(vc_read(&vc, &call, "version", "{\"confirm\":\"sdk\"}"),
                     SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "rest.vami"));
    vc_end(&vc);
}

/* --- services ------------------------------------------------------------------------------ */

#define UNIT(startup, state, health)                                                     \
    "{\"startup_type\":\"" startup "\",\"state\":\"" state "\",\"health\":\"" health "\"}"
#define BEFORE                                                                           \
    "{\"started\":[\"vpxd\",\"sps\",\"vmcam\",\"gone\"],\"down\":[\"statsmonitor\"]}"

static void services_are_measured_by_what_ran_before(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    static const char *const with = "{\"baseline\":" BEFORE "}";
    assert_int_equal(
        ask(&call, "services", with,
            (struct rule[]){
                GIVES(
                    "/api/vcenter/services",
                    "{\"vpxd\":" UNIT("AUTOMATIC", "STARTED", "HEALTHY") ",\"sps\":" UNIT(
                        "AUTOMATIC", "STARTED",
                        "DEGRADED") ",\"vmcam\":" UNIT("MANUAL", "STOPPED",
                                                       "") ",\"statsmonitor\""
                                                           ":" UNIT("AUTOMATI"
                                                                    "C",
                                                                    "STOPPED",
                                                                    "") ",\"la"
                                                                        "te\""
                                                                        ":" UNIT(
                                                                            "AUTOMATIC",
                                                                            "STARTING",
                                                                            "") "}"),
                {0}}),
        SLIPWAY_DONE);
    /* down: everything that should run; missing: what is worse than before */
    assert_int_equal(json_array_size(member(&call, "down")), 3);
    auto_free char *missing = json_canonical(member(&call, "missing"));
    assert_string_equal(missing, "[\"gone\",\"sps\",\"late\"]");
    assert_true(json_is_false(member(&call, "at_baseline")));
}

static void the_old_dialect_lists_services_elsewhere_as_keys_and_values(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc.login = LOGIN_OLD_ONLY;
    vc_rules(&vc, (struct rule[]){GIVES("/rest/appliance/vmon/service",
                                        "{\"value\":[{\"key\":\"vpxd\",\"value\":" UNIT(
                                            "AUTOMATIC", "STARTED", "HEALTHY") "}]}"),
                                  {0}});
    assert_int_equal(vc_read(&vc, &call, "services", "{}"), SLIPWAY_DONE);
    assert_true(json_is_true(member(&call, "at_baseline")));
    assert_string_equal(json_string_value(json_array_get(member(&call, "started"), 0)),
                        "vpxd");
    vc_end(&vc);
}

/* --- health --------------------------------------------------------------------------------- */

static void a_green_that_is_older_than_the_installation_is_not_fresh(void **state)
{
    (void)state;
    const struct {
        const char *lastcheck;
        bool fresh;
    } table[] = {{"\"2024-11-02T01:59:59.000Z\"", false},
                 {"\"2024-11-02T02:00:01.000Z\"", true},
                 {"\"2024-11-02T04:30:00.000+02:00\"", true},
                 {"\"soon\"", false}};
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(
            ask(&call, "health", "{\"not_before\":\"2024-11-02T02:00:00Z\"}",
                (struct rule[]){
                    GIVES("/api/appliance/health/system/lastcheck", table[i].lastcheck),
                    GIVES("/api/appliance/health/system", "\"green\""),
                    {0}}),
            SLIPWAY_DONE);
        assert_string_equal(json_text(call.result, "color"), "green");
        assert_int_equal(json_is_true(member(&call, "fresh")), table[i].fresh);
    }
}

static void a_database_check_that_breaks_is_a_word_and_no_error(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc,
             (struct rule[]){
                 GIVES("/api/appliance/health/system/messages",
                       "[{\"id\":\"m\",\"message\":{\"id\":\"m\",\"default_message\":"
                       "\"memory is low\",\"args\":[]}}]"),
                 GIVES("/api/appliance/health/system", "\"orange\""),
                 GIVES("/api/appliance/health/load", "\"yellow\""),
                 {.ask = "GET /api/appliance/health/database",
                  .status = 500,
                  .body = "{\"error_type\":\"ERROR\",\"messages\":[{\"default_message\":"
                          "\"dbcc: not found\"}]}"},
                 {0}});
    assert_int_equal(vc_read(&vc, &call, "health", "{\"items\":true}"), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "color"), "orange");
    assert_true(json_is_null(member(&call, "database")));
    assert_string_equal(json_text(member(&call, "items"), "load"), "yellow");
    assert_string_equal(json_text(json_array_get(member(&call, "messages"), 0), "text"),
                        "memory is low");
    assert_int_equal(vc_count(&vc, "GET /api/appliance/health/software-packages"), 0);
    vc_end(&vc);
}

/* --- storage -------------------------------------------------------------------------------- */

#define IDS                                                                              \
    "[{\"id\":\"cpu.util\"},{\"id\":\"storage.used.filesystem.log\"},"                   \
    "{\"id\":\"storage.used.filesystem.archive\"},"                                      \
    "{\"id\":\"storage.used.filesystem.core\"}]"
#define SERIES(kind, name, data)                                                         \
    "{\"name\":\"storage." kind ".filesystem." name "\",\"data\":[" data "]}"
#define SAMPLES                                                                                                        \
    "[" SERIES("used", "log", "\"1.0\",\"972800.0\",\"\"") "," SERIES("totalsize", "log", "\"1024000.0\"") "," SERIES( \
        "used", "archive",                                                                                             \
        "\"99.0\"") "," SERIES("totalsize", "archive",                                                                 \
                               "\"100.0\"") "," SERIES("used", "core",                                                 \
                                                       "\"1024.0\"") "," SERIES("totals"                               \
                                                                                "ize",                                 \
                                                                                "core",                                \
                                                                                "\"1049"                               \
                                                                                "600."                                 \
                                                                                "0\"") "]"

static void file_systems_are_judged_by_their_newest_sample(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc,
             (struct rule[]){GIVES("/api/appliance/monitoring/query?interval=MINUTES5&"
                                   "function=MAX&start_time=2024-11-02T00:00:03Z&"
                                   "end_time=2024-11-02T01:00:03Z&"
                                   "names=storage.used.filesystem.log&names=",
                                   SAMPLES),
                             GIVES("/api/appliance/monitoring", IDS),
                             TIME_IS("1730509203.5"),
                             {0}});
    assert_int_equal(
        vc_read(&vc, &call, "storage", "{\"data_percent\":80,\"root_percent\":85}"),
        SLIPWAY_DONE);
    const json_t *all = member(&call, "filesystems");
    assert_int_equal(json_number(json_object_get(all, "log"), "percent", 0), 95);
    assert_int_equal(json_number(json_object_get(all, "archive"), "percent", 0), 99);
    auto_free char *over = json_canonical(member(&call, "over"));
    assert_string_equal(over, "[\"log 95 %\"]"); /* archive is full by design */
    assert_int_equal(json_number(call.result, "staging_free_mb", 0), 1024);
    vc_end(&vc);
}

/* Up to 6.7 the file system of /storage/core is called coredump. */
static void room_to_stage_is_found_under_its_old_name(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){
                      GIVES("/api/appliance/monitoring/query?interval",
                            "[" SERIES("used", "coredump", "\"1024.0\"") "," SERIES(
                                "totalsize", "coredump", "\"1049600.0\"") "]"),
                      GIVES("/api/appliance/monitoring",
                            "[{\"id\":\"storage.used.filesystem.coredump\"}]"),
                      TIME_IS("1730509203.5"),
                      {0}});
    assert_int_equal(vc_read(&vc, &call, "storage", "{}"), SLIPWAY_DONE);
    assert_int_equal(json_number(call.result, "staging_free_mb", 0), 1024);
    vc_end(&vc);
}

static void the_old_dialect_wants_its_query_prefixed(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_OLD_ONLY;
    vc_rules(&vc,
             (struct rule[]){
                 GIVES("/rest/appliance/monitoring/query?item.interval=MINUTES5&item."
                       "function=MAX&item.start_time=2024-11-02T00:00:03Z&item.end_time="
                       "2024-11-02T01:00:03Z&item.names.1=storage.used.filesystem.log&"
                       "item.names.2=storage.totalsize.filesystem.log",
                       "{\"value\":" SAMPLES "}"),
                 GIVES("/rest/appliance/monitoring", "{\"value\":" IDS "}"),
                 GIVES("/rest/appliance/system/time",
                       "{\"value\":{\"seconds_since_epoch\":1730509203.0}}"),
                 {0}});
    assert_int_equal(vc_read(&vc, &call, "storage", "{}"), SLIPWAY_DONE);
    assert_int_equal(json_array_size(member(&call, "over")), 1);
    vc_end(&vc);
}

static void monitoring_without_samples_is_no_free_space(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    assert_int_equal(ask(&call, "storage", "{}",
                         (struct rule[]){GIVES("/api/appliance/monitoring/query", "[]"),
                                         GIVES("/api/appliance/monitoring", IDS),
                                         TIME_IS("1730509203.5"),
                                         {0}}),
                     SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "no samples"));
}

/* --- accounts and certificates --------------------------------------------------------------- */

static void the_root_password_is_judged_by_the_appliances_clock(void **state)
{
    (void)state;
    const struct {
        const char *account;
        int days;
        bool expired, never;
    } table[] = {
        {"{\"password_expires_at\":\"2024-11-12T01:00:03.000Z\","
         "\"max_days_between_password_change\":90}",
         9, false, false},
        {"{\"password_expires_at\":\"2024-11-02T00:00:00.000Z\"}", -1, true, false},
        {"{\"roles\":[\"superAdmin\"],\"has_password\":true}", 0, false, true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(ask(&call, "password_expiry", "{}",
                             (struct rule[]){GIVES("/api/appliance/local-accounts/root",
                                                   table[i].account),
                                             TIME_IS("1730509203.5"),
                                             {0}}),
                         SLIPWAY_DONE);
        assert_int_equal(json_number(call.result, "days_left", 0), table[i].days);
        assert_int_equal(json_is_true(member(&call, "expired")), table[i].expired);
        assert_int_equal(json_is_true(member(&call, "never")), table[i].never);
    }
}

/* A self-signed certificate that ends so many days after `from`, as a JSON text of PEM. */
static char *pem_json(time_t from, int days)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = peer_certificate(key, "IP:127.0.0.1");
    (void)ASN1_TIME_set(X509_getm_notAfter(cert), from + days * 86400L);
    (void)X509_sign(cert, key, EVP_sha256());
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    (void)PEM_write_bio_X509(bio, cert);
    long length = BIO_get_mem_data(bio, &bytes);
    auto_json json_t *text = json_stringn(bytes, (size_t)length);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(key);
    return json_dumps(text, JSON_ENCODE_ANY);
}

static void certificates_tell_the_earliest_end(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    auto_free char *leaf = pem_json(1730509203, 12), *root = pem_json(1730509203, 3000);
    auto_free char *tls = xasprintf("{\"cert\":%s,\"thumbprint\":\"AA:BB\"}", root);
    auto_free char *sts = xasprintf(
        "{\"active_cert_chain\":{\"cert_chain\":[%s,%s]},\"signing_cert_chains\":"
        "[]}",
        root, leaf);
    assert_int_equal(
        ask(&call, "certificates", "{}",
            (struct rule[]){
                GIVES("/api/vcenter/certificate-management/vcenter/tls", tls),
                GIVES("/api/vcenter/certificate-management/vcenter/signing-certificate",
                      sts),
                TIME_IS("1730509203.0"),
                {0}}),
        SLIPWAY_DONE);
    assert_int_equal(json_number(member(&call, "tls"), "days_left", 0), 3000);
    assert_int_equal(json_number(member(&call, "sts"), "days_left", 0), 12);
    assert_int_equal(json_number(call.result, "least_days", 0), 12);
    assert_string_equal(json_text(call.result, "thumbprint"), "AA:BB");
    assert_true(json_is_null(member(&call, "named"))); /* nobody told the hostname */
}

static void a_certificate_for_another_name_is_told(void **state)
{
    static const struct {
        const char *hostname;
        bool named;
    } cases[] = {{"\"127.0.0.1\"", true}, {"\"vc-0001.lab\"", false}};
    (void)state;
    auto_free char *pem = pem_json(1730509203, 3000);
    auto_free char *tls = xasprintf("{\"cert\":%s}", pem);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(
            ask(&call, "certificates", "{}",
                (struct rule[]){
                    GIVES("/api/vcenter/certificate-management/vcenter/tls", tls),
                    GIVES("/api/appliance/networking/dns/hostname", cases[i].hostname),
                    TIME_IS("1730509203.0"),
                    {0}}),
            SLIPWAY_DONE);
        assert_int_equal(json_is_true(member(&call, "named")), cases[i].named);
        assert_false(json_is_null(member(&call, "named")));
    }
}

static void what_a_release_does_not_tell_is_unknown_and_never_valid(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    assert_int_equal(
        ask(&call, "certificates", "{}",
            (struct rule[]){GIVES("/api/vcenter/certificate-management/vcenter/tls",
                                  "{\"cert\":\"garbage\"}"),
                            TIME_IS("1730509203.0"),
                            {0}}),
        SLIPWAY_DONE);
    auto_free char *unknown = json_canonical(member(&call, "unknown"));
    assert_string_equal(unknown, "[\"sts\"]");
    /* what REST does not tell the door itself shows */
    assert_string_equal(json_text(member(&call, "tls"), "source"), "handshake");
    assert_int_equal(strlen(json_text(call.result, "thumbprint")), 59);
    assert_false(json_is_null(member(&call, "least_days")));
}

static void a_wrong_clock_is_measured(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    auto_free char *body =
        xasprintf("{\"seconds_since_epoch\":%lld.25}", (long long)time(NULL) - 7200);
    assert_int_equal(ask(&call, "time", "{}",
                         (struct rule[]){GIVES("/api/appliance/system/time", body),
                                         GIVES("/api/appliance/timesync", "\"NTP\""),
                                         GIVES("/api/appliance/ntp", "[\"ntp.example\"]"),
                                         {0}}),
                     SLIPWAY_DONE);
    assert_true(json_number(call.result, "skew_s", 0) >= 7195);
    assert_true(json_number(call.result, "skew_ms", 0) < -7190000);
    assert_string_equal(json_text(call.result, "mode"), "NTP");
}

/* --- links ------------------------------------------------------------------------------------- */

#define NODE(name) "{\"node\":\"" name "\",\"type\":\"VCSA_EMBEDDED\"}"
#define STATUS(available, told, lag)                                                     \
    "[{\"node\":\"a\",\"replication_partner\":\"b\",\"partner_available\":" available    \
    ",\"status_available\":" told ",\"replicating\":true" lag "}]"

/* Both answer, nothing is behind, and they do not exchange. */
#define BROKEN                                                                           \
    "[{\"node\":\"a\",\"replication_partner\":\"b\",\"partner_available\":true,"         \
    "\"status_available\":true,\"replicating\":false,\"change_lag\":0}]"

static void linked_vcenters_are_in_step_only_at_zero(void **state)
{
    (void)state;
    const struct {
        const char *status;
        bool in_step;
    } table[] = {{STATUS("true", "true", ",\"change_lag\":0"), true},
                 {STATUS("true", "true", ",\"change_lag\":3"), false},
                 {STATUS("true", "true", ""), false},
                 {STATUS("false", "true", ",\"change_lag\":0"), false},
                 {STATUS("true", "false", ",\"change_lag\":0"), false},
                 {BROKEN, false}};
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(
            ask(&call, "replication", "{}",
                (struct rule[]){
                    GIVES("/api/vcenter/topology/nodes", "[" NODE("a") "," NODE("b") "]"),
                    GIVES("/api/vcenter/topology/replication-status", table[i].status),
                    {0}}),
            SLIPWAY_DONE);
        assert_true(json_is_true(member(&call, "linked")));
        assert_int_equal(json_is_true(member(&call, "in_step")), table[i].in_step);
        assert_int_equal(json_array_size(member(&call, "broken")),
                         !strcmp(table[i].status, BROKEN));
    }
}

/* Names that only a status tells count, too. */
static void nodes_are_compared_with_the_declared_members(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){GIVES("/api/vcenter/topology/nodes",
                                        "[" NODE("a") "," NODE("c") "]"),
                                  GIVES("/api/vcenter/topology/replication-status",
                                        STATUS("true", "true", ",\"change_lag\":0")),
                                  {0}});
    auto_json json_t *target = json_parse(vc.target, strlen(vc.target), 65536, NULL);
    (void)json_object_set_new(target, "link_members",
                              json_pack("[{s:s, s:s}, {s:s, s:s}]", "name", "a", "host",
                                        "10.0.0.1", "name", "b", "host", "10.0.0.2"));
    xreplace(&vc.target, NULL);
    vc.target = json_canonical(target);
    assert_int_equal(vc_read(&vc, &call, "replication", "{}"), SLIPWAY_DONE);
    vc_end(&vc);
    assert_true(json_is_true(member(&call, "compared")));
    assert_int_equal(json_array_size(member(&call, "unconfirmed")), 0);
    assert_string_equal(json_string_value(json_array_get(member(&call, "undeclared"), 0)),
                        "c");
}

static void a_vcenter_alone_or_too_old_to_tell(void **state)
{
    (void)state;
    auto_fake_call struct fake_call alone, old;
    assert_int_equal(
        ask(&alone, "replication", "{}",
            (struct rule[]){GIVES("/api/vcenter/topology/nodes", "[" NODE("a") "]"),
                            GIVES("/api/vcenter/topology/replication-status", "[]"),
                            {0}}),
        SLIPWAY_DONE);
    assert_true(json_is_true(member(&alone, "known")));
    assert_true(json_is_false(member(&alone, "linked")));
    assert_int_equal(ask(&old, "replication", "{}",
                         (struct rule[]){{.ask = "GET /nothing", .status = 200}, {0}}),
                     SLIPWAY_DONE);
    assert_true(json_is_false(member(&old, "known")));
}

static void vcha_is_found(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call on, off;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){{.ask = "POST /api/vcenter/vcha/cluster?action=get",
                                   .status = 200,
                                   .body = "{\"config_state\":\"CONFIGURED\",\"mode\":"
                                           "\"ENABLED\",\"health_state\":\"HEALTHY\"}",
                                   .times = 1},
                                  {.ask = "POST /api/vcenter/vcha/cluster?action=get",
                                   .status = 200,
                                   .body = "{\"config_state\":\"NOTCONFIGURED\"}"},
                                  {0}});
    assert_int_equal(vc_read(&vc, &on, "vcha", "{}"), SLIPWAY_DONE);
    assert_true(json_is_true(member(&on, "configured")));
    assert_string_equal(json_text(on.result, "mode"), "ENABLED");
    assert_int_equal(vc_read(&vc, &off, "vcha", "{}"), SLIPWAY_DONE);
    assert_true(json_is_false(member(&off, "configured")));
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_protocols_must_agree_on_the_version),
        cmocka_unit_test(a_door_of_local_users_cannot_ask_vpxd_and_says_so),
        cmocka_unit_test(services_are_measured_by_what_ran_before),
        cmocka_unit_test(the_old_dialect_lists_services_elsewhere_as_keys_and_values),
        cmocka_unit_test(a_green_that_is_older_than_the_installation_is_not_fresh),
        cmocka_unit_test(a_database_check_that_breaks_is_a_word_and_no_error),
        cmocka_unit_test(file_systems_are_judged_by_their_newest_sample),
        cmocka_unit_test(room_to_stage_is_found_under_its_old_name),
        cmocka_unit_test(the_old_dialect_wants_its_query_prefixed),
        cmocka_unit_test(monitoring_without_samples_is_no_free_space),
        cmocka_unit_test(the_root_password_is_judged_by_the_appliances_clock),
        cmocka_unit_test(certificates_tell_the_earliest_end),
        cmocka_unit_test(a_certificate_for_another_name_is_told),
        cmocka_unit_test(what_a_release_does_not_tell_is_unknown_and_never_valid),
        cmocka_unit_test(a_wrong_clock_is_measured),
        cmocka_unit_test(linked_vcenters_are_in_step_only_at_zero),
        cmocka_unit_test(nodes_are_compared_with_the_declared_members),
        cmocka_unit_test(a_vcenter_alone_or_too_old_to_tell),
        cmocka_unit_test(vcha_is_found),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
