/*
 * sftp.c - see sftp.h.
 *
 * libssh2 pipelines writes: libssh2_sftp_write() returns how much was
 * acknowledged, and the rest of the same buffer must be given again unchanged.
 * So a chunk is always finished before anything else is done on the session,
 * and pausing happens between chunks only.
 */
#include "ssh/sftp.h"

#include <string.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define ACKNOWLEDGEMENT_BYTES (SSH_MIB) /* received per chunk at most */

static enum sftp_end broken(struct session *session, const char *what,
                            struct slipway_error *err)
{
    char text[128];
    (void)session_error_text(session, text, sizeof text);
    session_lost(session);
    (void)slipway_error_set(err, -1, "%s: %s (%s)", what, session_why(session), text);
    return SFTP_LOST;
}

/* A failed SFTP call: the server said no, or the connection broke. */
static enum sftp_end failed(struct session *session, LIBSSH2_SFTP *sftp, const char *what,
                            struct slipway_error *err)
{
    if (session->stop != SESSION_GOING ||
        libssh2_session_last_errno(session->ssh) != LIBSSH2_ERROR_SFTP_PROTOCOL)
        return broken(session, what, err);
    static const char *const statuses[] = {
        "no error",          "end of file",          "no such file or directory",
        "permission denied", "failure (disk full?)", "bad message",
        "no connection",     "connection lost",      "not supported"};
    unsigned long status = libssh2_sftp_last_error(sftp);
    (void)slipway_error_set(err, -1, "%s: the appliance says: %s", what,
                            status < ARRAY_LENGTH(statuses) ? statuses[status]
                                                            : "an error");
    return SFTP_REFUSED;
}

/* The stream starts with text instead of SFTP: an answer of the login shell. Its
   first four letters are taken for a length, "Unkn" for 1433299822. */
static enum sftp_end no_sftp(struct session *session, struct slipway_error *err)
{
    int code = libssh2_session_last_errno(session->ssh);
    if (session->stop != SESSION_GOING || code == LIBSSH2_ERROR_SOCKET_RECV ||
        code == LIBSSH2_ERROR_SOCKET_SEND || code == LIBSSH2_ERROR_SOCKET_DISCONNECT)
        return broken(session, "SFTP could not be started", err);
    session_lost(session);
    (void)slipway_error_set(
        err, -1, "the appliance speaks no SFTP: %s",
        code == LIBSSH2_ERROR_CHANNEL_PACKET_EXCEEDED
            ? "appliancesh is the login shell (its \"Unknown command\" reads as a packet "
              "of "
              "1433299822 bytes), or a start file prints text. Make /bin/bash the login "
              "shell: vcsa-cli.shell, or `shell chsh -s /bin/bash USER` by hand"
            : "appliancesh or a start file prints text into the stream, or sshd has no "
              "sftp "
              "subsystem. Make /bin/bash the login shell, or add `Subsystem sftp "
              "internal-sftp` to sshd_config");
    return SFTP_REFUSED;
}

static ssize_t read_chunk(const struct local_file *file, int64_t at, char *chunk)
{
    int64_t left = file->size - at;
    size_t want = left < SSH_CHUNK_BYTES ? (size_t)left : SSH_CHUNK_BYTES;
    return want ? pread(file->fd, chunk, want, at) : 0;
}

static void tell_progress(struct slipway_call *call, int64_t at, int64_t size)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%lld of %lld MiB", (long long)(at / SSH_MIB),
                   (long long)(size / SSH_MIB));
    call->host->progress(call, size ? (int)(at * 100 / size) : 100, text);
}

/* One chunk, to the last acknowledgement. */
static int write_chunk(struct session *session, LIBSSH2_SFTP_HANDLE *handle,
                       const char *chunk, size_t length)
{
    session_phase(session, INT64_MAX / 4, ACKNOWLEDGEMENT_BYTES);
    for (size_t done = 0; done < length;) {
        ssize_t sent;
        session_repeat(session, sent,
                       libssh2_sftp_write(handle, chunk + done, length - done));
        if (sent <= 0)
            return -1;
        done += (size_t)sent;
    }
    return 0;
}

static enum sftp_end write_all(struct connection *connection, LIBSSH2_SFTP *sftp,
                               LIBSSH2_SFTP_HANDLE *handle, const struct local_file *file,
                               int64_t *at, struct slipway_error *err)
{
    struct slipway_call *call = connection->call;
    auto_free char *chunk = xmalloc(SSH_CHUNK_BYTES);
    int told = -1;
    while (*at < file->size) {
        if (call->host->canceled(call) ||
            call->host->remaining_ms(call) < SSH_UPLOAD_SPARE_MS)
            return SFTP_PAUSED;
        ssize_t got = read_chunk(file, *at, chunk);
        if (got <= 0) {
            (void)slipway_error_set(err, -1, "the local file became shorter");
            return SFTP_REFUSED;
        }
        if (write_chunk(connection->session, handle, chunk, (size_t)got) != 0)
            return failed(connection->session, sftp, "writing", err);
        *at += got;
        int percent = (int)(*at * 100 / file->size);
        if (percent != told)
            tell_progress(call, *at, file->size);
        told = percent;
    }
    int code;
    session_repeat(connection->session, code, libssh2_sftp_fsync(handle));
    if (code != 0 && connection->session->stop != SESSION_GOING)
        return broken(connection->session, "writing to disk", err);
    return SFTP_COMPLETE; /* a server without fsync: finish.sh syncs */
}

static enum sftp_end open_and_write(struct connection *connection, LIBSSH2_SFTP *sftp,
                                    const struct local_file *file, const char *path,
                                    int64_t *at, struct slipway_error *err)
{
    struct session *session = connection->session;
    unsigned long flags = LIBSSH2_FXF_WRITE;
    if (*at == 0)
        flags |= LIBSSH2_FXF_CREAT | LIBSSH2_FXF_EXCL;
    LIBSSH2_SFTP_HANDLE *handle;
    session_repeat_pointer(session, handle,
                           libssh2_sftp_open_ex(sftp, path, (unsigned)strlen(path), flags,
                                                0600, LIBSSH2_SFTP_OPENFILE));
    if (!handle)
        return failed(session, sftp, "creating the temporary file", err);
    libssh2_sftp_seek64(handle, (libssh2_uint64_t)*at);
    enum sftp_end end = write_all(connection, sftp, handle, file, at, err);
    int code;
    session_repeat(session, code, libssh2_sftp_close_handle(handle));
    if (code != 0 && end == SFTP_COMPLETE)
        return failed(session, sftp, "closing", err);
    return end;
}

enum sftp_end sftp_write_file(struct connection *connection,
                              const struct local_file *file, const char *path,
                              int64_t offset, int64_t *reached, struct slipway_error *err)
{
    struct session *session = connection->session;
    session_phase(session, INT64_MAX / 4, SSH_HANDSHAKE_BYTES);
    LIBSSH2_SFTP *sftp;
    session_repeat_pointer(session, sftp, libssh2_sftp_init(session->ssh));
    if (!sftp)
        return no_sftp(session, err);
    *reached = offset;
    enum sftp_end end = open_and_write(connection, sftp, file, path, reached, err);
    int code;
    session_repeat(session, code, libssh2_sftp_shutdown(sftp));
    if (code != 0)
        session_lost(session);
    return end;
}
