/*
 * channel.h - one command on a session, with proof of how it ended.
 */
#ifndef SSH_CHANNEL_H
#define SSH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ssh/connection.h"
#include "util/buf.h"

/* What is certain about a command. */
enum exec_end {
    EXEC_ENDED,    /* it ran, and its status is proven                        */
    EXEC_NOT_SENT, /* it never reached the appliance                          */
    EXEC_DENIED,   /* the appliance said no: it was not run                   */
    EXEC_NO_SHELL, /* something answered that is no POSIX shell: it did not
                      run our command                                         */
    EXEC_ABORTED,  /* it began; the shell around it died or told no status    */
    EXEC_FLOODED,  /* it began, and wrote more than we read                   */
    EXEC_LOST,     /* it may have begun; the connection or the time ended     */
};

struct exec_request {
    const char *const *argv; /* each becomes one quoted word         */
    size_t argc;
    const char *line;  /* or: sent as it stands, to a login shell that is no
                         POSIX shell. Nothing is proven then: EXEC_ENDED says
                         that the streams ended, and the status is no more
                         than what was told (0 if nothing was)             */
    const char *input; /* for its standard input, which then ends */
    size_t input_length;
    int64_t timeout_ms; /* 0: until the call's deadline            */
};

struct exec_reply {
    int status; /* with EXEC_ENDED: 0 to 255               */
    struct buf out, err;
    char signal[32]; /* "KILL" when the shell died of one       */
    bool refused;    /* with EXEC_NOT_SENT: a new session was refused, as
                        connection_open() would have been         */
};

/*
 * Run the command and fill the reply; *err says what is wrong unless it ended.
 * A reused session that turns out to be dead before the command was sent, or to
 * belong to an earlier login shell, is replaced, once. After EXEC_FLOODED and EXEC_LOST the session is gone.
 */
enum exec_end channel_exec(struct connection *connection,
                           const struct exec_request *request, struct exec_reply *reply,
                           struct slipway_error *err);
void exec_reply_free(struct exec_reply *reply);

#define auto_reply __attribute__((cleanup(exec_reply_free)))

/* The usual outcome of an end that is not EXEC_ENDED, by what may be repeated. */
enum slipway_outcome channel_outcome(const struct slipway_call *call, enum exec_end end,
                                     const struct exec_reply *reply);

#endif
