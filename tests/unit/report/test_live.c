/*
 * test_live.c - the live picture: what it shows, that it always fits its window, that
 * it steers no terminal, and what it leaves out first.
 */
#include "report/live.h"
#include "story.h"
#include "util/text.h"

static struct live_frame busy_frame(void)
{
    struct live_frame f = {
        .campaign = "vcsa-8.0u3d",
        .state = CAMPAIGN_RUNNING,
        .now_ms = STORY_START_MS + 5400000,
        .started_ms = STORY_START_MS,
        .done = 12,
        .total = 115,
        .done_last_hour = 9,
        .left_ms = 9 * 3600000LL,
        .counts = {[TARGET_PENDING] = 90,
                   [TARGET_READY] = 4,
                   [TARGET_CHANGING] = 6,
                   [TARGET_SUCCEEDED] = 12,
                   [TARGET_ROLLED_BACK] = 2,
                   [TARGET_STRANDED] = 1},
        .wave_count = 3,
        .wave_total = 9,
        .waves = {{.name = "canary", .state = WAVE_DONE, .total = 5, .good = 5},
                  {.name = "second",
                   .state = WAVE_OPEN,
                   .total = 10,
                   .good = 2,
                   .bad = 3,
                   .in_flight = 4,
                   .soaking = 1,
                   .soak_end_ms = STORY_START_MS + 6000000},
                  {.name = "a-wave-with-a-very-long-name",
                   .state = WAVE_GATED,
                   .total = 100}},
        .busy_count = 2,
        .busy_total = 6,
        .busy = {{.name = "vc-0001",
                  .state = TARGET_CHANGING,
                  .since_ms = STORY_START_MS + 5000000,
                  .text = "step upgrade, 40 %, installing package 12 of 30"},
                 {.name = "vc-\x1b[2J\nevil",
                  .state = TARGET_ROLLING_BACK,
                  .since_ms = STORY_START_MS + 5390000,
                  .text = "reverting to our snapshot\x1b]0;owned\x07 \u202e"}},
        .wait_count = 1,
        .waits = {{.count = 4, .text = "ready: site=rbx: 2 of at most 2 are down"}},
        .failure_count = 1,
        .failure_total = 3,
        .failures = {{.name = "vc-0009",
                      .state = TARGET_STRANDED,
                      .since_ms = STORY_START_MS + 100000,
                      .text = "the revert failed: FileLocked: a file of it is locked"}},
        .calls = 6,
    };
    return f;
}

static char *drawn(const struct live_frame *frame, const struct live_screen *screen)
{
    struct live_picture picture = {.count = 0};
    struct buf text = {0};
    live_draw(frame, screen, &picture);
    assert_true((int)picture.count < screen->rows || screen->rows < 4);
    for (size_t i = 0; i < picture.count; i++) {
        assert_true(picture.lines[i].columns < screen->columns || screen->columns < 20);
        if (!screen->colour)
            assert_int_equal(text_columns(buf_text(&picture.lines[i].text)),
                             picture.lines[i].columns);
        buf_addf(&text, "%s\n", buf_text(&picture.lines[i].text));
    }
    live_picture_clear(&picture);
    return text.data ? buf_take(&text) : xstrdup("");
}

static void it_shows_what_matters_at_80_and_at_120_columns(void **state)
{
    struct live_frame f = busy_frame();
    auto_free char *narrow = drawn(&f, &(struct live_screen){80, 30, false});
    auto_free char *wide = drawn(&f, &(struct live_screen){120, 50, false});
    (void)state;
    is_harmless(narrow);
    is_harmless(wide);
    matches_golden("live-80.txt", narrow);
    matches_golden("live-120.txt", wide);
}

/* Whatever the size, no line may wrap and the picture may not scroll. */
static void it_fits_every_window(void **state)
{
    struct live_frame f = busy_frame();
    (void)state;
    for (int columns = 1; columns < 200; columns += 7) {
        for (int rows = 1; rows < 40; rows++) {
            auto_free char *text =
                drawn(&f, &(struct live_screen){columns, rows, rows % 2 == 0});
            assert_non_null(text);
        }
    }
}

static void a_low_window_keeps_head_waves_and_work(void **state)
{
    struct live_frame f = busy_frame();
    auto_free char *text = drawn(&f, &(struct live_screen){80, 9, false});
    (void)state;
    assert_non_null(strstr(text, "vcsa-8.0u3d  running"));
    assert_non_null(strstr(text, "second"));
    assert_non_null(strstr(text, "vc-0001"));
    assert_null(strstr(text, "Ctrl-C stops cleanly"));
    assert_null(strstr(text, "\n\n"));
}

static void colours_end_on_every_line(void **state)
{
    struct live_frame f = busy_frame();
    auto_free char *text = drawn(&f, &(struct live_screen){100, 40, true});
    (void)state;
    int open = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            assert_int_equal(open, 0);
        if (*p != '\x1b')
            continue;
        assert_int_equal(p[1], '[');
        open = strncmp(p, "\x1b[0m", 4) != 0;
        p += strcspn(p, "m");
    }
    assert_non_null(strstr(text, "\x1b[31m"));
}

static void a_drain_says_what_it_waits_for(void **state)
{
    struct live_frame f = busy_frame();
    (void)state;
    f.draining = true;
    f.calls = 12;
    auto_free char *text = drawn(&f, &(struct live_screen){100, 40, false});
    assert_non_null(strstr(text, "stopping: 12 calls to finish first; Ctrl-C again "
                                 "detaches at once"));
}

static void a_pause_shows_its_reason_and_no_estimate(void **state)
{
    struct live_frame f = busy_frame();
    (void)state;
    f.state = CAMPAIGN_PAUSED;
    (void)snprintf(f.reason, sizeof f.reason, "1 target is stranded");
    auto_free char *text = drawn(&f, &(struct live_screen){100, 40, false});
    assert_non_null(strstr(text, "  1 target is stranded"));
    assert_null(strstr(text, " left\n"));
}

/* A share that is rounded up must not push the bar out of its frame. */
static void bars_are_always_whole(void **state)
{
    struct live_frame f = busy_frame();
    (void)state;
    for (int total = 1; total < 60; total++) {
        for (int good = 0; good <= total; good += 3) {
            f.waves[1].total = total;
            f.waves[1].good = good;
            f.waves[1].bad = (total - good) / 2;
            f.waves[1].in_flight = total - good - f.waves[1].bad;
            f.waves[1].soaking = 0;
            auto_free char *text = drawn(&f, &(struct live_screen){120, 40, false});
            const char *bar = strstr(strstr(text, "second"), "[");
            assert_int_equal(strcspn(bar, "]"), 120 - 28 - 53 + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_shows_what_matters_at_80_and_at_120_columns),
        cmocka_unit_test(it_fits_every_window),
        cmocka_unit_test(a_low_window_keeps_head_waves_and_work),
        cmocka_unit_test(colours_end_on_every_line),
        cmocka_unit_test(a_drain_says_what_it_waits_for),
        cmocka_unit_test(a_pause_shows_its_reason_and_no_estimate),
        cmocka_unit_test(bars_are_always_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
