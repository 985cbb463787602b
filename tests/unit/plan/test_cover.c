/*
 * test_cover.c - the canary's cover does what the textbook's greedy search does, takes
 * exactly as many as it is told, and spreads what is left.
 */
#include "fixture.h"

#include "plan/cover.h"

#define LABELS 3

static uint64_t seed;

static unsigned below(unsigned bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % bound;
}

static const char *const labels[LABELS] = {"site", "version", "customer"};

/* A fleet whose targets have up to `values` values of each label, or none. */
static struct fixture random_fleet(size_t count, unsigned values)
{
    auto_buf struct buf text = {0};
    buf_adds(&text, "{'campaign':{'name':'x'},'appliances':[");
    for (size_t i = 0; i < count; i++) {
        buf_addf(&text, "%s{'name':'t-%zu'", i ? "," : "", i);
        if (below(5))
            buf_addf(&text, ",'site':'s%u'", below(values));
        buf_addf(&text, ",'version':'%u'", below(values));
        buf_addf(&text, ",'labels':{'customer':'c%u'}}", below(values * 2));
    }
    buf_adds(&text, "]}");
    return fixture_of_text(buf_text(&text));
}

struct trial {
    struct fixture fixture;
    const struct appliance **picked;
    size_t *pool;
    bool *chosen;
    struct cover_result result;
    struct cover_request request;
};

static void trial_clear(struct trial *t)
{
    fixture_clear(&t->fixture);
    free(t->picked);
    free(t->pool);
    free(t->chosen);
    cover_result_clear(&t->result);
}
#define auto_trial __attribute__((cleanup(trial_clear)))

static struct trial cover_of(struct fixture fixture, size_t size)
{
    size_t n = fixture.fleet.appliance_count;
    struct trial t = {.fixture = fixture,
                      .picked = xcalloc(n, sizeof *t.picked),
                      .pool = xcalloc(n, sizeof *t.pool),
                      .chosen = xcalloc(n, sizeof *t.chosen)};
    for (size_t i = 0; i < n; i++) {
        t.picked[i] = &fixture.fleet.appliances[i];
        t.pool[i] = i;
    }
    t.request = (struct cover_request){.picked = t.picked,
                                       .pool = t.pool,
                                       .pool_count = n,
                                       .labels = (char *const *)(uintptr_t)labels,
                                       .label_count = LABELS,
                                       .size = size};
    cover_choose(&t.request, t.chosen, &t.result);
    return t;
}

static size_t chosen_count(const struct trial *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->request.pool_count; i++)
        count += t->chosen[i];
    return count;
}

/* Does any of the taken show this value of this label? */
static bool is_shown(const struct trial *t, const bool *taken, size_t k,
                     const char *value)
{
    for (size_t i = 0; i < t->request.pool_count; i++) {
        const char *other = appliance_attribute(t->picked[i], labels[k]);
        if (taken[i] && other && !strcmp(other, value))
            return true;
    }
    return false;
}

static size_t naive_gain(const struct trial *t, const bool *taken, size_t i)
{
    size_t gain = 0;
    for (size_t k = 0; k < LABELS; k++) {
        const char *value = appliance_attribute(t->picked[i], labels[k]);
        gain += value && !is_shown(t, taken, k, value);
    }
    return gain;
}

/* The textbook: look through all for the greatest gain, as long as there is one. */
static size_t naive_greedy(const struct trial *t, bool *taken)
{
    size_t count = 0;
    for (; count < t->request.size; count++) {
        size_t best = 0, best_gain = 0;
        for (size_t i = 0; i < t->request.pool_count; i++) {
            size_t gain = taken[i] ? 0 : naive_gain(t, taken, i);
            if (gain > best_gain) {
                best = i;
                best_gain = gain;
            }
        }
        if (!best_gain)
            break;
        taken[best] = true;
    }
    return count;
}

static void it_takes_what_the_textbook_takes(void **state)
{
    (void)state;
    for (seed = 1; seed < 100000; seed += 997) {
        uint64_t start = seed;
        size_t count = 1 + below(40), size = 1 + below((unsigned)count);
        auto_trial struct trial t = cover_of(random_fleet(count, 1 + below(6)), size);
        auto_free bool *taken = xcalloc(count, sizeof *taken);
        size_t needed = naive_greedy(&t, taken);
        assert_int_equal(chosen_count(&t), size);
        for (size_t i = 0; i < count; i++) {
            if (taken[i] && !t.chosen[i])
                fail_msg("seed %llu: target %zu is missing", (unsigned long long)start,
                         i);
        }
        if (needed < size)
            assert_int_equal(t.result.missed_count, 0);
        seed = start;
    }
}

static void what_it_missed_is_what_nobody_shows(void **state)
{
    (void)state;
    seed = 7;
    auto_trial struct trial t = cover_of(random_fleet(200, 20), 12);
    assert_true(t.result.missed_count > 0);
    size_t values = t.result.values[0] + t.result.values[1] + t.result.values[2];
    size_t shown = 0;
    for (size_t i = 0; i < t.request.pool_count; i++) {
        for (size_t k = 0; k < LABELS && t.chosen[i]; k++) {
            const char *value = appliance_attribute(t.picked[i], labels[k]);
            t.chosen[i] = false; /* count a value once, at its last bearer */
            shown += value && !is_shown(&t, t.chosen, k, value);
            t.chosen[i] = true;
        }
        t.chosen[i] = false;
    }
    assert_int_equal(shown + t.result.missed_count, values);
}

static void the_rest_is_spread_over_combinations(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "{'campaign':{'name':'x'},'appliances':[");
    for (int i = 0; i < 60; i++) /* 50 of a, 8 of b, 2 of c */
        buf_addf(&text, "%s{'name':'t%d','site':'%s'}", i ? "," : "", i,
                 i < 50   ? "a"
                 : i < 58 ? "b"
                          : "c");
    buf_adds(&text, "]}");
    auto_trial struct trial t = cover_of(fixture_of_text(buf_text(&text)), 12);
    int counts[3] = {0};
    for (int i = 0; i < 60; i++)
        counts[i < 50 ? 0 : i < 58 ? 1 : 2] += t.chosen[i];
    assert_int_equal(counts[0], 5);
    assert_int_equal(counts[1], 5);
    assert_int_equal(counts[2], 2);
}

static void one_label_is_not_mistaken_for_another(void **state)
{
    (void)state;
    struct fixture f = fixture_of_text(
        "{'campaign':{'name':'x'},'appliances':[{'name':'a','site':'1','version':'2'},"
        "{'name':'b','site':'2','version':'1'}]}");
    auto_trial struct trial t = cover_of(f, 1);
    assert_int_equal(t.result.values[0], 2);
    assert_int_equal(t.result.values[1], 2);
    assert_int_equal(t.result.missed_count, 2);
    assert_string_equal(t.result.missed[0], "site=2");
    assert_string_equal(t.result.missed[1], "version=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_what_the_textbook_takes),
        cmocka_unit_test(what_it_missed_is_what_nobody_shows),
        cmocka_unit_test(the_rest_is_spread_over_combinations),
        cmocka_unit_test(one_label_is_not_mistaken_for_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
