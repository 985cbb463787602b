/*
 * ssh_parts.h - one SSH connection and its channels, between ssh.c and
 * ssh_channel.c. All of it belongs to the connection's thread.
 */
#ifndef LAB_SSH_PARTS_H
#define LAB_SSH_PARTS_H

#include <poll.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include "lab.h"

#define SSH_CHANNELS_MAX 16

struct ssh_connection;

struct ssh_process {
    struct ssh_connection *connection;
    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    bool used, started, exited, told;
    pid_t pid;
    int pidfd, in, out, err; /* our ends; -1 = closed */
    int status;              /* as waitid gave it */
    bool signalled;
    struct buf input; /* received, not yet taken by the process */
};

struct ssh_connection {
    struct appliance *appliance;
    ssh_session session;
    ssh_event event;
    bool logged_in;
    bool appliancesh; /* root's login shell when the session began */
    bool changing;    /* an expired password is being asked for */
    struct ssh_process processes[SSH_CHANNELS_MAX];
};

/* A new channel, NULL if there are too many. */
ssh_channel ssh_channel_add(struct ssh_connection *connection);
/* Descriptors to wait for; at most 4 per channel. */
nfds_t ssh_channels_collect(struct ssh_connection *connection, struct pollfd *fds);
/* Move bytes both ways, report exits, close what is over. */
void ssh_channels_pump(struct ssh_connection *connection);
/* The connection is gone: processes go on, their pipes close. */
void ssh_channels_end(struct ssh_connection *connection);

#endif
