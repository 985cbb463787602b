/*
 * test_scripts.c - the scripts that run on appliances, under every shell that
 * this machine has: sh (dash), bash as sh, busybox ash. No SSH involved.
 *
 * SLIPWAY_TEST_BUSYBOX names a busybox if it is not in PATH.
 */
#include <sys/file.h>

#include "ssh_fixture.h"
#include "ssh/scripts.h"

/* A shell as words in front of the script's arguments. */
struct shell {
    const char *name, *program, *option;
    bool tools; /* it brings head, dd, setsid ... as well */
};

struct lab {
    struct sshd_peer files; /* only its directory is used */
    const struct shell *shell;
    char *launch, *supervise, *probe; /* the scripts, made for this shell */
};

/* Replace each `old` by `new`. The caller's. */
static char *replace(const char *text, const char *old, const char *new)
{
    auto_buf struct buf out = {0};
    for (const char *p = text;;) {
        const char *next = strstr(p, old);
        buf_add(&out, p, next ? (size_t)(next - p) : strlen(p));
        if (!next)
            break;
        buf_adds(&out, new);
        p = next + strlen(old);
    }
    return buf_take(&out);
}

/* The script with this shell for /bin/sh, and the tools in <dir>/tools before
   those of the machine. The caller's. */
static char *made_for(const struct lab *lab, const char *script)
{
    auto_free char *words = xasprintf("%s %s", lab->shell->program,
                                      lab->shell->option ? lab->shell->option : "");
    auto_free char *path = xasprintf("PATH=%s/tools:/usr/local/sbin", lab->files.dir);
    auto_free char *text = replace(script, "/bin/sh", words);
    return replace(text, "PATH=/usr/local/sbin", path);
}

/* Start script text with arguments and input; its output goes to stdout.<slot>. */
static pid_t start_script(const struct lab *lab, const char *script, const char *input,
                          const char *const *arguments, unsigned slot)
{
    const char *argv[32];
    size_t count = 0;
    argv[count++] = lab->shell->program;
    if (lab->shell->option)
        argv[count++] = lab->shell->option;
    argv[count++] = "-c";
    argv[count++] = script;
    argv[count++] = "script";
    while (*arguments && count < ARRAY_LENGTH(argv) - 1)
        argv[count++] = *arguments++;
    argv[count] = NULL;
    auto_free char *in = xasprintf("%s/stdin.%u", lab->files.dir, slot);
    auto_free char *out = xasprintf("%s/stdout.%u", lab->files.dir, slot);
    sshd_peer_write(in, input);
    posix_spawn_file_actions_t files;
    pid_t pid = -1;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, 0, in, O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT | O_TRUNC,
                                           0600);
    (void)posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv,
                              environ);
    (void)posix_spawn_file_actions_destroy(&files);
    assert_int_equal(failed, 0);
    return pid;
}

/* Wait for it; what it printed, the caller's. */
static char *finish_script(const struct lab *lab, pid_t pid, unsigned slot)
{
    auto_free char *out = xasprintf("%s/stdout.%u", lab->files.dir, slot);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return sshd_peer_read(out);
}

static char *run_script(const struct lab *lab, const char *script, const char *input,
                        const char *const *arguments)
{
    return finish_script(lab, start_script(lab, script, input, arguments, 0), 0);
}

static pid_t start_launch(const struct lab *lab, const char *id, const char *hash,
                          const char *timeout, const char *commands, unsigned slot)
{
    char main_length[24], supervise_length[24];
    auto_free char *base = xasprintf("%s/jobs", lab->files.dir);
    auto_free char *payload = xasprintf("%s%s", commands, lab->supervise);
    (void)snprintf(main_length, sizeof main_length, "%zu", strlen(commands));
    (void)snprintf(supervise_length, sizeof supervise_length, "%zu",
                   strlen(lab->supervise));
    const char *const arguments[] = {
        base, id, hash, timeout, "0", main_length, "0", supervise_length, "0", NULL};
    return start_script(lab, lab->launch, payload, arguments, slot);
}

static char *launch(const struct lab *lab, const char *id, const char *hash,
                    const char *timeout, const char *commands)
{
    return finish_script(lab, start_launch(lab, id, hash, timeout, commands, 0), 0);
}

static char *probe(const struct lab *lab, const char *id, const char *fingerprint)
{
    auto_free char *base = xasprintf("%s/jobs", lab->files.dir);
    const char *const arguments[] = {base, id, fingerprint, "100", NULL};
    return run_script(lab, lab->probe, "", arguments);
}

static void assert_starts(const char *text, const char *start)
{
    if (strncmp(text, start, strlen(start)) != 0)
        print_message("expected \"%s\", got \"%s\"\n", start, text);
    assert_int_equal(strncmp(text, start, strlen(start)), 0);
}

/* Probe until the answer is no longer `state`; the last answer, the caller's. */
static char *probe_beyond(const struct lab *lab, const char *id, const char *state)
{
    char *answer = probe(lab, id, "fp");
    for (int i = 0; i < 2400 && strncmp(answer, state, strlen(state)) == 0; i++) {
        free(answer);
        sshd_peer_sleep_ms(25);
        answer = probe(lab, id, "fp");
    }
    return answer;
}

/* Wait through CLAIMED and RUNNING. */
static char *settle(const struct lab *lab, const char *id)
{
    free(probe_beyond(lab, id, "slipway-probe CLAIMED"));
    return probe_beyond(lab, id, "slipway-probe RUNNING");
}

static void job_stories(const struct lab *lab)
{
    auto_free char *absent = probe(lab, "one", "fp");
    assert_starts(absent, "slipway-probe ABSENT - - " SSHD_PEER_BOOT_1 " 0\n");

    auto_free char *first = launch(lab, "one", "fp c", "0", "echo hello; exit 3\n");
    assert_string_equal(first,
                        "slipway-launch OK " SSHD_PEER_BOOT_1 " " SSHD_PEER_BOOT_1 "\n");
    auto_free char *done = settle(lab, "one");
    assert_starts(done,
                  "slipway-probe DONE 3 " SSHD_PEER_BOOT_1 " " SSHD_PEER_BOOT_1 " ");
    assert_non_null(strstr(done, "\n\nhello\n"));

    auto_free char *again = launch(lab, "one", "fp c", "0", "echo hello; exit 3\n");
    assert_starts(again, "slipway-launch OK");
    auto_free char *other = launch(lab, "one", "fp d", "0", "echo other\n");
    assert_string_equal(other, "slipway-launch MISMATCH\n");
    auto_free char *mismatch = probe(lab, "one", "another");
    assert_starts(mismatch, "slipway-probe MISMATCH");

    auto_free char *slow = launch(lab, "slow", "fp c", "1", "sleep 60\n");
    assert_starts(slow, "slipway-launch OK");
    auto_free char *killed = settle(lab, "slow");
    assert_starts(killed, "slipway-probe DONE 124 ");
}

static void flood_story(const struct lab *lab)
{
    auto_free char *flood =
        launch(lab, "flood", "fp c", "0",
               "echo slipway-progress: 7 early\n"
               "yes 0123456789abcde | head -c 5000000\n"
               "echo; echo slipway-progress: 99 the end; echo last\n");
    assert_starts(flood, "slipway-launch OK");
    auto_free char *done = settle(lab, "flood");
    assert_starts(done, "slipway-probe DONE 0 ");
    assert_non_null(strstr(done, "\n99 the end\n"));
    assert_non_null(strstr(done, "\nlast\n"));
    struct stat info;
    assert_int_equal(stat(sshd_peer_path(&lab->files, "jobs/flood/out"), &info), 0);
    assert_true(info.st_size > 0 && info.st_size <= 1024 * 1024);
    assert_int_equal(stat(sshd_peer_path(&lab->files, "jobs/flood/out.tail"), &info), 0);
    assert_true(info.st_size <= 1024 * 1024);
}

static void cut_story(const struct lab *lab)
{
    /* the connection broke in the middle of the payload: nothing is published */
    auto_free char *base = xasprintf("%s/jobs", lab->files.dir);
    const char *const arguments[] = {base,   "cut", "fp c", "0", "0",
                                     "9999", "0",   "0",    "0", NULL};
    auto_free char *answer = run_script(lab, lab->launch, "only a part", arguments);
    assert_starts(answer, "slipway-launch FAILED");
    auto_free char *absent = probe(lab, "cut", "fp");
    assert_starts(absent, "slipway-probe ABSENT");
}

static void reboot_story(const struct lab *lab)
{
    auto_free char *launched = launch(lab, "power", "fp c", "0", "sleep 60; exit\n");
    assert_starts(launched, "slipway-launch OK");
    pid_t session = pid_in(sshd_peer_path(&lab->files, "jobs/power/child"));
    auto_free char *running = probe(lab, "power", "fp");
    assert_starts(running, "slipway-probe RUNNING");
    pid_t started = pid_in(sshd_peer_path(&lab->files, "jobs/power/started"));
    assert_int_equal(kill(started, SIGKILL), 0);
    /* supervisor and shell are gone, but what the shell had called goes on */
    assert_int_equal(kill(session, SIGKILL), 0);
    auto_free char *alive = probe(lab, "power", "fp");
    assert_starts(alive, "slipway-probe RUNNING");
    assert_int_equal(kill(-session, SIGKILL), 0);
    auto_free char *orphaned = probe_beyond(lab, "power", "slipway-probe RUNNING");
    assert_starts(orphaned, "slipway-probe ORPHANED");
    sshd_peer_boot(&lab->files, SSHD_PEER_BOOT_2);
    auto_free char *rebooted = probe(lab, "power", "fp");
    assert_starts(rebooted,
                  "slipway-probe REBOOTED - " SSHD_PEER_BOOT_1 " " SSHD_PEER_BOOT_2);
    sshd_peer_boot(&lab->files, SSHD_PEER_BOOT_1);
}

/* Make every sync take 0.3 s, or as long as it takes again. */
static void make_disk_slow(const struct lab *lab, bool slow)
{
    const char *sync = sshd_peer_path(&lab->files, "tools/sync");
    (void)unlink(sync);
    if (slow) {
        sshd_peer_write(sync, "#!/bin/sh\nsleep 0.3\n");
        assert_int_equal(chmod(sync, 0700), 0);
    }
}

/* A probe that holds the lock just when the supervisor wants it only delays it: a
   supervisor that gave up would leave a job that nobody ever runs. */
static void held_lock_story(const struct lab *lab)
{
    make_disk_slow(lab, true);
    pid_t launcher = start_launch(lab, "held", "fp c", "0", "true\n", 1);
    const char *lock = sshd_peer_path(&lab->files, "jobs/held/lock");
    while (!exists(lock))
        sshd_peer_sleep_ms(2);
    auto_fd int fd = open(lock, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
    auto_free char *answer = finish_script(lab, launcher, 1);
    assert_starts(answer, "slipway-launch OK");
    sshd_peer_sleep_ms(700);
    assert_false(exists(sshd_peer_path(&lab->files, "jobs/held/started")));
    assert_int_equal(flock(fd, LOCK_UN), 0);
    auto_free char *done = settle(lab, "held");
    assert_starts(done, "slipway-probe DONE 0 ");
    make_disk_slow(lab, false);
}

/* On a slow disk the instants between two steps of the protocol become long: many
   launchers pass each other, probes hold the lock in between, and still the job
   starts once. */
static void slow_disk_story(const struct lab *lab)
{
    pid_t launchers[6];
    auto_free char *ledger = xasprintf("%s/ledger", lab->files.dir);
    auto_free char *commands = xasprintf("echo ran >>%s\n", ledger);
    make_disk_slow(lab, true);
    for (unsigned i = 0; i < ARRAY_LENGTH(launchers); i++)
        launchers[i] = start_launch(lab, "slowly", "fp c", "0", commands, i + 1);
    for (int i = 0; i < 40; i++)
        free(probe(lab, "slowly", "fp"));
    for (unsigned i = 0; i < ARRAY_LENGTH(launchers); i++) {
        auto_free char *answer = finish_script(lab, launchers[i], i + 1);
        assert_starts(answer, "slipway-launch OK");
    }
    auto_free char *done = settle(lab, "slowly");
    assert_starts(done, "slipway-probe DONE 0 ");
    sshd_peer_sleep_ms(1500); /* for a supervisor that waited and would start it again */
    assert_int_equal(count_lines(ledger), 1);
    make_disk_slow(lab, false);
}

static void stories_under(const struct shell *shell)
{
    struct lab lab = {.shell = shell};
    print_message("under %s\n", shell->name);
    (void)snprintf(lab.files.dir, sizeof lab.files.dir, "/tmp/slipway-sh-XXXXXX");
    assert_non_null(mkdtemp(lab.files.dir));
    sshd_peer_boot(&lab.files, SSHD_PEER_BOOT_1);
    assert_int_equal(
        setenv("SLIPWAY_BOOT_ID_FILE", sshd_peer_path(&lab.files, "boot_id"), 1), 0);
    lab.launch = made_for(&lab, script_launch);
    lab.supervise = made_for(&lab, script_supervise);
    lab.probe = made_for(&lab, script_probe);
    const char *tools = sshd_peer_path(&lab.files, "tools");
    assert_int_equal(mkdir(tools, 0700), 0);
    if (shell->tools) {
        const char *const install[] = {shell->program, "--install", "-s", tools, NULL};
        assert_int_equal(sshd_peer_run("/dev/null", install), 0);
        assert_true(exists(sshd_peer_path(&lab.files, "tools/head")));
    }
    job_stories(&lab);
    flood_story(&lab);
    cut_story(&lab);
    reboot_story(&lab);
    held_lock_story(&lab);
    slow_disk_story(&lab);
    free(lab.launch);
    free(lab.supervise);
    free(lab.probe);
    const char *const argv[] = {"rm", "-rf", lab.files.dir, NULL};
    (void)sshd_peer_run("/dev/null", argv);
}

static void jobs_work_under_sh(void **out)
{
    (void)out;
    static const struct shell sh = {"sh", "/bin/sh", NULL, false};
    stories_under(&sh);
}

static void jobs_work_under_bash(void **out)
{
    (void)out;
    static const struct shell bash = {"bash --posix", "/bin/bash", "--posix", false};
    if (access(bash.program, X_OK) != 0)
        skip();
    stories_under(&bash);
}

static void jobs_work_under_busybox(void **out)
{
    (void)out;
    const char *named = getenv("SLIPWAY_TEST_BUSYBOX");
    struct shell ash = {"busybox ash", named ? named : "/bin/busybox", "ash", true};
    if (access(ash.program, X_OK) != 0) {
        print_message("SKIPPED: no busybox here\n");
        skip();
    }
    stories_under(&ash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_work_under_sh),
        cmocka_unit_test(jobs_work_under_bash),
        cmocka_unit_test(jobs_work_under_busybox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
