/*
 * test_race.c - a job runs exactly once, whoever launches it and whoever dies.
 *
 * Each trial: one to four launchers at once for the same key, probes in between,
 * while connections are cut and launcher shells are killed at random instants.
 * Then an operator resumes: probe, and launch again if it never started. The
 * ledger, a file outside the plugin's reach, must hold exactly one line.
 *
 * The seed is printed; SLIPWAY_TEST_SEED repeats it, SLIPWAY_TEST_TRIALS asks for
 * more trials.
 */
#include <pthread.h>

#include "ssh_fixture.h"

#define TRIALS    48
#define LAUNCHERS 4

struct trial {
    struct fixture *fixture;
    char key[64];
    char *with;
    uint64_t random;
};

/* xorshift64: reproducible, and good enough to pick instants. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct launcher {
    struct trial *trial;
    pthread_t thread;
    long delay_ms;
    bool probes;
    enum slipway_outcome outcome;
    enum slipway_probe found;
};

static void *launch(void *data)
{
    struct launcher *launcher = data;
    struct trial *trial = launcher->trial;
    auto_fake_call struct fake_call call;
    prepare(trial->fixture, &call, "job", trial->key, trial->with);
    sshd_peer_sleep_ms(launcher->delay_ms);
    if (launcher->probes)
        launcher->found = fake_probe(&call);
    else
        launcher->outcome = fake_start(&call);
    return NULL;
}

/* SIGKILL launcher shells of this peer: they carry its directory in their words. */
static void kill_launchers(const struct fixture *fixture)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        char path[64], words[8192];
        if (pid <= 1 || pid == getpid())
            continue;
        (void)snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
        auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? 0 : read(fd, words, sizeof words);
        if (length > 0 && memmem(words, (size_t)length, "slipway-launch", 14) &&
            memmem(words, (size_t)length, fixture->peer.dir, strlen(fixture->peer.dir)))
            (void)kill(pid, SIGKILL);
    }
    if (proc)
        (void)closedir(proc);
}

static void disturb(struct trial *trial)
{
    uint64_t kind = next_random(&trial->random) % 10;
    sshd_peer_sleep_ms((long)(next_random(&trial->random) % 120));
    if (kind < 4)
        (void)sshd_peer_cut(&trial->fixture->peer);
    else if (kind < 7)
        kill_launchers(trial->fixture);
}

/* What an operator's `resume` does; true once the job is done. */
static bool resume(struct trial *trial)
{
    auto_fake_call struct fake_call call;
    prepare(trial->fixture, &call, "job", trial->key, trial->with);
    for (int i = 0; i < 400; i++) {
        enum slipway_probe found = fake_probe(&call);
        if (found == SLIPWAY_PROBE_DONE)
            return true;
        if (found == SLIPWAY_PROBE_FAILED)
            return false;
        if (found == SLIPWAY_PROBE_NOT_STARTED)
            (void)fake_start(&call);
        sshd_peer_sleep_ms(25);
    }
    return false;
}

static void run_trial(struct fixture *fixture, unsigned number, uint64_t seed)
{
    auto_free char *ledger = xasprintf("%s/ledger-%u", fixture->peer.dir, number);
    struct trial trial = {.fixture = fixture,
                          .random = seed + number * 0x9e3779b97f4a7c15u};
    (void)snprintf(trial.key, sizeof trial.key, "race.vc-1.t%u.0.1", number);
    auto_free char *with =
        xasprintf("{\"argv\":[\"sh\",\"-c\",\"echo ran >>%s; sleep 0.0%u\"]}", ledger,
                  (unsigned)(next_random(&trial.random) % 10));
    trial.with = with;
    struct launcher launchers[LAUNCHERS + 1] = {0};
    size_t count = 1 + next_random(&trial.random) % LAUNCHERS;
    uint64_t spread = next_random(&trial.random) % 2 ? 60 : 0;
    for (size_t i = 0; i <= count; i++) {
        launchers[i] = (struct launcher){
            .trial = &trial,
            .probes = i == count,
            .delay_ms = spread ? (long)(next_random(&trial.random) % spread) : 0,
        };
        assert_int_equal(
            pthread_create(&launchers[i].thread, NULL, launch, &launchers[i]), 0);
    }
    disturb(&trial);
    for (size_t i = 0; i <= count; i++)
        assert_int_equal(pthread_join(launchers[i].thread, NULL), 0);
    bool done = resume(&trial);
    unsigned ran = count_lines(ledger);
    if (!done || ran != 1)
        print_message("trial %u of seed %llu: done %d, ran %u times\n", number,
                      (unsigned long long)seed, done, ran);
    assert_true(done);
    assert_int_equal(ran, 1);
}

static unsigned long long from_environment(const char *name, unsigned long long fallback)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : fallback;
}

static void racing_and_dying_launchers_start_a_job_exactly_once(void **out)
{
    struct fixture *fixture = need(out);
    uint64_t seed = from_environment("SLIPWAY_TEST_SEED", 20261121);
    unsigned trials = (unsigned)from_environment("SLIPWAY_TEST_TRIALS", TRIALS);
    print_message("seed %llu, %u trials\n", (unsigned long long)seed, trials);
    for (unsigned i = 0; i < trials; i++)
        run_trial(fixture, i, seed);
    /* a second start would come late, when the first one gave the lock back */
    sshd_peer_sleep_ms(1000);
    for (unsigned i = 0; i < trials; i++) {
        auto_free char *ledger = xasprintf("%s/ledger-%u", fixture->peer.dir, i);
        assert_int_equal(count_lines(ledger), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(racing_and_dying_launchers_start_a_job_exactly_once),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
