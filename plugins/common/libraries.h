/*
 * libraries.h - what the plugins tell `slipway doctor` about the libraries that they
 * share. Each gives one finding (plugin.h: examine).
 */
#ifndef PLUGINS_COMMON_LIBRARIES_H
#define PLUGINS_COMMON_LIBRARIES_H

#include "slipway/plugin.h"

void libraries_examine_curl(slipway_find_fn find, void *data);
void libraries_examine_xml(slipway_find_fn find, void *data);

#endif
