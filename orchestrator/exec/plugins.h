/*
 * plugins.h - the registry: which plugins there are, and what `use:` means.
 *
 * Filled once at start (built-in table, then directories), opened, and read only
 * from then on, so lookups need no lock. Shared objects are never unloaded: a
 * written-off worker may still be inside one.
 */
#ifndef EXEC_PLUGINS_H
#define EXEC_PLUGINS_H

#include <stddef.h>
#include <stdint.h>

#include "slipway/plugin.h"

#define PLUGINS_MAX        64u       /* plugins of one process        */
#define PLUGINS_OPERATIONS 64u       /* operations of one plugin      */
#define PLUGINS_OPTIONS    64u       /* options of one operation      */
#define PLUGINS_BARE       "builtin" /* `use: sleep` is builtin.sleep */

struct plugins;

struct plugins *plugins_create(void);
/* Closes what is open. NULL is fine. */
void plugins_free(struct plugins *plugins);

/*
 * Add the plugins of a table that ends with NULL; they must outlive the
 * registry. Errors: other ABI major, malformed descriptor, name already taken.
 */
int plugins_add_table(struct plugins *plugins, const struct slipway_plugin *const *table,
                      struct slipway_error *err);

/*
 * Load every *.so of a directory, in the order of their names. Refused with a
 * sentence: a directory or file that is not owned by root or by us, or that
 * group or others may write; a path through such a directory; a symbolic link; a
 * file that is no plugin, or a plugin of another ABI major. What was loaded
 * before the error stays registered; callers give up.
 */
int plugins_load(struct plugins *plugins, const char *directory,
                 struct slipway_error *err);

/* open() of all, in order of registration. On error those already open are
   closed again. */
int plugins_open_all(struct plugins *plugins, struct slipway_error *err);
void plugins_close_all(struct plugins *plugins);
/* Let idle sessions be dropped; about every 5 s, from one thread. */
void plugins_tidy(const struct plugins *plugins, int64_t now_ms);

/* What a `use:` names. */
struct plugins_operation {
    const struct slipway_plugin *plugin;
    const struct slipway_operation *operation;
    void *state; /* what open() gave */
};

/* "ssh.job" or a bare "sleep". -1 with a sentence that names the nearest. */
int plugins_find(const struct plugins *plugins, const char *use,
                 struct plugins_operation *out, struct slipway_error *err);

/* For `slipway plugins`. `origin` is "built in" or the file. Borrowed. */
size_t plugins_count(const struct plugins *plugins);
const struct slipway_plugin *plugins_at(const struct plugins *plugins, size_t index,
                                        const char **origin);

/* What the plugins find out about the libraries of this machine; works without
   plugins_open_all(). */
void plugins_examine(const struct plugins *plugins, slipway_find_fn find, void *data);

/* The class of a step: what the operation declares, or what classify() makes of
   these (normalised) arguments. */
enum slipway_class plugins_classify(const struct slipway_operation *operation,
                                    const char *with);

#endif
