/*
 * page_fixture.h - plans with calendars and slots for the tests of the report: some
 * customers with a night of the week each, three sites, a freeze, and slots that are
 * packed into the openings by a few lanes. Nothing here is random.
 */
#ifndef TESTS_PAGE_FIXTURE_H
#define TESTS_PAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/page.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define MINUTE   60000LL
#define HOUR     3600000LL
#define DAY      86400000LL
#define PAGE_DAY 1795219200000LL /* 2026-11-21T00:00:00Z, a Saturday */

struct page_shape {
    int targets, customers, canary, lanes;
    bool no_slots;
    const char *hostile; /* NULL: none; else part of every text from outside */
    /* NULL: `hostile` is appended; else makes such a text of a plain one, which it frees */
    char *(*disguise)(char *plain);
};

static const struct page_shape small_shape = {
    .targets = 6, .customers = 2, .canary = 2, .lanes = 1};
static const struct page_shape large_shape = {
    .targets = 850, .customers = 40, .canary = 5, .lanes = 10};
static const struct page_shape huge_shape = {
    .targets = 10000, .customers = 200, .canary = 20, .lanes = 60};

/* A zone of its own: an hour before UTC, so that no test needs zone files. */
static int fixture_zone(const char *zone, int64_t at_ms, char *out, size_t size)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    int64_t local = at_ms + HOUR, day = local / DAY, rest = local % DAY;
    int year = 1970, month = 0;
    (void)zone;
    int64_t left = day;
    for (;; year++) {
        int length = year % 4 ? 365 : 366; /* good until 2099 */
        if (left < length)
            break;
        left -= length;
    }
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    while (left >= lengths[month] + (month == 1 && year % 4 == 0)) {
        left -= lengths[month] + (month == 1 && year % 4 == 0);
        month++;
    }
    (void)snprintf(out, size, "%s %04d-%02d-%02d %02d:%02d CET", days[day % 7], year,
                   month + 1, (int)left + 1, (int)(rest / HOUR),
                   (int)(rest % HOUR / MINUTE));
    return 0;
}

static inline char *fixture_text(const struct page_shape *shape, char *text)
{
    if (shape->disguise)
        return shape->disguise(text);
    if (!shape->hostile)
        return text;
    auto_free char *plain = text;
    return xasprintf("%s%s", plain, shape->hostile);
}

#define TEXT(shape, ...) fixture_text(shape, xasprintf(__VA_ARGS__))

/* ---- the playbook ---- */

static inline struct operation fixture_operation(const struct page_shape *shape,
                                                 const char *id, const char *use,
                                                 const char *with, int minutes)
{
    return (struct operation){.id = TEXT(shape, "%s", id),
                              .use = TEXT(shape, "%s", use),
                              .repeat = SLIPWAY_RECONCILABLE,
                              .with = xstrdup(with),
                              .timeout_ms = minutes * MINUTE};
}

static inline char *fixture_with(const struct page_shape *shape)
{
    auto_json json_t *with = json_pack(
        "{s:s, s:{s:s, s:s, s:s, s:s}, s:[s,s,s], s:{s:s}, s:s}", "script",
        "/etc/slipway/playbooks/scripts/patch.sh", "env", "MODE", "install", "TARGET",
        "${vars.target_version}", "REPO", "${vars.repo}", "API_TOKEN", "hunter2", "argv",
        "update", "--password=hunter2", "${target.host}", "password", "file",
        "/etc/slipway/secrets/pw", "staged", "${steps.stage.result.path}");
    if (shape->hostile)
        (void)json_object_set_new(
            with, "hostile", json_safe_string(shape->hostile, strlen(shape->hostile)));
    return json_canonical(with);
}

static inline void fixture_playbook(const struct page_shape *shape, struct playbook *p)
{
    auto_free char *with = fixture_with(shape);
    *p = (struct playbook){.name = TEXT(shape, "vcsa-patch"),
                           .digest = xstrdup("0f0f0f"),
                           .rollback = ROLLBACK_SNAPSHOT,
                           .max_depth = 2,
                           .snapshot_ttl_ms = 72 * HOUR,
                           .snapshot_room_bytes = 32LL << 30,
                           .boot_timeout_ms = 20 * MINUTE};
    p->steps = xcalloc(3, sizeof *p->steps);
    p->step_count = 3;
    p->steps[0] =
        (struct step){.op = fixture_operation(shape, "space", "ssh.run",
                                              "{\"argv\":[\"df\",\"-k\",\"/\"]}", 1),
                      .phase = PHASE_PREPARE,
                      .on_failure = ON_FAILURE_FAIL};
    p->steps[0].op.expect =
        TEXT(shape, "CAST(result ->> '$.lines[1]' AS INTEGER) > 2097152");
    p->steps[0].op.advice = TEXT(shape, "Free space on /, or grow the disk.");
    p->steps[1] = (struct step){
        .op = fixture_operation(
            shape, "stage", "rest.task",
            "{\"url\":\"https://svc:hunter2@repo.example/${vars.target_version}\"}", 30),
        .phase = PHASE_PREPARE,
        .on_failure = ON_FAILURE_FAIL,
        .retries = 2};
    p->steps[2] =
        (struct step){.op = fixture_operation(shape, "upgrade", "ssh.job", with, 60),
                      .phase = PHASE_CHANGE,
                      .on_failure = ON_FAILURE_ROLLBACK,
                      .snapshot = true};
    p->checks = xcalloc(1, sizeof *p->checks);
    p->check_count = 1;
    p->checks[0] = (struct check){
        .op = fixture_operation(shape, "version", "ssh.run",
                                "{\"argv\":[\"cat\",\"/etc/version\"]}", 1),
        .for_ms = 10 * MINUTE,
        .every_ms = 15000,
        .stable = 3};
    p->recoveries = xcalloc(1, sizeof *p->recoveries);
    p->recovery_count = p->recovery_op_count = 1;
    p->recoveries[0] = (struct recovery){.issue = TEXT(shape, "dirty-staging"),
                                         .match = xstrdup("1"),
                                         .phases = 1u << PHASE_PREPARE,
                                         .at_most = 1,
                                         .count = 1};
    p->recovery_ops = xcalloc(1, sizeof *p->recovery_ops);
    p->recovery_ops[0] = fixture_operation(shape, "unstage", "rest.request", "{}", 1);
    p->reads = xcalloc(1, sizeof *p->reads);
    p->read_count = 1;
    p->reads[0] = fixture_operation(shape, "by-ssh", "ssh.run",
                                    "{\"argv\":[\"cat\",\"/etc/version\"]}", 1);
}

/* ---- targets ---- */

static inline char *fixture_doc(const struct page_shape *shape, int i, const char *name,
                                const char *site)
{
    auto_free char *host = TEXT(shape, "vc-%04d.example", i + 1);
    auto_free char *customer = TEXT(shape, "acme-%02d", i % shape->customers + 1);
    auto_free char *manager = TEXT(shape, "mgmt-%s", site);
    auto_json json_t *doc = json_object();
    (void)json_object_set_new(doc, "name", json_safe_string(name, strlen(name)));
    (void)json_object_set_new(doc, "host", json_safe_string(host, strlen(host)));
    (void)json_object_set_new(doc, "kind", json_string("vcsa"));
    (void)json_object_set_new(
        doc, "labels",
        json_pack("{s:o}", "customer", json_safe_string(customer, strlen(customer))));
    (void)json_object_set_new(doc, "ssh",
                              json_pack("{s:s, s:i, s:{s:s}}", "user", "root", "port", 22,
                                        "key", "file",
                                        "/etc/slipway/secrets/id_ed25519"));
    (void)json_object_set_new(doc, "manager",
                              json_pack("{s:o, s:s, s:{s:s, s:{s:s}}}", "name",
                                        json_safe_string(manager, strlen(manager)), "url",
                                        "https://mgmt.example/sdk", "login", "user",
                                        "svc", "password", "file",
                                        "/etc/slipway/secrets/mgmt"));
    return json_canonical(doc);
}

static inline void fixture_target(const struct page_shape *shape, struct plan *plan,
                                  int i)
{
    static const char *const sites[] = {"rbx", "gra", "sbg"};
    struct plan_target *t = &plan->targets[i];
    t->name = TEXT(shape, "vc-%04d", i + 1);
    t->site = TEXT(shape, "%s", sites[i % 3]);
    t->version = TEXT(shape, "%s", i % 4 ? "8.0.3.00300" : "8.0.2.00500");
    t->link_group = TEXT(shape, "%s", i % 7 ? "" : "sso-1");
    t->manager = xasprintf("mgmt-%s", sites[i % 3]);
    t->doc = fixture_doc(shape, i, t->name, t->site);
    t->domains[0] = i % 3;
    t->domains[1] = 3 + i % shape->customers;
    t->domain_count = 2;
    t->manager_limit = -1;
    t->datastore_limit = i % 3;
    t->wave = i >= shape->canary;
    if (i >= shape->canary + 1 + shape->targets / 10)
        t->wave = 2;
    plan->waves[t->wave].count++;
}

static inline void fixture_cap(struct plan_cap **list, size_t *count, size_t *room,
                               char *key, int max)
{
    *vec_push(*list, *count, *room) = (struct plan_cap){.key = key, .max = max};
}

static inline void fixture_parts(const struct page_shape *shape, struct plan *plan)
{
    static const char *const sites[] = {"rbx", "gra", "sbg"};
    static const char *const names[] = {"canary", "early", "rest"};
    for (int i = 0; i < 3; i++)
        fixture_cap(&plan->domains, &plan->domain_count, &plan->domain_room,
                    TEXT(shape, "site=%s", sites[i]), 15);
    for (int i = 0; i < shape->customers; i++)
        fixture_cap(&plan->domains, &plan->domain_count, &plan->domain_room,
                    TEXT(shape, "customer=acme-%02d", i + 1), 6);
    for (int i = 0; i < 3; i++)
        fixture_cap(&plan->limits, &plan->limit_count, &plan->limit_room,
                    TEXT(shape, "datastore=ds-%d", i + 1), 4);
    plan->wave_count = 3;
    plan->waves = xcalloc(3, sizeof *plan->waves);
    for (int i = 0; i < 3; i++)
        plan->waves[i] = (struct plan_wave){.name = TEXT(shape, "%s", names[i]),
                                            .soak_ms = i ? HOUR : 24 * HOUR,
                                            .budget = i ? 2 : 0,
                                            .gate = i == 1,
                                            .canary = !i};
    plan->target_count = (size_t)shape->targets;
    plan->targets = xcalloc(plan->target_count, sizeof *plan->targets);
    for (int i = 0; i < shape->targets; i++)
        fixture_target(shape, plan, i);
    for (int i = 1; i < 3; i++)
        plan->waves[i].first = plan->waves[i - 1].first + plan->waves[i - 1].count;
}

/* ---- time ---- */

/* Customer c has the night of weekday c % 5, from 22:00 local on, for six hours. */
static inline void fixture_calendars(const struct page_shape *shape, struct plan *plan)
{
    struct plan_time *time = &plan->time;
    struct plan_calendar freeze = {.scope = (char[]){"campaign"},
                                   .zone = (char[]){"Europe/Paris"},
                                   .digest = (char[]){"ab12"},
                                   .freeze = true};
    freeze.source = TEXT(shape, "/etc/slipway/calendars/black-friday.ics");
    spans_add(&freeze.spans, PAGE_DAY + 5 * DAY, PAGE_DAY + 9 * DAY);
    int last = plan_time_add_calendar(time, &freeze);
    for (int c = 0; c < shape->customers; c++) {
        auto_free char *scope = TEXT(shape, "customer=acme-%02d", c + 1);
        auto_free char *source =
            TEXT(shape, "/etc/slipway/calendars/acme-%02d.ics", c + 1);
        struct plan_calendar window = {.scope = scope,
                                       .source = source,
                                       .zone = (char[]){"Europe/Paris"},
                                       .digest = (char[]){"cd34"}};
        for (int week = 0; week < 12; week++) {
            int64_t night = PAGE_DAY + (week * 7 + c % 5) * DAY + 21 * HOUR;
            spans_add(&window.spans, night, night + 6 * HOUR);
        }
        int pair[] = {last, plan_time_add_calendar(time, &window)};
        (void)plan_time_add_timetable(time, pair, 2);
        spans_clear(&window.spans);
    }
    spans_clear(&freeze.spans);
    free(freeze.source);
}

static inline void fixture_paces(struct plan *plan)
{
    struct plan_pace *pace =
        vec_push(plan->time.paces, plan->time.pace_count, plan->time.pace_room);
    *pace = (struct plan_pace){.kind = xstrdup("vcsa"),
                               .version = xstrdup("8.0.3.00300"),
                               .needed_ms = 150 * MINUTE,
                               .prepare_ms = 12 * MINUTE,
                               .change_ms = 55 * MINUTE,
                               .rollback_ms = 20 * MINUTE};
    plan->time.step_count = plan->playbook.step_count;
    pace->steps = xcalloc(plan->time.step_count, sizeof *pace->steps);
    for (size_t i = 0; i < plan->time.step_count; i++)
        pace->steps[i] =
            (struct step_pace){(int64_t)(i + 1) * 5 * MINUTE,
                               (int64_t)(i + 1) * 9 * MINUTE, i == 2 ? 41 : 0};
}

/* Lanes of an hour each, night by night, in the openings that the target has. */
static inline void fixture_slots(const struct page_shape *shape, struct plan *plan)
{
    struct plan_time *time = &plan->time;
    auto_free int64_t *free_at = xcalloc((size_t)shape->lanes, sizeof *free_at);
    time->slot_count = plan->target_count;
    time->slots = xcalloc(plan->target_count, sizeof *time->slots);
    for (size_t i = 0; i < plan->target_count; i++) {
        struct plan_slot *slot = &time->slots[i];
        int table = (int)i % shape->customers;
        const struct spans *open = &time->timetables[table].open;
        int64_t best = INT64_MAX;
        size_t lane = i % (size_t)shape->lanes;
        int64_t after =
            PAGE_DAY + plan->targets[i].wave * 2 * DAY + (int64_t)(i % 7) * 5 * MINUTE;
        (void)free_at;
        for (size_t k = 0; k < open->count && best == INT64_MAX; k++) {
            /* the customer's n-th target of this opening */
            int64_t from =
                open->items[k].from_ms > after ? open->items[k].from_ms : after;
            int64_t turn = (int64_t)(i / (size_t)shape->customers % 24);
            int64_t start = from + turn % 5 * HOUR + (int64_t)(lane % 10) * 5 * MINUTE;
            if (k == (size_t)turn / 8 + (size_t)plan->targets[i].wave / 2 &&
                start + HOUR <= open->items[k].until_ms)
                best = start;
            else if (k > (size_t)turn / 8 + 2)
                best = from;
        }
        *slot = (struct plan_slot){.timetable = table, .pace = 0};
        if (best == INT64_MAX || (int)i == shape->targets - 1)
            continue; /* the last one starves */
        slot->from_ms = best;
        slot->until_ms = best + 55 * MINUTE;
        slot->spread_ms = 20 * MINUTE;
        slot->not_before_ms = best;
    }
}

/* The first two are linked; the second one only goes along. */
static inline void fixture_links(const struct page_shape *shape, struct plan *plan)
{
    plan->unit_count = 1;
    plan->units = xcalloc(1, sizeof *plan->units);
    plan->units[0] = (struct plan_unit){TEXT(shape, "sso-1"), 0, 2};
    plan->targets[1].companion = true;
    free(plan->targets[1].link_group);
    plan->targets[1].link_group = TEXT(shape, "sso-1");
}

static inline struct plan *fixture_plan(const struct page_shape *shape)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    auto_free char *repo = TEXT(shape, "https://repo.example/8.0.3.00400");
    auto_json json_t *vars =
        json_pack("{s:s, s:o, s:s}", "target_version", "8.0.3.00400", "repo",
                  json_safe_string(repo, strlen(repo)), "db_password", "hunter2");
    plan->campaign = TEXT(shape, "vcsa-8.0u3d");
    plan->digest =
        xstrdup("9999999999999999999999999999999999999999999999999999999999999999");
    plan->created_ms = PAGE_DAY - 11 * DAY + 8 * HOUR;
    plan->created_by = TEXT(shape, "anna");
    plan->slipway_version = xstrdup("0.1.0");
    plan->campaign_digest = xstrdup("c0ffee");
    plan->fleet_digest = xstrdup("f1ee7");
    plan->vars = json_canonical(vars);
    plan->in_flight = 5 * shape->lanes;
    plan->budget = 10;
    plan->mode = BUDGET_STRICT;
    plan->approval_required = true;
    fixture_playbook(shape, &plan->playbook);
    fixture_parts(shape, plan);
    fixture_links(shape, plan);
    if (shape->no_slots) {
        plan->time.zone = xstrdup("UTC");
        plan->time.zone_data = xstrdup("");
        return plan;
    }
    plan->time.zone = xstrdup("Europe/Paris");
    plan->time.zone_data = xstrdup("2026b");
    plan->time.horizon_ms = PAGE_DAY + 396 * DAY;
    plan->time.min_notice_ms = 72 * HOUR;
    plan->time.deadline_ms = PAGE_DAY + 33 * DAY;
    fixture_calendars(shape, plan);
    plan_time_settle(&plan->time, plan->created_ms);
    fixture_paces(plan);
    fixture_slots(shape, plan);
    return plan;
}

/* What a planner would say of it. */
static inline void fixture_notes(const struct page_shape *shape, const struct plan *plan,
                                 struct plan_notes *notes)
{
    const char *hostile = shape->hostile ? shape->hostile : "";
    struct plan_facts *facts = &notes->facts;
    plan_notes_add(notes, NOTE_BUDGET, -1,
                   "3 may fail in wave rest: 2 tolerated and the one that pauses it%s",
                   hostile);
    plan_notes_add(notes, NOTE_WARNING, -1, "acme-01 has appliances at 2 sites%s",
                   hostile);
    plan_notes_add(notes, NOTE_STOP, 0, "vc-0001: its licence ends on 2026-11-24%s",
                   hostile);
    facts->fleet_count = shape->targets + 62;
    facts->wave_count = plan->wave_count;
    facts->waves = xcalloc(plan->wave_count, sizeof *facts->waves);
    for (size_t i = 0; i < plan->wave_count; i++)
        facts->waves[i] = (struct wave_facts){.at_once = i ? plan->in_flight : 2,
                                              .down = i ? 32 : 2,
                                              .share = i ? 36 : 3,
                                              .worst_failures = i ? 3 : 1,
                                              .rounds = 3};
    facts->peak_count = plan->domain_count;
    facts->peaks = xcalloc(plan->domain_count, sizeof *facts->peaks);
    for (size_t i = 0; i < plan->domain_count; i++)
        facts->peaks[i] = (struct domain_peak){
            .targets = shape->targets / 3, .peak = plan->domains[i].max, .wave = 1};
    facts->unit_count = plan->unit_count;
    facts->units = xcalloc(plan->unit_count + 1, sizeof *facts->units);
    for (size_t i = 0; i < plan->unit_count; i++)
        facts->units[i] =
            (struct unit_facts){1, 9 * MINUTE, 38 * MINUTE, 55 * MINUTE, 190 * MINUTE};
    facts->prepare_ms = 31 * MINUTE;
    facts->change_ms = 70 * MINUTE;
    facts->rollback_ms = 20 * MINUTE;
    facts->snapshots_each = 1;
}

/* ---- what happened ---- */

static inline void fixture_moment(struct page_course *c, int64_t at_ms, const char *text)
{
    *vec_push(c->moments, c->moment_count, c->moment_room) =
        (struct page_moment){at_ms, xstrdup(text)};
}

/* Every target whose slot began before `now_ms` went a few minutes late; every 40th
   failed. */
static inline void fixture_courses(const struct page_shape *shape,
                                   const struct plan *plan, int64_t now_ms,
                                   struct page_courses *out)
{
    out->count = plan->target_count;
    out->items = xcalloc(out->count, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++) {
        const struct plan_slot *slot = plan->time.slots ? &plan->time.slots[i] : NULL;
        struct page_course *c = &out->items[i];
        c->state = TARGET_PENDING;
        if (!slot || !slot->from_ms || slot->from_ms > now_ms)
            continue;
        c->began_ms = slot->from_ms + (int64_t)(i % 9) * MINUTE;
        c->state = TARGET_CHANGING;
        fixture_moment(c, c->began_ms - 14 * MINUTE, "preparing");
        fixture_moment(c, c->began_ms, "snapshotting");
        fixture_moment(c, c->began_ms + 2 * MINUTE, "changing");
        if (slot->until_ms > now_ms)
            continue;
        bool bad = i % 40 == 3;
        c->ended_ms = slot->until_ms + (int64_t)(i % 11) * MINUTE;
        c->state = bad ? TARGET_ROLLED_BACK : TARGET_SUCCEEDED;
        auto_free char *text =
            TEXT(shape, "%s",
                 bad ? "rolled back: check version stayed red for 10m" : "succeeded");
        fixture_moment(c, c->ended_ms, text);
    }
}

static inline void fixture_member(const struct page_shape *shape,
                                  struct link_report *link, int number, bool companion,
                                  int64_t looked_ms)
{
    *vec_push(link->members, link->member_count, link->member_room) =
        (struct link_member){.name = TEXT(shape, "vc-%04d", number),
                             .version = TEXT(shape, "8.0.2.00500"),
                             .companion = companion,
                             .looked_ms = looked_ms,
                             .in_step = !companion};
}

/* The group was down for its snapshots and for its rollback; one is not in step since. */
static inline void fixture_kept(const struct page_shape *shape, struct account *out)
{
    struct link_report *link = xcalloc(1, sizeof *link);
    int64_t down_ms = PAGE_DAY + 21 * HOUR;
    *link = (struct link_report){.name = TEXT(shape, "sso-1"),
                                 .wave = TEXT(shape, "canary"),
                                 .reason = TEXT(shape, "vc-0001: rc 1"),
                                 .state = GROUP_ROLLED_BACK,
                                 .reverted = true,
                                 .planned_ms = 9 * MINUTE,
                                 .planned_worst_ms = 38 * MINUTE,
                                 .replication = LINK_BROKEN};
    fixture_member(shape, link, 1, false, down_ms + 2 * HOUR);
    fixture_member(shape, link, 2, true, down_ms + 2 * HOUR);
    *vec_push(link->outages, link->outage_count, link->outage_room) =
        (struct link_outage){true, false, down_ms, down_ms + 11 * MINUTE};
    *vec_push(link->outages, link->outage_count, link->outage_room) =
        (struct link_outage){false, true, down_ms + HOUR, 0};
    out->links = (struct link_reports){link, 1};
    *vec_push(out->kept.bundles, out->kept.count, out->kept.room) =
        (struct kept_bundle){.target = TEXT(shape, "vc-0001"),
                             .step = TEXT(shape, "update-logs"),
                             .at_ms = down_ms + HOUR,
                             .bytes = 31000,
                             .files = 7,
                             .missing = 1};
}

static inline void fixture_account(const struct page_shape *shape,
                                   const struct plan *plan, enum campaign_state_id state,
                                   int64_t now_ms, struct account *out)
{
    struct store_campaign *c = &out->status.store.campaign;
    out->status.now_ms = now_ms;
    c->name = xstrdup(plan->campaign);
    c->state = state;
    c->since_ms = now_ms;
    c->reason = state == CAMPAIGN_PAUSED
                    ? TEXT(shape, "the budget of wave rest is used up")
                    : NULL;
    *vec_push(out->commands, out->command_count, out->command_room) =
        (struct account_move){1, now_ms - DAY, xstrdup("operator"),
                              TEXT(shape, "approve"), TEXT(shape, "olga")};
    fixture_kept(shape, out);
    *vec_push(out->failures, out->failure_count, out->failure_room) =
        (struct account_failure){.reason =
                                     TEXT(shape, "check version stayed red for 10m"),
                                 .count = 1,
                                 .names = {TEXT(shape, "vc-0004")},
                                 .name_count = 1};
}

#endif
