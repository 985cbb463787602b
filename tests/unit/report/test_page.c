/*
 * test_page.c - the report as one page: whole small ones against their goldens, hostile
 * text in every field, the grammar of the HTML, what stays secret, and the sizes that
 * were promised. BLESS=1 writes the goldens anew: then read the difference.
 */
#include "page_fixture.h"
#include "story.h"

#include "util/map.h"
#include "util/text.h"

#define PAGE_BYTES_MAX (5u * 1024u * 1024u) /* of 850 targets */

enum phase_of { BEFORE, WHILE, AFTER };

/* A view and all that it borrows. */
struct scene {
    struct plan *plan;
    struct plan_notes notes;
    struct account account;
    struct page_courses courses;
    struct page_view view;
};

static void scene_clear(struct scene *scene)
{
    plan_free(scene->plan);
    plan_notes_clear(&scene->notes);
    account_clear(&scene->account);
    page_courses_clear(&scene->courses);
}
#define auto_scene __attribute__((cleanup(scene_clear)))

/* `scene` must not move afterwards. */
static void set_scene(const struct page_shape *shape, enum phase_of when,
                      struct scene *scene)
{
    struct plan *plan = fixture_plan(shape);
    scene->plan = plan;
    fixture_notes(shape, plan, &scene->notes);
    scene->view =
        (struct page_view){.plan = plan,
                           .notes = &scene->notes,
                           .now_ms = plan->created_ms,
                           .zone_local = fixture_zone,
                           .command = "slipway",
                           .again = "slipway plan campaign.yaml --html report.html"};
    if (when == BEFORE)
        return;
    int64_t now_ms = PAGE_DAY + (when == WHILE ? 2 * DAY : 60 * DAY);
    fixture_courses(shape, plan, now_ms, &scene->courses);
    fixture_account(shape, plan,
                    when == WHILE ? CAMPAIGN_PAUSED : CAMPAIGN_COMPLETED_WITH_FAILURES,
                    now_ms, &scene->account);
    scene->view.now_ms = now_ms;
    scene->view.account = &scene->account;
    scene->view.courses = &scene->courses;
}

static char *html_of(const struct scene *scene)
{
    struct buf out = {0};
    page_html(&scene->view, &out);
    return buf_take(&out);
}

/* ---- the grammar ---- */

static bool is_void(const char *name)
{
    static const char *const names[] = {"meta", "input", "br", "hr", "img", "link"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (!strcmp(names[i], name))
            return true;
    }
    return false;
}

/* Drawn shapes are closed where they are opened. */
static bool is_drawn(const char *name)
{
    return !strcmp(name, "path") || !strcmp(name, "rect");
}

struct grammar {
    char *open[64];
    size_t depth;
    struct map ids;
    struct map links; /* "#x" without the sign */
};

static void read_attributes(struct grammar *g, const char *text, const char *end)
{
    while (text < end) {
        size_t name = strcspn(text, "= >/");
        const char *value = text + name;
        if (*value != '=') {
            text = value + 1;
            continue;
        }
        if (value[1] != '"')
            fail_msg("an attribute without quotes: %.60s", text);
        size_t length = strcspn(value + 2, "\"");
        auto_free char *copy = xstrndup(value + 2, length);
        if (strchr(copy, '<') || strchr(copy, '>'))
            fail_msg("a sign in an attribute: %.80s", copy);
        if (name == 2 && !strncmp(text, "id", 2)) {
            if (map_find(&g->ids, copy) >= 0)
                fail_msg("id %s is not unique", copy);
            (void)map_intern(&g->ids, copy);
        }
        if ((name == 4 && !strncmp(text, "href", 4)) ||
            (name == 3 && !strncmp(text, "for", 3))) {
            assert_true(name == 3 || *copy == '#');
            (void)map_intern(&g->links, copy + (name == 4));
        }
        assert_false((name == 3 && !strncmp(text, "src", 3)) ||
                     (name == 5 && !strncmp(text, "style", 5)) ||
                     (name > 2 && !strncmp(text, "on", 2)));
        text = value + 3 + length;
    }
}

static void close_tag(struct grammar *g, const char *name)
{
    if (!g->depth || strcmp(g->open[g->depth - 1], name) != 0)
        fail_msg("</%s> closes <%s>", name, g->depth ? g->open[g->depth - 1] : "nothing");
    free(g->open[--g->depth]);
}

/* Where the tag ends; quotes may hold anything but a quote. */
static const char *end_of_tag(const char *p)
{
    while (*p && *p != '>') {
        if (*p == '"')
            p += 1 + strcspn(p + 1, "\"");
        p += *p != '\0';
    }
    return p;
}

static const char *read_tag(struct grammar *g, const char *p)
{
    bool closing = p[1] == '/';
    const char *start = p + 1 + closing, *end = end_of_tag(start);
    auto_free char *name = xstrndup(start, strcspn(start, " />"));
    if (*start == '!')
        return end + 1; /* the document type */
    assert_true(*name != '\0');
    if (closing) {
        close_tag(g, name);
        return end + 1;
    }
    read_attributes(g, start + strlen(name), end);
    if (is_void(name) || (is_drawn(name) && end[-1] == '/'))
        return end + 1;
    assert_true(g->depth < ARRAY_LENGTH(g->open));
    g->open[g->depth++] = xstrdup(name);
    if (!strcmp(name, "style") || !strcmp(name, "script")) {
        auto_free char *close = xasprintf("</%s>", name);
        const char *until = strstr(end, close);
        assert_non_null(until);
        return until;
    }
    return end + 1;
}

static void is_well_formed(const char *html)
{
    struct grammar g = {.depth = 0};
    assert_int_equal(strncmp(html, "<!DOCTYPE html>\n", 16), 0);
    for (const char *p = html; (p = strchr(p, '<'));)
        p = read_tag(&g, p);
    assert_int_equal(g.depth, 0);
    for (size_t i = 0; i < g.links.count; i++) {
        if (map_find(&g.ids, g.links.keys[i]) < 0)
            fail_msg("a link to #%s, which is not there", g.links.keys[i]);
    }
    map_free(&g.ids);
    map_free(&g.links);
}

static int count_of(const char *text, const char *what)
{
    int count = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        count++;
    return count;
}

/* The page's own data is JSON, and ends only where it should. */
static void has_data(const char *html, size_t targets)
{
    static const char start[] = "<script type=\"application/json\" id=\"data\">";
    const char *from = strstr(html, start);
    assert_non_null(from);
    from += sizeof start - 1;
    const char *end = strstr(from, "</script>");
    assert_non_null(end);
    auto_json json_t *json = json_parse(from, (size_t)(end - from), JSON_BYTES_MAX, NULL);
    assert_non_null(json);
    assert_int_equal(json_array_size(json_object_get(json, "targets")), targets);
}

/* ---- goldens ---- */

/* Without the style and the script, which are files of their own. */
static char *without_assets(const char *html)
{
    static const char *const ends[][2] = {{"<style>", "</style>"},
                                          {"<script>", "</script>"}};
    struct buf out = {0};
    auto_free char *rest = xstrdup(html);
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        char *from = strstr(rest, ends[i][0]);
        assert_non_null(from);
        from += strlen(ends[i][0]);
        char *until = strstr(from, ends[i][1]);
        memmove(from, until, strlen(until) + 1);
    }
    /* their digests change with every edit of theirs */
    for (char *at = rest; (at = strstr(at, "sha256-"));) {
        char *end = strchr(at, '&');
        memmove(at + 7, end, strlen(end) + 1);
        at += 7;
    }
    /* one element a line, to be read */
    for (const char *p = rest; *p; p++) {
        if (p[0] == '<' && p > rest && p[-1] == '>')
            buf_addc(&out, '\n');
        buf_addc(&out, *p);
    }
    return buf_take(&out);
}

static void golden_page(const struct page_shape *shape, enum phase_of when,
                        const char *name)
{
    auto_scene struct scene scene = {.plan = NULL};
    set_scene(shape, when, &scene);
    auto_free char *html = html_of(&scene);
    is_well_formed(html);
    is_harmless(html);
    has_data(html, scene.plan->target_count);
    auto_free char *read = without_assets(html);
    matches_golden(name, read);
}

static void plan_as_a_page(void **state)
{
    (void)state;
    golden_page(&small_shape, BEFORE, "page-plan.html");
}

static void plan_without_calendars_says_so(void **state)
{
    struct page_shape bare = small_shape;
    (void)state;
    bare.no_slots = true;
    golden_page(&bare, BEFORE, "page-bare.html");
}

static void finished_campaign_shows_both(void **state)
{
    (void)state;
    golden_page(&small_shape, AFTER, "page-over.html");
}

static void other_formats(void **state)
{
    auto_scene struct scene scene = {.plan = NULL};
    auto_buf struct buf markdown = {0}, csv = {0};
    (void)state;
    set_scene(&small_shape, BEFORE, &scene);
    page_markdown(&scene.view, &markdown);
    matches_golden("page-plan.md", buf_text(&markdown));
    page_csv(&scene.view, &csv);
    matches_golden("page-plan.csv", buf_text(&csv));
    auto_json json_t *json = page_schedule(&scene.view);
    auto_free char *text = json_pretty(json);
    matches_golden("page-plan.json", text);
}

/* ---- hostile ---- */

#define EVIL                                                                             \
    "\"'><script>alert(1)</script><!--\x01\x1b[31m\xe2\x80\xa8\xe2\x80\xae\xff"          \
    "<img src=x onerror=alert(2)>${target.host}]]>&amp;|`"

static void hostile_text_stays_text(void **state)
{
    auto_buf struct buf evil = {0};
    (void)state;
    buf_adds(&evil, EVIL);
    for (int i = 0; i < 10000; i++)
        buf_addc(&evil, 'a');
    struct page_shape shape = small_shape;
    shape.hostile = buf_text(&evil);
    for (int when = BEFORE; when <= AFTER; when++) {
        auto_scene struct scene scene = {.plan = NULL};
        set_scene(&shape, (enum phase_of)when, &scene);
        auto_free char *html = html_of(&scene);
        is_well_formed(html);
        is_harmless(html);
        has_data(html, scene.plan->target_count);
        assert_int_equal(count_of(html, "<script"), 2);
        assert_int_equal(count_of(html, "</script"), 2);
        assert_int_equal(count_of(html, "<!--"), 0);
        assert_int_equal(count_of(html, "<img"), 0);
        assert_int_equal(count_of(html, "\xe2\x80\xa8"), 0);
        assert_true(text_is_utf8(html, strlen(html)));
        auto_buf struct buf markdown = {0}, csv = {0};
        page_markdown(&scene.view, &markdown);
        is_harmless(buf_text(&markdown));
        assert_null(strstr(buf_text(&markdown), "<script"));
        page_csv(&scene.view, &csv);
        assert_true(text_is_utf8(buf_text(&csv), csv.length));
    }
}

static void spreadsheets_get_no_formula(void **state)
{
    static const char *const names[] = {"=cmd|' /C calc'!A0", "+1+1", "-2+3",
                                        "@SUM(A1)",           "\t=1", "\"quoted\",x"};
    auto_scene struct scene scene = {.plan = NULL};
    auto_buf struct buf csv = {0};
    (void)state;
    set_scene(&small_shape, BEFORE, &scene);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        free(scene.plan->targets[i].name);
        scene.plan->targets[i].name = xstrdup(names[i]);
    }
    page_csv(&scene.view, &csv);
    const char *text = buf_text(&csv);
    assert_non_null(strstr(text, "\r\n\"'=cmd|' /C calc'!A0\","));
    assert_non_null(strstr(text, "\r\n\"'+1+1\","));
    assert_non_null(strstr(text, "\r\n\"'-2+3\","));
    assert_non_null(strstr(text, "\r\n\"'@SUM(A1)\","));
    assert_non_null(strstr(text, "\r\n\"' =1\","));
    assert_non_null(strstr(text, "\r\n\"\"\"quoted\"\",x\","));
    for (const char *p = text; (p = strchr(p, '"')); p++)
        assert_null(strchr("=+@", p[1] ? p[1] : 'x'));
}

static void secrets_stay_references(void **state)
{
    (void)state;
    for (int when = BEFORE; when <= AFTER; when++) {
        auto_scene struct scene scene = {.plan = NULL};
        set_scene(&small_shape, (enum phase_of)when, &scene);
        auto_free char *html = html_of(&scene);
        auto_json json_t *json = page_schedule(&scene.view);
        auto_free char *text = json_canonical(json);
        assert_null(strstr(html, "hunter2"));
        assert_null(strstr(text, "hunter2"));
        assert_non_null(strstr(html, "file:/etc/slipway/secrets/id_ed25519"));
        assert_non_null(strstr(html, "--password=(hidden)"));
        assert_non_null(strstr(html, "https://svc:(hidden)@repo.example/8.0.3.00400"));
        /* variables are in place, what a target brings stays marked */
        assert_non_null(strstr(html, "<b>TARGET</b>: 8.0.3.00400"));
        assert_non_null(strstr(html, "<var data-p=\"target.host\">${target.host}</var>"));
        assert_non_null(strstr(html, "<dd data-p=\"target.host\">vc-0001.example</dd>"));
    }
}

/* ---- what is said ---- */

static void says_who_must_act_on_a_halt(void **state)
{
    auto_scene struct scene scene = {.plan = NULL};
    (void)state;
    set_scene(&small_shape, WHILE, &scene);
    scene.account.status.store.counts[TARGET_PARKED] = 2;
    scene.account.status.store.counts[TARGET_STRANDED] = 1;
    auto_free char *html = html_of(&scene);
    assert_non_null(strstr(html, "look why it paused, then: slipway unpause --reason"));
    assert_non_null(strstr(html, "decide on 2 that are parked: slipway why TARGET"));
    assert_non_null(strstr(html, "rescue 1 whose rollback failed: slipway why TARGET"));
}

static void says_what_starves(void **state)
{
    auto_scene struct scene scene = {.plan = NULL};
    (void)state;
    set_scene(&small_shape, BEFORE, &scene);
    scene.plan->time.paces[0].needed_ms = 7 * HOUR;
    auto_free char *html = html_of(&scene);
    assert_non_null(
        strstr(html, "No start that fits was found for 1 target before the deadline."));
    assert_non_null(strstr(
        html,
        "its windows never open long enough: it needs 7h, the longest opening has 6h"));
}

static void says_which_notice_is_too_late(void **state)
{
    auto_scene struct scene scene = {.plan = NULL};
    (void)state;
    set_scene(&small_shape, BEFORE, &scene);
    auto_free char *in_time = html_of(&scene);
    assert_null(strstr(in_time, "too late already"));
    scene.view.now_ms = PAGE_DAY;
    auto_free char *late = html_of(&scene);
    assert_non_null(strstr(late, "too late already"));
}

static void missed_deadline_is_said(void **state)
{
    auto_scene struct scene scene = {.plan = NULL};
    (void)state;
    set_scene(&small_shape, BEFORE, &scene);
    scene.plan->time.deadline_ms = PAGE_DAY + 2 * DAY;
    auto_free char *html = html_of(&scene);
    assert_non_null(strstr(html, "is missed by"));
}

/* ---- large ---- */

static void large_pages_stay_small(void **state)
{
    (void)state;
    for (int when = BEFORE; when <= AFTER; when++) {
        auto_scene struct scene scene = {.plan = NULL};
        set_scene(&large_shape, (enum phase_of)when, &scene);
        auto_free char *html = html_of(&scene);
        is_well_formed(html);
        has_data(html, 850);
        assert_true(strlen(html) < PAGE_BYTES_MAX);
        /* steps once, targets each */
        assert_int_equal(count_of(html, "id=\"step-list\""), 1);
        assert_int_equal(count_of(html, "<details class=\"t\">"), 850);
    }
}

/* A campaign of years: weeks instead of nights. */
static void long_campaigns_go_by_weeks(void **state)
{
    auto_scene struct scene scene = {.plan = NULL};
    (void)state;
    set_scene(&large_shape, BEFORE, &scene);
    for (size_t i = 0; i < scene.plan->time.slot_count; i++) {
        struct plan_slot *slot = &scene.plan->time.slots[i];
        slot->from_ms = PAGE_DAY + (int64_t)(i % 300) * DAY;
        slot->until_ms = slot->from_ms + HOUR;
    }
    auto_free char *html = html_of(&scene);
    is_well_formed(html);
    assert_non_null(strstr(html, "It takes 44 weeks"));
    assert_non_null(strstr(html, "a column is a week"));
}

/* ---- from a real store ---- */

static void courses_of_a_real_campaign(void **state)
{
    static const struct plan_shape shape = {.targets = 6,
                                            .waves = {2, 4},
                                            .budgets = {1, 3},
                                            .soak_ms = 60000,
                                            .in_flight = 3,
                                            .budget = 5,
                                            .sites = 2,
                                            .site_max = 3,
                                            .manager_max = 3};
    struct story story = story_create(*state, &shape, 5);
    auto_page_courses struct page_courses courses = {0};
    auto_account struct account account = {.target_count = 0};
    auto_plan_notes struct plan_notes notes = {0};
    auto_buf struct buf html = {0};
    story.world->appliances[3].faults = FAULT_SICK;
    story_enter(&story);
    world_start(story.world);
    assert_true(world_run(story.world, 100000));
    story_save(&story);
    struct nest *nest = *state;
    const struct plan *plan = story.world->plan;
    assert_int_equal(page_courses_load(nest->store, story.campaign, plan->target_count,
                                       &courses, &nest->err),
                     STORE_OK);
    assert_int_equal(account_load(nest->store, story.campaign, nest->dir,
                                  story.world->now_ms, &account, &nest->err),
                     STORE_OK);
    assert_int_equal(courses.items[0].state, TARGET_SUCCEEDED);
    assert_int_equal(courses.items[3].state, TARGET_ROLLED_BACK);
    for (size_t i = 0; i < courses.count; i++) {
        const struct page_course *c = &courses.items[i];
        assert_true(c->began_ms >= STORY_START_MS && c->ended_ms > c->began_ms);
        assert_true(c->moment_count > 3);
        for (size_t k = 1; k < c->moment_count; k++)
            assert_true(c->moments[k].at_ms >= c->moments[k - 1].at_ms);
    }
    page_html(&(struct page_view){.plan = plan,
                                  .notes = &notes,
                                  .account = &account,
                                  .courses = &courses,
                                  .now_ms = story.world->now_ms},
              &html);
    is_well_formed(buf_text(&html));
    assert_non_null(strstr(buf_text(&html), "rolled back"));
    story_destroy(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_as_a_page),
        cmocka_unit_test(plan_without_calendars_says_so),
        cmocka_unit_test(finished_campaign_shows_both),
        cmocka_unit_test(other_formats),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(spreadsheets_get_no_formula),
        cmocka_unit_test(secrets_stay_references),
        cmocka_unit_test(says_who_must_act_on_a_halt),
        cmocka_unit_test(says_what_starves),
        cmocka_unit_test(says_which_notice_is_too_late),
        cmocka_unit_test(missed_deadline_is_said),
        cmocka_unit_test(large_pages_stay_small),
        cmocka_unit_test(long_campaigns_go_by_weeks),
        cmocka_unit_test_setup_teardown(courses_of_a_real_campaign, nest_with_store,
                                        nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
