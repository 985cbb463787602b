/*
 * story.h - a campaign of model appliances whose rows are in a real store: the real
 * engine decides, virtual time passes, reports read what was committed.
 */
#ifndef TESTS_REPORT_STORY_H
#define TESTS_REPORT_STORY_H

#include "../store/support.h"

#ifndef CASES
#define CASES "tests/unit/report/cases"
#endif

struct story {
    struct nest *nest;
    struct world *world;
    int64_t campaign;
    size_t stored; /* records of the journal that are in the store */
};

/* A document as the fleet gives it, so that the way out by hand has objects to name. */
static inline char *story_doc(const char *name, int number)
{
    return xasprintf(
        "{\"name\":\"%s\",\"host\":\"127.80.0.%d\",\"kind\":\"linux\","
        "\"ssh\":{\"user\":\"root\",\"port\":22,\"job_dir\":\"/var/lib/slipway/jobs\"},"
        "\"vm\":{\"uuid\":\"4237-%04d\"},"
        "\"manager\":{\"name\":\"m\",\"url\":\"https://127.79.0.1:8443/sdk\","
        "\"login\":{\"user\":\"svc-slipway\"}}}",
        name, number, number);
}

/* Calendar time, so that goldens look like reports of a night. */
#define STORY_START_MS 1795219200000LL /* 2026-11-21T00:00:00Z */

static inline struct story story_create(struct nest *nest, const struct plan_shape *shape,
                                        uint64_t seed)
{
    struct story story = {.nest = nest, .world = world_create(shape, seed)};
    story.world->now_ms = STORY_START_MS;
    for (size_t i = 0; i < story.world->plan->target_count; i++) {
        struct plan_target *t = &story.world->plan->targets[i];
        free(t->doc);
        t->doc = story_doc(t->name, (int)i + 1);
    }
    return story;
}

/* Goldens show a digest of nines: the real one changes with the plan's format. */
static char story_digest[65];

static inline void story_enter(struct story *story)
{
    auto_free char *json = plan_to_json(story->world->plan);
    (void)snprintf(story_digest, sizeof story_digest, "%s", story->world->plan->digest);
    begin(story->nest);
    assert_int_equal(store_create_campaign(story->nest->store, story->world->plan, json,
                                           7, STORY_START_MS, "olga", &story->campaign),
                     STORE_OK);
    commit(story->nest);
}

/* What the driver writes of an intent, from the record that issues it. */
static inline void story_intent(struct story *story, const struct record *r)
{
    const struct plan *plan = story->world->plan;
    bool step = r->activity == ACTIVITY_STEP;
    auto_free char *key = xasprintf("%.40s.%lld", plan->campaign, (long long)r->intent);
    struct store_intent intent = {
        .id = r->intent,
        .target = r->target,
        .activity = (enum activity)r->activity,
        .index = r->index,
        .moment = (enum moment)r->moment,
        .step = step ? plan->playbook.steps[r->index].op.id
                     : activity_name((enum activity)r->activity),
        .use = step ? plan->playbook.steps[r->index].op.use : "vsphere.task",
        .repeat = SLIPWAY_RECONCILABLE,
        .incarnation = r->incarnation,
        .key = key,
        .fingerprint = "f",
        .with = "{}",
        .issued_ms = r->at_ms,
        .deadline_ms = r->number,
    };
    (void)store_add_intent(story->nest->store, story->campaign, &intent);
}

static inline void story_settle(struct story *story, const struct record *r)
{
    const char *outcome = r->event == STEP_FINISHED ? "done"
                          : r->event == STEP_FAIL || r->event == STEP_ATTEMPT_FAILED
                              ? "failed"
                          : r->event == STEP_NOT_STARTED   ? "not_started"
                          : r->event == STEP_LOST_HARMLESS ? "abandoned"
                          : r->event == STEP_RESET         ? "abandoned"
                          : r->event == STEP_TRY_LATER     ? "no_effect"
                                                           : NULL;
    bool open =
        r->from == STEP_ISSUED || r->from == STEP_RUNNING || r->from == STEP_IN_DOUBT;
    if (r->intent && open && outcome)
        (void)store_settle_intent(story->nest->store, story->campaign, r->intent, outcome,
                                  r->text, r->at_ms);
}

/* What the loop's driver does after each step of the engine. */
static inline void story_save(struct story *story)
{
    struct world *w = story->world;
    struct store *store = story->nest->store;
    const struct engine_state *s = engine_state(w->engine);
    begin(story->nest);
    (void)store_append(store, story->campaign, w->journal + story->stored,
                       w->journal_count - story->stored);
    for (size_t i = story->stored; i < w->journal_count; i++) {
        const struct record *r = &w->journal[i];
        if (r->kind == RECORD_STEP && r->event == STEP_ISSUE)
            story_intent(story, r);
        else if (r->kind == RECORD_STEP)
            story_settle(story, r);
    }
    story->stored = w->journal_count;
    for (int i = 0; i < (int)w->plan->target_count; i++)
        (void)store_save_target(store, story->campaign, w->plan, s, i);
    for (int i = 0; i < (int)w->plan->wave_count; i++)
        (void)store_save_wave(store, story->campaign, w->plan, s, i);
    for (int i = 0; i < (int)w->plan->unit_count; i++)
        (void)store_save_unit(store, story->campaign, w->plan, s, i);
    (void)store_save_campaign(store, story->campaign, w->plan, s);
    (void)store_save_caps(store, story->campaign, w->plan, s);
    commit(story->nest);
}

static inline void story_destroy(struct story *story)
{
    world_destroy(story->world);
}

/* ---- goldens ---- */

static inline char *story_read(const char *path)
{
    auto_file FILE *file = fopen(path, "rbe");
    struct buf text = {0};
    char chunk[4096];
    size_t length;
    if (!file)
        return NULL;
    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, length);
    return text.data ? buf_take(&text) : xstrdup("");
}

static inline char *without_digest(const char *text)
{
    struct buf out = {0};
    buf_adds(&out, text);
    for (char *at = out.data; *story_digest && at && *at; at++) {
        size_t same = 0;
        while (same < 64 && at[same] && at[same] == story_digest[same])
            same++;
        if (same >= 8)
            memset(at, '9', same);
    }
    return buf_take(&out);
}

/* Line by line, because a whole report in a message helps nobody. */
static inline void matches_golden(const char *name, const char *text)
{
    auto_free char *masked = without_digest(text);
    const char *got = masked;
    auto_free char *path = xasprintf("%s/%s", CASES, name);
    auto_free char *golden = story_read(path);
    const char *expected = golden;
    if (getenv("BLESS")) {
        write_file(path, got, strlen(got));
        return;
    }
    if (!expected) {
        fail_msg("%s: missing; write it with BLESS=1", path);
        return;
    }
    for (int line = 1; *expected || *got; line++) {
        size_t le = strcspn(expected, "\n"), lg = strcspn(got, "\n");
        if (le != lg || strncmp(expected, got, le) != 0)
            fail_msg("%s:%d\n expected: %.*s\n got:      %.*s\n (BLESS=1 accepts it)",
                     path, line, (int)le, expected, (int)lg, got);
        expected += le + (expected[le] == '\n');
        got += lg + (got[lg] == '\n');
    }
}

/* Nothing in it steers a terminal. */
static inline void is_harmless(const char *text)
{
    for (const char *p = text; *p; p++) {
        if (((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7f)
            fail_msg("a control character 0x%02x reached the text", (unsigned char)*p);
    }
    assert_null(strstr(text, "\u202e"));
    assert_null(strstr(text, "\u200b"));
    assert_null(strstr(text, "\xc2\x9b"));
}

#endif
