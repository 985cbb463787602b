/* map.c - see map.h. Open addressing, at most half full. */
#include "util/map.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "util/xalloc.h"

static size_t slot_of(const struct map *map, const char *key)
{
    size_t slot = (size_t)text_hash(key) & (map->slot_count - 1);
    while (map->slots[slot] && strcmp(map->keys[map->slots[slot] - 1], key) != 0)
        slot = (slot + 1) & (map->slot_count - 1);
    return slot;
}

long map_find(const struct map *map, const char *key)
{
    if (!map->slot_count)
        return -1;
    return (long)map->slots[slot_of(map, key)] - 1;
}

static void map_grow(struct map *map)
{
    size_t count = map->slot_count ? map->slot_count * 2 : 16;
    free(map->slots);
    map->slots = xcalloc(count, sizeof *map->slots);
    map->slot_count = count;
    for (size_t i = 0; i < map->count; i++)
        map->slots[slot_of(map, map->keys[i])] = i + 1;
}

size_t map_intern(struct map *map, const char *key)
{
    if ((map->count + 1) * 2 > map->slot_count)
        map_grow(map);
    size_t slot = slot_of(map, key);
    if (!map->slots[slot]) {
        *vec_push(map->keys, map->count, map->room) = xstrdup(key);
        map->slots[slot] = map->count;
    }
    return map->slots[slot] - 1;
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->count; i++)
        free(map->keys[i]);
    free(map->keys);
    free(map->slots);
    *map = (struct map){0};
}
