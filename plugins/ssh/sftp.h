/*
 * sftp.h - writing one remote file over SFTP.
 */
#ifndef SSH_SFTP_H
#define SSH_SFTP_H

#include <libssh2_sftp.h>
#include <stdbool.h>

#include "ssh/connection.h"
#include "ssh/local_file.h"

/* Why a transfer stopped. */
enum sftp_end {
    SFTP_COMPLETE, /* all of it is on the appliance's disk         */
    SFTP_PAUSED,   /* the call's time is nearly over; go on later  */
    SFTP_LOST,     /* the connection broke: try again              */
    SFTP_REFUSED,  /* the appliance said no, or speaks no SFTP     */
};

/*
 * Write the local file from `offset` on into the remote path: with offset 0 the
 * path is created and must not exist, otherwise it must. `*reached` is how far
 * it came. *err says why it did not complete.
 */
enum sftp_end sftp_write_file(struct connection *connection,
                              const struct local_file *file, const char *path,
                              int64_t offset, int64_t *reached,
                              struct slipway_error *err);

#endif
