/*
 * fuzz_control.c - whoever connects to a running slipway. A real server on its socket, a
 * real driver and database behind it; each NUL-divided part of the input is what one
 * client sends, in two pieces, with a new line at its end.
 *
 *   - a client that sent a line gets one line, {"ok":...,"message":...}, and is let go
 *   - what is refused says why, in one printable line
 *   - who asked is taken from the socket, whatever the request claims
 *   - the owner goes on: no request ends it, and the invariants hold
 *   - what was done is recorded, and by whom
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "loop/control.h"
#include "nest.h"
#include "util/json.h"
#include "util/text.h"

#define CLIENTS_MOST 6
#define SERVED_EACH  4096 /* bytes */

static struct {
    struct store *store;
    struct driver *driver;
    struct control_server *server;
    char user[128];
    size_t records; /* seen by the observer */
} owner;

static void see_records(void *data, const struct engine *engine,
                        const struct record *records, size_t count)
{
    (void)data;
    engine_check_invariants(engine);
    owner.records += count;
    for (size_t i = 0; i < count; i++) {
        MUST(!records[i].actor || !strcmp(records[i].actor, owner.user));
        MUST(!records[i].text || text_is_utf8(records[i].text, strlen(records[i].text)));
    }
}

static void owner_ends(void)
{
    control_close(owner.server);
    driver_close(owner.driver);
    store_close(owner.store);
    owner.server = NULL;
    owner.driver = NULL;
    owner.store = NULL;
}

static void owner_begins(void)
{
    struct slipway_error err = {""};
    if (!nest.above) {
        nest_prepare(0);
        (void)control_user(geteuid(), owner.user, sizeof owner.user);
        (void)atexit(owner_ends);
    }
    nest_write(nest.good, nest.length);
    MUST(!store_open_owner(nest.dir, "slipway run", &owner.store, &err));
    MUST(!driver_open(owner.store, 1, &owner.driver, &err));
    MUST(!driver_take_over(owner.driver, owner.user, &err));
    driver_observe(owner.driver, see_records, NULL);
    MUST(!control_listen(nest.dir, &owner.server, &err));
}

/* ---- a client ---- */

static int connect_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", nest.dir,
                   CONTROL_SOCKET);
    MUST(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

static void serve(void)
{
    struct slipway_error err = {""};
    MUST(!control_serve(owner.server, owner.driver, &err));
}

/* All of it, as the owner reads; false if it closed the door before the end. */
static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (sent < 0 && errno != EAGAIN) {
            return false;
        }
        serve(); /* some of it is read */
    }
    return true;
}

static void must_be_printable(const char *text)
{
    MUST(text_is_utf8(text, strlen(text)));
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        MUST(*p >= 0x20 && *p != 0x7f);
}

/* What came back: nothing if the line was too long. */
static void must_answer(int fd, bool too_long, size_t records)
{
    char bytes[8192];
    ssize_t got = recv(fd, bytes, sizeof bytes - 1, 0);
    if (got <= 0) {
        MUST(too_long);
        MUST(owner.records == records);
        return;
    }
    bytes[got] = '\0';
    MUST(bytes[got - 1] == '\n' && strchr(bytes, '\n') == bytes + got - 1);
    auto_json json_t *json = json_parse(bytes, (size_t)got, sizeof bytes, NULL);
    const json_t *ok = json_object_get(json, "ok");
    const char *message = json_text(json, "message");
    MUST(json_is_boolean(ok) && message && json_object_size(json) == 2);
    must_be_printable(message);
    MUST(json_is_true(ok) || *message);
    MUST(json_is_false(ok) || owner.records > records);
    MUST(recv(fd, bytes, sizeof bytes, 0) == 0); /* and it is let go */
}

static void one_client(const char *text, size_t length, unsigned where)
{
    auto_fd int fd = connect_client();
    auto_buf struct buf line = {0};
    size_t records = owner.records, first = length * where / 256;
    buf_add(&line, text, length);
    buf_addc(&line, '\n');
    if (memchr(text, '\n', length)) /* what follows the line is not read */
        line.length = (size_t)((char *)memchr(text, '\n', length) - text) + 1;
    bool too_long = line.length > CONTROL_LINE_MAX;
    first = first < line.length ? first : line.length;
    serve(); /* it is let in */
    if (send_all(fd, buf_text(&line), first))
        (void)send_all(fd, buf_text(&line) + first, line.length - first);
    for (unsigned read = 0; read <= CONTROL_LINE_MAX; read += SERVED_EACH)
        serve();
    must_answer(fd, too_long, records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t calls = 0, records = 0, before = 0, commits = 0;
    if (!size)
        return 0;
    if (!owner.store)
        owner_begins();
    driver_counters(owner.driver, &calls, &before, &commits);
    auto_fd int silent = connect_client(); /* who says nothing hinders nobody */
    serve();
    for (size_t at = 1, n = 0; at < size && n < CLIENTS_MOST; n++) {
        const char *text = (const char *)data + at;
        size_t length = strnlen(text, size - at);
        one_client(text, length, data[0]);
        at += length + 1;
    }
    driver_counters(owner.driver, &calls, &records, &commits);
    MUST(!calls);
    MUST(fcntl(silent, F_GETFD) >= 0);
    if (records != before)
        owner_ends(); /* the next input finds everything as it was */
    return 0;
}
