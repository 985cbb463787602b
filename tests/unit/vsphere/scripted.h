/*
 * scripted.h - a scripted manager that answers the few methods the plugin uses, and a
 * stage for stories that bend one of its answers. Include cmocka.h before it.
 */
#ifndef TEST_VSPHERE_SCRIPTED_H
#define TEST_VSPHERE_SCRIPTED_H

#include "fake_host.h"
#include "common/xml.h"
#include "http_peer.h"
#include "vsphere/vsphere_plugin.h"

#define COOKIE   "vmware_soap_session=\"52c8b7a1-quoted\""
#define ENVELOPE "http://schemas.xmlsoap.org/soap/envelope/"
#define NAME     "slipway/camp/vc-1/step/0"
#define WITH     "{\"name\":\"" NAME "\"}"

/* What one method is answered with instead of the usual; NULL ends the list. */
struct bend {
    const char *method;
    int status;        /* 0: 200, or 500 for a fault                     */
    const char *fault; /* the detail element's inside, as <XFault ...>   */
    const char *raw;   /* a whole HTTP body                              */
    bool hang_up;      /* no answer at all                               */
    int times;         /* 0: always                                      */
};

struct scene {
    struct bend bends[6];
    const char *vm_extra;   /* more propSet entries of the virtual machine */
    const char *snapshots;  /* inside of the property `snapshot`           */
    const char *tasks;      /* more <objects> with tasks                   */
    const char *task_info;  /* inside of info of a task that is polled     */
    const char *power;      /* poweredOn                                   */
    const char *tree_after; /* `snapshots` once CreateSnapshot_Task came   */

    struct peer *peer;
    pthread_mutex_t lock;
    struct buf bodies; /* everything that arrived */
    void *plugin;
    char *target;
    char password[96];
};

/* --- the scripted manager ------------------------------------------------------ */

static inline void method_of(const char *body, char method[64])
{
    const char *at = strstr(body, "<soapenv:Body><");
    (void)snprintf(method, 64, "%.*s",
                   at ? (int)strcspn(at + strlen("<soapenv:Body><"), " />") : 0,
                   at ? at + strlen("<soapenv:Body><") : "");
}

static inline unsigned occurrences(struct scene *scene, const char *text)
{
    unsigned count = 0;
    (void)pthread_mutex_lock(&scene->lock);
    for (const char *at = buf_text(&scene->bodies); (at = strstr(at, text));
         at += strlen(text))
        count++;
    (void)pthread_mutex_unlock(&scene->lock);
    return count;
}

static inline unsigned calls_of(struct scene *scene, const char *method)
{
    auto_free char *mark = xasprintf("<soapenv:Body><%s ", method);
    return occurrences(scene, mark);
}

static inline void envelope(struct peer_link *link, int status, const char *headers,
                            const char *inside)
{
    auto_free char *body = xasprintf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope "
        "xmlns:soapenv=\"" ENVELOPE "\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>%s"
        "</soapenv:Body></soapenv:Envelope>",
        inside);
    peer_reply_with(link, status, "text/xml; charset=utf-8", headers, body);
}

static inline void answer_with(struct peer_link *link, const char *method,
                               const char *headers, const char *inside)
{
    auto_free char *text = xasprintf("<%sResponse xmlns=\"urn:vim25\">%s</%sResponse>",
                                     method, inside, method);
    envelope(link, 200, headers, text);
}

static inline void answer_fault(struct peer_link *link, int status, const char *detail)
{
    auto_free char *text = xasprintf(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>said "
        "the \x1b server</faultstring><detail>%s</detail></soapenv:Fault>",
        detail);
    for (char *p = text; *p; p++) /* an escape is no XML: a harmless stand-in */
        *p = *p == '\x1b' ? '-' : *p;
    envelope(link, status ? status : 500, "", text);
}

static inline void answer_service(struct peer_link *link)
{
    answer_with(
        link, "RetrieveServiceContent", "",
        "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
        "<propertyCollector type=\"PropertyCollector\">pc</propertyCollector>"
        "<viewManager type=\"ViewManager\">vm-mgr</viewManager>"
        "<about><fullName>Scripted 8</fullName><apiVersion>8.0.3.0</apiVersion></about>"
        "<sessionManager type=\"SessionManager\">sm</sessionManager>"
        "<searchIndex type=\"SearchIndex\">si</searchIndex></returnval>");
}

static inline void answer_vm(struct scene *scene, struct peer_link *link)
{
    const char *tree = scene->snapshots ? scene->snapshots : "";
    if (scene->tree_after && calls_of(scene, "CreateSnapshot_Task"))
        tree = scene->tree_after;
    auto_free char *snapshot =
        *tree ? xasprintf("<propSet><name>snapshot</name><val "
                          "xsi:type=\"VirtualMachineSnapshotInfo\">%s</val></propSet>",
                          tree)
              : xstrdup("");
    auto_free char *text = xasprintf(
        "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj>"
        "<propSet><name>name</name><val xsi:type=\"xsd:string\">vc-1</val></propSet>"
        "<propSet><name>runtime.powerState</name><val>%s</val></propSet>"
        "<propSet><name>runtime.connectionState</name><val>connected</val></propSet>"
        "%s%s</objects><objects><obj type=\"Datastore\">ds-1</obj>"
        "<propSet><name>summary.name</name><val>ds1</val></propSet>"
        "<propSet><name>summary.accessible</name><val>true</val></propSet>"
        "<propSet><name>summary.freeSpace</name><val>1073741824</val></propSet></objects>"
        "%s</returnval>",
        scene->power ? scene->power : "poweredOn", scene->vm_extra ? scene->vm_extra : "",
        snapshot, scene->tasks ? scene->tasks : "");
    answer_with(link, "RetrievePropertiesEx", "", text);
}

static inline void answer_task(struct scene *scene, struct peer_link *link)
{
    auto_free char *text = xasprintf(
        "<returnval><objects><obj type=\"Task\">task-7</obj><propSet><name>info</name>"
        "<val xsi:type=\"TaskInfo\">%s</val></propSet></objects></returnval>",
        scene->task_info ? scene->task_info : "<state>running</state>");
    answer_with(link, "RetrievePropertiesEx", "", text);
}

/* True if this call was answered by a bend. */
static inline bool answer_bent(struct scene *scene, struct peer_link *link,
                               const char *method)
{
    for (size_t i = 0; i < ARRAY_LENGTH(scene->bends); i++) {
        struct bend *bend = &scene->bends[i];
        if (!bend->method || strcmp(bend->method, method) != 0)
            continue;
        if (bend->times && calls_of(scene, method) > (unsigned)bend->times)
            continue;
        if (bend->hang_up)
            peer_hang_up(link);
        else if (bend->raw)
            peer_reply(link, bend->status ? bend->status : 200, "text/xml", bend->raw);
        else
            answer_fault(link, bend->status, bend->fault);
        return true;
    }
    return false;
}

static inline void answer_usual(struct scene *scene, struct peer_link *link,
                                const char *method, const char *body)
{
    if (!strcmp(method, "RetrieveServiceContent"))
        answer_service(link);
    else if (!strcmp(method, "Login"))
        answer_with(link, method, "Set-Cookie: " COOKIE "; Path=/; HttpOnly; Secure\r\n",
                    "<returnval><key>k</key></returnval>");
    else if (!strcmp(method, "FindAllByUuid"))
        answer_with(link, method, "",
                    "<returnval type=\"VirtualMachine\">vm-1</returnval>");
    else if (!strcmp(method, "RetrievePropertiesEx") &&
             strstr(body, "<type>Task</type>") && !strstr(body, "<type>Datastore</type>"))
        answer_task(scene, link);
    else if (!strcmp(method, "RetrievePropertiesEx"))
        answer_vm(scene, link);
    else if (strstr(method, "_Task"))
        answer_with(link, method, "", "<returnval type=\"Task\">task-7</returnval>");
    else
        answer_with(link, method, "", "");
}

static inline void answer(struct peer_link *link, const struct peer_ask *ask)
{
    struct scene *scene = link->peer->context;
    char method[64];
    auto_free char *body = xstrndup(ask->body, ask->body_length);
    method_of(body, method);
    (void)pthread_mutex_lock(&scene->lock);
    buf_adds(&scene->bodies, body);
    buf_addc(&scene->bodies, '\n');
    (void)pthread_mutex_unlock(&scene->lock);
    if (!answer_bent(scene, link, method))
        answer_usual(scene, link, method, body);
}

/* --- the stage -------------------------------------------------------------------- */

static inline void scene_begin(struct scene *scene)
{
    struct slipway_error err = {""};
    (void)pthread_mutex_init(&scene->lock, NULL);
    scene->peer = peer_start(PEER_PLAIN, answer, scene);
    (void)snprintf(scene->password, sizeof scene->password, "%s/pw", scene->peer->folder);
    auto_file FILE *file = fopen(scene->password, "we");
    assert_true(file && fputs("s3cret & <safe>\n", file) >= 0);
    scene->target = xasprintf(
        "{\"name\":\"vc-1\",\"host\":\"127.9.9.9\",\"vm\":{\"uuid\":\"4237\"},"
        "\"manager\":{\"name\":\"m\",\"url\":\"%s/sdk\",\"login\":{\"user\":\"svc\","
        "\"password\":{\"file\":\"%s\"}}}}",
        scene->peer->url, scene->password);
    if (vsphere_plugin()->open(fake_host(), &scene->plugin, &err))
        fail_msg("%s", err.text);
}

static inline void scene_end(struct scene *scene)
{
    vsphere_plugin()->close(scene->plugin);
    (void)unlink(scene->password);
    peer_stop(scene->peer);
    buf_free(&scene->bodies);
    free(scene->target);
    (void)pthread_mutex_destroy(&scene->lock);
}
#define auto_scene __attribute__((cleanup(scene_end)))

static inline void prepare(struct fake_call *call, struct scene *scene,
                           const char *operation, const char *with)
{
    fake_call_init(call, vsphere_plugin(), scene->plugin, operation, with, scene->target);
}

static inline void expect(struct fake_call *call, int wanted, int got)
{
    if (wanted != got)
        fail_msg("%s: %d instead of %d: %s", call->call.operation, got, wanted,
                 call->said);
    assert_int_equal(call->secrets_out, 0);
    assert_null(strstr(call->said, "s3cret"));
    assert_null(strchr(call->said, '\x1b'));
}

static inline void said(const struct fake_call *call, const char *text)
{
    if (!strstr(call->said, text))
        fail_msg("expected \"%s\" in: %s", text, call->said);
}

/* One start on a fresh scene. */
static inline void start_once(struct scene *scene, const char *operation,
                              const char *with, int wanted, const char *text)
{
    auto_fake_call struct fake_call call;
    scene_begin(scene);
    prepare(&call, scene, operation, with);
    expect(&call, wanted, (int)fake_start(&call));
    said(&call, text);
}

/* One snapshot of the tree, described with this call's fingerprint. */
static inline char *our_snapshot(const struct fake_call *call, const char *ref)
{
    return xasprintf(
        "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">%s</snapshot>"
        "<vm type=\"VirtualMachine\">vm-1</vm><name>slipway%%2fcamp%%2fvc-1%%2fstep%%2f0"
        "</name><description>x slipway fingerprint=%s</description><id>1</id>"
        "<createTime>2026-11-21T02:13:05.123456Z</createTime><state>poweredOff</state>"
        "<quiesced>false</quiesced></rootSnapshotList>",
        ref, call->fingerprint);
}

#endif
