/*
 * map.h - text to integer, insertion order kept, no removal. Iteration order is
 * the order of insertion, so nothing depends on a hash seed.
 */
#ifndef UTIL_MAP_H
#define UTIL_MAP_H

#include <stddef.h>

struct map {
    char **keys; /* by index, in order of insertion */
    size_t count, room;
    size_t *slots; /* index + 1, 0 = free */
    size_t slot_count;
};

/* Index of the key, or -1. */
long map_find(const struct map *map, const char *key);
/* Index of the key, added (copied) if it was not there. */
size_t map_intern(struct map *map, const char *key);
void map_free(struct map *map);

#define auto_map __attribute__((cleanup(map_free)))

#endif
