/*
 * vcsash.h - a vCenter over SSH: which shell answers, and what is on the disk for it.
 *
 * The appliance's tools (appliancesh, chsh, chage, service-control, ...) are this program
 * under other names, started as processes on the appliance: so a power-off, a revert or a
 * closed connection meets them as it would meet the real ones.
 */
#ifndef LAB_VCSASH_H
#define LAB_VCSASH_H

#include "lab.h"

/* ---- vcsash_disk.c: the lab's side ---- */
/* Links to this program under the tools' names, in DIR/bin. -1 with errno. */
int vcsash_install_tools(const char *bin);
/* Login shell, state files, staging area, logs. -1 with errno. */
int vcsash_make_disk(const struct appliance *appliance);
/* `file` ("version" or "update_state") was changed: the state files follow. */
void vcsash_mirror(const struct appliance *appliance, const char *file);
/* What the tools must know of the scenario, as lines for outside/NAME/faults. */
void vcsash_fault_lines(const struct appliance *appliance, struct buf *out);
/* A request of a tool through the control FIFO; false if it is none of these. */
bool vcsash_obey(struct appliance *appliance, const char *verb);

/* ---- vcsash_links.c: the lab's side ---- */
/* Who it is linked with, for vdcrepadmin. -1 with errno. */
int vcsash_write_linked(const struct appliance *appliance);

/* ---- vcsash_login.c: what the SSH server asks ---- */
/* True if root's login shell is appliancesh now. */
bool vcsash_is_login(const struct appliance *appliance);
/* True if root's password has ended, by the appliance's clock. */
bool vcsash_password_expired(struct appliance *appliance);
/* True if this release takes passwords by questions only. */
bool vcsash_asks_questions(const struct appliance *appliance);
/* The program and arguments for an exec request, the caller's (four words at most). */
struct vcsash_command {
    char *words[4];
};
void vcsash_command_make(struct appliance *appliance, bool appliancesh,
                         const char *command, struct vcsash_command *out);
void vcsash_command_free(struct vcsash_command *command);

/* ---- vcsash_main.c: the tools' side ---- */
/* True if this process was started under the name of a tool. */
bool vcsash_is_tool(const char *argv0);
/* Be that tool; its exit status. */
int vcsash_tool(int argc, char **argv);

#endif
