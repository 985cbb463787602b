/*
 * test_machines.c - which machines are appliances, what their notes say, and a listing
 * that is too long for one answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted.h"
#include "vsphere/appliance.h"

#define MANY 900

static void kinds_are_told_by_product_and_notes(void **state)
{
    (void)state;
    static const struct {
        const char *product, *notes, *guest, *kind;
    } rows[] = {
        {"VMware vCenter Server Appliance", NULL, NULL, "vcsa"},
        {"VMware vCenter Server", "anything", "Other Linux", "vcsa"},
        {NULL, "VMware vCenter Server Appliance", "VMware Photon OS (64-bit)", "vcsa"},
        {"", "VMware vCenter Server Appliance", "Other 3.x Linux (64-bit)", "vcsa"},
        {NULL, "talks to our vCenter Server", "Microsoft Windows Server 2019", NULL},
        {"Some Appliance", "VMware vCenter Server Appliance", "VMware Photon OS", NULL},
        {"vCenter Server Heartbeat", NULL, NULL, NULL},
        {"VMware NSX Unified Appliance", NULL, NULL, "nsx-t"},
        {"VMware NSX Manager", NULL, NULL, "nsx-v"},
        {"NSX Edge", NULL, NULL, NULL},
        {NULL, NULL, "VMware Photon OS (64-bit)", NULL},
        {NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *kind =
            vsphere_appliance_kind(rows[i].product, rows[i].notes, rows[i].guest);
        if (rows[i].kind)
            assert_string_equal(kind, rows[i].kind);
        else
            assert_null(kind);
    }
}

static void notes_are_read_and_nothing_else_is(void **state)
{
    (void)state;
    static const struct {
        const char *notes, *tags; /* canonical; NULL: none */
    } rows[] = {
        {NULL, NULL},
        {"", NULL},
        {"see slipway: kind=vcsa", NULL}, /* not at the beginning */
        {"slipway: kind=vcsa", "{\"kind\":\"vcsa\"}"},
        {"owner: x\r\n  Slipway: site=rbx, customer=a b;c=\r\nslipway:d=e\n",
         "{\"c\":\"\",\"customer\":\"a\",\"d\":\"e\",\"site\":\"rbx\"}"},
        {"slipway: ignore", "{\"ignore\":\"true\"}"},
        {"slipway: word =x ignored=", "{\"ignored\":\"\"}"},
        {"slipway:", "{}"},
        {"slipway:\nkind=vcsa", "{}"},
        {"slipway: a=b=c", "{\"a\":\"b=c\"}"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_json json_t *tags = vsphere_appliance_tags(rows[i].notes);
        auto_free char *text = tags ? json_canonical(tags) : NULL;
        if (!rows[i].tags)
            assert_null(tags);
        else
            assert_string_equal(text, rows[i].tags);
    }
}

static void too_many_and_too_long_tags_are_left_out(void **state)
{
    (void)state;
    auto_buf struct buf notes = {0};
    buf_adds(&notes, "slipway: long=");
    for (int i = 0; i < 300; i++)
        buf_addc(&notes, 'x');
    for (int i = 0; i < 100; i++)
        buf_addf(&notes, " k%d=v", i);
    auto_json json_t *tags = vsphere_appliance_tags(buf_text(&notes));
    assert_null(json_object_get(tags, "long"));
    assert_int_equal(json_object_size(tags), 32);
}

/* One page with many vCenters, all of whose texts are as long as they may be. */
static char *many_machines(void)
{
    struct buf out = {0};
    buf_adds(&out,
             "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
             "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval>"
             "<objects><obj type=\"Folder\">g1</obj><propSet><name>name</name><val>a"
             "</val></propSet><propSet><name>parent</name><val type=\"Folder\">g1"
             "</val></propSet></objects>"); /* its own parent */
    for (int i = 0; i < MANY; i++) {
        buf_addf(
            &out,
            "<objects><obj type=\"VirtualMachine\">vm-%d</obj><propSet><name>"
            "config.instanceUuid</name><val>%06d</val></propSet><propSet><name>parent"
            "</name><val type=\"Folder\">g1</val></propSet><propSet><name>"
            "config.annotation</name><val>slipway: kind=vcsa n=%d</val></propSet>"
            "<propSet><name>name</name><val>",
            i, i, i);
        for (int k = 0; k < 1000; k++)
            buf_addc(&out, 'n');
        buf_adds(&out, "</val></propSet></objects>");
    }
    buf_adds(&out, "</returnval></RetrievePropertiesExResponse></e:Body></e:Envelope>");
    return buf_take(&out);
}

static void a_long_list_is_cut_and_goes_on(void **state)
{
    (void)state;
    auto_free char *page = many_machines();
    auto_scene struct scene scene = {
        .bends = {{.method = "RetrievePropertiesEx", .raw = page},
                  {.method = "CreateContainerView",
                   .raw = "<e:Envelope xmlns:e=\"" ENVELOPE "\"><e:Body>"
                          "<CreateContainerViewResponse xmlns=\"urn:vim25\"><returnval "
                          "type=\"ContainerView\">view-1</returnval>"
                          "</CreateContainerViewResponse></e:Body></e:Envelope>"}}};
    size_t seen = 0;
    scene_begin(&scene);
    for (int asks = 0; seen < MANY && asks < 10; asks++) {
        auto_fake_call struct fake_call call;
        auto_free char *with = xasprintf("{\"skip\":%zu}", seen);
        prepare(&call, &scene, "machines", with);
        expect(&call, SLIPWAY_DONE, (int)fake_start(&call));
        const json_t *list = json_object_get(call.result, "machines");
        assert_int_equal(json_number(call.result, "total", 0), MANY);
        const json_t *first = json_array_get(list, 0);
        assert_int_equal(strtol(json_text(first, "instance_uuid"), NULL, 10), seen);
        assert_true(json_array_size(json_object_get(first, "folders")) <= 32);
        assert_true(json_array_size(list) > 0);
        seen += json_array_size(list);
    }
    assert_int_equal(seen, MANY);
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_by_product_and_notes),
        cmocka_unit_test(notes_are_read_and_nothing_else_is),
        cmocka_unit_test(too_many_and_too_long_tags_are_left_out),
        cmocka_unit_test(a_long_list_is_cut_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
