/*
 * plugins_private.h - what the registry shows to the rest of exec/ only.
 */
#ifndef EXEC_PLUGINS_PRIVATE_H
#define EXEC_PLUGINS_PRIVATE_H

#include "exec/plugins.h"

/* Register one; `origin` names it in sentences. */
int plugins_add(struct plugins *plugins, const struct slipway_plugin *plugin,
                const char *origin, struct slipway_error *err);

/* While pinned, closing and freeing the registry do nothing: a thread that was
   given up may still be inside a plugin. */
void plugins_pin(struct plugins *plugins);
void plugins_unpin(struct plugins *plugins);

#endif
