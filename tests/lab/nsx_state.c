/*
 * nsx_state.c - what an NSX manager is and has, of either family: versions, disk, timers,
 * counts of requests, and who may come in.
 *
 * A timer that was armed before a reboot does nothing when it is due. At the end
 * outside/NAME/requests.json says what was asked how often.
 */
#include <stdio.h>
#include <string.h>

#include "../lib/nsx_schema.h"
#include "nsx.h"
#include "rest_parts.h"

static bool is_t(const struct appliance *appliance)
{
    return appliance->endpoint.lab->nsx == NSX_T;
}

/* ---- versions ---- */

const char *nsx_offer(const struct lab *lab)
{
    return lab->nsx == NSX_T ? NSX_T_NEW : NSX_V_NEW;
}

enum nsx_kind nsx_kind_of(const char *word)
{
    return strcmp(word, "nsx-t") == 0   ? NSX_T
           : strcmp(word, "nsx-v") == 0 ? NSX_V
                                        : NSX_NONE;
}

const char *nsx_kind_name(enum nsx_kind kind)
{
    return kind == NSX_T ? "nsx-t" : "nsx-v";
}

int nsx_write_campaign(const struct lab *lab)
{
    auto_free char *text =
        xasprintf("campaign: lab-nsx\n"
                  "playbook: %s-upgrade\n"
                  "select: \"version_cmp(version, '%s') < 0\"\n"
                  "vars:\n"
                  "  target_version: %s\n"
                  "  bundle_url: https://repo.lab.example/nsx-upgrade-bundle\n%s"
                  "strategy:\n"
                  "  waves: [{name: all, size: rest, soak: 1s}]\n"
                  "  in_flight: 4\n",
                  nsx_kind_name(lab->nsx), nsx_offer(lab), nsx_offer(lab),
                  lab->nsx == NSX_T ? "  accept_eula: true\n" : "");
    return tree_write(lab->dir, "campaign.yaml", text);
}

void nsx_create(struct lab *lab)
{
    for (int i = 0; i < lab->appliance_count; i++) {
        struct appliance *appliance = &lab->appliances[i];
        (void)snprintf(appliance->first_version, sizeof appliance->first_version, "%s",
                       lab->nsx == NSX_T ? NSX_T_OLD : NSX_V_OLD);
        appliance->nsx = xcalloc(1, sizeof *appliance->nsx);
    }
}

void nsx_set_version(const struct appliance *appliance, const char *version)
{
    auto_free char *line = xasprintf("%s\n", version);
    (void)tree_write(appliance->dir, "version", line);
}

void nsx_add_rest(const struct lab *lab, const struct appliance *appliance,
                  struct buf *out)
{
    buf_addf(out,
             "    rest:\n"
             "      url: https://%s:%u\n"
             "      tls: {pin: \"%s\"}\n"
             "      login: {user: " NSX_USER ", password: {file: secrets/appliances}}\n",
             appliance->host, lab->https_port, lab->pin);
}

/* ---- disk ---- */

json_t *nsx_disk(const struct appliance *appliance)
{
    auto_free char *text = tree_read(appliance->dir, "nsx.json", "");
    json_t *disk = json_parse(text, strlen(text), LAB_REQUEST_MAX, NULL);
    return disk ? disk : json_object();
}

void nsx_disk_put(const struct appliance *appliance, json_t *disk)
{
    auto_json json_t *owned = disk;
    auto_free char *text = json_canonical(owned);
    (void)tree_write(appliance->dir, "nsx.json", text);
}

void nsx_disk_set(const struct appliance *appliance, const char *key, json_t *value)
{
    json_t *disk = nsx_disk(appliance);
    json_object_set_new(disk, key, value);
    nsx_disk_put(appliance, disk);
}

int nsx_make_disk(const struct appliance *appliance)
{
    int64_t now = lab_now_ms();
    nsx_disk_put(appliance, is_t(appliance) ? nsx_t_first_disk(appliance, now)
                                            : nsx_v_first_disk(appliance, now));
    return 0;
}

/* ---- timers ---- */

struct nsx_timer {
    struct appliance *appliance;
    unsigned run;
    void (*fn)(struct appliance *);
};

static void timer_due(void *argument)
{
    auto_free struct nsx_timer *timer = argument;
    WITH_LOCK(&timer->appliance->endpoint.lab->lock);
    if (timer->run == timer->appliance->nsx->run)
        timer->fn(timer->appliance);
}

void nsx_after(struct appliance *appliance, int64_t ms, void (*fn)(struct appliance *))
{
    struct nsx_timer *timer = xmalloc(sizeof *timer);
    *timer = (struct nsx_timer){appliance, appliance->nsx->run, fn};
    timer_after(ms > 0 ? ms : 1, timer_due, timer);
}

int nsx_percent(const struct appliance *appliance)
{
    const struct nsx *nsx = appliance->nsx;
    int64_t passed = lab_now_ms() - nsx->began_ms;
    if (!nsx->length_ms || passed < 0)
        return 0;
    return passed >= nsx->length_ms ? 99 : (int)(passed * 100 / nsx->length_ms);
}

void nsx_booted(struct appliance *appliance)
{
    appliance->nsx->run++;
    appliance->nsx->html = false;
    if (is_t(appliance))
        nsx_t_booted(appliance);
    else
        nsx_v_booted(appliance);
}

/* ---- what was done and asked ---- */

bool nsx_drops(struct appliance *appliance, const char *method)
{
    struct faults *faults = &appliance->faults;
    return faults->drop_times && strcmp(faults->drop_method, method) == 0 &&
           (faults->drop_times < 0 || faults->drop_times-- > 0);
}

void nsx_note(const struct appliance *appliance, const char *what, const char *component,
              const char *outcome)
{
    ledger_add(appliance->endpoint.lab, what,
               json_pack("{s:s, s:s?, s:s, s:s}", "appliance", appliance->name,
                         "component", component, "outcome", outcome, "to",
                         nsx_offer(appliance->endpoint.lab)));
}

static void count_request(struct appliance *appliance, const char *method,
                          const char *path)
{
    struct nsx *nsx = appliance->nsx;
    auto_free char *key = xasprintf("%s %s", method, path);
    size_t index = map_intern(&nsx->requests, key);
    while (nsx->count <= index)
        *vec_push(nsx->counts, nsx->count, nsx->room) = 0;
    nsx->counts[index]++;
}

void nsx_write_requests(const struct appliance *appliance)
{
    const struct nsx *nsx = appliance->nsx;
    auto_json json_t *all = json_object();
    for (size_t i = 0; i < nsx->count; i++)
        json_object_set_new(all, nsx->requests.keys[i], json_integer(nsx->counts[i]));
    auto_free char *text = json_pretty(all);
    (void)tree_write(appliance->outside, "requests.json", text);
}

/* ---- the door ---- */

bool nsx_is(const struct nsx_call *call, const char *method, const char *path)
{
    return strcmp(call->request->method, method) == 0 &&
           strcmp(call->request->path, path) == 0;
}

void nsx_text(struct nsx_call *call, unsigned status, const char *type, const char *text)
{
    call->reply->status = status;
    call->reply->type = type;
    buf_adds(&call->reply->body, text);
}

static bool is_let_in(const struct nsx_call *call)
{
    if (!call->appliance->faults.rejects_login &&
        web_basic(call->request, NSX_USER, LAB_PASSWORD))
        return true;
    nsx_note(call->appliance, "login_refused", NULL, "error");
    return false;
}

static void add_encoded(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_addf(out, strchr("&=?%+# ", *text) ? "%%%02X" : "%c", (unsigned char)*text);
}

/* Path and query as they were asked, before they were decoded. */
static char *asked(const struct web_request *request)
{
    const char *names[16];
    auto_buf struct buf out = {0};
    size_t count = web_query_names(request, names, ARRAY_LENGTH(names));
    buf_adds(&out, request->path);
    for (size_t i = 0; i < count && i < ARRAY_LENGTH(names); i++) {
        const char *value = web_query(request, names[i]);
        buf_addf(&out, "%c%s=", i ? '&' : '?', names[i]);
        add_encoded(&out, value ? value : "");
    }
    return xstrdup(buf_text(&out));
}

/* The vendor's schema first: what it does not have is answered and goes into the ledger. */
static bool not_in_schema(struct nsx_call *call)
{
    const struct web_request *request = call->request;
    auto_free char *path = asked(request);
    auto_free char *why = nsx_schema_refuses(
        request->method, path, web_header(request, "Content-Type"),
        request->body_length ? request->body : "", request->body_length);
    if (!why)
        return false;
    ledger_add(call->appliance->endpoint.lab, "not_in_schema",
               json_pack("{s:s, s:s, s:s}", "appliance", call->appliance->name, "outcome",
                         "error", "why", why));
    if (is_t(call->appliance))
        nsx_t_error(call, 400, 220, why);
    else
        nsx_v_error(call, 400, "The request is not known.");
    return true;
}

void nsx_answer(const struct web_request *request, struct web_reply *reply)
{
    struct appliance *appliance = request->endpoint->appliance;
    struct nsx_call call = {request, appliance, reply};
    struct rest_call rest = {.request = request, .appliance = appliance, .reply = reply};
    if (rest_fault_answers(&rest))
        return;
    count_request(appliance, request->method, request->path);
    if (appliance->nsx->html)
        nsx_text(&call, 503, "text/html",
                 "<html><head><title>503 Service Unavailable</title></head>"
                 "<body>No server is available to handle this request.</body></html>");
    else if (!is_let_in(&call) && is_t(appliance))
        nsx_t_error(&call, 403, 403,
                    "The credentials were incorrect or the account specified has been "
                    "locked.");
    else if (!web_basic(request, NSX_USER, LAB_PASSWORD) ||
             appliance->faults.rejects_login)
        nsx_text(&call, 401, "text/html", "<html><body>401 Unauthorized</body></html>");
    else if (not_in_schema(&call))
        return;
    else if (is_t(appliance))
        nsx_t_answer(&call);
    else
        nsx_v_answer(&call);
}
