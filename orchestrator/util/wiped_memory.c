/* wiped_memory.c - see wiped_memory.h. */
#include "util/wiped_memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void wiped_release(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

/* Never in place: what is cut off or left behind would stay. */
void *wiped_resize(void *memory, size_t size)
{
    void *fresh = malloc(size ? size : 1);
    if (!fresh)
        return NULL;
    size_t old = memory ? malloc_usable_size(memory) : 0;
    if (old)
        memcpy(fresh, memory, old < size ? old : size);
    wiped_release(memory);
    return fresh;
}
