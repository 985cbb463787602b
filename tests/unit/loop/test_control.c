/*
 * test_control.c - an operator's verb on its way to the running slipway: a real socket, a
 * real driver and database behind it. Who asks is known from the socket, one line is
 * answered by one line, and nobody who is slow, silent or loud is in the way of others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "lives.h"
#include "loop/control.h"

static const struct story two = {
    .name = "two",
    .shape =
        {.targets = 2, .waves = {1, 1}, .budgets = {1, 1}, .budget = 2, .gate = true},
};

struct desk {
    struct bench bench;
    struct store *store;
    struct driver *driver;
    struct control_server *server;
    struct slipway_error err;
};

static int open_desk(void **state)
{
    struct desk *d = xcalloc(1, sizeof *d);
    bench_open(&d->bench, &two);
    assert_int_equal(store_open_owner(d->bench.dir, "test", &d->store, &d->err), 0);
    assert_int_equal(driver_open(d->store, d->bench.campaign, &d->driver, &d->err), 0);
    assert_int_equal(driver_take_over(d->driver, "olga", &d->err), 0);
    assert_int_equal(control_listen(d->bench.dir, &d->server, &d->err), 0);
    *state = d;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *d = *state;
    control_close(d->server);
    driver_close(d->driver);
    store_close(d->store);
    bench_close(&d->bench);
    free(d);
    return 0;
}

static void serve(struct desk *d)
{
    assert_int_equal(control_serve(d->server, d->driver, &d->err), 0);
}

static const struct target_state *target_of(const struct desk *d, int target)
{
    return &engine_state(driver_engine(d->driver))->targets[target];
}

/* ---- a verb ---- */

struct reply {
    enum control_reply reply;
    struct slipway_error err;
};

/* `slipway VERB` in a process of its own, while the owner serves. */
static struct reply ask(struct desk *d, struct control_request request)
{
    struct reply reply = {.reply = CONTROL_NOBODY};
    int ends[2], status = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        reply.reply = control_send(d->bench.dir, &request, &reply.err);
        _exit(write(ends[1], &reply, sizeof reply) != sizeof reply);
    }
    for (pid_t ended = 0; !ended; ended = waitpid(pid, &status, WNOHANG)) {
        if (d->server)
            serve(d);
    }
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &reply, sizeof reply), sizeof reply);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return reply;
}

static void is_refused(struct desk *d, struct control_request request, const char *why)
{
    struct reply reply = ask(d, request);
    assert_int_equal(reply.reply, CONTROL_REJECTED);
    assert_string_equal(reply.err.text, why);
}

static void a_verb_is_carried_out_and_it_is_known_whose_it_was(void **state)
{
    struct desk *d = *state;
    char user[128];
    struct reply reply =
        ask(d, (struct control_request){
                   .verb = "hold", .target = "vc-0002", .reason = "billing"});
    assert_int_equal(reply.reply, CONTROL_DONE);
    assert_string_equal(target_of(d, 1)->hold_reason, "billing");
    assert_string_equal(target_of(d, 1)->hold_actor,
                        control_user(geteuid(), user, sizeof user));
    assert_null(target_of(d, 0)->hold_reason);
}

static void what_is_refused_says_why(void **state)
{
    struct desk *d = *state;
    is_refused(d, (struct control_request){.verb = "hold", .target = "vc-0003"},
               "no target vc-0003 in this campaign; the nearest is vc-0001");
    is_refused(d, (struct control_request){.verb = "hold", .target = "a machine"},
               "no target a machine in this campaign");
    is_refused(d, (struct control_request){.verb = "approve", .wave = "wave-2"},
               "no wave wave-2 in this campaign; the nearest is wave-1");
    is_refused(d, (struct control_request){.verb = "obey"}, "no such verb");
    is_refused(d, (struct control_request){.verb = "release", .target = "vc-0001"},
               "vc-0001 is not held");
}

static void a_wave_is_found_by_name_and_by_number(void **state)
{
    struct desk *d = *state;
    const struct wave_state *waves = engine_state(driver_engine(d->driver))->waves;
    const struct control_request by_name = {.verb = "approve", .wave = "wave-1"},
                                 by_number = {.verb = "approve", .wave = "0"};
    assert_int_equal(ask(d, by_name).reply, CONTROL_DONE);
    assert_true(waves[1].approved && !waves[0].approved);
    assert_int_equal(ask(d, by_number).reply, CONTROL_DONE);
    assert_true(waves[0].approved);
}

static void where_no_owner_listens_nobody_answers(void **state)
{
    struct desk *d = *state;
    auto_free char *path = xasprintf("%s/" CONTROL_SOCKET, d->bench.dir);
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    control_close(d->server);
    d->server = NULL;
    assert_int_equal(lstat(path, &st), -1);
    assert_int_equal(ask(d, (struct control_request){.verb = "pause"}).reply,
                     CONTROL_NOBODY);
}

/* ---- clients that are not slipway ---- */

static int client_of(const struct desk *d)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/" CONTROL_SOCKET,
                   d->bench.dir);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void says(struct desk *d, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    serve(d);
}

static bool hears_nothing(int fd)
{
    char byte;
    return recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN;
}

static bool was_let_go(int fd)
{
    char byte;
    return recv(fd, &byte, 1, 0) == 0;
}

static void hears(int fd, const char *expected)
{
    char text[512];
    ssize_t got = recv(fd, text, sizeof text - 1, 0);
    assert_true(got > 0);
    text[got] = '\0';
    assert_string_equal(text, expected);
    assert_true(was_let_go(fd));
}

/* A line is what ends with its end, in however many pieces it comes. */
static void half_a_line_is_no_order(void **state)
{
    struct desk *d = *state;
    auto_fd int slow = client_of(d), quick = client_of(d);
    serve(d);
    says(d, slow, "{\"verb\":\"hold\",\"target\":\"vc-0001\",");
    assert_true(hears_nothing(slow));
    assert_null(target_of(d, 0)->hold_reason);
    says(d, quick, "{\"verb\":\"hold\",\"target\":\"vc-0002\",\"reason\":\"b\"}\n");
    hears(quick, "{\"message\":\"\",\"ok\":true}\n");
    says(d, slow, "\"actor\":\"root\",\"reason\":\"a\"}\n");
    hears(slow, "{\"message\":\"\",\"ok\":true}\n");
    assert_string_equal(target_of(d, 0)->hold_reason, "a");
    assert_string_equal(target_of(d, 0)->hold_actor, target_of(d, 1)->hold_actor);
}

static void what_is_no_order_is_answered_and_let_go(void **state)
{
    struct desk *d = *state;
    static const char *const lines[] = {"\n", "pause\n", "[]\n", "{\"verb\":7}\n"};
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        auto_fd int fd = client_of(d);
        char text[512];
        serve(d);
        says(d, fd, lines[i]);
        ssize_t got = recv(fd, text, sizeof text - 1, 0);
        assert_true(got > 0);
        text[got] = '\0';
        assert_non_null(strstr(text, "\"ok\":false"));
        assert_true(was_let_go(fd));
    }
    assert_int_equal(engine_state(driver_engine(d->driver))->campaign, CAMPAIGN_RUNNING);
}

static void who_talks_without_an_end_is_let_go(void **state)
{
    struct desk *d = *state;
    auto_fd int fd = client_of(d);
    char text[1025];
    memset(text, ' ', sizeof text);
    text[sizeof text - 1] = '\0';
    serve(d);
    for (unsigned said = 0; said < CONTROL_LINE_MAX; said += 1024) {
        assert_true(hears_nothing(fd));
        says(d, fd, text);
    }
    assert_true(hears_nothing(fd)); /* that much may be said */
    says(d, fd, " ");
    assert_true(was_let_go(fd));
}

/* All seats are taken by people who say nothing: the next one is sent away, until their
   time is over. */
static void who_says_nothing_keeps_a_seat_for_ten_seconds(void **state)
{
    struct desk *d = *state;
    int silent[CONTROL_CLIENTS_MAX];
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        silent[i] = client_of(d);
        serve(d);
    }
    auto_fd int early = client_of(d);
    serve(d);
    assert_true(was_let_go(early));
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        assert_true(hears_nothing(silent[i]));
    clock_not_before(clock_now_ms() + CONTROL_TIMEOUT_MS + 1);
    auto_fd int late = client_of(d);
    serve(d);
    says(d, late, "{\"verb\":\"pause\"}\n");
    hears(late, "{\"message\":\"\",\"ok\":true}\n");
    assert_int_equal(engine_state(driver_engine(d->driver))->campaign, CAMPAIGN_PAUSED);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        (void)close(silent[i]);
}

/* ---- an owner that is none ---- */

/* Something listens there and does not speak as slipway does. */
static void an_answer_that_is_none_leaves_it_open(void **state)
{
    struct desk *d = *state;
    static const char *const answers[] = {"", "yes\n", "[true]\n", "{\"ok\":true"};
    control_close(d->server);
    d->server = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        auto_free char *path = xasprintf("%s/" CONTROL_SOCKET, d->bench.dir);
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        auto_fd int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(listener, 1), 0);
        (void)fflush(NULL);
        pid_t pid = fork();
        if (!pid) {
            char bytes[512];
            int fd = accept(listener, NULL, NULL);
            bool heard = recv(fd, bytes, sizeof bytes, 0) > 0;
            (void)!send(fd, answers[i], strlen(answers[i]), MSG_NOSIGNAL);
            _exit(!heard);
        }
        (void)close(steal_fd(&listener));
        struct slipway_error err = {""};
        const struct control_request pause = {.verb = "pause"};
        assert_int_equal(control_send(d->bench.dir, &pause, &err), CONTROL_FAILED);
        assert_non_null(
            strstr(err.text, "did not answer; whether it heard is seen with"));
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(unlink(path), 0);
    }
}

#define WITH_OWNER(story) cmocka_unit_test_setup_teardown(story, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OWNER(a_verb_is_carried_out_and_it_is_known_whose_it_was),
        WITH_OWNER(what_is_refused_says_why),
        WITH_OWNER(a_wave_is_found_by_name_and_by_number),
        WITH_OWNER(where_no_owner_listens_nobody_answers),
        WITH_OWNER(half_a_line_is_no_order),
        WITH_OWNER(what_is_no_order_is_answered_and_let_go),
        WITH_OWNER(who_talks_without_an_end_is_let_go),
        WITH_OWNER(who_says_nothing_keeps_a_seat_for_ten_seconds),
        WITH_OWNER(an_answer_that_is_none_leaves_it_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
