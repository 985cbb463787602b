/*
 * test_registrations.c - stories about what others registered: which certificate the Lookup
 * Service tells, who is registered twice or not at all, and which solutions fit a release.
 */
#include "vcsa_peer.h"

#define ASK "POST /lookupservice/sdk"
#define OLD "MIIBAzCBrqADAgECAgEBMA0GCSqGSIb3DQEBCwUA"

static const json_t *member(const struct fake_call *call, const char *key)
{
    return json_object_get(call->result, key);
}

static const char *first(const struct fake_call *call, const char *key)
{
    const char *text = json_string_value(json_array_get(member(call, key), 0));
    return text ? text : "";
}

/* The base64 of the peer's own certificate, broken into lines as some releases do. */
static char *shown(const struct vc *vc)
{
    FILE *file = fopen(vc->peer->ca_file, "r");
    auto_buf struct buf out = {0};
    char line[256];
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (line[0] != '-')
            buf_adds(&out, line);
    (void)fclose(file);
    return xstrdup(buf_text(&out));
}

static char *entry(const char *type, const char *url, const char *trust)
{
    return xasprintf(
        "<returnval><serviceVersion>1</serviceVersion><serviceEndpoints><url>%s</url>"
        "<endpointType><protocol>vmomi</protocol><type>x</type></"
        "endpointType><sslTrust>%s"
        "</sslTrust></serviceEndpoints><ownerId>o</ownerId><serviceType><product>"
        "com.vmware.cis</product><type>%s</type></serviceType><nodeId>n</nodeId>"
        "<serviceId>%s-%s</serviceId><siteId>s</siteId></returnval>",
        url, trust, type, type, trust);
}

static enum slipway_outcome told(struct vc *vc, struct fake_call *call,
                                 const char *entries)
{
    auto_free char *body = xasprintf(
        "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/"
        "soap/envelope/\"><e:Body><ListResponse xmlns=\"urn:lookup\">%s"
        "</ListResponse></e:Body></e:Envelope>",
        entries);
    vc_rules(vc, (struct rule[]){{.ask = ASK, 200, body, "text/xml"}, {0}});
    return vc_read(vc, call, "registrations", "{}");
}

static void only_the_certificate_that_is_shown_is_trusted(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    auto_free char *live = shown(&vc);
    auto_free char *vpxd = entry("vcenterserver", "https://127.0.0.1:443/sdk", live);
    auto_free char *sso = entry("cs.identity", "https://psc.example/sts", OLD);
    auto_free char *other = entry("cs.health", "https://127.0.0.1:8089/x", OLD);
    auto_free char *good = xasprintf("%s%s%s", vpxd, sso, other);
    auto_fake_call struct fake_call call;
    assert_int_equal(told(&vc, &call, good), SLIPWAY_DONE);
    assert_true(json_is_true(member(&call, "good")));
    assert_int_equal(json_number(call.result, "compared", 0), 1); /* its own front door */

    auto_free char *stale = entry("vcenterserver", "https://127.0.0.1/sdk", OLD);
    auto_free char *bad = xasprintf("%s%s%s", stale, stale, sso);
    auto_fake_call struct fake_call again;
    assert_int_equal(told(&vc, &again, bad), SLIPWAY_DONE);
    assert_true(json_is_false(member(&again, "good")));
    assert_string_equal(first(&again, "stale"), "vcenterserver at https://127.0.0.1/sdk");
    assert_string_equal(first(&again, "duplicates"),
                        "vcenterserver at https://127.0.0.1/sdk");
    vc_end(&vc);
}

static void who_is_not_registered_is_missed(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    auto_free char *others = entry("vcenterserver", "https://other.example/sdk", OLD);
    auto_fake_call struct fake_call call;
    assert_int_equal(told(&vc, &call, others), SLIPWAY_DONE);
    assert_string_equal(first(&call, "missing"), "vcenterserver");
    assert_int_equal(json_array_size(member(&call, "missing")), 2);
    assert_int_equal(json_array_size(member(&call, "stale")), 0);
    vc_end(&vc);
}

static void
a_lookup_service_elsewhere_is_not_known_and_one_that_starts_is_waited_for(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum slipway_outcome outcome;
    } table[] = {{404, "", SLIPWAY_DONE},
                 {503, "no healthy upstream", SLIPWAY_RETRY},
                 {200, "<html/>", SLIPWAY_RETRY},
                 {200, "<!DOCTYPE x><x/>", SLIPWAY_RETRY},
                 {500, "<Envelope/>", SLIPWAY_RETRY}};
    (void)state;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_fake_call struct fake_call call;
        vc_rules(&vc, (struct rule[]){
                          {.ask = ASK, table[i].status, table[i].body, "text/xml"}, {0}});
        assert_int_equal(vc_read(&vc, &call, "registrations", "{}"), table[i].outcome);
        if (table[i].outcome == SLIPWAY_DONE)
            assert_true(json_is_false(member(&call, "known")));
    }
    vc_end(&vc);
}

static void a_hostile_list_is_cut_and_cleaned(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    auto_free char *odd = entry("&#xe9;&lt;script&gt; vcenterserver",
                                "https://127.0.0.1:443/&#x202e;x", "%%%% not base64");
    auto_fake_call struct fake_call call;
    assert_int_equal(told(&vc, &call, odd), SLIPWAY_DONE);
    assert_int_equal(json_array_size(member(&call, "stale")), 1);
    assert_null(strstr(first(&call, "stale"), "\xe2\x80\xae"));
    vc_end(&vc);
}

/* ---- interoperability: with the matrix that ships ---- */

static void what_the_matrix_does_not_know_is_never_called_good(void **state)
{
    static const char with[] =
        "{\"version\":\"8.0.3.00400\",\"extensions\":{"
        "\"com.vmware.vim.sms\":{\"version\":\"7.0.3\"},"
        "\"com.vmware.nsx.management.nsxt\":{\"version\":\"3.1.3\"},"
        "\"com.vmware.vShieldManager\":{\"version\":\"6.4.14\"},"
        "\"com.vmware.vcDr-site2\":{\"version\":\"8.6.0\"},"
        "\"com.vmware.vcHms\":{\"version\":null},"
        "\"com.example.backup\":{\"version\":\"12.1\"}}}";
    (void)state;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    auto_fake_call struct fake_call call;
    assert_int_equal(vc_read(&vc, &call, "interop", with), SLIPWAY_DONE);
    assert_int_equal(json_array_size(member(&call, "refused")), 2);
    assert_non_null(strstr(first(&call, "refused"), "wants at least 3.2.2"));
    assert_int_equal(json_array_size(member(&call, "unknown")), 2);
    assert_int_equal(json_array_size(member(&call, "fits")), 1);
    assert_string_equal(first(&call, "fits"),
                        "Site Recovery Manager 8.6.0 (com.vmware.vcDr-site2)");
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_certificate_that_is_shown_is_trusted),
        cmocka_unit_test(who_is_not_registered_is_missed),
        cmocka_unit_test(
            a_lookup_service_elsewhere_is_not_known_and_one_that_starts_is_waited_for),
        cmocka_unit_test(a_hostile_list_is_cut_and_cleaned),
        cmocka_unit_test(what_the_matrix_does_not_know_is_never_called_good),
    };
    /* The matrix of the source tree, whatever is installed on this machine. */
    (void)setenv("SLIPWAY_SHARE", ".", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
