/*
 * recognise.h - which of the files that people write is this one?
 */
#ifndef PLAYBOOK_RECOGNISE_H
#define PLAYBOOK_RECOGNISE_H

#include "playbook/problem.h"

enum file_kind { FILE_CAMPAIGN, FILE_PLAYBOOK, FILE_FLEET, FILE_UNKNOWN };

/* By its keys: `campaign:` makes a campaign, else `steps:` or `playbook:` a playbook,
   else `managers:`, `defaults:` or `appliances:` a fleet. FILE_UNKNOWN after recording
   why: it cannot be read, or has none of them. */
enum file_kind file_recognise(const char *path, struct problem_list *problems);

#endif
