/* bootid.c - see bootid.h. */
#include "ssh/bootid.h"

#include <string.h>

bool bootid_valid(const char *text)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (!text || strlen(text) != BOOTID_SIZE - 1)
        return false;
    for (size_t i = 0; shape[i]; i++) {
        bool digit =
            (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (shape[i] == '-' ? text[i] != '-' : !digit)
            return false;
    }
    return true;
}
