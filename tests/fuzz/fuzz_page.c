/*
 * fuzz_page.c - what reports are made of, with the bytes in every text that comes from
 * outside: names, sentences, arguments, paths, who and why. Each format is read back
 * (readback.h), and is built as it is with harmless texts: no element, attribute, row,
 * cell, member, heading or link more; no cell is a formula; nothing but printable UTF-8.
 *
 * The first byte chooses the moment (before, while, after) and the format; NULs divide
 * the rest into texts, of which each place takes one.
 */
#include "../unit/report/page_fixture.h"

#include "readback.h"
#include "report/plan_text.h"
#include "report/readiness.h"
#include "util/text.h"

#define TEXTS_MAX 8

enum when { BEFORE, WHILE, AFTER, MOMENTS };
enum format { HTML, MARKDOWN, CSV, SCHEDULE, ACCOUNT, READINESS, SUMMARY, FORMATS };

static struct {
    char *items[TEXTS_MAX];
    size_t count;
} texts;

/* In front of the plain one, which keeps different names different; behind the key of
   "site=rbx", so that it is the same text everywhere. */
static char *disguised(char *plain)
{
    const char *sign = strchr(plain, '='), *name = sign ? sign + 1 : plain;
    const char *text = texts.items[text_hash(name) % texts.count];
    char *made = xasprintf("%.*s%s%s", (int)(name - plain), plain, text, name);
    free(plain);
    return made;
}

static char *from_outside(const char *plain)
{
    return disguised(xstrdup(plain));
}

struct scene {
    struct plan *plan;
    struct plan_notes notes;
    struct account account;
    struct page_courses courses;
    struct page_view view;
    char *again, *plan_file;
};

static void scene_clear(struct scene *scene)
{
    plan_free(scene->plan);
    plan_notes_clear(&scene->notes);
    account_clear(&scene->account);
    page_courses_clear(&scene->courses);
    free(scene->again);
    free(scene->plan_file);
}
#define auto_scene __attribute__((cleanup(scene_clear)))

static void add_snapshot(struct snapshot_list *list, const char *target)
{
    *vec_push(list->rows, list->count, list->room) =
        (struct snapshot_row){.campaign_name = from_outside("campaign"),
                              .target_name = xstrdup(target),
                              .manager = from_outside("mgmt"),
                              .name = from_outside("slipway/x"),
                              .reference = from_outside("snapshot-7"),
                              .version = from_outside("8.0.2"),
                              .step = from_outside("upgrade"),
                              .taken_ms = PAGE_DAY,
                              .due_ms = PAGE_DAY + HOUR,
                              .size_bytes = -1};
}

/* What the store would have said of everybody. */
static void fill_account(const struct plan *plan, int64_t now_ms, struct account *a)
{
    struct store_status *status = &a->status.store;
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct plan_target *t = &plan->targets[i];
        *vec_push(a->targets, a->target_count, a->target_room) =
            (struct account_target){.name = xstrdup(t->name),
                                    .wave = xstrdup(plan->waves[t->wave].name),
                                    .site = xstrdup(t->site),
                                    .version_from = from_outside("8.0.2"),
                                    .version_now = from_outside("8.0.3"),
                                    .reason = from_outside("check stayed red"),
                                    .state = i % 2 ? TARGET_FAILED : TARGET_SUCCEEDED,
                                    .first_ms = PAGE_DAY,
                                    .since_ms = now_ms,
                                    .settled = true};
        add_snapshot(&a->snapshots, t->name);
    }
    *vec_push(a->issues, a->issue_count, a->issue_room) =
        (struct account_issue){.id = from_outside("dirty-staging"),
                               .title = from_outside("staging is dirty"),
                               .advice = from_outside("clean it"),
                               .targets = 1};
    *vec_push(a->steps, a->step_count, a->step_room) =
        (struct account_step){.step = from_outside("upgrade"),
                              .done = 1,
                              .total_ms = HOUR,
                              .longest_ms = HOUR,
                              .longest_target = xstrdup(plan->targets[0].name)};
    *vec_push(a->timeline, a->timeline_count, a->timeline_room) = (struct account_move){
        2, now_ms, from_outside("wave canary"), from_outside("opens"), NULL};
    status->campaign.created_by = from_outside("anna");
    status->campaign.playbook = from_outside("vcsa-patch");
    status->campaign.digest = xstrdup(plan->digest);
    status->campaign.actor = from_outside("olga");
    status->campaign.created_ms = status->campaign.started_ms = PAGE_DAY;
    status->wave_count = plan->wave_count;
    status->waves = xcalloc(plan->wave_count, sizeof *status->waves);
    for (size_t i = 0; i < plan->wave_count; i++)
        status->waves[i] =
            (struct store_wave){.index = (int)i, .name = xstrdup(plan->waves[i].name)};
}

/* `scene` must not move afterwards. */
static void set_scene(enum when when, struct scene *scene)
{
    struct page_shape shape = small_shape;
    shape.hostile = texts.items[0];
    shape.disguise = disguised;
    struct plan *plan = scene->plan = fixture_plan(&shape);
    fixture_notes(&shape, plan, &scene->notes);
    scene->again = from_outside("slipway plan campaign.yaml --html report.html");
    scene->plan_file = from_outside("plan.json");
    scene->view = (struct page_view){.plan = plan,
                                     .notes = &scene->notes,
                                     .now_ms = plan->created_ms,
                                     .zone_local = fixture_zone,
                                     .command = "slipway",
                                     .again = scene->again,
                                     .plan_file = scene->plan_file};
    int64_t now_ms = PAGE_DAY + (when == WHILE ? 2 : 60) * DAY;
    fixture_courses(&shape, plan, now_ms, &scene->courses);
    fixture_account(&shape, plan,
                    when == WHILE ? CAMPAIGN_PAUSED : CAMPAIGN_COMPLETED_WITH_FAILURES,
                    now_ms, &scene->account);
    fill_account(plan, now_ms, &scene->account);
    if (when == BEFORE)
        return;
    scene->view.now_ms = now_ms;
    scene->view.account = &scene->account;
    scene->view.courses = &scene->courses;
}

/* ---- the formats ---- */

static void readiness_of(const struct plan *plan, struct build *b)
{
    struct readiness_finding finding = {
        .step = from_outside("space"), .text = from_outside("4 % free"), .advice = NULL};
    auto_free struct readiness_target *targets =
        xcalloc(plan->target_count, sizeof *targets);
    struct readiness readiness = {.plan = (struct plan *)(uintptr_t)plan,
                                  .targets = targets};
    for (size_t i = 0; i < plan->target_count; i++)
        targets[i] = (struct readiness_target){.name = plan->targets[i].name,
                                               .site = plan->targets[i].site,
                                               .version = plan->targets[i].version,
                                               .verdict = READINESS_NOT,
                                               .findings = &finding,
                                               .count = i % 2};
    auto_buf struct buf out = {0};
    readiness_csv(&readiness, &out);
    build_of_csv(buf_text(&out), b);
    no_formula_at_semicolons(buf_text(&out));
    free(finding.step);
    free(finding.text);
}

static void build_of_format(const struct scene *scene, enum format format,
                            struct build *b)
{
    auto_buf struct buf out = {0};
    auto_json json_t *schedule = NULL;
    switch (format) {
    case HTML:
        page_html(&scene->view, &out);
        build_of_html(buf_text(&out), out.length, b);
        break;
    case MARKDOWN:
        page_markdown(&scene->view, &out);
        build_of_markdown(buf_text(&out), b);
        break;
    case CSV:
        page_csv(&scene->view, &out);
        build_of_csv(buf_text(&out), b);
        no_formula_at_semicolons(buf_text(&out));
        break;
    case SCHEDULE:
        schedule = page_schedule(&scene->view);
        out.data = json_pretty(schedule);
        break;
    case ACCOUNT:
        out.data = account_json(&scene->account);
        break;
    case READINESS:
        readiness_of(scene->plan, b);
        break;
    default:
        out.data = plan_summary_json(&(struct plan_view){
            .plan = scene->plan, .notes = &scene->notes, .local = fixture_zone});
    }
    if (format == SCHEDULE || format == ACCOUNT || format == SUMMARY) {
        out.length = strlen(out.data);
        build_of_json(out.data, b);
    }
    MUST(!strstr(buf_text(&out), "hunter2"));
}

/* With the one harmless text; made when first asked for, and kept. */
static const struct build *harmless(enum when when, enum format format)
{
    static struct build kept[MOMENTS][FORMATS];
    struct build *b = &kept[when][format];
    if (b->kinds.count)
        return b;
    auto_scene struct scene scene = {.plan = NULL};
    texts.items[0] = xstrdup("x");
    texts.count = 1;
    set_scene(when, &scene);
    build_of_format(&scene, format, b);
    free(texts.items[0]);
    MUST(b->kinds.count);
    return b;
}

/* "${" in an argument asks for markup, as it should. */
static char *without_templates(const uint8_t *data, size_t length)
{
    char *text = fuzz_text(data, length);
    for (char *p = text; (p = strstr(p, "${"));)
        *p = '%';
    return text;
}

static void divide(const uint8_t *data, size_t size)
{
    texts.count = 0;
    for (size_t at = 0; at <= size && texts.count < TEXTS_MAX;) {
        const uint8_t *end = at < size ? memchr(data + at, 0, size - at) : NULL;
        size_t length = end ? (size_t)(end - data) - at : size - at;
        if (length)
            texts.items[texts.count++] = without_templates(data + at, length);
        at += length + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (memmem(data, size, "hunter2", 7)) /* the secret that must not be seen */
        return 0;
    static const char *const words[] = {"HTML",    "Markdown",  "CSV",    "schedule",
                                        "account", "readiness", "summary"};
    if (size < 2)
        return 0;
    enum when when = (enum when)(data[0] % MOMENTS);
    enum format format = (enum format)(data[0] / MOMENTS % FORMATS);
    const struct build *plain = harmless(when, format);
    auto_scene struct scene scene = {.plan = NULL};
    auto_build struct build b = {.counts = NULL};
    divide(data + 1, size - 1);
    if (!texts.count)
        return 0;
    set_scene(when, &scene);
    build_of_format(&scene, format, &b);
    must_be_built_alike(words[format], plain, &b);
    for (size_t i = 0; i < texts.count; i++)
        free(texts.items[i]);
    return 0;
}
