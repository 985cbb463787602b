/*
 * wiped_memory.h - malloc's companions for libraries that passwords go through: what they
 * give back is overwritten first. Their copies live in buffers that nobody else can reach.
 */
#ifndef UTIL_WIPED_MEMORY_H
#define UTIL_WIPED_MEMORY_H

#include <stddef.h>

void wiped_release(void *memory);              /* as free()    */
void *wiped_resize(void *memory, size_t size); /* as realloc() */

#endif
