/*
 * main.c - slipway-sim: many seeds, each run twice; the two must be the same run, and
 * every promise must hold in it. The first seed for which that is not so is printed
 * with its story, and the exit code is 1.
 *
 *   slipway-sim [--seeds N] [--from S] [--jobs J] [--verbose]
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
};

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void print_story(uint64_t seed, size_t last_bytes)
{
    struct sim_result told = sim_run(seed, true);
    const char *story = told.story ? told.story : "";
    size_t length = strlen(story), from = length > last_bytes ? length - last_bytes : 0;
    while (from && from < length && story[from - 1] != '\n')
        from++;
    (void)printf("%s%sseed %llu: %s\n", from ? "...\n" : "", story + from,
                 (unsigned long long)seed,
                 told.broken ? told.broken : "all promises held");
    free(told.story);
    free(told.broken);
}

static bool run_twice(uint64_t seed, struct tally *tally)
{
    struct sim_result first = sim_run(seed, false), second = sim_run(seed, false);
    bool same = first.hash == second.hash;
    bool good = same && !first.broken;
    if (!good)
        (void)printf("seed %llu: %s\n", (unsigned long long)seed,
                     first.broken ? first.broken : "two runs of it differ");
    tally->runs += 2;
    tally->events += first.events;
    tally->crashes += first.crashes;
    free(first.broken);
    free(first.story);
    free(second.broken);
    free(second.story);
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
    bool verbose;
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
        else if (!strcmp(argv[i], "--seeds") && number_of(value, &o->seeds))
            i++;
        else if (!strcmp(argv[i], "--from") && number_of(value, &o->from))
            i++;
        else if (!strcmp(argv[i], "--jobs") && number_of(value, &jobs) && jobs &&
                 jobs <= JOBS_MAX) {
            o->jobs = (int)jobs;
            i++;
        } else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options o = {.seeds = 1000, .from = 1, .jobs = 1};
    if (!parse(argc, argv, &o)) {
        (void)fprintf(stderr, "usage: slipway-sim [--seeds N] [--from S] [--jobs J] "
                              "[--verbose]\n");
        return 64;
    }
    if (o.verbose && o.seeds == 1) {
        print_story(o.from, SIZE_MAX);
        return 0;
    }
    struct tally *tallies = mmap(NULL, JOBS_MAX * sizeof *tallies, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED) {
        perror("slipway-sim: mmap");
        return 1;
    }
    int64_t began_ms = wall_ms();
    run_jobs(o.from, o.seeds, o.jobs, tallies);
    struct tally all = {.first_failed = UINT64_MAX};
    for (int i = 0; i < o.jobs; i++) {
        all.runs += tallies[i].runs;
        all.events += tallies[i].events;
        all.crashes += tallies[i].crashes;
        all.failed += tallies[i].failed;
        if (tallies[i].failed && tallies[i].first_failed < all.first_failed)
            all.first_failed = tallies[i].first_failed;
    }
    int64_t took_ms = wall_ms() - began_ms + 1;
    (void)printf("%ld seeds, each twice, with %ld crashes and %ld steps in %lld ms: "
                 "%lld runs a second\n",
                 all.runs / 2, all.crashes, all.events, (long long)took_ms,
                 (long long)(all.runs * 1000 / took_ms));
    if (all.failed) {
        (void)printf(
            "first failing seed: %llu; its story: slipway-sim --seeds 1 --from %llu "
            "--verbose\n",
            (unsigned long long)all.first_failed, (unsigned long long)all.first_failed);
        if (o.verbose)
            print_story(all.first_failed, 20000);
    }
    (void)printf("%ld passed, %ld failed\n",
                 all.runs / 2 - all.failed < 0 ? 0 : all.runs / 2 - all.failed,
                 all.failed);
    return all.failed ? 1 : 0;
}
