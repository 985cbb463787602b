/*
 * main.c - slipway-sim: many seeds, each run twice; the two must be the same run, and
 * every promise must hold in it. If that is not so the exit code is 1.
 *
 *   slipway-sim [--seeds N] [--from S] [--jobs J] [--shrink]    many seeds
 *   slipway-sim --seed S [--verbose] [--shrink] [--out FILE]    one, and what happens in it
 *   slipway-sim --scenario FILE... [--verbose]                  what was written down
 *
 * --shrink makes the (first) failing seed as small as it can be, tells it, and writes it to
 * FILE (seed-S.txt), which --scenario replays: tests/sim/stories.
 *
 * Seeds are run in child processes, so that one that ends the process (an invariant of
 * the engine, a sanitizer) is named like any other.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#define JOBS_MAX 64

struct tally {
    uint64_t seed; /* being run */
    long runs, events, crashes, failed;
    uint64_t first_failed;
    uint64_t trace; /* of all seeds' traces, in whatever order they were run */
};

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The second time from what the first time wrote down: so nothing of a run is missing in
   its scenario, and nothing else decides how it goes. */
static bool run_twice(uint64_t seed, struct tally *tally)
{
    struct sim_result first = sim_run(seed, NULL, SIM_QUIET);
    struct sim_result second = sim_run(seed, first.scenario, SIM_UNJUDGED);
    if (second.wrong)
        (void)printf("seed %llu: its scenario: %s\n", (unsigned long long)seed,
                     second.wrong);
    bool good = first.hash == second.hash && !first.broken;
    if (!good)
        (void)printf("seed %llu: %s\n", (unsigned long long)seed,
                     first.broken ? first.broken : "two runs of it differ");
    tally->runs += 2;
    tally->events += first.events;
    tally->crashes += first.crashes;
    tally->trace += chance_of(first.hash, seed).state;
    sim_result_clear(&first);
    sim_result_clear(&second);
    return good;
}

static void work(uint64_t from, uint64_t end, uint64_t stride, struct tally *tally)
{
    for (uint64_t seed = from; seed < end; seed += stride) {
        tally->seed = seed;
        if (run_twice(seed, tally))
            continue;
        if (!tally->failed++)
            tally->first_failed = seed;
        if (tally->failed >= 5)
            break;
    }
}

/* A child for each job; one that dies leaves its seed behind. */
static void run_jobs(uint64_t from, uint64_t seeds, int jobs, struct tally *tallies)
{
    pid_t children[JOBS_MAX];
    (void)fflush(NULL);
    for (int i = 0; i < jobs; i++) {
        children[i] = fork();
        if (!children[i]) {
            work(from + (uint64_t)i, from + seeds, (uint64_t)jobs, &tallies[i]);
            exit(0);
        }
    }
    for (int i = 0; i < jobs; i++) {
        int status = 0;
        if (children[i] < 0 || waitpid(children[i], &status, 0) < 0 || status) {
            (void)printf("seed %llu: the process ended (status %d)\n",
                         (unsigned long long)tallies[i].seed, status);
            if (!tallies[i].failed++)
                tallies[i].first_failed = tallies[i].seed;
        }
    }
}

struct options {
    uint64_t seeds, from;
    int jobs;
    bool verbose, shrink, one;
    const char *out;
    char **scenarios;
    int scenario_count;
};

static bool number_of(const char *text, uint64_t *out)
{
    char *end = NULL;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || !*text || *end)
        return false;
    *out = value;
    return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        uint64_t jobs;
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--verbose"))
            o->verbose = true;
        else if (!strcmp(argv[i], "--shrink"))
            o->shrink = true;
        else if (!strcmp(argv[i], "--scenario") && value) {
            o->scenarios = argv + i + 1;
            while (i + 1 < argc && *argv[i + 1] != '-') {
                o->scenario_count++;
                i++;
            }
        } else if (!strcmp(argv[i], "--seeds") && number_of(value, &o->seeds))
            i++;
        else if (!strcmp(argv[i], "--from") && number_of(value, &o->from))
            i++;
        else if (!strcmp(argv[i], "--out") && value)
            o->out = argv[++i];
        else if (!strcmp(argv[i], "--seed") && number_of(value, &o->from)) {
            o->seeds = 1;
            o->one = true;
            i++;
        } else if (!strcmp(argv[i], "--jobs") && number_of(value, &jobs) && jobs &&
                   jobs <= JOBS_MAX) {
            o->jobs = (int)jobs;
            i++;
        } else
            return false;
    }
    return true;
}

/* ---- stories ---- */

#define STORY_LINES 60

static const char *last_lines(const char *text, int lines, long *skipped)
{
    size_t at = strlen(text);
    while (at && lines) {
        at--;
        while (at && text[at - 1] != '\n')
            at--;
        lines--;
    }
    *skipped = 0;
    for (size_t i = 0; i < at; i++)
        *skipped += text[i] == '\n';
    return text + at;
}

/* Of a line of a story what follows its time. */
static const char *said(const char *line)
{
    line += strspn(line, " ");
    return line + strcspn(line, " \n");
}

static bool same(const char *a, const char *b)
{
    a = said(a);
    b = said(b);
    size_t length = strcspn(a, "\n");
    return length == strcspn(b, "\n") && !strncmp(a, b, length);
}

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return at + (*at == '\n');
}

/* The story without the looks that find the same again and again. */
static char *without_repetition(const char *story)
{
    struct buf out = {0};
    int again = 0;
    for (const char *at = story; *at;) {
        const char *second = next_line(at), *third = next_line(second);
        const char *fourth = *third ? next_line(third) : third;
        if (*second && *third && *fourth && same(at, third) && same(second, fourth)) {
            again++;
            at = third;
            continue;
        }
        if (again) {
            buf_addf(&out, "%11s     (the next two lines, %d times)\n", "", again + 1);
            buf_add(&out, at, (size_t)(third - at));
            at = third;
        } else {
            buf_add(&out, at, (size_t)(second - at));
            at = second;
        }
        again = 0;
    }
    buf_adds(&out, "");
    return buf_take(&out);
}

/* What breaks, what it takes, and what happens. */
static void tell(const char *scenario, const char *broken)
{
    long skipped;
    struct shrink_told told = shrink_run(0, scenario, true);
    auto_free char *story = without_repetition(told.text ? told.text : "");
    const char *end = last_lines(story, STORY_LINES, &skipped);
    (void)printf("\n  %s\n\nwhat it takes:\n\n", broken);
    for (const char *at = scenario; *at; at = next_line(at))
        (void)printf("  %.*s\n", (int)strcspn(at, "\n"), at);
    (void)printf("\nwhat happens");
    if (skipped)
        (void)printf(" (after %ld lines)", skipped);
    (void)printf(":\n\n%s", end);
    shrink_told_clear(&told);
}

static void write_out(const char *path, uint64_t seed, const char *scenario,
                      const char *broken)
{
    auto_file FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return;
    }
    (void)fprintf(file, "# %s\n# shrunk from seed %llu\n%s", broken,
                  (unsigned long long)seed, scenario);
    (void)printf("\nwritten to %s; again: slipway-sim --scenario %s\n", path, path);
}

static int shrink(uint64_t seed, const char *out)
{
    int runs = 0;
    auto_free char *name = xasprintf("seed-%llu.txt", (unsigned long long)seed);
    struct shrink_told told = shrink_run(seed, NULL, false);
    if (!told.broken) {
        (void)printf("seed %llu: all promises held\n", (unsigned long long)seed);
        shrink_told_clear(&told);
        return 0;
    }
    auto_free char *least = shrink_scenario(told.text, told.broken, &runs);
    struct shrink_told again = shrink_run(0, least, false);
    const char *broken = again.broken ? again.broken : told.broken;
    long before, after;
    (void)last_lines(told.text, 0, &before);
    (void)last_lines(least, 0, &after);
    (void)printf("seed %llu, made smaller from %ld lines to %ld in %d runs:\n",
                 (unsigned long long)seed, before, after, runs);
    tell(least, broken);
    write_out(out ? out : name, seed, least, broken);
    shrink_told_clear(&told);
    shrink_told_clear(&again);
    return 1;
}

static int print_seed(uint64_t seed)
{
    struct shrink_told told = shrink_run(seed, NULL, true);
    (void)printf("%sseed %llu: %s\n", told.text ? told.text : "",
                 (unsigned long long)seed,
                 told.broken ? told.broken : "all promises held");
    int code = told.broken ? 1 : 0;
    shrink_told_clear(&told);
    return code;
}

static char *read_file(const char *path)
{
    auto_file FILE *file = fopen(path, "r");
    struct buf text = {0};
    char bytes[4096];
    if (!file)
        return NULL;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(&text, bytes, n);
    buf_adds(&text, "");
    return buf_take(&text);
}

/* "# planted: NAME" is for whoever plants it (tests/mutants). */
static bool replay(const char *path, bool verbose)
{
    auto_free char *text = read_file(path);
    if (!text) {
        perror(path);
        return false;
    }
    struct shrink_told told = shrink_run(0, text, verbose);
    bool good = !told.broken && !told.wrong;
    if (verbose)
        (void)printf("%s", told.text ? told.text : "");
    (void)printf("%s - %s%s%s\n", good ? "ok" : "not ok", path, good ? "" : ": ",
                 told.wrong    ? told.wrong
                 : told.broken ? told.broken
                               : "");
    shrink_told_clear(&told);
    return good;
}

static int replay_all(const struct options *o)
{
    int failed = 0;
    for (int i = 0; i < o->scenario_count; i++)
        failed += !replay(o->scenarios[i], o->verbose);
    (void)printf("%d passed, %d failed\n", o->scenario_count - failed, failed);
    return failed ? 1 : 0;
}

/* ---- seeds ---- */

static struct tally sum(const struct tally *tallies, int jobs)
{
    struct tally all = {.first_failed = UINT64_MAX};
    for (int i = 0; i < jobs; i++) {
        all.runs += tallies[i].runs;
        all.events += tallies[i].events;
        all.crashes += tallies[i].crashes;
        all.trace += tallies[i].trace;
        all.failed += tallies[i].failed;
        if (tallies[i].failed && tallies[i].first_failed < all.first_failed)
            all.first_failed = tallies[i].first_failed;
    }
    return all;
}

static int run_seeds(const struct options *o)
{
    struct tally *tallies = mmap(NULL, JOBS_MAX * sizeof *tallies, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED) {
        perror("slipway-sim: mmap");
        return 1;
    }
    int64_t began_ms = wall_ms();
    run_jobs(o->from, o->seeds, o->jobs, tallies);
    struct tally all = sum(tallies, o->jobs);
    int64_t took_ms = wall_ms() - began_ms + 1;
    (void)printf("%ld seeds, each twice, with %ld crashes and %ld steps in %lld ms: "
                 "%lld runs a second, trace %016llx\n",
                 all.runs / 2, all.crashes, all.events, (long long)took_ms,
                 (long long)(all.runs * 1000 / took_ms), (unsigned long long)all.trace);
    if (all.failed && o->shrink)
        (void)shrink(all.first_failed, o->out);
    else if (all.failed)
        (void)printf("first failing seed: %llu; its story: slipway-sim --seed %llu "
                     "--shrink\n",
                     (unsigned long long)all.first_failed,
                     (unsigned long long)all.first_failed);
    long passed = all.runs / 2 - all.failed;
    (void)printf("%ld passed, %ld failed\n", passed < 0 ? 0 : passed, all.failed);
    return all.failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options o = {.seeds = 1000, .from = 1, .jobs = 1};
    if (!parse(argc, argv, &o)) {
        (void)fprintf(stderr, "usage: slipway-sim [--seeds N] [--from S] [--jobs J] "
                              "[--shrink]\n"
                              "       slipway-sim --seed S [--verbose] [--shrink] "
                              "[--out FILE]\n"
                              "       slipway-sim --scenario FILE... [--verbose]\n");
        return 64;
    }
    if (o.scenario_count)
        return replay_all(&o);
    if (o.one && o.shrink)
        return shrink(o.from, o.out);
    if (o.one && o.verbose)
        return print_seed(o.from);
    return run_seeds(&o);
}
