/*
 * control_client.c - the verb's end of the socket. That nobody listens is an
 * ordinary answer: the verb then becomes the owner for a moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "loop/control.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

static int connect_owner(const char *state_dir)
{
    auto_fd int directory = open(state_dir, O_DIRECTORY | O_PATH | O_CLOEXEC);
    auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s",
                   directory, CONTROL_SOCKET);
    if (directory < 0 || fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address))
        return -1;
    return steal_fd(&fd);
}

/* One line, or whatever came before the time was over. */
static void read_line(int fd, struct buf *line)
{
    char bytes[4096];
    while (line->length < CONTROL_LINE_MAX && !strchr(buf_text(line), '\n')) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, CONTROL_TIMEOUT_MS) <= 0)
            return;
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0)
            return;
        buf_add(line, bytes, (size_t)got);
    }
}

enum control_reply control_send(const char *state_dir,
                                const struct control_request *request,
                                struct slipway_error *err)
{
    auto_fd int fd = connect_owner(state_dir);
    if (fd < 0)
        return CONTROL_NOBODY;
    auto_json json_t *document = control_document(request);
    auto_free char *text = json_canonical(document);
    auto_free char *line = xasprintf("%s\n", text);
    auto_buf struct buf answer = {0};
    char clean[SLIPWAY_ERROR_MAX];
    if (send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line))
        read_line(fd, &answer);
    auto_json json_t *json =
        json_parse(buf_text(&answer), answer.length, CONTROL_LINE_MAX, NULL);
    if (!json_is_object(json))
        return (enum control_reply)slipway_error_set(
            err, CONTROL_FAILED,
            "the running slipway did not answer; whether it heard is seen with: slipway "
            "events");
    if (json_is_true(json_object_get(json, "ok")))
        return CONTROL_DONE;
    const char *message = json_text(json, "message");
    return (enum control_reply)slipway_error_set(
        err, CONTROL_REJECTED, "%s",
        text_clean(message ? message : "", clean, sizeof clean));
}
