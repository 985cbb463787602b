/*
 * environment.c - see environment.h.
 *
 * Taken away is what can only do harm. The others may be somebody's wish (a FIPS provider is
 * named by OPENSSL_CONF), and whoever sets them could replace slipway as well: they are told.
 */
#include "util/environment.h"

#include <stdbool.h>
#include <stdlib.h>

#include "util/auto.h"

#define FOREIGN_CODE                                                                     \
    "is set: it can bring foreign code into slipway; unset it if nobody meant to"

static const struct {
    struct environment_note note;
    bool removed;
} variables[] = {
    {{"SSLKEYLOGFILE", "is ignored: whoever can read that file could read the traffic to "
                       "appliances, passwords included; unset it"},
     true},
    {{"OPENSSL_CONF",
      "is set: that file can weaken TLS and load code into slipway; unset it "
      "if nobody meant to"},
     false},
    {{"OPENSSL_MODULES", FOREIGN_CODE}, false},
    {{"OPENSSL_ENGINES", FOREIGN_CODE}, false},
    {{"LD_PRELOAD", FOREIGN_CODE}, false},
    {{"LD_AUDIT", FOREIGN_CODE}, false},
    {{"LD_LIBRARY_PATH", FOREIGN_CODE}, false},
    {{"GCONV_PATH", FOREIGN_CODE}, false},
};

static bool was_removed[ARRAY_LENGTH(variables)];

void environment_harden(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++) {
        if (!variables[i].removed || !getenv(variables[i].note.name))
            continue;
        was_removed[i] = true;
        (void)unsetenv(variables[i].note.name);
    }
}

const struct environment_note *environment_next(size_t *at)
{
    while (*at < ARRAY_LENGTH(variables)) {
        size_t i = (*at)++;
        const char *value = getenv(variables[i].note.name);
        if (was_removed[i] || (value && *value))
            return &variables[i].note;
    }
    return NULL;
}
