/*
 * arguments.h - reading a step's `with`.
 *
 * The host has checked names and types already; what is checked here is what
 * types do not say. All functions are pure.
 */
#ifndef SSH_ARGUMENTS_H
#define SSH_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slipway/plugin.h"

/* `with` as an object, the caller's; NULL with a sentence. */
json_t *arguments_parse(const char *with, struct slipway_error *err);

/* A list of texts as an array of borrowed pointers, the caller's array (NULL at
   the end). The first must not be empty. NULL with a sentence if it is no such
   list, is empty or longer than SSH_ARGUMENTS_MAX. */
const char **arguments_words(const json_t *list, const char *name, size_t *count,
                             struct slipway_error *err);

/* A duration in milliseconds, `fallback` if absent. */
int64_t arguments_duration(const json_t *with, const char *name, int64_t fallback);

/* True if the name can be an environment variable. */
bool arguments_variable_valid(const char *name);

/* Remember a warning or refuse: READ_ONLY calls of an operation that changes
   something. True (and the sentence is said) if the call must not go on. */
bool arguments_inert(struct slipway_call *call);

#endif
