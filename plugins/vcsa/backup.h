/*
 * backup.h - what a file-based backup is asked for with.
 */
#ifndef VCSA_BACKUP_H
#define VCSA_BACKUP_H

#include "vcsa/talk.h"

#define VCSA_BACKUP "/appliance/recovery/backup"

/* The BackupRequest of the step's options, the caller's; its secrets are wiped with it. NULL
   with talk->err: a secret cannot be had. */
json_t *vcsa_backup_request(struct vcsa_talk *talk);

#endif
