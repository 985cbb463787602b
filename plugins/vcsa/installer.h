/*
 * installer.h - what the installer's own files say, as a second opinion only: the CLI of a
 * major upgrade is an observer, and gives up while the upgrade goes on (KB 311902).
 */
#ifndef VCSA_INSTALLER_H
#define VCSA_INSTALLER_H

#include <stdbool.h>

struct vcsa_installer {
    bool ended;
    char status[16]; /* its exit status, "" if it left none            */
    char word[64];   /* of vcsa-cli-installer-status.json, "" if none   */
};

/* `folder` is that of its exec.job; its log directory is `log` in there. NULL: nothing is
   known. */
void vcsa_installer_read(const char *folder, struct vcsa_installer *out);

#endif
