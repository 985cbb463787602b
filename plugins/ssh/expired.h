/*
 * expired.h - the ways in which an appliance demands a new password.
 */
#ifndef SSH_EXPIRED_H
#define SSH_EXPIRED_H

#include <stdbool.h>
#include <stddef.h>

/* True if the text (a prompt, an instruction, what came instead of a command's output)
   demands a new password. Such a demand is never answered. */
bool expired_text(const char *text, size_t length);

#endif
