/*
 * test_tables.c - what operators read of calendars, the inventory, forecasts, approvals,
 * plugins and findings: whole texts in cases/, as text, coloured and as JSON. BLESS=1
 * writes them anew: then read the difference before it is committed.
 */
#include "model/forecast.h"
#include "report/approval.h"
#include "report/calendar.h"
#include "report/discovery.h"
#include "report/findings.h"
#include "report/forecast.h"
#include "report/inventory.h"
#include "report/inventory_changes.h"
#include "report/lint.h"
#include "report/plugins.h"
#include "story.h"
#include "util/json.h"

#define HOUR 3600000LL
#define DAY  (24 * HOUR)
#define NOON 1795262400000LL /* 2026-11-21 12:00Z */
/* A name as an attacker would choose it: colours, a new line, a bidi override. */
#define HOSTILE "vc-\x1b[31m\nred\u202e"

/* ---- what is compared ---- */

static void part(struct buf *out, const char *title, const char *text)
{
    is_harmless(text);
    buf_addf(out, "==== %s\n%s%s", title, text,
             *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
}

/* Takes the text. */
static void part_json(struct buf *out, const char *title, char *text)
{
    auto_json json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    char *pretty = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    part(out, title, pretty);
    free(pretty);
    free(text);
}

static void part_object(struct buf *out, const char *title, json_t *json)
{
    part_json(out, title, json_canonical(json));
    json_decref(json);
}

/* Coloured it is the same words. */
static void same_in_colour(const struct buf *plain, const struct buf *coloured)
{
    auto_buf struct buf words = {0};
    for (const char *p = buf_text(coloured); *p; p++) {
        if (*p != '\x1b') {
            buf_addc(&words, *p);
            continue;
        }
        while (*p && *p != 'm')
            p++;
    }
    assert_string_equal(buf_text(&words), buf_text(plain));
}

/* ---- calendars ---- */

static void local_text(char out[CALENDAR_LOCAL_MAX], const char *text)
{
    (void)snprintf(out, CALENDAR_LOCAL_MAX, "%s", text);
}

static void add_opening(struct calendar_view *view, int64_t from_ms, int hours,
                        const char *from, const char *until)
{
    struct calendar_opening *o =
        vec_push(view->openings, view->opening_count, view->opening_room);
    *o = (struct calendar_opening){.span = {from_ms, from_ms + hours * HOUR}};
    local_text(o->from, from);
    local_text(o->until, until);
}

static void add_binding(struct calendar_view *view, const char *source, const char *scope,
                        bool freeze)
{
    struct calendar_binding *b =
        vec_push(view->bindings, view->binding_count, view->binding_room);
    *b = (struct calendar_binding){.source = xstrdup(source),
                                   .scope = xstrdup(scope),
                                   .zone = xstrdup("Europe/Paris"),
                                   .digest = freeze ? NULL : xstrdup("c0ffee00"),
                                   .freeze = freeze,
                                   .now = freeze,
                                   .next_ms = freeze ? 0 : NOON + 10 * HOUR,
                                   .spans = 52,
                                   .targets = freeze ? 0 : 7};
    local_text(b->next, freeze ? "" : "Sat 2026-11-21 23:00 CET");
}

static struct calendar_view nights_of_acme(void)
{
    struct calendar_view view = {.subject = xstrdup("campaign vcsa (plan 1a2b3c4d)"),
                                 .zone = xstrdup("Europe/Paris"),
                                 .zone_data = xstrdup("2026b"),
                                 .now_ms = NOON,
                                 .horizon_ms = NOON + 90 * DAY,
                                 .needed_ms = 2 * HOUR,
                                 .of_plan = true,
                                 .unbound = 3};
    add_binding(&view, "/etc/slipway/acme.ics", "customer=acme", false);
    add_binding(&view, HOSTILE, "fleet", true);
    add_opening(&view, NOON + 10 * HOUR, 4, "Sat 2026-11-21 23:00 CET",
                "Sun 2026-11-22 03:00 CET");
    add_opening(&view, NOON + 34 * HOUR, 1, "Sun 2026-11-22 23:00 CET",
                "Mon 2026-11-23 00:00 CET");
    view.openings[0].summary = xstrdup("Patch night " HOSTILE);
    view.openings[1].cut = view.openings[1].too_short = true;
    view.openings[1].note = xstrdup("the clock goes back an hour in it");
    return view;
}

static void tell_view(struct buf *out, const struct calendar_view *view, const char *what)
{
    auto_buf struct buf show = {0}, next = {0}, colour = {0};
    auto_free char *title = xasprintf("calendar show: %s", what);
    calendar_show_text(view, false, &show);
    calendar_show_text(view, true, &colour);
    same_in_colour(&show, &colour);
    part(out, title, buf_text(&show));
    calendar_next_text(view, false, &next);
    part(out, "calendar next", buf_text(&next));
    part_json(out, "--json", calendar_view_json(view));
}

static struct calendar_check_view checked(void)
{
    struct calendar_check_view view = {.at_ms = NOON,
                                       .horizon_ms = NOON + 90 * DAY,
                                       .planned = true,
                                       .targets = 9,
                                       .deadline_ms = NOON + 30 * DAY};
    struct calendar_checked *good = vec_push(view.items, view.count, view.room);
    *good = (struct calendar_checked){.source = xstrdup("acme.ics"),
                                      .zone = xstrdup("Europe/Paris"),
                                      .openings = 13,
                                      .shortest_ms = HOUR,
                                      .longest_ms = 4 * HOUR,
                                      .noted = 2,
                                      .asked = true};
    good->first_noted.span = (struct span){NOON + 126 * DAY, NOON + 126 * DAY + HOUR};
    good->first_noted.note = xstrdup("the clock goes back an hour in it");
    local_text(good->first_noted.from, "Sun 2027-03-28 01:00 CET");
    local_text(good->first_noted.until, "Sun 2027-03-28 05:00 CEST");
    local_text(good->at, "Sat 2026-11-21 13:00 CET");
    good->answer = (struct calendar_answer){.why = xstrdup("no event is under way"),
                                            .change_ms = NOON + 10 * HOUR};
    local_text(good->answer.change, "Sat 2026-11-21 23:00 CET");
    *vec_push(good->notes, good->note_count, good->note_room) =
        xstrdup("line 12: COUNT is 1");
    struct calendar_checked *open = vec_push(view.items, view.count, view.room);
    *open = (struct calendar_checked){.source = xstrdup("vc-0003"),
                                      .zone = xstrdup("UTC"),
                                      .target = true,
                                      .asked = true,
                                      .answer = {.open = true, .why = xstrdup("always")}};
    local_text(open->at, "Sat 2026-11-21 12:00 UTC");
    struct calendar_checked *bad = vec_push(view.items, view.count, view.room);
    *bad = (struct calendar_checked){.source = xstrdup(HOSTILE),
                                     .problem = xstrdup("bad.ics:7: no such weekday")};
    for (int i = 0; i < 2; i++)
        *vec_push(view.starved, view.starved_count, view.starved_room) =
            (struct calendar_starved){.target = xasprintf("vc-%d", i),
                                      .needed_ms = 5 * HOUR,
                                      .longest_ms = i * HOUR,
                                      .calendars = xstrdup("window of customer=acme")};
    local_text(view.end, "Mon 2026-12-21 13:00 CET");
    return view;
}

static void add_move(struct calendar_moves *moves, enum calendar_move_kind kind,
                     const char *name)
{
    struct calendar_move *m = vec_push(moves->items, moves->count, moves->room);
    *m = (struct calendar_move){.kind = kind,
                                .name = xstrdup_null(name),
                                .file = name ? xasprintf("%s.ics", name) : NULL};
    if (kind != MOVE_NEW) {
        m->before = (struct span){NOON, NOON + HOUR};
        (void)snprintf(m->before_text, sizeof m->before_text, "Sat 13:00 to 14:00 CET");
    }
    if (kind != MOVE_GONE) {
        m->after = (struct span){NOON + DAY, NOON + DAY + HOUR};
        (void)snprintf(m->after_text, sizeof m->after_text, "Sun 13:00 to 14:00 CET");
    }
}

static void add_moves(struct calendar_moves *moves, const char *name)
{
    for (int kind = MOVE_NEW; kind < MOVE_KINDS; kind++)
        add_move(moves, (enum calendar_move_kind)kind, name);
}

static void tell_import(struct buf *out, const struct calendar_import_view *view,
                        const char *what)
{
    auto_buf struct buf text = {0}, colour = {0};
    auto_free char *title = xasprintf("calendar import: %s", what);
    calendar_import_text(view, false, &text);
    calendar_import_text(view, true, &colour);
    same_in_colour(&text, &colour);
    part(out, title, buf_text(&text));
}

static void calendars_are_told(void **state)
{
    (void)state;
    auto_buf struct buf out = {0}, check = {0}, export = {0};
    auto_calendar_view struct calendar_view nights = nights_of_acme();
    auto_calendar_view struct calendar_view never = {.subject = xstrdup("vc-0003"),
                                                     .zone = xstrdup("UTC"),
                                                     .zone_data = xstrdup(""),
                                                     .now_ms = NOON,
                                                     .horizon_ms = NOON + DAY};
    auto_calendar_view struct calendar_view always = {.subject = xstrdup("vc-0004"),
                                                      .zone = xstrdup("UTC"),
                                                      .zone_data = xstrdup(""),
                                                      .now_ms = NOON,
                                                      .always = true};
    tell_view(&out, &nights, "two nights");
    tell_view(&out, &never, "no night");
    tell_view(&out, &always, "no calendar");
    auto_calendar_check struct calendar_check_view view = checked();
    calendar_check_text(&view, false, &check);
    part(&out, "calendar check", buf_text(&check));
    part_json(&out, "--json", calendar_check_json(&view));
    struct calendar_export_view exported = {.folder = xstrdup("/srv/ics"),
                                            .campaign = xstrdup("vcsa"),
                                            .slots = 3,
                                            .files = 3,
                                            .written = 2};
    add_moves(&exported.moves, "vc-0001");
    calendar_export_text(&exported, false, &export);
    part(&out, "calendar export", buf_text(&export));
    part_json(&out, "--json", calendar_export_json(&exported));
    calendar_export_clear(&exported);
    struct calendar_import_view import = {.file = xstrdup("new.ics"),
                                          .source = xstrdup("acme.ics"),
                                          .scope = xstrdup("customer=acme"),
                                          .subject = xstrdup("plan 1a2b3c4d"),
                                          .replanned = true,
                                          .next = xstrdup("slipway plan c.yaml")};
    add_moves(&import.openings, NULL);
    add_moves(&import.slots, "vc-0001");
    tell_import(&out, &import, "looked at");
    part_json(&out, "--json", calendar_import_json(&import));
    import.taken = import.running = import.freeze = true;
    import.replanned = false;
    tell_import(&out, &import, "taken by a campaign that runs");
    calendar_import_clear(&import);
    struct calendar_import_view same = {
        .file = xstrdup("new.ics"), .scope = xstrdup("fleet"), .same = true};
    tell_import(&out, &same, "nothing new");
    calendar_import_clear(&same);
    matches_golden("calendars.txt", buf_text(&out));
}

/* ---- inventory ---- */

static const struct store_appliance appliances[] = {
    {.name = "vc-0001",
     .host = "192.0.2.1",
     .kind = "vcsa",
     .site = "rbx",
     .version = "8.0.2",
     .link_group = "sso-1",
     .calendar = "sat 22:00 +4h",
     .manager = "mgmt",
     .datastore = "ds1",
     .labels = "{\"customer\":\"acme\"}",
     .doc = "{\"name\":\"vc-0001\",\"ssh\":{\"user\":\"root\",\"password\":{\"file\":"
            "\"/etc/slipway/pw\"}},\"vm\":{\"uuid\":\"4237\"}}",
     .seen_version = "8.0.3",
     .seen_ms = NOON,
     .imported_ms = NOON - DAY},
    {.name = HOSTILE,
     .host = "192.0.2.2",
     .kind = "linux",
     .site = "",
     .version = "",
     .link_group = "",
     .calendar = "",
     .manager = "",
     .datastore = "",
     .labels = "{}",
     .doc = "{\"name\":\"x\"}",
     .imported_ms = NOON - DAY},
};

static void tell_inventory(struct buf *out)
{
    struct inventory_table list = {.count = 0}, empty = {.count = 0};
    auto_buf struct buf text = {0}, colour = {0}, none = {0}, filtered = {0}, show = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(appliances); i++)
        inventory_table_add(&list, &appliances[i]);
    inventory_table_text(&list, false, false, &text);
    inventory_table_text(&list, false, true, &colour);
    same_in_colour(&text, &colour);
    part(out, "inventory list", buf_text(&text));
    inventory_table_text(&empty, false, false, &none);
    part(out, "of nothing", buf_text(&none));
    inventory_table_text(&empty, true, false, &filtered);
    part(out, "of nothing that matches", buf_text(&filtered));
    inventory_table_clear(&list);
    inventory_table_clear(&empty);
    for (size_t i = 0; i < ARRAY_LENGTH(appliances); i++) {
        inventory_show_text(&appliances[i], false, &show);
        part_object(out, "--json", inventory_json_appliance(&appliances[i], i == 0));
    }
    part(out, "inventory show", buf_text(&show));
}

static void tell_import_of_fleet(struct buf *out)
{
    static const struct store_import rows[] = {
        {.added = 3, .changed = 1, .same = 5, .removed = 2, .managers = 1},
        {.same = 9, .managers = 2},
        {.added = 1}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        auto_buf struct buf text = {0};
        inventory_import_text(&rows[i], "fleet.yaml", i == 0, 9, &text);
        part(out, "inventory import", buf_text(&text));
    }
    part_object(out, "--json", inventory_import_json(&rows[0], true, 9));
    auto_inventory_changes struct inventory_changes changes = {.count = 0};
    auto_inventory_changes struct inventory_changes fresh = {.into_nothing = true};
    auto_buf struct buf text = {0}, colour = {0}, nothing = {0};
    struct inventory_change *one =
        inventory_changes_add(&changes, CHANGE_CHANGED, "vc-0001");
    inventory_change_field(one, "site", "rbx", "gra");
    inventory_change_field(one, "calendar", "", "sat 22:00 +4h");
    inventory_change_field(one, "ssh", NULL, NULL);
    (void)inventory_changes_add(&changes, CHANGE_REMOVED, HOSTILE);
    for (int i = 0; i < CHANGES_SHOWN + 2; i++) {
        auto_free char *name = xasprintf("vc-1%03d", i);
        (void)inventory_changes_add(&changes, CHANGE_ADDED, name);
    }
    (void)inventory_changes_add(&fresh, CHANGE_ADDED, "vc-0001");
    inventory_changes_text(&changes, false, &text);
    inventory_changes_text(&changes, true, &colour);
    same_in_colour(&text, &colour);
    part(out, "what it changes", buf_text(&text));
    inventory_changes_text(&fresh, false, &nothing);
    part(out, "what it changes if all is new", buf_text(&nothing));
    part_object(out, "--json", inventory_changes_json(&changes));
}

static void tell_probe(struct buf *out)
{
    struct probe_row rows[PROBE_VERDICTS];
    for (int i = 0; i < PROBE_VERDICTS; i++) {
        bool seen = i < PROBE_UNREACHABLE;
        rows[i] = (struct probe_row){.name = i == PROBE_NEW ? HOSTILE : "vc-0001",
                                     .planned = i == PROBE_NEW ? "" : "8.0.2",
                                     .known = i == PROBE_NEW ? "" : "8.0.2",
                                     .seen = seen ? "8.0.3" : NULL,
                                     .build = i == PROBE_BUILDS ? "24322831" : "",
                                     .client_build = i == PROBE_BUILDS ? "24322000" : "",
                                     .verdict = (enum probe_verdict)i,
                                     .sentence = seen ? NULL : "no route to host"};
    }
    struct probe_view view = {.rows = rows,
                              .count = PROBE_VERDICTS,
                              .playbook = "vcsa-patch",
                              .recorded = true};
    auto_buf struct buf text = {0}, unkept = {0};
    inventory_probe_text(&view, &text);
    part(out, "inventory probe", buf_text(&text));
    part_json(out, "--json", inventory_probe_json(&view));
    view.recorded = false;
    view.not_recorded = "the state is another process's";
    view.count = 1;
    inventory_probe_text(&view, &unkept);
    part(out, "inventory probe, not written down", buf_text(&unkept));
}

static void the_inventory_is_told(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    tell_inventory(&out);
    tell_import_of_fleet(&out);
    tell_probe(&out);
    matches_golden("inventory.txt", buf_text(&out));
}

/* ---- forecasts ---- */

static void add_period(struct forecast_outlook *o, bool week, int number, bool in_time)
{
    struct forecast_period period = {.from_ms = NOON + number * (week ? 7 : 1) * DAY,
                                     .until_ms =
                                         NOON + (number + 1) * (week ? 7 : 1) * DAY,
                                     .usual = 4 + number,
                                     .starts = {2, 4, 7},
                                     .before_deadline = in_time};
    struct forecast_period **list = week ? &o->weeks : &o->periods;
    size_t *count = week ? &o->week_count : &o->period_count;
    *list = xreallocarray(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = period;
}

static void fill_outlook(struct forecast_outlook *o, int nights, int days)
{
    *o = (struct forecast_outlook){.runs = 200,
                                   .unfinished = 3,
                                   .never = 1,
                                   .usual_ms = NOON + days * DAY,
                                   .p50_ms = NOON + (days + 1) * DAY,
                                   .p90_ms = NOON + (days + 9) * DAY,
                                   .in_time = 150,
                                   .nights = {3, 4, 9},
                                   .failed = {0, 1, 3},
                                   .rolled_back = {0, 1, 2},
                                   .pauses = {0, 0, 1},
                                   .last_count = 2};
    for (int i = 0; i < nights; i++)
        add_period(o, false, i, i < 3);
    add_period(o, true, 0, true);
    add_period(o, true, 1, false);
    for (int i = 0; i < 2; i++)
        o->last[i] = (struct forecast_last){.name = xasprintf("vc-%d", i),
                                            .why = xstrdup(i ? "" : "customer=acme"),
                                            .started_ms = NOON + days * DAY,
                                            .ended_ms = NOON + days * DAY + HOUR};
}

static struct forecast forecast_of(int nights)
{
    struct forecast f = {.campaign = xstrdup("vcsa"),
                         .digest = xstrdup("1a2b3c4d5e6f"),
                         .zone = xstrdup("UTC"),
                         .start_ms = NOON,
                         .deadline_ms = NOON + 5 * DAY,
                         .horizon_ms = NOON + 90 * DAY,
                         .targets = 40,
                         .settled = 4,
                         .running = true,
                         .in_flight = 10,
                         .failure_per_million = 12000,
                         .failure_samples = 700,
                         .human_ms = 4 * HOUR,
                         .approval_ms = HOUR};
    static const char *const kinds[] = {
        "in_flight", "max_unavailable", "limit",    "windows", "freezes", "soak",
        "waves",     "budget",          "approval", "notice",  "window"};
    fill_outlook(&f.planned, nights, 4);
    f.binding = xcalloc(ARRAY_LENGTH(kinds), sizeof *f.binding);
    f.remedies = xcalloc(2, sizeof *f.remedies);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct forecast_change *c = &f.binding[f.binding_count++];
        *c = (struct forecast_change){.from = 10,
                                      .to = i % 2 ? 0 : 20,
                                      .finish_ms = i % 3 ? NOON + 3 * DAY : 0,
                                      .late_ms = NOON + 6 * DAY,
                                      .never = i % 3 ? 0 : 2,
                                      .saves_ms = (int64_t)i * HOUR};
        (void)snprintf(c->kind, sizeof c->kind, "%s", kinds[i]);
        (void)snprintf(c->key, sizeof c->key, "%s", i == 3 ? "customer=acme" : "site");
    }
    f.remedies[f.remedy_count++] = f.binding[0];
    return f;
}

static void tell_forecast(struct buf *out, const struct forecast *forecast,
                          const char *what)
{
    struct forecast_view view = {.forecast = forecast};
    auto_free char *title = xasprintf("forecast: %s", what);
    auto_buf struct buf text = {0}, colour = {0}, full = {0};
    forecast_text(&view, &text);
    part(out, title, buf_text(&text));
    view.colour = true;
    forecast_text(&view, &colour);
    same_in_colour(&text, &colour);
    view.full = true;
    forecast_text(&view, &full);
    assert_true(full.length >= colour.length);
}

static void forecasts_are_told(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    auto_forecast struct forecast usual = forecast_of(4), long_one = forecast_of(40);
    auto_forecast struct forecast never = {
        .campaign = xstrdup("vcsa"),
        .digest = xstrdup("1a2b3c4d5e6f"),
        .zone = xstrdup("UTC"),
        .start_ms = NOON,
        .targets = 2,
        .in_flight = 1,
        .failure_per_million = FORECAST_HISTORY,
        .planned = {.runs = 10, .unfinished = 10, .never = 2}};
    tell_forecast(&out, &usual, "of a campaign under way");
    struct forecast_view view = {.forecast = &usual};
    part_json(&out, "--json", forecast_json(&view));
    long_one.what_if = xstrdup("in_flight 10 to 20");
    long_one.failure_given = true;
    fill_outlook(&long_one.changed, 2, 2);
    tell_forecast(&out, &long_one, "what if");
    tell_forecast(&out, &never, "that never ends");
    matches_golden("forecasts.txt", buf_text(&out));
}

/* ---- approvals, findings, proposals, plugins, lint ---- */

static void tell_approvals(struct buf *out)
{
    static const struct plan_shape shape = {.targets = 5, .waves = {2, 3}, .budget = 5};
    struct plan *plan = shape_plan(&shape);
    xreplace(&plan->digest, "1a2b3c4d5e6f");
    xreplace(&plan->created_by, "anna");
    struct approval_view views[] = {
        {.plan = plan, .actor = "olga"},
        {.plan = plan,
         .nights = 3,
         .first_ms = NOON,
         .last_ms = NOON + 3 * DAY,
         .first = "Sat 2026-11-21 13:00 CET",
         .last = "Tue 2026-11-24 13:00 CET",
         .without = 1,
         .expires_ms = NOON + 9 * DAY,
         .expires = "Mon 2026-11-30 13:00 CET",
         .actor = "olga",
         .remark = "read in full " HOSTILE,
         .given = true},
        {.plan = plan,
         .expires_ms = NOON,
         .expires = "Sat 2026-11-21 13:00 CET",
         .actor = "olga",
         .given = true,
         .expired = true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(views); i++) {
        auto_buf struct buf text = {0}, colour = {0};
        approval_text(&views[i], false, &text);
        approval_text(&views[i], true, &colour);
        same_in_colour(&text, &colour);
        part(out, "approve", buf_text(&text));
        part_object(out, "--json", approval_json(&views[i]));
        xreplace(&plan->created_by, i ? NULL : "anna"); /* not every plan says */
    }
    plan_free(plan);
}

static void tell_findings(struct buf *out)
{
    auto_findings struct findings findings = {.count = 0};
    auto_buf struct buf text = {0}, colour = {0};
    findings_add(&findings, FINDING_OK, "state", "%s", "0600");
    findings_add(&findings, FINDING_WARN, "clock", "not synchronised for %d s", 70);
    findings_add(&findings, FINDING_FAIL, "ssh", "%s may be read by others", "/k");
    findings_text(&findings, false, &text);
    findings_text(&findings, true, &colour);
    same_in_colour(&text, &colour);
    part(out, "doctor", buf_text(&text));
    part_json(out, "--json", findings_json(&findings));
}

static void tell_lint(struct buf *out)
{
    const struct lint_file files[] = {
        {"c.yaml", "campaign", (char *)(uintptr_t) "2 waves"},
        {"x.yaml", "unknown", NULL}};
    struct lint_view view = {.files = files,
                             .file_count = 2,
                             .problems = "x.yaml:3: error: no such key\n",
                             .problem_list = json_pack("[{s:s}]", "text", "no such key"),
                             .errors = 1,
                             .warnings = 0};
    auto_buf struct buf text = {0};
    lint_text(&view, &text);
    part(out, "lint", buf_text(&text));
    part_json(out, "--json", lint_json(&view));
    json_decref(view.problem_list);
}

static const char *type_name(enum slipway_type type)
{
    return type == SLIPWAY_STRING ? "text" : "duration";
}

static void tell_plugins(struct buf *out)
{
    static const struct slipway_option options[] = {
        {.name = "version", .type = SLIPWAY_STRING, .required = true, .help = "which"},
        {.name = "every",
         .type = SLIPWAY_DURATION,
         .fallback = "\"10s\"",
         .help = "pace"},
        {.name = NULL}};
    static const struct slipway_operation operations[] = {{.name = "read",
                                                           .summary = "reads",
                                                           .repeat = SLIPWAY_READ,
                                                           .options = options + 2},
                                                          {.name = "stage",
                                                           .summary = "brings a patch",
                                                           .repeat = SLIPWAY_RECONCILABLE,
                                                           .options = options,
                                                           .needs = "ssh"}};
    static const struct slipway_plugin plugin = {.abi = SLIPWAY_ABI,
                                                 .size = sizeof plugin,
                                                 .name = "demo",
                                                 .version = "1.2",
                                                 .summary = "a plugin",
                                                 .operations = operations,
                                                 .operation_count = 2};
    const struct plugin_view plugins[] = {{&plugin, "built in", true},
                                          {&plugin, "/usr/lib/slipway/demo.so", false}};
    struct plugins_view view = {.plugins = plugins, .count = 2, .type_name = type_name};
    auto_buf struct buf text = {0}, one = {0}, colour = {0};
    plugins_text(&view, &text);
    part(out, "plugins", buf_text(&text));
    plugins_text_one(&view, 1, &one);
    part(out, "plugins demo", buf_text(&one));
    part_json(out, "--json", plugins_json(&view));
    view.colour = true;
    plugins_text_one(&view, 1, &colour);
    same_in_colour(&one, &colour);
}

static void tell_proposals(struct buf *out)
{
    struct appliance found[] = {
        {.name = (char *)(uintptr_t) "vc-0001",
         .host = (char *)(uintptr_t) "192.0.2.1",
         .kind = (char *)(uintptr_t) "vcsa",
         .site = (char *)(uintptr_t) "rbx",
         .link_group = (char *)(uintptr_t) "sso-1",
         .version = (char *)(uintptr_t) "",
         .calendar = (char *)(uintptr_t) "",
         .manager = (char *)(uintptr_t) "mgmt",
         .datastore = (char *)(uintptr_t) "",
         .vm_key = (char *)(uintptr_t) ""},
        {.name = (char *)(uintptr_t) "yes: no # '\"",
         .host = (char *)(uintptr_t) "192.0.2.2",
         .kind = (char *)(uintptr_t) "vcsa",
         .site = (char *)(uintptr_t) "",
         .link_group = (char *)(uintptr_t) "",
         .version = (char *)(uintptr_t) "",
         .calendar = (char *)(uintptr_t) "",
         .manager = (char *)(uintptr_t) "mgmt",
         .datastore = (char *)(uintptr_t) "",
         .vm_key = (char *)(uintptr_t) ""},
    };
    struct fleet fleet = {.appliances = found, .appliance_count = 2};
    for (int i = 0; i < 2; i++) {
        found[i].labels = json_pack("{s:s}", "customer", "acme");
        found[i].doc = json_pack("{s:{s:s}}", "vm", "instance_uuid", i ? "5000" : "5001");
    }
    auto_buf struct buf text = {0};
    discovery_yaml(&fleet, &text);
    part(out, "inventory discover", buf_text(&text));
    part_object(out, "--json", discovery_json(&fleet));
    for (int i = 0; i < 2; i++) {
        json_decref(found[i].labels);
        json_decref(found[i].doc);
    }
}

static void the_rest_is_told(void **state)
{
    (void)state;
    auto_buf struct buf out = {0};
    tell_approvals(&out);
    tell_findings(&out);
    tell_lint(&out);
    tell_plugins(&out);
    tell_proposals(&out);
    matches_golden("tables.txt", buf_text(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendars_are_told),
        cmocka_unit_test(the_inventory_is_told),
        cmocka_unit_test(forecasts_are_told),
        cmocka_unit_test(the_rest_is_told),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
