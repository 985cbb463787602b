/*
 * bootid.h - the kernel's name for the time between two boots.
 */
#ifndef SSH_BOOTID_H
#define SSH_BOOTID_H

#include <stdbool.h>

#define BOOTID_SIZE 37 /* "e5c1f9d2-....": 36 characters and NUL */

/* True for lower-case hex digits in the form 8-4-4-4-12 and nothing else. An
   error text, a date or an empty answer taken for a boot id would make every
   reboot look finished, or none. */
bool bootid_valid(const char *text);

#endif
