/*
 * expired.c - see expired.h. Words of PAM, passwd and OpenSSH, taken literally: what is
 * not recognised is an unknown question or no shell, and refused just as well.
 */
#include "ssh/expired.h"

#include <string.h>

#include "util/auto.h"

bool expired_text(const char *text, size_t length)
{
    static const char *const signs[] = {
        "required to change your password",
        "password has expired",
        "Password expired",
        "password expired",
        "assword change required",
        "New password",
        "new password",
        "New Password",
        "Current password",
        "current) UNIX",
        "Changing password",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++)
        if (length && memmem(text, length, signs[i], strlen(signs[i])))
            return true;
    return false;
}
